#pragma once

#include "commands/bench/options.hpp"
#include "src/bench/model/plan.hpp"
#include "src/config/suite.hpp"

#include <optional>
#include <vector>

namespace roacache::commands {

/// How the answers of a suite's endpoint are looked at: as the command line says, else as the endpoint does,
/// else as the suite. Fields that may differ are those of all three. Throws core::Error(usage), with the
/// place in the file.
std::vector<bench::JsonPath> ignored_of(const config::SuiteEndpoint& endpoint, const config::Suite& suite,
                                        const BenchOptions& options);
bench::HitHeaders hit_headers_of(const config::SuiteEndpoint& endpoint, const config::Suite& suite,
                                 const BenchOptions& options);
std::optional<bench::HitJson> hit_json_of(const config::SuiteEndpoint& endpoint, const config::Suite& suite,
                                          const BenchOptions& options);

} // namespace roacache::commands
