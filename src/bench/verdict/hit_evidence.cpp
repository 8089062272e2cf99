#include "src/bench/verdict/hit_evidence.hpp"

#include "src/bench/verdict/some_endpoints.hpp"
#include "src/core/ascii.hpp"

#include <algorithm>

namespace roacache::bench {
namespace {

using Cached = HitEvidence::Cached;

bool is_named(const HitHeader& header, const HitHeaders& named) {
    return std::any_of(named.begin(), named.end(), [&](const HitHeader& one) {
        return core::equal_ignoring_case(one.name, header.name) &&
               core::equal_ignoring_case(one.value, header.value);
    });
}

std::optional<CacheSigns::Sign> other_sign(const Result& result, std::size_t endpoint, ArmKind arm) {
    const auto found = result.endpoints[endpoint].signs.find(arm);
    if (found == result.endpoints[endpoint].signs.end()) return {};
    const HitHeaders& named = result.plan.hit_headers_of(endpoint);
    for (const CacheSigns::Sign& sign : found->second.signs)
        if (sign.hit && !is_named(sign.header, named)) return sign;
    return {};
}

/// How the cached arm stands, where something is named.
Cached judged(const Result& result, std::size_t index) {
    const EndpointResult& endpoint = result.endpoints[index];
    const Tally& tally = endpoint.of(ArmKind::cached);
    const std::uint64_t answered = tally.answered(), hits = tally.proven_hits;
    if (answered == 0) return Cached::unjudged;
    if (2 * hits >= answered) return Cached::hit;
    if (!result.tells_hits(index, ArmKind::cached)) {
        const bool seen = std::any_of(endpoint.arms.begin(), endpoint.arms.end(), [](const auto& arm) {
            return arm.second.proven_hits + arm.second.proven_misses > 0;
        });
        return seen ? Cached::silent : Cached::silent_everywhere;
    }
    const std::uint64_t could = endpoint.asked_before.value_or(answered);
    return 2 * could < answered && 2 * hits >= could ? Cached::asked_once : Cached::missed;
}

} // namespace

bool HitEvidence::bypass_is_vain() const {
    if (!uncached_sign || cached == Cached::hit) return false;
    return !uncached_tells || cached_sign;
}

std::vector<HitEvidence> evidence_of(const Result& result) {
    std::vector<HitEvidence> all;
    for (std::size_t i = 0; i < result.endpoints.size(); ++i) {
        HitEvidence& evidence = all.emplace_back();
        if (result.plan.single) continue;
        const Tally& uncached = result.endpoints[i].of(ArmKind::uncached);
        if (result.plan.proves_hits_of(i)) evidence.cached = judged(result, i);
        evidence.cached_sign = other_sign(result, i, ArmKind::cached);
        evidence.uncached_sign = other_sign(result, i, ArmKind::uncached);
        evidence.uncached_tells = result.tells_hits(i, ArmKind::uncached);
        evidence.uncached_hits =
            too_many(uncached.proven_hits, uncached.answered(), result.endpoints.size() > 1);
    }
    return all;
}

} // namespace roacache::bench
