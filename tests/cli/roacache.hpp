#pragma once

#include "tests/support/paths.hpp"
#include "tests/support/process.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace roacache::test {

/// Runs the program under test to its end.
inline Finished run_roacache(std::vector<std::string> arguments, const RunOptions& options = {}) {
    arguments.insert(arguments.begin(), program());
    return run(arguments, options);
}

/// How many lines a text has.
inline long lines_in(const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
}

} // namespace roacache::test
