#include "src/bench/load/stalls.hpp"

#include <algorithm>

namespace roacache::bench {
namespace {

constexpr double k_times_typical = 30;
constexpr double k_bridged = 0.1;

std::vector<Stall> stalls_of_arm(ArmKind arm, const ResponseGaps& gaps, std::int64_t run_began_ns) {
    std::vector<Stall> stalls;
    for (const ResponseGap& gap : gaps.longest())
        if (gap.shared && static_cast<double>(gap.length_ns) >= k_times_typical * gaps.typical_ns())
            stalls.push_back({arm, static_cast<double>(gap.since_ns - run_began_ns) / 1e9,
                              static_cast<double>(gap.length_ns) / 1e9});
    return stalls;
}

} // namespace

std::vector<Stall> stalls_of(const std::map<ArmKind, ResponseGaps>& arms, std::int64_t run_began_ns) {
    std::vector<Stall> parts;
    for (const auto& [arm, gaps] : arms)
        for (const Stall& stall : stalls_of_arm(arm, gaps, run_began_ns))
            parts.push_back(stall);
    std::sort(parts.begin(), parts.end(),
              [](const Stall& a, const Stall& b) { return a.started_s < b.started_s; });
    std::vector<Stall> stalls;
    for (const Stall& part : parts) {
        if (!stalls.empty()) {
            Stall& last = stalls.back();
            const double pause = part.started_s - last.started_s - last.seconds;
            if (pause <= k_bridged * (last.seconds + part.seconds)) {
                last.seconds = part.started_s + part.seconds - last.started_s;
                continue;
            }
        }
        stalls.push_back(part);
    }
    return stalls;
}

} // namespace roacache::bench
