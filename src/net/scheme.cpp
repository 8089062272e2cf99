#include "src/net/scheme.hpp"

#include <array>

namespace roacache::net {
namespace {

constexpr std::array<Scheme, 17> k_schemes{{{"redis", UrlKind::redis, false, 6379},
                                            {"rediss", UrlKind::redis, true, 6379},
                                            {"valkey", UrlKind::redis, false, 6379},
                                            {"valkeys", UrlKind::redis, true, 6379},
                                            {"unix", UrlKind::unix_socket, false, 0},
                                            {"redis+socket", UrlKind::unix_socket, false, 0, true},
                                            {"redis-socket", UrlKind::unix_socket, false, 0, true},
                                            {"redis+unix", UrlKind::unix_socket, false, 0, true},
                                            {"tcp", UrlKind::redis, false, 6379, true},
                                            {"tls", UrlKind::redis, true, 6379, true},
                                            {"redis+sentinel", UrlKind::sentinel, false, 26379},
                                            {"rediss+sentinel", UrlKind::sentinel, true, 26379},
                                            {"redis+cluster", UrlKind::cluster, false, 6379},
                                            {"rediss+cluster", UrlKind::cluster, true, 6379},
                                            {"sqlite", UrlKind::sqlite, false, 0},
                                            {"http", UrlKind::http, false, 80},
                                            {"https", UrlKind::http, true, 443}}};

} // namespace

std::span<const Scheme> schemes() {
    return k_schemes;
}

const Scheme* find_scheme(std::string_view name) {
    for (const Scheme& scheme : k_schemes)
        if (scheme.name == name) return &scheme;
    return nullptr;
}

} // namespace roacache::net
