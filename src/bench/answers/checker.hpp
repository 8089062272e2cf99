#pragma once

#include "src/bench/answers/json_body.hpp"
#include "src/bench/answers/observation.hpp"
#include "src/bench/answers/shared_entry.hpp"

#include <map>
#include <optional>
#include <vector>

namespace roacache::bench {

/// Holds the good responses of every arm against the first good uncached one to the same request: status,
/// content type (what says the same is the same), content coding, Location and body. Of requests with listed
/// values the first thousand variants of each endpoint are compared, of others with values nothing.
///
/// A coding differs where a client would read another body: the same bytes under another coding, or bytes
/// that are not coded as is said of them.
///
/// Where fields of an endpoint are ignored, a body that differs in its bytes is read as JSON and compared
/// without these; bodies that are no JSON differ, and of those that are longer than what is stored of them
/// nothing is known. A body that was found equal is recognised by its hash, so that an answer out of a cache
/// is read once.
///
/// Each thread has its own; what they share are the references.
class Checker {
  public:
    /// Compares nothing, at no cost, when the plan does not want it or has one arm only. The plan, and
    /// `references` of variants_compared(), must outlive it.
    Checker(const Plan& plan, References& references);

    /// How many variants of each endpoint's request are compared.
    static std::vector<std::size_t> variants_compared(const Plan& plan);

    /// Before a request is sent, whose number is its Pick's.
    void begin(Observation& observation, std::size_t endpoint, ArmKind arm, std::uint64_t number = 0) const;
    /// After a good response.
    void finish(Observation& observation, std::size_t endpoint, ArmKind arm, std::uint64_t number = 0);

    const Equality& equality(std::size_t endpoint) const { return states_[endpoint].equality; }
    /// As if all that the other one saw had come here.
    void merge(const Checker& other);
    /// Of all that was answered until now.
    std::vector<SharedEntry> shared_entries() const;

  private:
    /// A body that says the same as the reference.
    struct Equal {
        std::uint64_t length = 0;
        std::uint64_t hash = 0;         ///< XXH3, 64 bits
        std::string content_encoding{}; ///< as it was said
        bool as_json = false;           ///< not byte for byte, once it is decoded
    };
    /// What is known of one reference.
    struct Known {
        std::optional<std::string> content; ///< once it was needed and can be decoded
        bool content_read = false;
        std::optional<nlohmann::json> document; ///< once it was needed and is JSON
        bool document_read = false;
        std::vector<Equal> equal_bodies; ///< of other bytes; the last few
    };
    struct State {
        bool compares = false;
        std::optional<Choices> choices = {}; ///< where requests differ
        std::vector<JsonPath> ignored = {};
        std::vector<std::string> own_bases = {};   ///< `https://host:port` of each arm's URL
        std::map<std::uint64_t, Known> known = {}; ///< of some variants
        Equality equality = {};
        std::uint64_t uncached = 0;     ///< responses compared
        bool varies = false;            ///< an uncached body differed
        bool cached_as_itself = false;  ///< a cached body was equal
        std::vector<Body> strange = {}; ///< cached bodies that differed; the first few

        std::uint64_t variant(std::uint64_t number) const { return choices ? choices->variant(number) : 0; }
    };
    struct BodyDifference {
        enum class Kind : std::uint8_t {
            content,
            coding,  ///< what is said of its bytes, or whether that is true
            unknown, ///< it is too long to be compared without what is ignored
        };
        Kind kind = Kind::content;
        const char* trouble = nullptr;        ///< why it was not looked into
        std::optional<Difference> place = {}; ///< where that is known better than by bytes
        std::vector<std::string> paths = {};  ///< of a JSON document: the first places that differ
    };
    void compare(const Observation& observation, const Reference& reference, std::size_t endpoint,
                 std::uint64_t variant, ArmKind arm);
    static void fill(Mismatch& mismatch, const BodyDifference& body, const Observation& observation,
                     const Reference& reference);
    static std::optional<BodyDifference>
    compare_bodies(const Observation& observation, const Reference& reference, State& state, Known& known);
    static Known& known_of(State& state, std::uint64_t variant);
    static void note_varying(State& state, const BodyDifference& body);
    static void note_answer(const Observation& observation, const Reference& reference, State& state,
                            ArmKind arm, bool same_body);

    References& references_;
    std::vector<State> states_;
};

/// Content types are equal when these are: without regard to case, blanks, quotes, the order of parameters
/// and how UTF-8 is written, which for JSON says nothing (RFC 8259, 8.1).
std::string normalised_content_type(std::string_view text);

} // namespace roacache::bench
