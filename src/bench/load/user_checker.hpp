#pragma once

#include "src/bench/answers/user_answers.hpp"
#include "src/bench/load/runner.hpp"
#include "src/bench/load/workload.hpp"
#include "src/bench/model/user_check.hpp"

#include <array>
#include <vector>

namespace roacache::bench {

/// Asks the same questions as two users, each by the header `Authorization: Bearer TOKEN`, past the cache and
/// through it, and tells whether an answer crossed over. Of an endpoint with several different requests at
/// least three, and up to a hundred in the ten seconds that all endpoints have together. HTTP/1.1 only, over
/// connections of its own.
class UserChecker {
  public:
    /// Prepares; sends nothing. The arguments must outlive it; Plan::users has two tokens. Throws
    /// core::Error.
    UserChecker(const Plan& plan, const Behind& behind);

    /// Of every endpoint. Throws core::Error where a switch or a store fails; an answer that fails is
    /// `unknown`. Ends early when interrupted.
    std::vector<UserCheck> check();

  private:
    struct User {
        Plan plan;
        Workload workload;
    };
    UserAnswer ask(const User& user, ArmKind arm, std::size_t endpoint, std::uint64_t number);
    void go_past_cache(std::size_t endpoint);
    UserCheck check(std::size_t endpoint, std::uint64_t number);
    void switch_to(bool cached);

    const Plan& plan_;
    Behind behind_;
    std::array<User, 2> users_;
    std::uint64_t serial_ = 0;
};

} // namespace roacache::bench
