#include "src/bench/checker.hpp"

#include "src/bench/text.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <utility>

namespace roacache::bench {
namespace {

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

} // namespace

std::string normalised_content_type(std::string_view text) {
    std::string result;
    const auto matters = [](char c) {
        return std::string_view(" \t\r\n\"").find(c) == std::string_view::npos;
    };
    std::copy_if(text.begin(), text.end(), std::back_inserter(result), matters);
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

Checker::Checker(const Plan& plan) : active_(plan.compare && !plan.single), states_(plan.endpoints.size()) {}

void Checker::begin(Observation& observation, std::size_t endpoint, ArmKind arm) const {
    const Reference& reference = states_[endpoint].reference;
    observation.begin(active_ ? &reference : nullptr, active_ && !reference.set && arm == ArmKind::uncached);
}

void Checker::finish(Observation& observation, std::size_t endpoint, ArmKind arm) {
    if (!active_) return;
    State& state = states_[endpoint];
    if (state.reference.set) {
        compare(observation, state, endpoint, arm);
    } else if (arm == ArmKind::uncached) {
        const std::uint64_t hash = observation.hash();
        state.reference = {true, observation.status(),   observation.content_type(), observation.length(),
                           hash, observation.take_head()};
    }
}

void Checker::compare(const Observation& observation, State& state, std::size_t endpoint, ArmKind arm) {
    const Reference& reference = state.reference;
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
    if (!observation.same_body()) {
        note("body", [&](Mismatch& mismatch) {
            mismatch.expected = describe_body(reference.length, reference.hash);
            mismatch.found = describe_body(observation.length(), observation.hash());
            if (const auto offset = observation.difference())
                mismatch.difference = show(reference, observation, *offset);
        });
    }
    if (differs) ++state.equality.mismatched;
}

} // namespace roacache::bench
