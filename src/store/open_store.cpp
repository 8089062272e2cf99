#include "src/core/error.hpp"
#include "src/store/redis/redis_store.hpp"
#include "src/store/sqlite/sqlite_store.hpp"
#include "src/store/store.hpp"

#include <fmt/format.h>

namespace roacache::store {
namespace {

using Open = std::unique_ptr<Store> (*)(const net::Url&, const ConnectOptions&);

struct Kind {
    net::UrlKind kind;
    const char* name;
    Open open; ///< null: not served yet
};

constexpr Kind k_kinds[] = {
    {net::UrlKind::redis, "Redis", redis::open_redis},
    {net::UrlKind::unix_socket, "Redis over a Unix socket", redis::open_redis},
    {net::UrlKind::sentinel, "Redis Sentinel", nullptr},
    {net::UrlKind::cluster, "Redis Cluster", nullptr},
    {net::UrlKind::sqlite, "an SQLite file", sqlite::open_sqlite},
    {net::UrlKind::http, "a management API", nullptr},
};

} // namespace

void Store::give_back_space() {
    throw core::Error(core::ExitCode::refused,
                      fmt::format("cannot give space back: {}: this kind of store does so by itself", name()),
                      "--vacuum is for SQLite files.");
}

std::unique_ptr<Store> open_store(const net::Url& url, const ConnectOptions& options) {
    for (const Kind& kind : k_kinds) {
        if (kind.kind != url.kind) continue;
        if (kind.open) return kind.open(url, options);
        throw core::Error(
            core::ExitCode::usage,
            fmt::format("not yet supported: {}: {} as a store", url.redacted(), kind.name),
            "Stores of today: redis://, rediss://, valkey://, valkeys:// and unix:// URLs, and sqlite:PATH.");
    }
    throw core::Error(core::ExitCode::bug, "no such kind of store");
}

} // namespace roacache::store
