#pragma once

#include "commands/stats_look.hpp"
#include "src/core/clock.hpp"

#include <memory>

namespace roacache::commands {

/// The interval of `--watch`. Throws core::Error(usage) for one below 100 ms.
core::Nanoseconds watch_interval(const StatsOptions& options);

/// Looks again and again, as a table that is drawn anew or in ndjson, until an interrupt or, with a count,
/// after so many looks. Asserts are judged at every look, one that finds the store away included; what came
/// of them all is said at the end, and is the exit code unless the watch was interrupted. Throws core::Error
/// as the first look does, and where the store is away at the last one.
core::ExitCode watch_stats(const StatsOptions& options, Context& context, const WantedFigures& wanted,
                           Walking* walking, std::unique_ptr<store::Store> store, Format format);

} // namespace roacache::commands
