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
    /// A body that says the same as the reference.
    struct Equal {
        std::uint64_t length = 0;
        std::uint64_t hash = 0; ///< XXH3, 64 bits
        bool as_json = false;   ///< not byte for byte, once it is decoded
    };
    struct State {
        bool compares = false;
        std::vector<JsonPath> ignored;
        std::optional<std::string> content; ///< the reference's, once it was needed and can be decoded
        bool content_read = false;
        std::optional<nlohmann::json> document; ///< the reference, once it was needed and is JSON
        bool document_read = false;
        std::vector<Equal> equal_bodies; ///< of other bytes; the last few
        Equality equality;
        std::uint64_t uncached = 0;    ///< responses compared
        bool varies = false;           ///< an uncached body differed
        bool cached_as_itself = false; ///< a cached body was equal
        std::vector<Body> strange;     ///< cached bodies that differed; the first few
    };
    struct BodyDifference {
        const char* trouble = nullptr;        ///< why it was not looked into
        std::optional<Difference> place = {}; ///< where that is known better than by bytes
        std::vector<std::string> paths = {};  ///< of a JSON document: the first places that differ
    };
    void compare(const Observation& observation, const Reference& reference, std::size_t endpoint,
                 ArmKind arm);
    static std::optional<BodyDifference> compare_bodies(const Observation& observation,
                                                        const Reference& reference, State& state);
    static void note_varying(State& state, const BodyDifference& body);
    static void note_answer(const Observation& observation, const Reference& reference, State& state,
                            ArmKind arm, bool same_body);

    References& references_;
    std::vector<State> states_;
};

/// Content types are equal when these are.
std::string normalised_content_type(std::string_view text);

} // namespace roacache::bench
