#pragma once

#include "commands/bench/options.hpp"

#include <string>
#include <vector>

namespace roacache::commands {

/// The tokens of the users of --as, from their files: none or two. The first one becomes a header of the
/// requests that are measured, unless they have an Authorization already. Throws core::Error(usage) for one
/// user alone, for what does not go together, and for a file that holds no token.
std::vector<std::string> take_users(BenchOptions& options);

} // namespace roacache::commands
