#pragma once

#include "src/bench/stats/log_figures.hpp"

#include <map>
#include <optional>
#include <span>

namespace roacache::bench {

/// The blocks of a run by arm, those of one pair at the same place, to be drawn from as pairs. Blocks whose
/// pair is not whole (an interrupted run) are left out, and neighbours that depend on each other taken
/// together.
struct PairedArms {
    /// Of one endpoint, or of all pooled.
    PairedArms(const Result& result, std::optional<std::size_t> endpoint);

    void draw(std::span<const unsigned> times);
    void draw_all(); ///< each once

    std::map<ArmKind, ArmBlocks> blocks;
    std::size_t pairs = 0; ///< whole ones
    Together together;
};

} // namespace roacache::bench
