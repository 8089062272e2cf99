#include "src/demo/service.hpp"

#include "src/config/profile.hpp"
#include "src/core/error.hpp"
#include "src/demo/cache/listener.hpp"
#include "src/demo/cache/sqlite_tier.hpp"
#include "src/demo/endpoints.hpp"
#include "src/demo/http/http_server.hpp"
#include "src/demo/origin/origin.hpp"
#include "src/demo/policy.hpp"
#include "src/demo/private_folder.hpp"
#include "src/demo/routes.hpp"
#include "src/demo/status_routes.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <random>
#include <thread>

namespace roacache::demo {
namespace {

/// A few more than can compute at a time, so that one that waits for the disk holds up nobody.
std::size_t session_count() {
    return std::max(4U, 2 * std::thread::hardware_concurrency());
}

std::vector<std::string> resource_names() {
    std::vector<std::string> names;
    for (const Endpoint& endpoint : endpoints())
        names.emplace_back(endpoint.resource);
    return names;
}

std::filesystem::path prepared_ledger(const ServiceOptions& options, const std::filesystem::path& folder) {
    if (options.rows < k_least_ledger_rows || options.rows > k_most_ledger_rows)
        throw core::Error(core::ExitCode::usage, fmt::format("--rows: {}: not from {} to {}", options.rows,
                                                             k_least_ledger_rows, k_most_ledger_rows));
    std::filesystem::path ledger = folder / "ledger.sqlite";
    copy_ledger(options.cache_folder, options.rows, ledger, options.warn);
    return ledger;
}

/// What an earlier run left is of another ledger.
std::unique_ptr<Tier> empty_sqlite_tier(const std::filesystem::path& file, const Policy& policy,
                                        const Warn& warn) {
    auto tier = std::make_unique<SqliteTier>(file, unix_time(), warn);
    tier->erase(policy.all_groups());
    return tier;
}

std::unique_ptr<Tier> redis_tier(net::Url url, const ServiceOptions& options, const Policy& policy) {
    auto tier = std::make_unique<RedisTier>(std::move(url), options.redis, policy.all_groups(), options.warn,
                                            options.redis_timing);
    if (options.traps.no_reconnect && !tier->available()) return nullptr;
    return tier;
}

std::unique_ptr<Tier> second_tier(const ServiceOptions& options, const Policy& policy,
                                  const std::filesystem::path& folder) {
    if (options.cache == "none") return nullptr;
    if (options.cache.empty()) return empty_sqlite_tier(folder / "cache.sqlite", policy, options.warn);
    net::Url url = net::parse_url(options.cache);
    switch (url.kind) {
    case net::UrlKind::sqlite:
        return empty_sqlite_tier(url.path, policy, options.warn);
    case net::UrlKind::redis:
    case net::UrlKind::unix_socket:
        return redis_tier(std::move(url), options, policy);
    default:
        throw core::Error(core::ExitCode::usage,
                          fmt::format("bad cache: {}: the service caches in a Redis server or a SQLite file",
                                      url.redacted()));
    }
}

/// For whoever can read what this process says.
std::string random_token() {
    std::random_device random;
    std::string token;
    for (int i = 0; i < 4; ++i)
        token += fmt::format("{:08x}", random());
    return token;
}

constexpr const char* k_administrator = "demo";

std::vector<User> all_users(const ServiceOptions& options, const std::string& token) {
    std::vector<User> users = options.users;
    users.insert(users.begin(), User{k_administrator, token, true});
    return users;
}

/// In the file of the second tier, or one of the service's own.
std::unique_ptr<LookupLog> lookup_log(const ServiceOptions& options, const std::filesystem::path& folder) {
    if (!options.logs_lookups || options.cache == "none") return nullptr;
    constexpr std::string_view k_sqlite = "sqlite:";
    const bool named = options.cache.starts_with(k_sqlite);
    const std::filesystem::path file =
        named ? std::filesystem::path(net::parse_url(options.cache).path) : folder / "cache.sqlite";
    return std::make_unique<LookupLog>(file, unix_time(), options.warn);
}

std::vector<std::string> names(const ServiceOptions& options) {
    std::vector<std::string> names = options.hosts;
    names.push_back(options.host);
    return names;
}

std::unique_ptr<MemoryTier> first_tier(const ServiceOptions& options) {
    if (options.cache == "none") return nullptr;
    return std::make_unique<MemoryTier>(options.l1_bytes, steady_time());
}

std::unique_ptr<Listener> listener(const ServiceOptions& options, const Policy& policy, Cache& cache) {
    if (options.listen_to.empty()) return nullptr;
    const bool cached = !options.cache.empty() && options.cache != "none";
    const std::optional<net::Url> url = cached ? std::optional(net::parse_url(options.cache)) : std::nullopt;
    if (!url || (url->kind != net::UrlKind::redis && url->kind != net::UrlKind::unix_socket))
        throw core::Error(core::ExitCode::usage, "usage: --listen-to: the second tier is no Redis server",
                          "Only Redis has channels: --cache-url redis://HOST:PORT.");
    return std::make_unique<Listener>(
        *url, options.redis, options.listen_to, policy.all_groups(),
        [&cache](std::span<const std::string> groups) { cache.drop_memory(groups); }, options.warn);
}

} // namespace

struct Service::Parts {
    explicit Parts(ServiceOptions given)
        : options(std::move(given)), token(options.token.empty() ? random_token() : options.token),
          server(router, RequestGate(names(options)), options.limits),
          port(server.bind(options.host, options.port)),
          policy(config::builtin_profile(config::k_default_profile), resource_names()),
          origin(prepared_ledger(options, folder.path()), session_count()), users(all_users(options, token)),
          cache(first_tier(options), second_tier(options, policy, folder.path())),
          log(lookup_log(options, folder.path())), parts{cache,         origin,
                                                         policy,        users,
                                                         switches,      log.get(),
                                                         options.traps, options.token.empty()},
          told(listener(options, policy, cache)) {
        if (options.traps.falsy) cache.never_hit_falsy();
        add_read_routes(router, parts);
        add_write_routes(router, parts);
        add_status_routes(router, cache, origin);
        add_management_routes(router, parts);
        add_hr_management_routes(router, parts);
        server.start();
    }

    ServiceOptions options;
    std::string token;
    Router router;
    HttpServer server;
    std::uint16_t port;
    PrivateFolder folder;
    Policy policy;
    Origin origin;
    CacheSwitches switches;
    Users users;
    Cache cache;
    std::unique_ptr<LookupLog> log;
    ServiceParts parts;
    std::unique_ptr<Listener> told; ///< goes first, since it tells the cache
};

Service::Service(ServiceOptions options) : parts_(std::make_unique<Parts>(std::move(options))) {}

Service::~Service() {
    stop();
}

std::uint16_t Service::port() const {
    return parts_->port;
}

std::string Service::base_url() const {
    return "http://" + net::HostPort{parts_->options.host, parts_->port}.text();
}

bool Service::open_to_network() const {
    return parts_->server.open_to_network();
}

const std::string& Service::token() const {
    return parts_->token;
}

void Service::stop() {
    parts_->server.stop();
}

void Service::empty_cache() {
    parts_->cache.invalidate(parts_->policy.all_groups());
}

Counters Service::counters() const {
    const MemoryTier::Size l1 = parts_->cache.l1_size();
    return {parts_->cache.counters(), parts_->origin.reads(), l1.entries, l1.bytes, l1.evictions};
}

} // namespace roacache::demo
