#pragma once

#include "commands/bench/options.hpp"
#include "src/config/suite_file.hpp"

#include <string>
#include <vector>

namespace roacache::commands {

/// The tokens of the users of --as, from their files: none or two. The first one becomes a header of the
/// requests that are measured, unless they have an Authorization already. Throws core::Error(usage) for one
/// user alone, for what does not go together, and for a file that holds no token.
std::vector<std::string> take_users(BenchOptions& options);

/// The same of a suite, for which `as` names the tokens: as they are, or `@FILE` of its folder. What --as
/// names goes before.
std::vector<std::string> take_users(BenchOptions& options, const config::Suite& suite,
                                    const config::SuiteFile& file);

} // namespace roacache::commands
