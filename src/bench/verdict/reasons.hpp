#pragma once

#include "src/bench/verdict/verdict.hpp"

#include <string>
#include <vector>

namespace roacache::bench {

/// Why the run fails, most important first, a sentence each; empty when it does not. The assessment's asserts
/// are answered.
std::vector<std::string> failures(const Result& result, const Assessment& assessment);

/// Why it cannot be relied on; likewise.
std::vector<std::string> inconclusive_reasons(const Result& result, const Assessment& assessment);

} // namespace roacache::bench
