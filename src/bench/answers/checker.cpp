#include "src/bench/answers/checker.hpp"

#include "src/core/ascii.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <utility>

namespace roacache::bench {
namespace {

constexpr std::size_t k_equal_bodies = 8;
constexpr std::size_t k_strange_bodies = 4;
constexpr const char* k_too_long = "; not read as JSON: only the first MiB of a body is kept";

std::string describe_body(std::uint64_t length, std::uint64_t hash) {
    return fmt::format("{} bytes, XXH3 {:016x}", length, hash);
}

Difference show(const Reference& reference, const Observation& observation, std::uint64_t offset) {
    const auto at = static_cast<std::size_t>(offset);
    const std::size_t before = std::min(at, Observation::k_excerpt);
    const std::string_view head = reference.head;
    const std::string_view common = head.substr(at - before, before);
    const std::string_view expected = head.substr(at, Observation::k_excerpt);
    return {offset, output::printable(std::string(common).append(expected)),
            output::printable(std::string(common).append(observation.found()))};
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

/// Only the first few are stored.
bool is_new_strange(const std::vector<Body>& strange, const Body& body) {
    return strange.size() < k_strange_bodies &&
           std::none_of(strange.begin(), strange.end(),
                        [&](const Body& known) { return known.hash == body.hash; });
}

} // namespace

std::string normalised_content_type(std::string_view text) {
    std::string result;
    const auto matters = [](char c) {
        return std::string_view(" \t\r\n\"").find(c) == std::string_view::npos;
    };
    std::copy_if(text.begin(), text.end(), std::back_inserter(result), matters);
    for (char& c : result)
        c = core::to_lower(c);
    return result;
}

Checker::Checker(const Plan& plan, References& references)
    : references_(references), states_(plan.endpoints.size()) {
    for (std::size_t i = 0; i < states_.size(); ++i) {
        const EndpointPlan& endpoint = plan.endpoints[i];
        states_[i].ignored = endpoint.ignored;
        states_[i].compares = plan.compare && !plan.single && request_count(endpoint.parameters) == 1;
    }
}

void Checker::begin(Observation& observation, std::size_t endpoint, ArmKind arm) const {
    using Keep = Observation::Keep;
    if (!states_[endpoint].compares) return observation.begin(nullptr, Keep::nothing);
    const Reference& reference = references_.of(endpoint);
    const bool first = !reference.set && arm == ArmKind::uncached;
    observation.begin(&reference, first                               ? Keep::head
                                  : states_[endpoint].ignored.empty() ? Keep::nothing
                                                                      : Keep::different);
}

void Checker::finish(Observation& observation, std::size_t endpoint, ArmKind arm) {
    if (!states_[endpoint].compares) return;
    if (!references_.of(endpoint).set) {
        if (arm != ArmKind::uncached) return;
        if (references_.settle(endpoint, {true, observation.status(), observation.content_type(),
                                          observation.length(), observation.hash(), observation.head()}))
            return;
    }
    const Reference& reference = references_.of(endpoint);
    observation.hold_against(reference);
    compare(observation, reference, endpoint, arm);
}

void Checker::compare(const Observation& observation, const Reference& reference, std::size_t endpoint,
                      ArmKind arm) {
    State& state = states_[endpoint];
    ++state.equality.compared;
    bool differs = false;
    const auto note = [&](const char* what, auto fill) {
        differs = true;
        const auto [mismatch, is_new] = entry(state.equality, endpoint, arm, what);
        if (is_new) fill(mismatch);
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
    const auto body = compare_bodies(observation, reference, state);
    if (body) {
        note("body", [&](Mismatch& mismatch) {
            mismatch.expected = describe_body(reference.length, reference.hash);
            mismatch.found = describe_body(observation.length(), observation.hash());
            if (body->too_long) mismatch.found += k_too_long;
            const auto offset = observation.difference();
            if (body->json)
                mismatch.difference =
                    Difference{offset.value_or(0), body->json->expected, body->json->found, body->json->path};
            else if (offset)
                mismatch.difference = show(reference, observation, *offset);
        });
    }
    if (differs) ++state.equality.mismatched;
    note_answer(observation, reference, state, arm, !body);
}

std::optional<Checker::BodyDifference> Checker::compare_bodies(const Observation& observation,
                                                               const Reference& reference, State& state) {
    if (observation.same_body()) return {};
    if (!state.ignored.empty()) return compare_json(observation, reference, state);
    return BodyDifference{};
}

std::optional<Checker::BodyDifference> Checker::compare_json(const Observation& observation,
                                                             const Reference& reference, State& state) {
    const std::uint64_t hash = observation.hash();
    const auto known =
        std::any_of(state.equal_bodies.begin(), state.equal_bodies.end(), [&](const Body& body) {
            return body.hash == hash && body.length == observation.length();
        });
    if (known) return {};
    const auto body = observation.body();
    if (!body || !reference.whole()) return BodyDifference{.too_long = true, .json = {}};
    if (!state.document_read) state.document = read_json_body(reference.head);
    state.document_read = true;
    const auto found = state.document ? read_json_body(*body) : std::nullopt;
    if (!found) return BodyDifference{};
    if (auto first = first_difference(*state.document, *found, state.ignored))
        return BodyDifference{.too_long = false, .json = std::move(first)};
    if (state.equal_bodies.size() == k_equal_bodies) state.equal_bodies.erase(state.equal_bodies.begin());
    state.equal_bodies.push_back({observation.length(), hash, {}});
    return {};
}

/// For shared_entries(). Redirects and empty bodies say nothing of what was asked.
void Checker::note_answer(const Observation& observation, const Reference& reference, State& state,
                          ArmKind arm, bool same_body) {
    if (arm == ArmKind::uncached) {
        ++state.uncached;
        state.varies = state.varies || !same_body || observation.status() != reference.status;
    }
    if (arm != ArmKind::cached || observation.status() >= 300 || observation.length() == 0) return;
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
        state.equality.compared += more.equality.compared;
        state.equality.mismatched += more.equality.mismatched;
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
        its.steady = reference.set && reference.status < 300 && reference.length > 0 && state.uncached > 0 &&
                     !state.varies;
        its.uncached = {reference.length, reference.hash, {}};
        its.ignored = state.ignored;
        if (!its.ignored.empty() && reference.whole()) its.uncached.text = reference.head;
        its.cached = state.strange;
        if (state.cached_as_itself) its.cached.push_back(its.uncached);
    }
    return find_shared_entries(answers);
}

} // namespace roacache::bench
