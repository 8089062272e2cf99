#pragma once

#include "src/bench/verdict/verdict.hpp"

#include <string>

namespace roacache::bench {

/// Why an assert does not pass, as a reason of the verdict.
std::string sentence_of(const AssertResult& answer, const Result& result);

} // namespace roacache::bench
