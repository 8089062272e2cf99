#include "commands/open_store.hpp"

#include "commands/trusted_settings.hpp"
#include "src/core/error.hpp"
#include "src/net/redis_parameters.hpp"
#include "src/output/text.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
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

net::HostPort parse_node(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (text.starts_with('[') && text.ends_with(']'))
        return {std::string(text.substr(1, text.size() - 2)), 0};
    if (colon == std::string_view::npos || text.find(':') != colon) {
        if (!text.starts_with('[')) return {std::string(text), 0};
    }
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
    if (parsed.ec != std::errc() || parsed.ptr != end || port == 0) return {};
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return {std::string(host), port};
}

/// `OLD=NEW` by commas, each HOST:PORT or HOST.
std::vector<std::pair<net::HostPort, net::HostPort>>
parse_node_map(const config::Setting<std::string>& setting) {
    std::vector<std::pair<net::HostPort, net::HostPort>> map;
    std::string_view text = setting.value;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find(','));
        text.remove_prefix(std::min(part.size() + 1, text.size()));
        const std::size_t equals = part.find('=');
        const net::HostPort from = parse_node(part.substr(0, equals));
        const net::HostPort to =
            equals == std::string_view::npos ? net::HostPort{} : parse_node(part.substr(equals + 1));
        if (from.host.empty() || to.host.empty())
            throw core::Error(
                core::ExitCode::usage,
                fmt::format("bad node map: {}: '{}' is not OLD=NEW", setting.origin, output::printable(part)),
                "Such as 10.0.0.5:6379=127.0.0.1:16379, or hosts alone; several by commas.");
        map.emplace_back(from, to);
    }
    return map;
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
    settings.sentinel_user.required();
    if (!settings.sentinel_user.value.empty()) options.sentinel_user = settings.sentinel_user.value;
    check_secret(settings.sentinel_password, "the Sentinels' password", address);
    if (!settings.sentinel_password.value.empty())
        options.sentinel_password = settings.sentinel_password.value;
    check_route(settings.node_map, address);
    options.node_map = parse_node_map(settings.node_map);
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

void note_remarks(store::Store& store, bool removal, const Context& context, const std::string& where) {
    for (const std::string& remark : store.remarks(removal))
        context.note(where + remark);
}

void add_read_from_option(CLI::App& app, std::string& read_from) {
    app.add_option("--read-from", read_from,
                   "Ask the primaries, or replicas alone, of a cluster or of Sentinels")
        ->check(CLI::IsMember({"primary", "replica"}))
        ->type_name("ROLE");
}

std::unique_ptr<store::Store> open_store_to_read(const Context& context, const std::string& read_from) {
    if (read_from != "replica") return open_store(context);
    const net::Url url = context.url();
    store::ConnectOptions options = connect_options(context, url, context.settings.url);
    options.reads_replicas = true;
    auto store = store::open_store(url, options);
    if (!store->reads_replicas())
        throw core::Error(core::ExitCode::usage,
                          fmt::format("--read-from: {}: is one server, whichever it is", store->name()),
                          "Name a replica itself in the URL; a cluster, or Sentinels, know their replicas.");
    return store;
}

} // namespace roacache::commands
