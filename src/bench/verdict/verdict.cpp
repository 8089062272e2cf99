#include "src/bench/verdict/verdict.hpp"

#include "src/bench/verdict/correction.hpp"
#include "src/bench/verdict/metrics.hpp"
#include "src/bench/verdict/reasons.hpp"
#include "src/bench/verdict/sentences.hpp"
#include "src/bench/verdict/warnings.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::bench {
namespace {

using Op = Assert::Op;

void measure(AssertResult& answer, const Subject& subject, const Measured& measured) {
    const auto [value, interval] = subject.metric->measure(subject, measured);
    answer.value = value;
    if (!interval || !value) return;
    // The value comes from the whole histogram, the interval from interpolated buckets: up to 0.2 % apart.
    answer.ci_low = std::min(interval->low, *value);
    answer.ci_high = std::max(interval->high, *value);
    answer.blocks = interval->blocks;
}

bool judged_on_interval(const Assert& assertion, const Subject& subject) {
    if (assertion.op == Op::equal || assertion.op == Op::not_equal) return false;
    if (subject.metric->basis == Metric::Basis::share) return assertion.threshold < 1;
    return subject.needs_blocks();
}

/// The hit rate has an interval of its own besides that of blocks.
bool too_few_blocks(const AssertResult& answer, const Subject& subject) {
    return subject.needs_blocks() && answer.blocks < k_least_blocks;
}

Verdict judge(const AssertResult& answer, const Subject& subject) {
    if (!answer.value) return Verdict::inconclusive;
    if (!judged_on_interval(answer.assertion, subject))
        return answer.assertion.holds(*answer.value) ? Verdict::pass : Verdict::fail;
    if (!answer.ci_low || !answer.ci_high || too_few_blocks(answer, subject)) return Verdict::inconclusive;
    const bool low = answer.assertion.holds(*answer.ci_low), high = answer.assertion.holds(*answer.ci_high);
    if (low != high) return Verdict::inconclusive;
    return low ? Verdict::pass : Verdict::fail;
}

std::string threshold_text(const Assert& assertion, const Subject& subject) {
    const bool percent = assertion.unit == Assert::Unit::fraction && !subject.metric->factor;
    return fmt::format("{} {}", core::sign_of(assertion.op),
                       percent ? fmt::format("{:.6g} %", 100 * assertion.threshold)
                               : subject.text(assertion.threshold));
}

double typical(const Tally& tally, std::optional<double> q) {
    return q ? tally.ranked().quantile_ns(*q) : tally.latency.mean_ns();
}

/// The figure, were the cached arm what it was on its own; absent for those that are not of what it did.
std::optional<double> value_alone(const Subject& subject, const Result& result) {
    if (subject.metric->alone != nullptr) return subject.metric->alone(result);
    const bool compared = subject.metric->scope == Metric::Scope::compared;
    if (!compared && (subject.arm != ArmKind::cached || subject.figure == nullptr)) return {};
    const Tally cached = result.alone->pooled(ArmKind::cached), uncached = result.pooled(ArmKind::uncached);
    if (!compared) return value_of(*subject.figure, cached, result.alone->seconds.at(ArmKind::cached));
    const auto q = subject.quantile();
    if (cached.latency.empty() || uncached.latency.empty()) return {};
    if (q && !enough_for_quantile(*q, std::min(cached.latency.count(), uncached.latency.count()))) return {};
    const double ratio = typical(cached, q) / typical(uncached, q);
    return subject.metric->factor ? ratio : 1 - ratio;
}

/// What misses do to the latencies is not seen in blocks where entries are always fresh.
void hold_against_alone(AssertResult& answer, const Subject& subject, const Result& result) {
    if (answer.verdict != Verdict::pass || !result.hit_rate_is_alone()) return;
    const auto value = value_alone(subject, result);
    if (!value || answer.assertion.holds(*value)) return;
    answer.verdict = Verdict::inconclusive;
    answer.alone_text = subject.text(*value);
}

/// By Age alone, hits within their entry's first second are not told. It is not known whether a hit rate is
/// too low that would not be if all of these were hits.
void allow_for_untold_hits(AssertResult& answer, const Subject& subject, const Result& result) {
    if (answer.verdict != Verdict::fail || !is_hit_rate(subject) || !result.hits_provable()) return;
    const ArmKind arm = subject.arm.value_or(hitting_arm(result));
    std::uint64_t answered = 0, possible = 0;
    for (std::size_t i = 0; i < result.endpoints.size(); ++i) {
        const Tally& tally = result.endpoints[i].of(arm);
        answered += tally.answered();
        possible += result.plan.proves_misses_of(i) ? tally.proven_hits : tally.answered();
    }
    const double most =
        static_cast<double>(possible) / static_cast<double>(std::max<std::uint64_t>(answered, 1));
    answer.is_least = answer.value && most > *answer.value && answer.assertion.holds(most);
    if (answer.is_least) answer.verdict = Verdict::inconclusive;
}

std::map<ArmKind, Tally> pooled_arms(const Result& result) {
    std::map<ArmKind, Tally> arms;
    for (const ArmKind arm : result.plan.arms())
        arms[arm] = result.pooled(arm);
    return arms;
}

AssertResult answer_to(const Assert& assertion, const Measured& measured) {
    AssertResult answer;
    answer.assertion = assertion;
    const Subject* const subject = find_subject(assertion.quantity);
    if (subject == nullptr) return answer;
    measure(answer, *subject, measured);
    answer.verdict = judge(answer, *subject);
    if (judged_on_interval(assertion, *subject) && !too_few_blocks(answer, *subject))
        answer.p = p_of_threshold(answer, *subject);
    hold_against_alone(answer, *subject, measured.result);
    allow_for_untold_hits(answer, *subject, measured.result);
    answer.threshold_text = threshold_text(assertion, *subject);
    if (answer.value) answer.value_text = subject->text(*answer.value);
    if (answer.ci_low && answer.ci_high)
        answer.interval_text = subject->range_text(*answer.ci_low, *answer.ci_high);
    return answer;
}

void answer_for_endpoint(Assessment& assessment, const Result& result, std::size_t endpoint) {
    const auto& plans = result.plan.endpoints;
    if (endpoint >= plans.size() || plans[endpoint].asserts.empty()) return;
    const Result alone = result.only(endpoint);
    const Comparison none;
    const auto& comparisons = assessment.by_endpoint;
    const Measured measured{alone, endpoint < comparisons.size() ? comparisons[endpoint] : none,
                            alone.endpoints.front().arms};
    for (const std::string& expr : plans[endpoint].asserts) {
        assessment.asserts.push_back(answer_to(parse_assert(expr), measured));
        assessment.asserts.back().endpoint = endpoint;
    }
}

} // namespace

