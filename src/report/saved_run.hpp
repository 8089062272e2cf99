#pragma once

#include "src/report/report.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace roacache::report {

/// A run as its JSON saved it: enough to compare it with another, to merge it, and to report it again.
struct SavedRun {
    bench::Result result; ///< its plan without the requests' headers and bodies, and without TLS
    Environment environment;
    std::string command;
    std::string uncached_by;
    bool failed = false;              ///< by its own verdict
    std::vector<std::string> asserts; ///< what had to hold of all endpoints together
    std::string name = {};            ///< of its file
};

/// The version of what is saved of a run, which its JSON has as `saved_version`. 1 (where there is none) has
/// no `bins` in its blocks.
inline constexpr unsigned k_saved_version = 2;

/// Every block with its histograms and its bins of time, from which read_run() makes the run again. A
/// histogram's `counts` are `LOW:COUNT LOW:COUNT …`: the least nanosecond of each bucket that holds something
/// (see Histogram).
nlohmann::ordered_json blocks_json(const bench::Result& result);

/// Every round of an endpoint's stampede, likewise.
nlohmann::ordered_json saved_rounds_json(const bench::Stampede& stampede);

/// Reads what to_json() wrote, in this version or an older one. Throws core::Error(usage) `bad run: NAME:
/// WHY` for anything else.
SavedRun read_run(std::string_view json, const std::string& name);

} // namespace roacache::report
