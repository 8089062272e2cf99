#pragma once

#include "src/bench/load/runner.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

namespace roacache::test {

/// A server of odd answers: tests/bench/odd_server.py.
class OddServer : public PythonServer {
  public:
    explicit OddServer(std::vector<std::string> arguments = {})
        : PythonServer("tests/bench/odd_server.py", std::move(arguments)) {}
};

inline http::RequestSpec get(const std::string& url, http::Headers headers = {}) {
    http::RequestSpec spec;
    spec.url = net::parse_url(url);
    spec.headers = std::move(headers);
    return spec;
}

/// A short plain load test of one URL; no warm-up, so that every request is counted but the first.
inline bench::Plan single_plan(const std::string& url, std::uint64_t requests = 20) {
    bench::Plan plan;
    plan.single = true;
    plan.endpoints.emplace_back();
    plan.endpoints[0].name = url;
    plan.endpoints[0].single = get(url);
    plan.requests = requests;
    plan.concurrency = 4;
    plan.blocks = 2;
    plan.warmup = 0;
    plan.timeout = std::chrono::seconds(20);
    return plan;
}

/// Both arms of each URL, the uncached one by `Cache-Control: no-cache`.
inline bench::Plan pair_plan(const std::vector<std::string>& urls, std::uint64_t requests = 20) {
    bench::Plan plan = single_plan(urls[0], requests);
    plan.single = false;
    plan.endpoints.clear();
    for (const std::string& url : urls)
        plan.endpoints.push_back({url, get(url), get(url, {{"Cache-Control", "no-cache"}}), {}});
    plan.hit_headers = {{"X-Cache", "HIT"}};
    return plan;
}

inline bench::Result measure(const bench::Plan& plan) {
    return bench::Run(plan).measure();
}

/// The only endpoint's part of a single run.
inline const bench::Tally& single_tally(const bench::Result& result) {
    return result.endpoints.at(0).arms.at(bench::ArmKind::single);
}

/// What must hold of every tally, whatever happened.
inline void check_sound(const bench::Tally& tally, const http::StatusSet& expected = {}) {
    std::uint64_t whole = 0;
    std::uint64_t refused = 0;
    for (const auto& [status, count] : tally.statuses) {
        whole += count;
        if (!expected.has(status)) refused += count;
    }
    CHECK(tally.latency.count() == whole - refused);
    CHECK(tally.requests == tally.latency.count() + bench::total(tally.errors));
    if (!tally.latency.empty()) CHECK(tally.latency.min_ns() > 0);
}

} // namespace roacache::test
