#pragma once

#include "src/bench/answers/json_body.hpp"
#include "src/bench/answers/observation.hpp"
#include "src/bench/answers/shared_entry.hpp"

#include <optional>
#include <vector>

namespace roacache::bench {

/// Holds the good responses of every arm against the first good uncached one of their endpoint: status,
/// content type (without regard to case, spaces and quotes) and body.
///
/// Where fields of an endpoint are ignored, a body that differs in its bytes is read as JSON and compared
/// without these; bodies that are no JSON, or longer than what is stored of them, differ. A body that was
/// found equal is recognised by its hash, so that an answer out of a cache is read once.
///
/// Each thread has its own; what they share are the references.
class Checker {
  public:
    /// Compares nothing, at no cost, when the plan does not want it or has one arm only; and nothing of an
    /// endpoint whose requests differ.
    /// `references` must outlive it.
    Checker(const Plan& plan, References& references);

    /// Before a request is sent.
    void begin(Observation& observation, std::size_t endpoint, ArmKind arm) const;
    /// After a good response.
    void finish(Observation& observation, std::size_t endpoint, ArmKind arm);

    const Equality& equality(std::size_t endpoint) const { return states_[endpoint].equality; }
    /// As if all that the other one saw had come here.
    void merge(const Checker& other);
    /// Of all that was answered until now.
    std::vector<SharedEntry> shared_entries() const;

  private:
    struct State {
        bool compares = false;
        std::vector<JsonPath> ignored;
        std::optional<nlohmann::json> document; ///< the reference, once it was needed and is JSON
        bool document_read = false;
        std::vector<Body> equal_bodies; ///< apart from ignored fields; the last few
        Equality equality;
        std::uint64_t uncached = 0;    ///< responses compared
        bool varies = false;           ///< an uncached body differed
        bool cached_as_itself = false; ///< a cached body was equal
        std::vector<Body> strange;     ///< cached bodies that differed; the first few
    };
    struct BodyDifference {
        bool too_long = false;              ///< to be read as JSON
        std::optional<JsonDifference> json; ///< where it was
    };
    void compare(const Observation& observation, const Reference& reference, std::size_t endpoint,
                 ArmKind arm);
    static std::optional<BodyDifference> compare_bodies(const Observation& observation,
                                                        const Reference& reference, State& state);
    static std::optional<BodyDifference> compare_json(const Observation& observation,
                                                      const Reference& reference, State& state);
    static void note_answer(const Observation& observation, const Reference& reference, State& state,
                            ArmKind arm, bool same_body);

    References& references_;
    std::vector<State> states_;
};

/// Content types are equal when these are.
std::string normalised_content_type(std::string_view text);

} // namespace roacache::bench
