#include "src/bench/answers/checker.hpp"

#include "src/core/ascii.hpp"
#include "src/http/content_coding.hpp"
#include "src/http/first_character.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <utility>

namespace roacache::bench {
namespace {

constexpr std::uint64_t k_most_variants = 1000; // compared
constexpr std::size_t k_most_known = 64;        // references that much is known of
constexpr std::size_t k_equal_bodies = 8;
constexpr std::size_t k_strange_bodies = 4;
constexpr std::size_t k_most_varying = 8; // places
constexpr const char* k_too_long = "; not looked into: only the first 4 MiB of a body are kept";
constexpr const char* k_undecodable =
    "; not looked into: its content could not be decoded, or is longer than 16 MiB";
constexpr std::size_t k_longest_content = 4 * Reference::k_head_limit; // of what is encoded

std::string describe_body(std::uint64_t length, std::uint64_t hash) {
    return fmt::format("{} bytes, XXH3 {:016x}", length, hash);
}

/// `found`: what is there instead of the expected, from this place on.
Difference show(std::string_view expected, std::string_view found, std::uint64_t offset) {
    const auto at = static_cast<std::size_t>(offset);
    const std::size_t before = std::min(at, Observation::k_excerpt);
    const std::string_view common = expected.substr(at - before, before);
    const auto excerpt = [&](std::string_view text) {
        return output::printable(std::string(common).append(text.substr(0, Observation::k_excerpt)));
    };
    return {offset, excerpt(expected.substr(at)), excerpt(found)};
}

Difference first_difference(std::string_view expected, std::string_view found) {
    const auto at = static_cast<std::size_t>(
        std::mismatch(expected.begin(), expected.end(), found.begin(), found.end()).first - expected.begin());
    return show(expected, found.substr(at), at);
}

/// The mismatch of this arm and kind: the one known, or a new one.
std::pair<Mismatch&, bool> entry(Equality& equality, std::size_t endpoint, ArmKind arm, const char* what) {
    auto& list = equality.mismatches;
    const auto known = std::find_if(list.begin(), list.end(), [&](const Mismatch& mismatch) {
        return mismatch.arm == arm && mismatch.what == what;
    });
    if (known != list.end()) {
        ++known->count;
        return {*known, false};
    }
    list.push_back({endpoint, arm, what, {}, {}, {}, 1});
    return {list.back(), true};
}

/// Absent where it cannot be decoded, or is too long.
std::optional<std::string> decoded_content(std::string_view body, const std::string& encoding) {
    if (encoding.empty()) return std::string(body);
    return http::decoded(body, encoding, k_longest_content);
}

/// What is said of a body's bytes, and whether it is true: `gzip`, `none`, `gzip, which the body is not`.
std::string coding_of(std::string_view body, std::string_view content_encoding) {
    const std::string coding = http::known_codings(content_encoding);
    if (coding.empty()) return "none";
    return http::begins_as_coded(body, coding) ? coding : coding + ", which the body is not";
}

/// Without the scheme and authority of the arms' own URLs, for each may have one of its own.
std::string_view place_of(std::string_view location, const std::vector<std::string>& own) {
    for (const std::string& base : own) {
        if (!core::equal_ignoring_case(location.substr(0, base.size()), base)) continue;
        const std::string_view place = location.substr(base.size());
        if (place.empty()) return "/";
        if (std::string_view("/?#").find(place.front()) != std::string_view::npos) return place;
    }
    return location;
}

std::vector<std::string> bases_of(const EndpointPlan& endpoint) {
    std::vector<std::string> bases;
    for (const auto* request : {&endpoint.cached, &endpoint.uncached})
        if (*request) bases.push_back((*request)->url.scheme + "://" + (*request)->url.host_header());
    return bases;
}

/// A number or a word alone is JSON only where the answer says so.
bool may_be_json(const std::string& content_type, std::string_view content) {
    const char first = http::first_character(content);
    return normalised_content_type(content_type).find("json") != std::string::npos || first == '{' ||
           first == '[';
}

/// Only the first few are stored.
bool is_new_strange(const std::vector<Body>& strange, const Body& body) {
    return strange.size() < k_strange_bodies &&
           std::none_of(strange.begin(), strange.end(),
                        [&](const Body& known) { return known.hash == body.hash; });
}

} // namespace

std::string normalised_content_type(std::string_view text) {
    std::string plain;
    const auto matters = [](char c) {
        return std::string_view(" \t\r\n\"").find(c) == std::string_view::npos;
    };
    std::copy_if(text.begin(), text.end(), std::back_inserter(plain), matters);
    for (char& c : plain)
        c = core::to_lower(c);
    std::string type = plain.substr(0, plain.find(';'));
    std::vector<std::string> parameters;
    for (std::size_t begin = type.size(); begin < plain.size();) {
        const std::size_t end = std::min(plain.find(';', ++begin), plain.size());
        std::string parameter = plain.substr(begin, end - begin);
        begin = end;
        const bool is_utf8 = parameter == "charset=utf-8" || parameter == "charset=utf8";
        if (parameter.empty() || (is_utf8 && type.ends_with("json"))) continue;
        parameters.push_back(is_utf8 ? "charset=utf-8" : std::move(parameter));
    }
    std::sort(parameters.begin(), parameters.end());
    for (const std::string& parameter : parameters)
        type += ';' + parameter;
    return type;
}

std::vector<std::size_t> Checker::variants_compared(const Plan& plan) {
    std::vector<std::size_t> variants;
    for (const EndpointPlan& endpoint : plan.endpoints) {
        const auto its = Choices(endpoint.asked_with(), plan.seed).variants();
        variants.push_back(static_cast<std::size_t>(std::min(its.value_or(0), k_most_variants)));
    }
    return variants;
}

Checker::Checker(const Plan& plan, References& references)
    : references_(references), states_(plan.endpoints.size()) {
    for (std::size_t i = 0; i < states_.size(); ++i) {
        const EndpointPlan& endpoint = plan.endpoints[i];
        Choices choices(endpoint.asked_with(), plan.seed);
        states_[i].ignored = endpoint.ignored;
        states_[i].own_bases = bases_of(endpoint);
        states_[i].compares = plan.compare && !plan.single && choices.variants();
        if (choices.variants() != 1) states_[i].choices = std::move(choices);
    }
}

void Checker::begin(Observation& observation, std::size_t endpoint, ArmKind arm, std::uint64_t number) const {
    using Keep = Observation::Keep;
    const State& state = states_[endpoint];
    if (!state.compares) return observation.begin(nullptr, Keep::nothing);
    const std::uint64_t variant = state.variant(number);
    const bool first = arm == ArmKind::uncached && references_.awaits(endpoint, variant);
    observation.begin(&references_.of(endpoint, variant), first ? Keep::head : Keep::different);
}

void Checker::finish(Observation& observation, std::size_t endpoint, ArmKind arm, std::uint64_t number) {
    const State& state = states_[endpoint];
    if (!state.compares) return;
    const std::uint64_t variant = state.variant(number);
    if (!references_.of(endpoint, variant).set) {
        if (arm != ArmKind::uncached || !references_.awaits(endpoint, variant)) return;
        if (references_.settle(endpoint, variant,
                               {true, observation.status(), observation.content_type(), observation.length(),
                                observation.hash(), observation.head(), observation.content_encoding(),
                                observation.location()}))
            return;
    }
    const Reference& reference = references_.of(endpoint, variant);
    observation.hold_against(reference);
    compare(observation, reference, endpoint, variant, arm);
}

Checker::Known& Checker::known_of(State& state, std::uint64_t variant) {
    if (state.known.size() >= k_most_known && !state.known.contains(variant)) state.known.clear();
    return state.known[variant];
}

void Checker::fill(Mismatch& mismatch, const BodyDifference& body, const Observation& observation,
                   const Reference& reference) {
    mismatch.expected = describe_body(reference.length, reference.hash);
    mismatch.found = describe_body(observation.length(), observation.hash());
    if (body.trouble != nullptr) mismatch.found += body.trouble;
    const auto offset = observation.difference();
    if (body.place)
        mismatch.difference = body.place;
    else if (offset && body.trouble != k_undecodable)
        mismatch.difference = show(reference.head, observation.found(), *offset);
    if (body.place && body.place->path) mismatch.difference->offset = offset.value_or(0);
}

void Checker::compare(const Observation& observation, const Reference& reference, std::size_t endpoint,
                      std::uint64_t variant, ArmKind arm) {
    State& state = states_[endpoint];
    bool differs = false;
    const auto note = [&](const char* what, auto describe) {
        differs = true;
        const auto [mismatch, is_new] = entry(state.equality, endpoint, arm, what);
        if (!is_new) return;
        describe(mismatch);
        if (state.choices) mismatch.request = state.choices->describe(variant);
    };
    if (observation.status() != reference.status) {
        note("status", [&](Mismatch& mismatch) {
            mismatch.expected = std::to_string(reference.status);
            mismatch.found = std::to_string(observation.status());
        });
    }
    if (observation.content_type() != reference.content_type &&
        normalised_content_type(observation.content_type()) !=
            normalised_content_type(reference.content_type)) {
        note("content-type", [&](Mismatch& mismatch) {
            mismatch.expected = output::printable(reference.content_type);
            mismatch.found = output::printable(observation.content_type());
        });
    }
    using Kind = BodyDifference::Kind;
    const auto body = compare_bodies(observation, reference, state, known_of(state, variant));
    if (body && body->kind == Kind::coding) {
        note("content-encoding", [&](Mismatch& mismatch) {
            mismatch.expected = coding_of(reference.head, reference.content_encoding);
            mismatch.found = coding_of(observation.body().value_or(""), observation.content_encoding());
        });
    }
    const bool elsewhere = differs;
    const bool in_location = !differs && place_of(observation.location(), state.own_bases) !=
                                             place_of(reference.location, state.own_bases);
    if (in_location) {
        note("location", [&](Mismatch& mismatch) {
            mismatch.expected = reference.location.empty() ? "none" : output::printable(reference.location);
            mismatch.found =
                observation.location().empty() ? "none" : output::printable(observation.location());
        });
    }
    const bool in_body = body && body->kind == Kind::content;
    if (in_body) {
        note("body", [&](Mismatch& mismatch) { fill(mismatch, *body, observation, reference); });
    }
    const bool unknown = body && body->kind == Kind::unknown;
    if (unknown) ++state.equality.too_long;
    if (differs || !unknown) ++state.equality.compared;
    if (differs) ++state.equality.mismatched;
    if (differs && !elsewhere) ++state.equality.differ_in_content;
    note_answer(observation, reference, state, arm, !body);
    if (arm != ArmKind::uncached || !(in_body || in_location)) return;
    state.equality.varies = true;
    if (in_body) note_varying(state, *body);
}

std::optional<Checker::BodyDifference> Checker::compare_bodies(const Observation& observation,
                                                               const Reference& reference, State& state,
                                                               Known& known) {
    const std::string& said = observation.content_encoding();
    const bool same_bytes = observation.same_body();
    const bool coded_alike = said == reference.content_encoding ||
                             http::known_codings(said) == http::known_codings(reference.content_encoding);
    if (same_bytes && (coded_alike || observation.length() == 0)) return {};
    if (same_bytes) return BodyDifference{.kind = BodyDifference::Kind::coding};
    const std::uint64_t hash = observation.hash();
    const auto equal =
        std::find_if(known.equal_bodies.begin(), known.equal_bodies.end(), [&](const Equal& one) {
            return one.hash == hash && one.length == observation.length() && one.content_encoding == said;
        });
    if (equal != known.equal_bodies.end()) {
        if (equal->as_json) ++state.equality.equal_as_json;
        return {};
    }
    const auto body = observation.body();
    if (!body || !reference.whole())
        return BodyDifference{.kind = state.ignored.empty() ? BodyDifference::Kind::content
                                                            : BodyDifference::Kind::unknown,
                              .trouble = k_too_long};
    const bool as_said = http::begins_as_coded(*body, http::known_codings(said));
    if (as_said != http::begins_as_coded(reference.head, http::known_codings(reference.content_encoding)))
        return BodyDifference{.kind = BodyDifference::Kind::coding};
    const bool encoded = !reference.content_encoding.empty() || !said.empty();
    const auto content = decoded_content(*body, said);
    if (!known.content_read) known.content = decoded_content(reference.head, reference.content_encoding);
    known.content_read = true;
    if (!content || !known.content) return BodyDifference{.trouble = k_undecodable};
    const auto keep_equal = [&](bool as_json) {
        if (known.equal_bodies.size() == k_equal_bodies) known.equal_bodies.erase(known.equal_bodies.begin());
        known.equal_bodies.push_back({observation.length(), hash, said, as_json});
        if (as_json) ++state.equality.equal_as_json;
    };
    if (*content == *known.content) {
        keep_equal(false);
        return {};
    }
    if (!known.document_read && may_be_json(reference.content_type, *known.content))
        known.document = read_json_body(*known.content);
    known.document_read = true;
    const auto found = known.document ? read_json_body(*content) : std::nullopt;
    if (!found) {
        if (!encoded) return BodyDifference{};
        return BodyDifference{.place = first_difference(*known.content, *content)};
    }
    auto differing = differences(*known.document, *found, state.ignored, k_most_varying);
    if (differing.empty()) {
        keep_equal(state.ignored.empty());
        return {};
    }
    BodyDifference different;
    const JsonDifference& first = differing.front();
    different.place = Difference{0, first.expected, first.found, first.path};
    for (const JsonDifference& one : differing)
        different.paths.push_back(one.place);
    return different;
}

/// What an uncached answer has elsewhere than the first one belongs to no cache.
void Checker::note_varying(State& state, const BodyDifference& body) {
    for (const std::string& path : body.paths)
        if (!path.empty() && state.equality.varying_paths.size() < k_most_varying)
            state.equality.varying_paths.insert(path);
}

/// For shared_entries(). Redirects and empty bodies say nothing of what was asked.
void Checker::note_answer(const Observation& observation, const Reference& reference, State& state,
                          ArmKind arm, bool same_body) {
    if (arm == ArmKind::uncached) {
        ++state.uncached;
        state.varies = state.varies || !same_body || observation.status() != reference.status;
    }
    if (arm != ArmKind::cached || state.choices || observation.status() >= 300 || observation.length() == 0)
        return;
    if (same_body) {
        state.cached_as_itself = true;
        return;
    }
    Body body{observation.length(), observation.hash(), {}};
    if (!is_new_strange(state.strange, body)) return;
    if (!state.ignored.empty()) body.text = observation.body().value_or("");
    state.strange.push_back(std::move(body));
}

void Checker::merge(const Checker& other) {
    for (std::size_t i = 0; i < states_.size(); ++i) {
        State& state = states_[i];
        const State& more = other.states_[i];
        state.equality.add_counts(more.equality);
        for (const Mismatch& mismatch : more.equality.mismatches) {
            const auto [known, is_new] = entry(state.equality, i, mismatch.arm, mismatch.what.c_str());
            if (is_new)
                known = mismatch;
            else
                known.count += mismatch.count - 1; // entry() has counted one
        }
        state.uncached += more.uncached;
        state.varies = state.varies || more.varies;
        state.cached_as_itself = state.cached_as_itself || more.cached_as_itself;
        for (const Body& body : more.strange)
            if (is_new_strange(state.strange, body)) state.strange.push_back(body);
    }
}

std::vector<SharedEntry> Checker::shared_entries() const {
    std::vector<Answers> answers;
    for (std::size_t i = 0; i < states_.size(); ++i) {
        const State& state = states_[i];
        const Reference& reference = references_.of(i);
        Answers& its = answers.emplace_back();
        its.steady = !state.choices && reference.set && reference.status < 300 && reference.length > 0 &&
                     state.uncached > 0 && !state.varies;
        its.uncached = {reference.length, reference.hash, {}};
        its.ignored = state.ignored;
        if (!its.ignored.empty() && reference.whole()) its.uncached.text = reference.head;
        its.cached = state.strange;
        if (state.cached_as_itself) its.cached.push_back(its.uncached);
    }
    return find_shared_entries(answers);
}

} // namespace roacache::bench
