#pragma once

#include "commands/keys/selectors.hpp"
#include "src/bench/model/plan.hpp"
#include "src/bench/verdict/verdict.hpp"
#include "src/config/profile.hpp"

#include <string>
#include <vector>

namespace roacache::commands {

/// Throws core::Error(usage) for what can only be said of all endpoints together. `plan` has one alone.
void check_of_endpoint(const bench::Assert& assertion, const bench::Plan& plan);

/// Gives each endpoint that has no asserts and whose entries (`selectors`, in the order of the endpoints) are
/// of one resource what the profile wants of that one. What the plan cannot answer is left out, and noted.
void add_endpoint_targets(bench::Plan& plan, const std::vector<SelectorOptions>& selectors,
                          const config::Profile& profile, std::vector<std::string>& notes);

/// Throws core::Error(usage) for a target of the profile that is no assert.
void check_targets(const config::Profile& profile);

} // namespace roacache::commands
