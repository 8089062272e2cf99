#include "src/bench/stats/paired_arms.hpp"

#include <vector>

namespace roacache::bench {

PairedArms::PairedArms(const Result& result, std::optional<std::size_t> endpoint) {
    std::map<unsigned, std::map<ArmKind, const Block*>> by_pair;
    for (const Block& block : result.blocks)
        by_pair[block.pair][block.arm] = &block;
    std::map<ArmKind, std::vector<BlockFigures>> figures;
    for (const auto& [pair, of_pair] : by_pair) {
        if (of_pair.size() != result.plan.arms().size()) continue; // interrupted
        ++pairs;
        for (const auto& [arm, block] : of_pair)
            figures[arm].push_back(scope_of(*block, endpoint));
    }
    together = together_by_arms(figures, pairs);
    for (const auto& [arm, of_arm] : figures)
        blocks.emplace(arm, ArmBlocks(grouped(of_arm, together.groups)));
}

void PairedArms::draw(std::span<const unsigned> times) {
    for (auto& [arm, of_arm] : blocks)
        of_arm.draw(times);
}

void PairedArms::draw_all() {
    for (auto& [arm, of_arm] : blocks)
        of_arm.draw_all();
}

} // namespace roacache::bench
