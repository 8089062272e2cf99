#include "src/bench/verdict/reasons.hpp"

#include "src/bench/stats/origin_queries.hpp"
#include "src/bench/verdict/format.hpp"
#include "src/bench/verdict/metrics.hpp"
#include "src/bench/verdict/sentences.hpp"
#include "src/core/shell.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::bench {
namespace {

using core::format_count;

constexpr std::uint64_t k_tolerable = 100; // one wrong response in so many

std::string as_it_is(std::string_view text) {
    return std::string(text);
}

/// ` Its answers say Cache-Control: private, which shared caches do not store.`; empty where none says so.
std::string why_never_cached(const Result& result) {
    for (const EndpointResult& endpoint : result.endpoints) {
        const auto signs = endpoint.signs.find(ArmKind::cached);
        if (signs == endpoint.signs.end()) continue;
        const std::string obstacles = obstacles_text(signs->second);
        if (obstacles.empty()) continue;
        const std::string whose = result.endpoints.size() == 1
                                      ? "Its answers have"
                                      : "The answers of " + endpoint.shown_name() + " have";
        return fmt::format(" {} {}, and such answers are not stored by shared caches.", whose, obstacles);
    }
    return {};
}

/// More of the arm's answers were hits than can be overlooked.
bool was_served_by_cache(const Result& result, ArmKind arm) {
    const Tally tally = result.pooled(arm);
    return tally.proven_hits * k_tolerable > tally.answered();
}

/// Nothing that holds one arm against the other says anything then.
bool compares_cache_with_itself(const Result& result) {
    if (result.plan.single) return false;
    return sign_of_vain_bypass(result).has_value() || was_served_by_cache(result, ArmKind::uncached);
}

/// Why the cached arm was none: fewer than half of its answers came from the cache.
std::optional<std::string> never_cached(const Result& result) {
    if (result.plan.single) return {};
    const Tally cached = result.pooled(ArmKind::cached);
    if (!result.hits_provable()) {
        const auto rate = result.store_hit_rate(ArmKind::cached);
        if (!rate || *rate >= 0.5) return {};
        const StoreUse& use = result.store->arms.at(ArmKind::cached);
        return fmt::format(
            "The cached arm was not cached: the store counted {} hits and {} misses meanwhile.",
            format_count(use.hits), format_count(use.misses));
    }
    if (cached.answered() == 0 || 2 * cached.proven_hits >= cached.answered()) return {};
    if (!result.proofs_seen()) return {}; // absent is not denied
    const std::string header = hit_proofs_text(result, as_it_is);
    if (cached.proven_hits == 0)
        return fmt::format("The cached arm never hit: none of its {} good responses carried {}.{}",
                           format_count(cached.answered()), header, why_never_cached(result));
    return fmt::format("The cached arm was not cached: {} of its {} good responses carried {}.{}",
                       format_count(cached.proven_hits), format_count(cached.answered()), header,
                       why_never_cached(result));
}

/// That a drill's cache was not picked up again: its last phase hits less than half as often as its first; or
/// that there was none to pick up.
std::optional<std::string> not_picked_up(const Result& result) {
    if (!result.plan.drill || !result.proofs_seen()) return {};
    const auto before = result.pooled(ArmKind::up).hit_rate(),
               after = result.pooled(ArmKind::back).hit_rate();
    if (before == 0.0) return "The service never hit, not even before its cache was stopped.";
    if (!before || !after || 2 * *after >= *before) return {};
    return fmt::format(
        "The service did not take its cache up again: {} of its answers were hits before it was "
        "stopped, and {} when it was back.",
        format_percent(*before), format_percent(*after));
}

/// What differs from one uncached answer to the next cannot be compared.
void add_varying(std::vector<std::string>& reasons, const Result& result) {
    for (const EndpointResult& endpoint : result.endpoints) {
        const Equality& equality = endpoint.equality;
        if (!equality.varies || equality.differ_in_body == 0) continue;
        std::string remedy;
        for (const std::string& path : equality.varying_paths)
            remedy += fmt::format("{}--ignore-json {}", remedy.empty() ? "" : " ", core::shell_quoted(path));
        reasons.push_back(fmt::format(
            "The answers of {} differ from one to the next without the cache, too, so that whether the cache "
            "changes them is not known. {}",
            endpoint.shown_name(),
            remedy.empty() ? "There is no place in them that --ignore-json could leave out (they are no "
                             "JSON, are longer "
                             "than 4 MiB, or differ as a whole): --no-compare compares nothing."
                           : "Leave out what differs: " + remedy));
    }
}

void add_too_long(std::vector<std::string>& reasons, const Result& result) {
    for (const EndpointResult& endpoint : result.endpoints)
        if (endpoint.equality.too_long > 0)
            reasons.push_back(fmt::format(
                "{} answers of {} differ in their bytes and are longer than 4 MiB, so that whether they "
                "differ only in what is ignored is not known; --no-compare compares nothing.",
                format_count(endpoint.equality.too_long), endpoint.shown_name()));
}

/// Nothing is known of the hits where no answer says anything of them.
void add_unproven(std::vector<std::string>& reasons, const Result& result) {
    if (result.plan.single || !result.hits_provable() || result.proofs_seen()) return;
    if (result.pooled(ArmKind::cached).answered() == 0) return;
    const auto other = result.sign_of_hit(ArmKind::cached);
    reasons.push_back(fmt::format(
        "No answer of any arm had {} of {}, so whether the cache hit is not known. {}",
        result.plan.names_tiers() ? "what is at the place" : "the header", hit_proofs_text(result, as_it_is),
        other ? fmt::format("The answers have {}: {}, which --hit-header '{}' would take for a hit.",
                            other->second.header.name, other->second.value, other->second.header.text())
              : "Name one that this service sends (--hit-header), or the store (-u)."));
}

/// The uncached arm's own answers came out of a cache, and no proof says otherwise.
void add_vain_bypass(std::vector<std::string>& reasons, const Result& result) {
    const auto hit = sign_of_vain_bypass(result);
    if (!hit) return;
    std::string text = fmt::format("The uncached arm's own answers came out of a cache ({}: {})",
                                   hit->second.header.name, hit->second.value);
    const auto first = result.endpoints[hit->first].first_ms.find(ArmKind::uncached);
    const Tally tally = result.only(hit->first).pooled(ArmKind::uncached);
    constexpr double k_much = 5;
    if (first != result.endpoints[hit->first].first_ms.end() && !tally.latency.empty() &&
        first->second * 1e6 > k_much * tally.latency.mean_ns())
        text += fmt::format(", and while its first one took {} the others took {} on average",
                            format_ns(first->second * 1e6), format_ns(tally.latency.mean_ns()));
    reasons.push_back(text +
                      ": what was to go past the cache does not. Ask the service behind the cache "
                      "(--uncached-url), or switch the cache (--hook-uncached); if it is another cache, "
                      "name the header of the one that is meant (--hit-header).");
}

/// The arms that are not what they should be. `where` begins each sentence.
void add_reasons_of_arms(std::vector<std::string>& reasons, const Result& result, const std::string& where) {
    for (const ArmKind arm : {ArmKind::uncached, ArmKind::miss})
        if (const Tally tally = result.pooled(arm); was_served_by_cache(result, arm))
            reasons.push_back(fmt::format("{}he {} arm was served by the cache: {} of its {} good responses "
                                          "were hits, which does not make it what it should be.",
                                          where, name_of(arm), format_count(tally.proven_hits),
                                          format_count(tally.answered())));
    for (const ArmKind arm : result.plan.arms())
        if (result.pooled(arm).latency.empty())
            reasons.push_back(
                fmt::format("{}he {} arm has no good response of its kind.", where, name_of(arm)));
}

/// No target is judged by it, but the report shows it next to the open one.
void add_reasons_of_closed_loop(std::vector<std::string>& reasons, const Result& closed) {
    if (closed.blocks.empty()) return;
    if (auto reason = never_cached(closed)) reasons.push_back("In the closed loop: " + *reason);
    add_reasons_of_arms(reasons, closed, "In the closed loop t");
    for (const ArmKind arm : closed.plan.arms()) {
        const Tally tally = closed.pooled(arm);
        if (const std::uint64_t errors = total(tally.errors); errors * k_tolerable > tally.requests)
            reasons.push_back(fmt::format("In the closed loop {} of the {} requests of the {} arm failed.",
                                          format_count(errors), format_count(tally.requests), name_of(arm)));
    }
}

/// Whether one of the run's own asserts says what the arm's errors may be.
bool asserts_errors(const std::vector<AssertResult>& answers, ArmKind arm) {
    const std::string of_arm = fmt::format("{}.errors", name_of(arm));
    return std::any_of(answers.begin(), answers.end(), [&](const AssertResult& answer) {
        const std::string& quantity = answer.assertion.quantity;
        return !answer.endpoint && (quantity == "errors" || quantity == "error_rate" || quantity == of_arm);
    });
}

/// Of an arm more of whose requests failed than is tolerable: the answers that are left say little.
void add_errors(std::vector<std::string>& reasons, const Result& result,
                const std::vector<AssertResult>& answers) {
    for (const ArmKind arm : result.plan.arms()) {
        const Tally tally = result.pooled(arm);
        const std::uint64_t errors = total(tally.errors);
        if (errors * k_tolerable <= tally.requests || asserts_errors(answers, arm)) continue;
        reasons.push_back(fmt::format("{} of the {} requests of the {} arm failed: {}.", format_count(errors),
                                      format_count(tally.requests), name_of(arm), errors_text(result, arm)));
    }
}

} // namespace

