#pragma once

#include "commands/bench/options.hpp"
#include "src/bench/model/uncached_method.hpp"

#include <optional>

namespace roacache::commands {

/// What stops the cache of a drill and brings it back; nothing where none was asked for. A drill is a single
/// run: makes it one. Throws core::Error(usage) for what does not go together.
std::optional<bench::SwitchedCache> take_drill(BenchOptions& options);

} // namespace roacache::commands
