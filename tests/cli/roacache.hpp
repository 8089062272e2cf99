#pragma once

#include "tests/support/paths.hpp"
#include "tests/support/process.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace roacache::test {

/// Runs the program under test to its end.
inline Finished run_roacache(std::vector<std::string> arguments, const RunOptions& options = {}) {
    arguments.insert(arguments.begin(), program());
    return run(arguments, options);
}

/// Starts the program with a library of tests/preload before its own. `folder` outlives the run.
inline void preload(RunOptions& options, const TempDir& folder, const std::string& name) {
    // In a folder whose name has no blanks, for at those LD_PRELOAD is split.
    const auto library = folder.path() / ("lib" + name + ".so");
    std::filesystem::create_symlink(
        std::filesystem::path(program()).parent_path() / "tests" / library.filename(), library);
    options.env["LD_PRELOAD"] = library.string();
    options.env["ASAN_OPTIONS"] = "verify_asan_link_order=0";
}

/// How many lines a text has.
inline long lines_in(const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
}

/// The JSON documents of its lines.
inline std::vector<nlohmann::json> documents_in(const std::string& text) {
    std::vector<nlohmann::json> documents;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("{")) documents.push_back(nlohmann::json::parse(line));
    return documents;
}

} // namespace roacache::test
