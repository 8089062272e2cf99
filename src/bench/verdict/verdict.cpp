#include "src/bench/verdict/verdict.hpp"

#include "src/bench/verdict/correction.hpp"
#include "src/bench/verdict/format.hpp"
#include "src/bench/verdict/reasons.hpp"
#include "src/bench/verdict/sentences.hpp"
#include "src/bench/verdict/subject.hpp"
#include "src/bench/verdict/warnings.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::bench {
namespace {

using Op = Assert::Op;
using core::format_count;

/// The pooled arms, summed once.
struct Arms {
    std::map<ArmKind, Tally> tallies;

    const Tally& of(ArmKind arm) const {
        static const Tally k_none;
        const auto found = tallies.find(arm);
        return found == tallies.end() ? k_none : found->second;
    }
};

ArmKind hitting_arm(const Result& result) {
    return result.plan.single ? ArmKind::single : ArmKind::cached;
}

std::uint64_t count_errors(const Arms& arms, std::optional<ArmKind> only) {
    std::uint64_t errors = 0;
    for (const auto& [arm, tally] : arms.tallies)
        if (!only || *only == arm) errors += total(tally.errors);
    return errors;
}

void set_interval(AssertResult& answer, const std::optional<Interval>& interval) {
    if (!interval || !answer.value) return;
    // The value comes from the whole histogram, the interval from interpolated buckets: up to 0.2 % apart.
    answer.ci_low = std::min(interval->low, *answer.value);
    answer.ci_high = std::max(interval->high, *answer.value);
    answer.blocks = interval->blocks;
}

void measure_compared(AssertResult& answer, const Subject& subject, const Comparison& comparison) {
    const auto found = comparison.find(subject.compared);
    if (found == comparison.end()) return;
    const Ratio& ratio = found->second;
    if (subject.kind == Subject::Kind::ratio) {
        answer.value = ratio.ratio;
        set_interval(answer, Interval{ratio.ci_low, ratio.ci_high, ratio.blocks});
    } else {
        answer.value = 1 - ratio.ratio;
        set_interval(answer, Interval{1 - ratio.ci_high, 1 - ratio.ci_low, ratio.blocks});
    }
}

void measure_figure(AssertResult& answer, const Subject& subject, const Result& result, const Arms& arms) {
    const Histogram& latency = arms.of(*subject.arm).latency;
    if (latency.empty()) return;
    if (subject.kind == Subject::Kind::extreme) {
        answer.value = static_cast<double>(subject.greatest ? latency.max_ns() : latency.min_ns());
        return;
    }
    if (const auto q = subject.quantile()) {
        const Histogram ranked = arms.of(*subject.arm).ranked();
        if (!enough_for_quantile(*q, ranked.count())) return;
        answer.value = ranked.quantile_ns(*q);
    } else if (subject.figured == Figure::rps) {
        const auto seconds = result.seconds.find(*subject.arm);
        if (seconds == result.seconds.end() || seconds->second <= 0) return;
        answer.value = static_cast<double>(arms.of(*subject.arm).answered()) / seconds->second;
    } else {
        answer.value = latency.mean_ns();
    }
    set_interval(answer, interval_of(result, *subject.arm, subject.figured));
}

/// The store counts all requests together, so blocks cannot be separated.
Interval store_interval(const Result& result) {
    const StoreUse& use = result.store->arms.at(hitting_arm(result));
    return wilson_interval(static_cast<double>(use.hits), static_cast<double>(use.lookups()));
}

void measure_rates(AssertResult& answer, const Subject& subject, const Result& result, const Arms& arms) {
    if (subject.kind == Subject::Kind::error_rate) {
        std::uint64_t requests = 0;
        for (const auto& [arm, tally] : arms.tallies)
            requests += tally.requests;
        if (requests != 0)
            answer.value = static_cast<double>(count_errors(arms, {})) / static_cast<double>(requests);
        return;
    }
    const Tally& tally = arms.of(hitting_arm(result));
    if (!result.hits_provable()) {
        answer.value = result.store_hit_rate(hitting_arm(result));
        if (answer.value) set_interval(answer, store_interval(result));
        return;
    }
    if (tally.answered() == 0) return;
    answer.value = static_cast<double>(tally.proven_hits) / static_cast<double>(tally.answered());
    set_interval(answer, interval_of(result, hitting_arm(result), Figure::hit_rate));
}

void measure_stampede(AssertResult& answer, const Subject& subject, const Result& result) {
    Histogram waited;
    for (const EndpointResult& endpoint : result.endpoints) {
        if (!endpoint.stampede) continue;
        waited.merge(endpoint.stampede->waited());
        if (const auto reached = endpoint.stampede->most_reached();
            reached && subject.kind == Subject::Kind::reached)
            answer.value = std::max(answer.value.value_or(0), static_cast<double>(*reached));
    }
    if (subject.kind == Subject::Kind::reached || waited.empty()) return;
    if (subject.greatest)
        answer.value = static_cast<double>(waited.max_ns());
    else if (const auto q = quantile_of(subject.figured); !q)
        answer.value = waited.mean_ns();
    else if (enough_for_quantile(*q, waited.count()))
        answer.value = waited.quantile_ns(*q);
}

void measure(AssertResult& answer, const Subject& subject, const Result& result, const Arms& arms,
             const Comparison& comparison) {
    switch (subject.kind) {
    case Subject::Kind::reduction:
    case Subject::Kind::ratio:
        return measure_compared(answer, subject, comparison);
    case Subject::Kind::hit_rate:
    case Subject::Kind::error_rate:
        return measure_rates(answer, subject, result, arms);
    case Subject::Kind::extreme:
    case Subject::Kind::figure:
        return measure_figure(answer, subject, result, arms);
    case Subject::Kind::reached:
    case Subject::Kind::wait:
        return measure_stampede(answer, subject, result);
    case Subject::Kind::errors:
        answer.value = static_cast<double>(count_errors(arms, subject.arm));
        return;
    case Subject::Kind::requests:
        answer.value = static_cast<double>(arms.of(*subject.arm).requests);
        return;
    case Subject::Kind::mismatches:
        if (equality_sum(result).compared != 0)
            answer.value = static_cast<double>(equality_sum(result).mismatched);
        return;
    }
}

bool holds(double value, Op op, double threshold) {
    switch (op) {
    case Op::less:
        return value < threshold;
    case Op::less_equal:
        return value <= threshold;
    case Op::equal:
        return value == threshold;
    case Op::not_equal:
        return value != threshold;
    case Op::greater_equal:
        return value >= threshold;
    case Op::greater:
        break;
    }
    return value > threshold;
}

bool judged_on_interval(const Assert& assertion, const Subject& subject) {
    if (assertion.op == Op::equal || assertion.op == Op::not_equal) return false;
    if (subject.kind == Subject::Kind::hit_rate) return assertion.threshold < 1;
    return subject.needs_blocks();
}

/// The hit rate has an interval of its own besides that of blocks.
bool too_few_blocks(const AssertResult& answer, const Subject& subject) {
    return subject.needs_blocks() && answer.blocks < k_least_blocks;
}

Verdict judge(const AssertResult& answer, const Subject& subject) {
    if (!answer.value) return Verdict::inconclusive;
    const Op op = answer.assertion.op;
    const double threshold = answer.assertion.threshold;
    if (!judged_on_interval(answer.assertion, subject))
        return holds(*answer.value, op, threshold) ? Verdict::pass : Verdict::fail;
    if (!answer.ci_low || !answer.ci_high || too_few_blocks(answer, subject)) return Verdict::inconclusive;
    const bool low = holds(*answer.ci_low, op, threshold), high = holds(*answer.ci_high, op, threshold);
    if (low != high) return Verdict::inconclusive;
    return low ? Verdict::pass : Verdict::fail;
}

const char* sign_of(Op op) {
    switch (op) {
    case Op::less:
        return "<";
    case Op::less_equal:
        return "≤";
    case Op::equal:
        return "=";
    case Op::not_equal:
        return "≠";
    case Op::greater_equal:
        return "≥";
    case Op::greater:
        break;
    }
    return ">";
}

std::string value_text(double value, Assert::Unit unit, const Subject& subject) {
    if (subject.kind == Subject::Kind::ratio) return format_number(value);
    if (unit == Assert::Unit::fraction) return format_percent(value);
    if (unit == Assert::Unit::nanoseconds) return format_ns(value);
    return format_number(value) + (subject.figured == Figure::rps ? " /s" : "");
}

std::string range_text(double low, double high, Assert::Unit unit, const Subject& subject) {
    if (subject.kind == Subject::Kind::ratio) return format_number_range(low, high);
    if (unit == Assert::Unit::fraction) return format_percent_range(low, high);
    if (unit == Assert::Unit::nanoseconds) return format_ns_range(low, high);
    return format_number_range(low, high) + (subject.figured == Figure::rps ? " /s" : "");
}

std::string threshold_text(const Assert& assertion, const Subject& subject) {
    const bool percent = assertion.unit == Assert::Unit::fraction && subject.kind != Subject::Kind::ratio;
    return fmt::format("{} {}", sign_of(assertion.op),
                       percent ? fmt::format("{:.6g} %", 100 * assertion.threshold)
                               : value_text(assertion.threshold, assertion.unit, subject));
}

AssertResult answer_to(const Assert& assertion, const Result& result, const Arms& arms,
                       const Comparison& comparison) {
    AssertResult answer;
    answer.assertion = assertion;
    const auto subject = find_subject(assertion.quantity);
    if (!subject) return answer;
    measure(answer, *subject, result, arms, comparison);
    answer.verdict = judge(answer, *subject);
    if (judged_on_interval(assertion, *subject) && !too_few_blocks(answer, *subject))
        answer.p = p_of_threshold(answer, *subject);
    answer.threshold_text = threshold_text(assertion, *subject);
    if (answer.value) answer.value_text = value_text(*answer.value, assertion.unit, *subject);
    if (answer.ci_low && answer.ci_high)
        answer.interval_text = range_text(*answer.ci_low, *answer.ci_high, assertion.unit, *subject);
    return answer;
}

void answer_for_endpoint(Assessment& assessment, const Result& result, std::size_t endpoint) {
    const auto& plans = result.plan.endpoints;
    if (endpoint >= plans.size() || plans[endpoint].asserts.empty()) return;
    const Result alone = result.only(endpoint);
    const Arms arms{alone.endpoints.front().arms};
    const Comparison none;
    const auto& comparisons = assessment.by_endpoint;
    for (const std::string& expr : plans[endpoint].asserts) {
        assessment.asserts.push_back(answer_to(parse_assert(expr), alone, arms,
                                               endpoint < comparisons.size() ? comparisons[endpoint] : none));
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

Assessment assess(const Result& result, const std::vector<Assert>& asserts) {
    Assessment assessment;
    Arms arms;
    for (const ArmKind arm : result.plan.arms())
        arms.tallies[arm] = result.pooled(arm);
    if (!result.plan.single) {
        assessment.comparison = compare(result, {});
        for (std::size_t i = 0; i < result.endpoints.size(); ++i)
            assessment.by_endpoint.push_back(result.endpoints.size() == 1 ? assessment.comparison
                                                                          : compare(result, i));
        assessment.noise_floor_percent = noise_floor_percent(result);
        assessment.miss_cost = miss_cost(result);
    }
    assessment.loops = compare_loops(result);
    const Tally& hitting = arms.of(hitting_arm(result));
    if (!result.hits_provable())
        assessment.hit_rate = result.store_hit_rate(hitting_arm(result));
    else if (hitting.answered() != 0)
        assessment.hit_rate =
            static_cast<double>(hitting.proven_hits) / static_cast<double>(hitting.answered());
    for (const Assert& assertion : asserts)
        assessment.asserts.push_back(answer_to(assertion, result, arms, assessment.comparison));
    for (std::size_t i = 0; i < result.endpoints.size(); ++i)
        answer_for_endpoint(assessment, result, i);
    correct_for_one_another(assessment.asserts);
    assessment.warnings = warnings_of(result);
    if (!result.plan.single)
        for (Warning& warning :
             warnings_of(assessment.comparison, assessment.noise_floor_percent, whole_pairs(result)))
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
    if (result.partial) return core::ExitCode::interrupted;
    if (assessment.verdict == Verdict::pass) return core::ExitCode::done;
    return assessment.verdict == Verdict::fail ? core::ExitCode::negative : core::ExitCode::inconclusive;
}

} // namespace roacache::bench
