#include "commands/open_store.hpp"

namespace roacache::commands {

store::ConnectOptions connect_options(const Context& context, const net::Url& url) {
    const auto choose = [](const config::Setting<std::string>& setting,
                           const std::optional<std::string>& in_url) -> std::optional<std::string> {
        const bool by_flag = setting.origin.starts_with("--");
        if (setting.value.empty() || (in_url && !by_flag)) return in_url;
        return setting.value;
    };
    store::ConnectOptions options;
    options.tls = context.tls_options();
    options.timeout = context.settings.timeout.value;
    options.user = choose(context.settings.user, url.user);
    options.password = choose(context.settings.password, url.password);
    return options;
}

std::unique_ptr<store::Store> open_store(const Context& context) {
    const net::Url url = net::parse_url(context.settings.url.value);
    return store::open_store(url, connect_options(context, url));
}

} // namespace roacache::commands
