#include "src/core/error.hpp"
#include "src/store/api/api_store.hpp"
#include "src/store/redis/topology/open.hpp"
#include "src/store/sqlite/sqlite_store.hpp"
#include "src/store/store.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace roacache::store {
namespace {

using Open = std::unique_ptr<Store> (*)(const net::Url&, const ConnectOptions&);

struct Kind {
    net::UrlKind kind;
    Open open;
};

constexpr Kind k_kinds[] = {
    {net::UrlKind::redis, redis::open_redis},       {net::UrlKind::unix_socket, redis::open_redis},
    {net::UrlKind::sentinel, redis::open_sentinel}, {net::UrlKind::cluster, redis::open_cluster},
    {net::UrlKind::sqlite, sqlite::open_sqlite},    {net::UrlKind::http, api::open_api},
};

} // namespace

std::string Store::node_of(const std::string& /*key*/) {
    return {};
}

std::vector<FoundKey> Store::entries_of(const std::string& key) {
    std::vector<FoundKey> entries;
    entries.emplace_back(key);
    return entries;
}

std::optional<std::chrono::milliseconds> Store::expired_for(const std::string& /*key*/) {
    return std::nullopt;
}

std::vector<std::string> Store::remarks(bool /*removal*/) {
    return {};
}

void Store::give_back_space() {
    throw core::Error(core::ExitCode::refused,
                      fmt::format("cannot give space back: {}: this kind of store does so by itself", name()),
                      "--vacuum is for SQLite files.");
}

std::vector<SelfReport> Store::self_reports(const std::vector<CommandWords>& /*asked*/) {
    throw core::Error(core::ExitCode::refused,
                      fmt::format("cannot examine: {}: only a Redis or Valkey server can be asked", name()),
                      "roacache stats shows what this kind of store tells of itself.");
}

std::uint64_t Store::publish(const std::string& /*channel*/, const std::string& /*message*/) {
    throw core::Error(core::ExitCode::refused,
                      fmt::format("cannot notify: {}: only Redis has channels", name()),
                      "--notify-url names a Redis server.");
}

Listeners Store::listeners_elsewhere(const std::string& /*channel*/) {
    return {};
}

core::Untrusted Store::clear() {
    throw core::Error(core::ExitCode::refused,
                      fmt::format("cannot clear: {}: it is no service's management API", name()),
                      "roacache invalidate --all-tenants --yes removes every key of the profile.");
}

nlohmann::json Store::benchmark() {
    throw core::Error(
        core::ExitCode::refused,
        fmt::format("cannot run the service's benchmark: {}: it is no service's management API", name()),
        "roacache bench measures any service.");
}

void check_load(const Store& store, const WalkRequest& request) {
    if (!request.load.is_set() || store.has_server()) return;
    throw core::Error(
        core::ExitCode::refused,
        fmt::format("cannot limit the load: {}: there is no server whose time a walk takes", store.name()),
        "--max-load and --max-rate are for Redis and Valkey; --max-pause holds for files too.");
}

void require(const Store& store, Capability capability, const std::string& what) {
    const Capabilities can = store.of_kind();
    const auto missing = can.missing.find(capability);
    if (missing == can.missing.end()) return;
    std::string able;
    for (const auto& [other, name] : k_capabilities)
        if (can.has(other)) able += (able.empty() ? "" : ", ") + std::string(name);
    std::replace(able.begin(), able.end(), '_', ' ');
    throw core::Error(core::ExitCode::refused, fmt::format("{}: {}: {}", what, store.name(), missing->second),
                      fmt::format("It can: {}; see roacache ping -v.", able));
}

std::unique_ptr<Store> open_store(const net::Url& url, const ConnectOptions& options) {
    for (const Kind& kind : k_kinds)
        if (kind.kind == url.kind) return kind.open(url, options);
    throw core::Error(core::ExitCode::bug, "no such kind of store");
}

} // namespace roacache::store
