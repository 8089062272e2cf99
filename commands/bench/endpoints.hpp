#pragma once

#include "commands/bench/options.hpp"
#include "src/bench/model/plan.hpp"

#include <string>
#include <vector>

namespace roacache::commands {

/// The URLs of the command line, and how each is answered without the cache. Throws core::Error(usage) for
/// whatever cannot be measured.
std::vector<bench::EndpointSpec> make_endpoints(const BenchOptions& options, const bench::LoadSpec& load);

/// Adds what the options say of all endpoints alike to one that has its request, its parameters and its ways
/// past the cache. Throws core::Error(usage) where these do not go with it.
void complete_endpoint(bench::EndpointSpec& endpoint, const BenchOptions& options,
                       const bench::LoadSpec& load);

/// What `--ignore-json` says. Throws core::Error(usage).
std::vector<bench::JsonPath> ignored_paths(const BenchOptions& options);

/// How uncached answers are made, each way once: `the query a=1; the query b=1`; empty for a single run.
std::string describe_uncached(const std::vector<bench::EndpointSpec>& endpoints);

} // namespace roacache::commands
