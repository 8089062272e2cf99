#include "src/bench/verdict/arm_reasons.hpp"

#include "src/bench/verdict/format.hpp"
#include "src/bench/verdict/metrics.hpp"
#include "src/bench/verdict/sentences.hpp"
#include "src/bench/verdict/some_endpoints.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

namespace roacache::bench {
namespace {

using core::format_count;
using Cached = HitEvidence::Cached;
using SignOf = std::optional<CacheSigns::Sign> HitEvidence::*;

std::string as_it_is(std::string_view text) {
    return std::string(text);
}

std::pair<std::uint64_t, std::uint64_t> hits_of(const Tally& tally) {
    return {tally.proven_hits, tally.answered()};
}

std::optional<SomeEndpoints> part_with(const Result& result, const Evidence& evidence, Cached cached) {
    return endpoints_where(result, [&](std::size_t i) { return evidence[i].cached == cached; });
}

/// `Its answers have`, or whose they are where the part has several endpoints.
std::string answers_have(const SomeEndpoints& part, const Result& result, std::size_t endpoint) {
    if (part.endpoints().size() == 1) return "Its answers have";
    return "The answers of " + result.endpoints[endpoint].shown_name() + " have";
}

/// ` Its answers have Cache-Control: private, which shared caches do not store.`; empty where none says so.
std::string why_never_cached(const SomeEndpoints& part, const Result& result) {
    for (const std::size_t i : part.endpoints()) {
        const auto signs = result.endpoints[i].signs.find(ArmKind::cached);
        if (signs == result.endpoints[i].signs.end()) continue;
        if (const std::string obstacles = obstacles_text(signs->second); !obstacles.empty())
            return fmt::format(" {} {}, and such answers are not stored by shared caches.",
                               answers_have(part, result, i), obstacles);
    }
    return {};
}

/// The first endpoint that shows such a sign.
std::optional<std::size_t> first_with(SignOf sign, const SomeEndpoints& part, const Evidence& evidence) {
    for (const std::size_t i : part.endpoints())
        if (evidence[i].*sign) return i;
    return {};
}

/// `the header of X-Cache: HIT`
std::string proofs_text(const SomeEndpoints& part) {
    const Plan& plan = part.result().plan;
    if (!plan.proves_misses()) return "an Age above 0";
    return fmt::format("{} of {}", plan.names_tiers() ? "what is at the place" : "the header",
                       hit_proofs_text(part.result(), as_it_is));
}

/// `X-Varnish: 5 3, which --hit-header 'X-Varnish' would take for a hit`
std::string proposal(const CacheSigns::Sign& sign) {
    return fmt::format("{}: {}, which --hit-header '{}' would take for a hit", sign.header.name, sign.value,
                       sign.header.text());
}

/// Where no answer of any arm has what is to prove hits, in a run that compares no arms with each other.
void add_unproven_single(Reasons& reasons, const Result& result) {
    if (!result.plan.single || !result.hits_provable()) return;
    const auto part = endpoints_where(result, [&](std::size_t i) {
        Tally all;
        for (const auto& [arm, tally] : result.endpoints[i].arms)
            all.merge(tally);
        return all.answered() > 0 && all.proven_hits + all.proven_misses == 0;
    });
    if (!part) return;
    reasons.push_back(fmt::format(
        "No answer{} had {}, so whether the cache hit is not known. Name a proof that this service sends "
        "(--hit-header, --hit-json).",
        part->of(), proofs_text(*part)));
}

/// By Age alone, what a drill's cache did is known only while most answers are proven hits.
void add_unknown_phases(Reasons& reasons, const Result& result) {
    if (!result.plan.drill || !result.hits_provable()) return;
    const auto part = endpoints_where(result, [&](std::size_t i) {
        return !result.plan.proves_misses_of(i) &&
               (!result.tells_hits(i, ArmKind::up) || !result.tells_hits(i, ArmKind::back));
    });
    if (part)
        reasons.push_back(
            fmt::format("Whether the service took its cache up again{} is not known: hits within "
                        "their entry's first second have no Age above 0. Measure longer (-n, -z), or "
                        "name another header that proves hits (--hit-header).",
                        part->of()));
}

/// By the counters of the store, which are of all endpoints together.
void add_not_cached_by_store(Reasons& reasons, const Result& result) {
    const auto rate = result.store_hit_rate(ArmKind::cached);
    if (!rate || *rate >= 0.5) return;
    const StoreUse& use = result.store->arms.at(ArmKind::cached);
    reasons.push_back(
        fmt::format("The cached arm was not cached: the store counted {} hits and {} misses meanwhile.",
                    format_count(use.hits), format_count(use.misses)));
}

/// What is named is in no answer of any arm, or in too few of the cached one's.
void add_unproven(Reasons& reasons, const Result& result, const Evidence& evidence, Cached cached) {
    const auto part = part_with(result, evidence, cached);
    if (!part) return;
    const Tally tally = part->result().pooled(ArmKind::cached);
    const std::string proofs = proofs_text(*part);
    const std::uint64_t telling = tally.proven_hits + tally.proven_misses;
    std::string text =
        cached == Cached::silent_everywhere
            ? fmt::format("No answer of any arm{} had {}", part->of(), proofs)
            : fmt::format("Only {} of the {} good responses of the cached arm{} had {}",
                          format_count(telling), format_count(tally.answered()), part->of(), proofs);
    if (cached == Cached::silent && telling == 0)
        text = fmt::format("None of the {} good responses of the cached arm{} had {}, which answers of "
                           "another arm had",
                           format_count(tally.answered()), part->of(), proofs);
    if (!part->result().plan.proves_misses())
        text += "; hits have one of 0, too, within an entry's first second";
    const auto other = first_with(&HitEvidence::cached_sign, *part, evidence);
    reasons.push_back(
        fmt::format("{}, so whether the cache hit is not known. {}", text,
                    other ? fmt::format("The answers have {}.", proposal(*evidence[*other].cached_sign))
                          : "Name one that this service sends (--hit-header), or the store "
                            "(-u)."));
}

void add_doubtful_proof(Reasons& reasons, const Result& result, const Evidence& evidence) {
    const auto part = endpoints_where(result, [&](std::size_t i) { return evidence[i].proof_is_doubtful(); });
    if (!part) return;
    const Tally tally = part->result().pooled(ArmKind::cached);
    const auto other = first_with(&HitEvidence::cached_sign, *part, evidence);
    reasons.push_back(fmt::format(
        "{} of the {} good responses of the cached arm{} carried {}, but another cache may have stored that "
        "with them, so whether the cache hit is not known. They have {}.",
        tally.proven_hits == 0 ? "None" : format_count(tally.proven_hits), format_count(tally.answered()),
        part->of(), hit_proofs_text(part->result(), as_it_is), proposal(*evidence[*other].cached_sign)));
}

void add_asked_once(Reasons& reasons, const Result& result, const Evidence& evidence) {
    const auto part = part_with(result, evidence, Cached::asked_once);
    if (!part) return;
    std::uint64_t before = 0;
    for (const std::size_t i : part->endpoints())
        before += result.endpoints[i].asked_before.value_or(0);
    const Tally tally = part->result().pooled(ArmKind::cached);
    std::string varied = part->result().plan.endpoints.front().varied;
    varied = part->endpoints().size() > 1 || varied.empty() ? "" : fmt::format(" ({})", varied);
    const std::string why =
        before == 0
            ? fmt::format("No request of the cached arm{} was asked twice{}, so that {}", part->of(), varied,
                          tally.proven_hits == 0 ? "none could hit"
                                                 : "it could hit only what others had asked for")
            : fmt::format("Only {} of the {} requests of the cached arm{} had been asked before{}, so "
                          "that fewer than half could hit",
                          format_count(before), format_count(tally.requests), part->of(), varied);
    reasons.push_back(fmt::format("{}: ask more often (-n), for fewer different things, or go past the cache "
                                  "in a way that fills it.{}",
                                  why, why_never_cached(*part, result)));
}

/// Hits of requests that nobody had asked before, and that were compared with nothing.
void add_unasked_hits(Reasons& reasons, const Result& result) {
    if (!result.plan.compare) return;
    const auto unasked = [&](std::size_t i) {
        const EndpointResult& endpoint = result.endpoints[i];
        const std::uint64_t hits = endpoint.of(ArmKind::cached).proven_hits;
        const std::uint64_t could = endpoint.asked_before.value_or(hits);
        return endpoint.equality.compared == 0 && hits > could &&
               too_many(hits - could, endpoint.of(ArmKind::cached).answered(), result.endpoints.size() > 1);
    };
    const auto part = endpoints_where(result, unasked);
    if (!part) return;
    std::uint64_t before = 0;
    for (const std::size_t i : part->endpoints())
        before += result.endpoints[i].asked_before.value_or(0);
    const Tally tally = part->result().pooled(ArmKind::cached);
    reasons.push_back(fmt::format(
        "{} of the {} good responses of the cached arm{} were hits, though only {} of its requests had been "
        "asked before: their entries are those of other requests, or of an earlier run. Such requests are "
        "compared with nothing, so whether these were the right answers is not known; where one of listed "
        "values is asked for (--param NAME=1,2,3), answers are compared.",
        format_count(tally.proven_hits), format_count(tally.answered()), part->of(), format_count(before)));
}

/// `where` begins each sentence.
void tell_wrong_arms(Reasons& reasons, const Result& result, const std::string& where) {
    for (const ArmKind arm : {ArmKind::uncached, ArmKind::miss})
        if (const auto part = endpoints_with_too_many(result, arm, hits_of)) {
            const Tally tally = part->result().pooled(arm);
            reasons.push_back(fmt::format("{}he {} arm{} was served by the cache: {} of its {} good "
                                          "responses were hits, which does not make it what it should be.",
                                          where, name_of(arm), part->of(), format_count(tally.proven_hits),
                                          format_count(tally.answered())));
        }
    for (const ArmKind arm : result.plan.arms()) {
        const auto part = endpoints_where(
            result, [&](std::size_t i) { return result.endpoints[i].of(arm).latency.empty(); });
        if (part || result.endpoints.empty())
            reasons.push_back(fmt::format("{}he {} arm{} has no good response of its kind.", where,
                                          name_of(arm), part ? part->of() : ""));
    }
}

} // namespace

void add_not_cached(Reasons& reasons, const Result& result, const Evidence& evidence) {
    if (result.plan.single) return;
    if (!result.hits_provable()) return add_not_cached_by_store(reasons, result);
    const auto part = endpoints_where(result, [&](std::size_t i) { return evidence[i].was_not_cached(); });
    if (!part) return;
    const Tally cached = part->result().pooled(ArmKind::cached);
    const std::string proofs = hit_proofs_text(part->result(), as_it_is);
    std::string text =
        cached.proven_hits == 0
            ? fmt::format("The cached arm{} never hit: none of its {} good responses carried {}.", part->of(),
                          format_count(cached.answered()), proofs)
            : fmt::format("The cached arm{} was not cached: {} of its {} good responses carried {}.",
                          part->of(), format_count(cached.proven_hits), format_count(cached.answered()),
                          proofs);
    if (const auto other = first_with(&HitEvidence::cached_sign, *part, evidence))
        text += fmt::format(" {} {}.", answers_have(*part, result, *other),
                            proposal(*evidence[*other].cached_sign));
    reasons.push_back(text + why_never_cached(*part, result));
}

void add_not_picked_up(Reasons& reasons, const Result& result) {
    if (!result.plan.drill || !result.hits_provable()) return;
    const auto silent = result.silent_endpoints(ArmKind::up);
    const auto proves_misses = [&](std::size_t i) { return result.plan.proves_misses_of(i); };
    const auto rate = [&](std::size_t i, ArmKind arm) { return result.endpoints[i].of(arm).hit_rate(); };
    const auto tells = [&](std::size_t i) {
        return proves_misses(i) && rate(i, ArmKind::up) &&
               std::find(silent.begin(), silent.end(), i) == silent.end();
    };
    const auto never =
        endpoints_where(result, [&](std::size_t i) { return tells(i) && *rate(i, ArmKind::up) == 0; });
    if (never)
        reasons.push_back(fmt::format("The service never hit, not even before its cache was stopped{}.",
                                      never->of().empty() ? "" : fmt::format(" (answers{})", never->of())));
    const auto part = endpoints_where(result, [&](std::size_t i) {
        const auto after = rate(i, ArmKind::back);
        return tells(i) && after && 2 * *after < *rate(i, ArmKind::up);
    });
    if (!part) return;
    reasons.push_back(
        fmt::format("The service did not take its cache up again: {} of its answers{} were "
                    "hits before it was stopped, and {} when it was back.",
                    format_percent(part->result().pooled(ArmKind::up).hit_rate().value_or(0)), part->of(),
                    format_percent(part->result().pooled(ArmKind::back).hit_rate().value_or(0))));
}

void add_unknown_hits(Reasons& reasons, const Result& result, const Evidence& evidence) {
    add_unproven(reasons, result, evidence, Cached::silent_everywhere);
    add_unproven(reasons, result, evidence, Cached::silent);
    add_doubtful_proof(reasons, result, evidence);
    add_asked_once(reasons, result, evidence);
    add_unasked_hits(reasons, result);
    add_unproven_single(reasons, result);
    add_unknown_phases(reasons, result);
}

void add_vain_bypass(Reasons& reasons, const Result& result, const Evidence& evidence) {
    const auto part = endpoints_where(result, [&](std::size_t i) { return evidence[i].bypass_is_vain(); });
    if (!part) return;
    const std::size_t shown = part->endpoints().front();
    const CacheSigns::Sign& sign = *evidence[shown].uncached_sign;
    std::string text = fmt::format("The uncached arm's own answers{} came out of a cache ({}: {})",
                                   part->of(), sign.header.name, sign.value);
    const EndpointResult& endpoint = result.endpoints[shown];
    const auto first = endpoint.first_ms.find(ArmKind::uncached);
    const Histogram& latency = endpoint.of(ArmKind::uncached).latency;
    constexpr double k_much = 5;
    if (first != endpoint.first_ms.end() && !latency.empty() &&
        first->second * 1e6 > k_much * latency.mean_ns())
        text += fmt::format(", and while its first one took {} the others took {} on average",
                            format_ns(first->second * 1e6), format_ns(latency.mean_ns()));
    reasons.push_back(text +
                      ": what was to go past the cache does not. Ask the service behind the cache "
                      "(--uncached-url), or switch the cache (--hook-uncached); if it is another cache, "
                      "name the header of the one that is meant (--hit-header).");
}

void add_vain_removals(Reasons& reasons, const Result& result) {
    if (!result.plan.forced || result.hits_provable() || !result.store || !result.store->failure.empty())
        return;
    const auto found = result.store->arms.find(*result.plan.forced);
    const std::uint64_t requests = result.pooled(*result.plan.forced).requests;
    if (found == result.store->arms.end() || 2 * found->second.misses >= requests) return;
    reasons.push_back(fmt::format(
        "The entries of the {} requests of the {} arm had been removed, and the store counted only {} "
        "misses: another cache before it answered, such as a memory tier of the service. Switch that off "
        "(--hook-uncached, --uncached-by toggle), or name what proves hits (--hit-json, --hit-header).",
        format_count(requests), name_of(*result.plan.forced), format_count(found->second.misses)));
}

void add_wrong_arms(Reasons& reasons, const Result& result) {
    tell_wrong_arms(reasons, result, "T");
}

void add_closed_loop(Reasons& reasons, const Result& closed) {
    if (closed.blocks.empty()) return;
    Reasons not_cached;
    add_not_cached(not_cached, closed, evidence_of(closed));
    for (const std::string& reason : not_cached)
        reasons.push_back("In the closed loop: " + reason);
    tell_wrong_arms(reasons, closed, "In the closed loop t");
    for (const ArmKind arm : closed.plan.arms())
        if (const auto part = endpoints_with_too_many(closed, arm, failed_of)) {
            const auto [errors, requests] = failed_of(part->result().pooled(arm));
            reasons.push_back(fmt::format("In the closed loop {} of the {} requests of the {} arm{} failed.",
                                          format_count(errors), format_count(requests), name_of(arm),
                                          part->of()));
        }
}

bool is_doubtful(const AssertResult& answer, const Result& result, const Evidence& evidence) {
    const Subject* const subject = find_subject(answer.assertion.quantity);
    if (subject == nullptr) return false;
    const bool of_cached = !subject->arm || *subject->arm == ArmKind::cached;
    const auto doubtful = [&](const HitEvidence& one) {
        return (subject->metric->needs_both_arms && one.arms_are_alike()) ||
               (is_hit_rate(*subject) && of_cached && one.hit_rate_is_doubtful());
    };
    if (answer.endpoint) return doubtful(evidence.at(*answer.endpoint));
    return std::any_of(evidence.begin(), evidence.end(), doubtful) ||
           (subject->metric->needs_both_arms && !result.plan.single &&
            endpoints_with_too_many(result, ArmKind::uncached, hits_of));
}

} // namespace roacache::bench
