#include "src/bench/load/workload.hpp"

#include "src/bench/http/http2_session.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/mixed.hpp"
#include "src/net/transport.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <functional>
#include <poll.h>
#include <random>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <variant>

namespace roacache::bench {
namespace {

constexpr rlim_t k_descriptors_a_thread = 3; // epoll, a timer, the scheduler's counts
constexpr rlim_t k_other_descriptors = 64;
constexpr std::chrono::milliseconds k_longest_look{200}; // whether a server speaks HTTP/2
constexpr std::size_t k_frame_header = 9;                // RFC 9113 4.1

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
    if (plan.streams == 0 || plan.streams > plan.concurrency || (plan.streams > 1 && !plan.http2))
        refuse_plan(fmt::format("bad number of streams: {}: from 1 to as many as there are requests at once, "
                                "in HTTP/2 only",
                                plan.streams));
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

std::vector<net::Address> addresses_of(net::HostPort host, const std::vector<ConnectTo>& rules,
                                       core::Deadline deadline) {
    if (const ConnectTo* rule = rule_for(host, rules)) {
        if (!rule->unix_socket.empty()) return {net::unix_address(rule->unix_socket)};
        if (!rule->to_host.empty()) host.host = rule->to_host;
        host.port = rule->to_port.value_or(host.port);
    }
    return net::resolve(host, deadline);
}

std::size_t origin_of(const net::Url& url, const std::vector<ConnectTo>& rules, core::Deadline deadline,
                      std::vector<Origin>& origins) {
    const net::HostPort& host = url.hosts.front();
    const auto known = std::find_if(origins.begin(), origins.end(), [&](const Origin& origin) {
        return origin.tls == url.tls && origin.host == host;
    });
    if (known != origins.end()) return static_cast<std::size_t>(known - origins.begin());
    origins.push_back(
        {host, url.tls, addresses_of(host, rules, deadline), 0, rule_for(host, rules) != nullptr});
    return origins.size() - 1;
}

/// What became of an attempt to connect.
struct Attempt {
    bool succeeded = false;
    std::string why = {}; ///< if not
    core::ExitCode code = core::ExitCode::unreachable;
};

/// Repeats `step` until it has an outcome; before, it says for which events it waits. Throws when
/// interrupted.
Attempt wait_for(const net::Address& address, core::Deadline deadline,
                 const std::function<std::variant<Attempt, pollfd>()>& step) {
    for (;;) {
        auto reached = step();
        if (auto* attempt = std::get_if<Attempt>(&reached)) return std::move(*attempt);
        if (deadline.passed()) return {false, "timed out"};
        if (core::Interrupt::requested())
            throw core::Error(core::ExitCode::interrupted,
                              "interrupted: " + address.text + ": not connected yet");
        std::array<pollfd, 2> either{std::get<pollfd>(reached), pollfd{core::Interrupt::fd(), POLLIN, 0}};
        poll(either.data(), either.size(), deadline.poll_ms());
    }
}

Attempt try_http1(const Origin& origin, const net::Address& address, const net::TlsContext* tls,
                  core::Deadline deadline) {
    net::Transport transport(address, tls, origin.host.host);
    return wait_for(address, deadline, [&]() -> std::variant<Attempt, pollfd> {
        const net::IoResult result = transport.establish();
        if (result.status == net::IoStatus::done) return Attempt{true};
        if (result.status == net::IoStatus::failed) return Attempt{false, result.error};
        if (result.status == net::IoStatus::closed) return Attempt{false, "closed by the server"};
        const bool reading = result.status == net::IoStatus::want_read;
        return pollfd{transport.fd(), static_cast<short>(reading ? POLLIN : POLLOUT), 0};
    });
}

/// Until the server has spoken HTTP/2.
Attempt try_http2(const Origin& origin, const net::Address& address, const net::TlsContext* tls,
                  core::Deadline deadline) {
    Http2Session session(origin, address, tls, -1, 0);
    std::vector<char> buffer(std::size_t{64} * 1024);
    return wait_for(address, deadline, [&]() -> std::variant<Attempt, pollfd> {
        session.on_event(EPOLLIN);
        session.pump(buffer);
        if (session.client().settled()) return Attempt{true};
        if (!session.closed())
            return pollfd{session.fd(), static_cast<short>(session.waits_to_write() ? POLLOUT : POLLIN), 0};
        const bool stood =
            session.failure() == http::ErrorClass::protocol || session.failure() == http::ErrorClass::closed;
        return Attempt{false, session.why(), stood ? core::ExitCode::refused : core::ExitCode::unreachable};
    });
}

} // namespace

Workload prepare(const Plan& plan) {
    check(plan);
    Workload workload;
    workload.endpoints.resize(plan.endpoints.size());
    std::random_device random;
    const std::uint64_t nonce = (std::uint64_t{random()} << 32U) | random();
    for (std::size_t i = 0; i < plan.endpoints.size(); ++i) {
        for (const ArmKind arm : plan.arms()) {
            const http::RequestSpec& spec = *plan.endpoints[i].spec(arm);
            workload.endpoints[i][static_cast<std::size_t>(arm)] = Target{
                Requests(spec, plan.endpoints[i].parameters, plan.seed,
                         core::mixed(nonce + i * k_arm_kinds + static_cast<std::size_t>(arm)),
                         plan.http2 ? http::Protocol::http2 : http::Protocol::http1),
                origin_of(spec.url, plan.connect_to, core::Deadline::in(plan.timeout), workload.origins)};
        }
    }
    const auto wants_tls = [](const Origin& origin) { return origin.tls; };
    if (std::any_of(workload.origins.begin(), workload.origins.end(), wants_tls))
        workload.tls.emplace(plan.tls, plan.http2 ? "h2" : "http/1.1");
    workload.http2 = plan.http2;
    allow_descriptors(rlim_t{plan.most_callers()} * workload.origins.size() +
                      k_descriptors_a_thread * plan.threads + k_other_descriptors);
    return workload;
}

bool speaks_http2(const Origin& origin, const net::TlsOptions& tls) {
    if (origin.tls) {
        const net::TlsContext context(tls, "h2");
        return try_http2(origin, origin.address(), &context, core::Deadline::in(k_longest_look)).succeeded;
    }
    net::Transport transport(origin.address(), nullptr, origin.host.host);
    std::array<char, k_frame_header> bytes{};
    std::size_t size = 0;
    const auto step = [&]() -> std::variant<Attempt, pollfd> {
        net::IoResult result = transport.establish();
        if (result.status == net::IoStatus::done) result = transport.read(std::span(bytes).subspan(size));
        if (result.status == net::IoStatus::done) size += result.bytes;
        if (size == bytes.size()) return Attempt{true};
        if (result.status == net::IoStatus::failed || result.status == net::IoStatus::closed)
            return Attempt{};
        const bool writes = result.status == net::IoStatus::want_write;
        return pollfd{transport.fd(), static_cast<short>(writes ? POLLOUT : POLLIN), 0};
    };
    // SETTINGS, on no stream.
    return wait_for(origin.address(), core::Deadline::in(k_longest_look), step).succeeded && bytes[0] == 0 &&
           bytes[3] == 4 && std::all_of(bytes.begin() + 4, bytes.end(), [](char c) { return c == 0; });
}

void choose_addresses(Workload& workload, const net::TlsOptions& tls, core::Nanoseconds timeout) {
    for (Origin& origin : workload.origins) {
        const core::Deadline deadline = core::Deadline::in(timeout);
        Attempt last;
        const auto answers = [&](const net::Address& address) {
            const auto attempt = workload.http2 ? try_http2 : try_http1;
            last = attempt(origin, address, workload.tls_of(origin), deadline);
            return last.succeeded;
        };
        const auto found = std::find_if(origin.addresses.begin(), origin.addresses.end(), answers);
        if (found == origin.addresses.end() && last.code == core::ExitCode::refused)
            throw core::Error(last.code, fmt::format("cannot speak HTTP/2: {}: {}", origin.text(), last.why),
                              "Leave --http2 away to measure it over HTTP/1.1.");
        if (found == origin.addresses.end() &&
            last.why.find("no application protocol") != std::string::npos && !workload.http2 &&
            speaks_http2(origin, tls))
            throw core::Error(
                core::ExitCode::refused,
                fmt::format("cannot speak HTTP/1.1: {}: it agrees to HTTP/2 (h2) only", origin.text()),
                "Measure it with --http2.");
        if (found == origin.addresses.end())
            throw core::Error(last.code, fmt::format("cannot connect: {}: {}", origin.text(), last.why));
        origin.chosen = static_cast<std::size_t>(found - origin.addresses.begin());
    }
}

} // namespace roacache::bench