const char* name_of(Verdict verdict) {
    if (verdict == Verdict::pass) return "pass";
    return verdict == Verdict::fail ? "fail" : "inconclusive";
}

std::string subject_of(const AssertResult& answer, const Result& result) {
    const std::string& quantity = answer.assertion.quantity;
    if (!answer.endpoint) return quantity;
    return fmt::format("{}: {}", result.endpoints.at(*answer.endpoint).shown_name(), quantity);
}

AssertResult answer_so_far(const Assert& assertion, const Result& result) {
    const Subject* const subject = find_subject(assertion.quantity);
    Comparison comparison;
    if (!result.plan.single && subject != nullptr && subject->metric->needs_both_arms)
        comparison = compare(result, {});
    return answer_to(assertion, {result, comparison, pooled_arms(result)});
}

Assessment assess(const Result& result, const std::vector<Assert>& asserts) {
    Assessment assessment;
    const Measured measured{result, assessment.comparison, pooled_arms(result)};
    if (!result.plan.single) {
        assessment.comparison = compare(result, {});
        for (std::size_t i = 0; i < result.endpoints.size(); ++i)
            assessment.by_endpoint.push_back(result.endpoints.size() == 1 ? assessment.comparison
                                                                          : compare(result, i));
        assessment.noise_floor = noise_floor(result);
        assessment.miss_cost = miss_cost(result);
    }
    assessment.loops = compare_loops(result);
    assessment.hit_rate = hit_rate_of(measured).value;
    for (const Assert& assertion : asserts)
        assessment.asserts.push_back(answer_to(assertion, measured));
    for (std::size_t i = 0; i < result.endpoints.size(); ++i)
        answer_for_endpoint(assessment, result, i);
    correct_for_one_another(assessment.asserts);
    assessment.warnings = warnings_of(result);
    if (!result.plan.single)
        for (Warning& warning :
             warnings_of(assessment.comparison, assessment.noise_floor, whole_pairs(result)))
            assessment.warnings.push_back(std::move(warning));
    for (Warning& warning : warnings_of(result, assessment.by_endpoint, assessment.noise_floor))
        assessment.warnings.push_back(std::move(warning));

    assessment.reasons = failures(result, assessment);
    const auto unsure = inconclusive_reasons(result, assessment);
    if (!assessment.reasons.empty())
        assessment.verdict = Verdict::fail;
    else
        assessment.verdict = unsure.empty() ? Verdict::pass : Verdict::inconclusive;
    assessment.reasons.insert(assessment.reasons.end(), unsure.begin(), unsure.end());
    return assessment;
}

core::ExitCode exit_code(const Assessment& assessment, const Result& result) {
    if (result.stopped) return result.stopped->code();
    if (result.partial && result.aborted.empty()) return core::ExitCode::interrupted;
    if (result.not_restored) return core::ExitCode::partial;
    if (assessment.verdict == Verdict::pass) return core::ExitCode::done;
    return assessment.verdict == Verdict::fail ? core::ExitCode::negative : core::ExitCode::inconclusive;
}

} // namespace roacache::bench
