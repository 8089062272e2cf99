#pragma once

#include "src/bench/model/result.hpp"

#include <cmath>
#include <random>

namespace roacache::test {

/// A made-up run: log-normal latencies, with an effect that both blocks of a pair share (the machine's mood),
/// one of each block, and one of each request.
struct MadeRun {
    unsigned pairs = 30;
    unsigned requests = 34; ///< good ones for each block and endpoint
    std::size_t endpoints = 1;
    double cached_ms = 1; ///< medians
    double uncached_ms = 40;
    double pair_effect = 0.3; ///< standard deviations of the logarithm
    double block_effect = 0.05;
    double request_effect = 0.4;
    double ratio_effect = 0; ///< of the uncached arm alone, in all blocks of a pair
    double ratio_memory = 0; ///< the correlation of that effect with the one in the pair before
    std::uint64_t seed = 1;
    unsigned concurrency = 10;
};

inline bench::Block made_block(const MadeRun& run, bench::ArmKind arm, unsigned pair, double median_ms,
                               double shared, std::mt19937_64& random) {
    std::normal_distribution<double> normal;
    bench::Block block;
    block.pair = pair;
    block.arm = arm;
    const double effect = shared + run.block_effect * normal(random);
    double sum_ms = 0;
    for (std::size_t e = 0; e < run.endpoints; ++e) {
        bench::Tally tally;
        for (unsigned i = 0; i < run.requests; ++i) {
            const double ms = median_ms * std::exp(effect + run.request_effect * normal(random)) *
                              (1 + 0.2 * static_cast<double>(e));
            tally.latency.record(std::llround(ms * 1e6));
            sum_ms += ms;
        }
        tally.requests = run.requests;
        tally.statuses[200] = run.requests;
        tally.bytes = 1000ULL * run.requests;
        if (arm == bench::ArmKind::cached) tally.proven_hits = run.requests;
        if (arm == bench::ArmKind::uncached) tally.proven_misses = run.requests;
        block.endpoints.push_back(tally);
    }
    block.seconds = sum_ms / 1000 / run.concurrency;
    return block;
}

inline bench::Result made_result(const MadeRun& run) {
    using bench::ArmKind;
    std::mt19937_64 random(run.seed);
    std::normal_distribution<double> normal;
    bench::Result result;
    result.plan.requests = std::uint64_t{run.pairs} * run.requests;
    result.plan.blocks = run.pairs;
    result.plan.concurrency = run.concurrency;
    result.plan.seed = 1;
    result.plan.hit_headers = {{"X-Cache", "HIT"}};
    result.started_utc = "2026-01-31T23:59:59Z";
    for (std::size_t e = 0; e < run.endpoints; ++e) {
        bench::EndpointPlan endpoint;
        endpoint.name = "http://127.0.0.1:8000/api/dashboard/summary?company=" + std::to_string(e + 1);
        endpoint.cached.emplace();
        endpoint.uncached.emplace();
        result.plan.endpoints.push_back(endpoint);
        result.endpoints.push_back({endpoint.name, {}, {}, {}, {}, {}});
        result.endpoints[e].first_ms[ArmKind::cached] = run.uncached_ms * 1.4;
        result.endpoints[e].first_ms[ArmKind::uncached] = run.uncached_ms * 1.3;
        result.endpoints[e].equality.compared = 2ULL * run.pairs * run.requests;
    }
    double now = 0.2, ratio = 0;
    for (unsigned pair = 0; pair < run.pairs; ++pair) {
        const double shared = run.pair_effect * normal(random);
        const double fresh = pair == 0 ? 1 : std::sqrt(1 - run.ratio_memory * run.ratio_memory);
        if (run.ratio_effect > 0)
            ratio = run.ratio_memory * ratio + fresh * run.ratio_effect * normal(random);
        const bool cached_first = random() % 2 == 0;
        for (const bool cached : {cached_first, !cached_first}) {
            auto block = made_block(run, cached ? ArmKind::cached : ArmKind::uncached, pair,
                                    cached ? run.cached_ms : run.uncached_ms,
                                    cached ? shared : shared + ratio, random);
            block.started_s = now;
            now += block.seconds + 0.001;
            result.blocks.push_back(std::move(block));
        }
    }
    result.sum_up_blocks();
    return result;
}

} // namespace roacache::test