std::optional<std::pair<std::size_t, CacheSigns::Sign>> sign_of_vain_bypass(const Result& result) {
    if (result.plan.single || result.proofs_seen()) return {};
    return result.sign_of_hit(ArmKind::uncached);
}

std::vector<std::string> failures(const Result& result, const Assessment& assessment) {
    std::vector<std::string> reasons;
    if (!result.aborted.empty()) reasons.push_back(result.aborted);
    for (const SharedEntry& entry : result.shared_entries)
        reasons.push_back(fmt::format(
            "{} share a cache entry: their uncached answers differ, their cached ones are the same.",
            names_of(entry, result)));
    for (const UserCheck& check : result.users)
        if (check.outcome == UserCheck::Outcome::crossed) reasons.push_back(sentence_of(check, result));
    if (const std::uint64_t different = equality_sum(result).blamed_on_cache; different != 0)
        reasons.push_back(fmt::format("{} of {} compared responses differ from the uncached reference.",
                                      format_count(different), format_count(equality_sum(result).compared)));
    add_errors(reasons, result, assessment.asserts);
    if (auto reason = never_cached(result)) reasons.push_back(std::move(*reason));
    if (auto reason = not_picked_up(result)) reasons.push_back(std::move(*reason));
    const bool with_itself = compares_cache_with_itself(result);
    for (const AssertResult& answer : assessment.asserts) {
        if (answer.verdict != Verdict::fail) continue;
        const Subject* const subject = find_subject(answer.assertion.quantity);
        if (with_itself && subject != nullptr && subject->metric->needs_both_arms) continue;
        reasons.push_back(sentence_of(answer, result));
    }
    return reasons;
}

