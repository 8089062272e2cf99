#include "src/bench/workload.hpp"

#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/net/transport.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>

namespace roacache::bench {
namespace {

constexpr rlim_t k_other_descriptors = 64;

[[noreturn]] void refuse_plan(const std::string& message, const std::string& remedy = {}) {
    throw core::Error(core::ExitCode::usage, message, remedy);
}

/// Every connection is a descriptor: asks the system for as many as the plan can need.
void allow_descriptors(rlim_t wanted) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
    const rlim_t most = limit.rlim_max;
    limit.rlim_cur = std::min(wanted, most);
    if (most < wanted || setrlimit(RLIMIT_NOFILE, &limit) != 0)
        refuse_plan(fmt::format("too many connections: {}: the system allows {} open files", wanted, most),
                    "Use a lower concurrency, or raise the limit (ulimit -Hn).");
}

void check(const Plan& plan) {
    if (plan.endpoints.empty()) refuse_plan("nothing to measure: no URL was given");
    if (plan.concurrency == 0) refuse_plan("bad concurrency: 0: at least one connection is needed");
    if (plan.threads == 0 || plan.threads > plan.concurrency)
        refuse_plan(fmt::format("bad number of threads: {}: from 1 to as many as there are connections, {}",
                                plan.threads, plan.concurrency));
    if (plan.blocks == 0) refuse_plan("bad number of blocks: 0: at least one is needed");
    if (plan.timeout <= core::Nanoseconds::zero()) refuse_plan("bad timeout: 0: it must be longer");
    if (plan.duration && *plan.duration <= core::Nanoseconds::zero())
        refuse_plan("bad duration: 0: it must be longer");
    if (!plan.duration && plan.requests == 0)
        refuse_plan("bad number of requests: 0: at least one is needed");
    const auto weighs_nothing = [](const EndpointPlan& endpoint) { return endpoint.weight == 0; };
    if (std::any_of(plan.endpoints.begin(), plan.endpoints.end(), weighs_nothing))
        refuse_plan("bad weight: 0: it must be at least 1");
    for (const EndpointPlan& endpoint : plan.endpoints)
        for (const ArmKind arm : plan.arms())
            if (!endpoint.spec(arm))
                refuse_plan(fmt::format("nothing to send: {}: its {} arm has no request", endpoint.name,
                                        name_of(arm)));
}

std::size_t origin_of(const net::Url& url, std::vector<Origin>& origins) {
    const net::HostPort& host = url.hosts.front();
    const auto known = std::find_if(origins.begin(), origins.end(), [&](const Origin& origin) {
        return origin.tls == url.tls && origin.host == host;
    });
    if (known != origins.end()) return static_cast<std::size_t>(known - origins.begin());
    origins.push_back({host, url.tls, net::resolve(host), 0});
    return origins.size() - 1;
}

/// Empty when a connection stood in time, else why not. Throws when interrupted.
std::string try_address(const Origin& origin, const net::Address& address, const net::TlsContext* tls,
                        core::Deadline deadline) {
    net::Transport transport(address, tls, origin.host.host);
    for (;;) {
        net::IoResult result = transport.establish();
        if (result.status == net::IoStatus::done) return {};
        if (result.status == net::IoStatus::failed) return result.error;
        if (result.status == net::IoStatus::closed) return "closed by the server";
        if (deadline.passed()) return "timed out";
        if (core::Interrupt::requested())
            throw core::Error(core::ExitCode::interrupted,
                              "interrupted: " + address.text + ": not connected yet");
        const bool reading = result.status == net::IoStatus::want_read;
        std::array<pollfd, 2> either{
            pollfd{transport.fd(), static_cast<short>(reading ? POLLIN : POLLOUT), 0},
            pollfd{core::Interrupt::fd(), POLLIN, 0}};
        poll(either.data(), either.size(), deadline.poll_ms());
    }
}

} // namespace

Workload prepare(const Plan& plan) {
    check(plan);
    Workload workload;
    workload.endpoints.resize(plan.endpoints.size());
    for (std::size_t i = 0; i < plan.endpoints.size(); ++i) {
        for (const ArmKind arm : plan.arms()) {
            const RequestSpec& spec = *plan.endpoints[i].spec(arm);
            workload.endpoints[i][static_cast<std::size_t>(arm)] =
                Target{build_request(spec), origin_of(spec.url, workload.origins)};
        }
    }
    const auto wants_tls = [](const Origin& origin) { return origin.tls; };
    if (std::any_of(workload.origins.begin(), workload.origins.end(), wants_tls))
        workload.tls.emplace(plan.tls, "http/1.1");
    allow_descriptors(rlim_t{plan.most_callers()} * workload.origins.size() + plan.threads +
                      k_other_descriptors);
    return workload;
}

void choose_addresses(Workload& workload, core::Nanoseconds timeout) {
    for (Origin& origin : workload.origins) {
        const core::Deadline deadline = core::Deadline::in(timeout);
        std::string why;
        const auto answers = [&](const net::Address& address) {
            why = try_address(origin, address, workload.tls_of(origin), deadline);
            return why.empty();
        };
        const auto found = std::find_if(origin.addresses.begin(), origin.addresses.end(), answers);
        if (found == origin.addresses.end())
            throw core::Error(core::ExitCode::unreachable,
                              fmt::format("cannot connect: {}: {}", origin.host.text(), why));
        origin.chosen = static_cast<std::size_t>(found - origin.addresses.begin());
    }
}

} // namespace roacache::bench
