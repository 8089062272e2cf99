#pragma once

#include "src/bench/verdict/verdict.hpp"
#include "tests/unit/made_result.hpp"

#include <functional>
#include <string>
#include <vector>

namespace roacache::test {

/// Endpoints `a`, `b` …, with 30 blocks of 34 requests in each arm.
inline bench::Result of_endpoints(std::size_t endpoints) {
    MadeRun made;
    made.endpoints = endpoints;
    bench::Result result = made_result(made);
    for (std::size_t i = 0; i < endpoints; ++i)
        result.endpoints[i].label = result.plan.endpoints[i].label =
            std::string(1, static_cast<char>('a' + i));
    return result;
}

/// Calls `change` with every block's part of an endpoint and arm, and with the number of the pair.
inline void change(bench::Result& result, std::size_t endpoint, bench::ArmKind arm,
                   const std::function<void(bench::Tally&, unsigned)>& change) {
    for (bench::Block& block : result.blocks)
        if (block.arm == arm) change(block.endpoints.at(endpoint), block.pair);
    result.sum_up_blocks();
}

inline std::string reasons_of(const bench::Assessment& assessment) {
    std::string all;
    for (const std::string& reason : assessment.reasons)
        all += reason + "\n";
    return all;
}

inline std::string reasons_of(const bench::Result& result, const std::vector<bench::Assert>& asserts = {}) {
    return reasons_of(bench::assess(result, asserts));
}

} // namespace roacache::test
