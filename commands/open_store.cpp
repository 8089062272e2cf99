#include "commands/open_store.hpp"

#include "commands/trusted_settings.hpp"
#include "src/net/redis_parameters.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::commands {
namespace {

bool goes_before(const config::Setting<std::string>& setting, const config::Setting<std::string>& address) {
    const bool own = setting.origin.find("ROACACHE_") != std::string::npos;
    return setting.origin.starts_with("--") || (own && setting.layer < address.layer);
}

/// What Docker's --env-file and editors leave around a value; it is sent as it is.
std::string oddity(const config::Setting<std::string>& setting) {
    const std::string& value = setting.value;
    if (value.empty()) return {};
    const char last = value.back();
    const char* what = nullptr;
    if (value.size() > 1 && last == value.front() && (last == '"' || last == '\''))
        what = "begins and ends with a quote";
    else if (last == '\r')
        what = "ends in a carriage return";
    else if (last == ' ' || last == '\t' || last == '\n')
        what = "ends in a blank";
    else if (value.front() == ' ' || value.front() == '\t')
        what = "begins with a blank";
    return what == nullptr ? "" : fmt::format("The value of {} {}. ", setting.origin, what);
}

/// A management API takes a token; user and password of the settings are of a cache.
store::ConnectOptions api_options(const config::Settings& settings,
                                  const config::Setting<std::string>& address) {
    store::ConnectOptions options;
    options.tls = tls_options(settings, address);
    options.timeout = settings.timeout.required();
    check_secret(settings.token, "the token", address);
    options.token = settings.token.value;
    options.dialect = settings.dialect.required();
    return options;
}

} // namespace

store::ConnectOptions connect_options(const Context& context, const net::Url& url,
                                      const config::Setting<std::string>& address) {
    const config::Settings& settings = context.settings;
    if (url.kind == net::UrlKind::http) return api_options(settings, address);
    const auto choose = [&](const config::Setting<std::string>& setting,
                            const std::optional<std::string>& in_url) -> std::optional<std::string> {
        if (in_url && !goes_before(setting, address)) return in_url;
        const std::string& value = setting.required();
        return value.empty() ? in_url : value;
    };
    store::ConnectOptions options;
    if (url.kind == net::UrlKind::sqlite) options.sqlite = context.profile().sqlite;
    options.tls = tls_options(settings, address);
    options.timeout = settings.timeout.required();
    options.user = choose(settings.user, url.user);
    options.password = choose(settings.password, url.password);
    if (options.password && options.password != url.password)
        check_secret(settings.password, "the password", address);
    if (options.password == settings.password.value) options.login_hint += oddity(settings.password);
    if (options.user == settings.user.value) options.login_hint += oddity(settings.user);
    if (settings.user.took_environment && options.user == settings.user.value)
        check_secret(settings.user, "the user", address);
    const net::RedisParameters parameters = net::redis_parameters(address.value);
    if (settings.timeout.is_default() && parameters.timeout) options.timeout = *parameters.timeout;
    if (options.tls.cacert.empty()) options.tls.cacert = parameters.ca_file;
    const bool asked_to_check = !settings.insecure.is_default() || !settings.cacert.is_default();
    if (parameters.accept_any_certificate && !asked_to_check) options.tls.insecure = true;
    return options;
}

std::unique_ptr<store::Store> open_store(const Context& context, core::Nanoseconds longest_wait) {
    const net::Url url = context.url();
    store::ConnectOptions options = connect_options(context, url, context.settings.url);
    options.timeout = std::min(options.timeout, longest_wait);
    return store::open_store(url, options);
}

} // namespace roacache::commands
