#pragma once

#include "commands/keys/walking.hpp"
#include "commands/stats_goals.hpp"
#include "src/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace roacache::commands {

/// The command line of `stats`, as typed.
struct StatsOptions {
    SelectorOptions selectors;
    std::string read_from;
    std::string by;
    bool no_scan = false;
    bool goals = false; ///< goals and asserts alone are printed
    std::string instances;
    std::string watch;                  ///< the interval; empty: once
    std::optional<std::uint64_t> count; ///< looks of a watch; absent: until somebody ends it
    std::string max_pause = "1ms";
    LoadOptions load;
    std::vector<std::string> asserts;

    bool by_tenant() const { return by.starts_with("tenant"); }
    bool by_prefix() const { return by == "prefix"; }
    bool by_resource() const { return by.empty() || by_prefix() || by.ends_with("resource"); }
};

/// What the store tells and, with `walking`, its keys summed up in one walk, which Ctrl-C ends early with
/// what there is until then. The answers to goals and asserts are not yet in it.
StatsReport look_at_store(const StatsOptions& options, const Context& context, const WantedFigures& wanted,
                          Walking* walking, store::Store& store);

} // namespace roacache::commands
