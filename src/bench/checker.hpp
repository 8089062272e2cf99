#pragma once

#include "src/bench/observation.hpp"
#include "src/bench/result.hpp"

#include <vector>

namespace roacache::bench {

/// Holds the good responses of both arms against the first good uncached one of their endpoint: status,
/// content type (without regard to case, spaces and quotes) and body.
class Checker {
  public:
    /// Compares nothing, at no cost, when the plan does not want it or has one arm only.
    explicit Checker(const Plan& plan);

    /// Before a request is sent.
    void begin(Observation& observation, std::size_t endpoint, ArmKind arm) const;
    /// After a good response.
    void finish(Observation& observation, std::size_t endpoint, ArmKind arm);

    const Equality& equality(std::size_t endpoint) const { return states_[endpoint].equality; }

  private:
    struct State {
        Reference reference;
        Equality equality;
    };
    void compare(const Observation& observation, State& state, std::size_t endpoint, ArmKind arm);

    bool active_;
    std::vector<State> states_;
};

/// Content types are equal when these are.
std::string normalised_content_type(std::string_view text);

} // namespace roacache::bench
