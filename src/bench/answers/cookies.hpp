#pragma once

#include "src/bench/answers/user_answers.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace roacache::bench {

/// The names of the cookies that a cache replays: that the user (0 or 1) was given through it though the
/// other one has them without it, or that both were given through it, where each answer without it has a new
/// one. Values that are no ids, and cookies by which balancers keep a client to one server, are left out.
std::vector<std::string> cookies_taken_over(const std::array<UserAnswers, 2>& users, std::size_t user);

} // namespace roacache::bench
