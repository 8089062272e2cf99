#pragma once

#include "src/bench/http/origin.hpp"
#include "src/bench/load/requests.hpp"
#include "src/bench/model/plan.hpp"

#include <array>
#include <optional>
#include <vector>

namespace roacache::bench {

/// What to send, and to whom.
struct Target {
    Requests requests;
    std::size_t origin = 0;
};

/// A plan made ready, which must outlive this: built once, then only read, by as many threads as there are.
struct Workload {
    std::vector<Origin> origins;
    std::optional<net::TlsContext> tls; ///< when any origin wants it
    bool http2 = false;
    std::vector<std::array<std::optional<Target>, k_arm_kinds>> endpoints;

    const std::optional<Target>& target(ArmKind arm, std::size_t endpoint) const {
        return endpoints[endpoint][static_cast<std::size_t>(arm)];
    }
    const net::TlsContext* tls_of(const Origin& origin) const { return origin.tls ? &*tls : nullptr; }
};

/// Checks the plan, resolves its hosts and builds its requests. Throws core::Error (usage, unreachable).
Workload prepare(const Plan& plan);

/// Whether its server agrees to HTTP/2 over TLS, or without TLS begins with it unasked, within 200 ms. Asks
/// for nothing. Throws core::Error when interrupted.
bool speaks_http2(const Origin& origin, const net::TlsOptions& tls);

/// Connects once to each origin and settles on its first address that answers. Throws
/// core::Error(unreachable) for the first origin of which none does; core::Error(refused) when it answers but
/// does not speak HTTP/2, where that is wanted, or over TLS agrees to nothing else, where it is not.
void choose_addresses(Workload& workload, const net::TlsOptions& tls, core::Nanoseconds timeout);

} // namespace roacache::bench