std::vector<std::string> inconclusive_reasons(const Result& result, const Assessment& assessment) {
    std::vector<std::string> reasons;
    if (result.stopped)
        reasons.push_back(fmt::format("The run was stopped before its end: {}.", result.stopped->what()));
    else if (result.partial && result.aborted.empty())
        reasons.emplace_back("The run was interrupted before its end.");
    for (const EndpointResult& endpoint : result.endpoints)
        if (endpoint.stampede)
            for (std::string& reason :
                 endpoint.stampede->inconclusive_reasons(result.plan.stampede->rounds, endpoint.shown_name()))
                reasons.push_back(std::move(reason));
    for (const UserCheck& check : result.users)
        if (check.outcome == UserCheck::Outcome::unknown) reasons.push_back(sentence_of(check, result));
    add_varying(reasons, result);
    add_too_long(reasons, result);
    add_unproven(reasons, result);
    add_vain_bypass(reasons, result);
    if (const std::string why = why_no_origin_figures(result); !why.empty())
        reasons.push_back(fmt::format("What the origin was asked is not known: {}.", why));
    add_reasons_of_arms(reasons, result, "T");
    if (result.closed_loop) add_reasons_of_closed_loop(reasons, *result.closed_loop);
    for (const AssertResult& answer : assessment.asserts)
        if (answer.verdict == Verdict::inconclusive) reasons.push_back(sentence_of(answer, result));
    return reasons;
}

} // namespace roacache::bench
