#pragma once

#include "src/bench/stats/miss_cost.hpp"
#include "src/bench/verdict/change.hpp"
#include "src/core/exit_code.hpp"
#include "src/core/requirement.hpp"

#include <string_view>

namespace roacache::bench {

enum class Verdict : std::uint8_t { pass, fail, inconclusive };

const char* name_of(Verdict verdict);

/// `mean_reduction >= 60%`, `hit_rate >= 90%`, `cached.p99 <= 20ms`, `uncached.mean >= 5ms`, `single.rps >=
/// 1000`, `errors == 0`, `origin_reduction >= 60%`,
/// `tier.L1.p50 <= 1ms`, `store.memory_delta <= 200MB`. The quantities are those of all_subjects(). A
/// reduction, hit_rate and error_rate are in percent (`60%`, or 0.6 as a fraction), latencies are durations.
/// `==` and `!=` are for what is counted (errors, mismatches, requests) and for the two rates.
using Assert = core::Requirement;

/// Throws core::Error(usage) `bad assert: EXPR: WHY`, with the quantities that exist as remedy.
Assert parse_assert(std::string_view expr);

/// Fails where the plan can never give the assert an answer (hit_rate with nothing to prove hits, a reduction
/// in a single run or in fewer than k_least_blocks blocks, a quantile of too few requests):
/// core::Error(usage) `assert cannot be answered: EXPR: WHY`.
void check_answerable(const Assert& assertion, const Plan& plan);

struct AssertResult {
    Assert assertion;
    std::optional<std::size_t> endpoint; ///< whose answer it is; absent: all endpoints' together
    std::optional<double>
        value; ///< in the unit of the threshold; absent when the run gave no figure (then inconclusive)
    std::optional<double> ci_low, ci_high; ///< where an interval exists
    std::size_t blocks = 0;                ///< that the interval is from; 0: it is from none
    /// Where it is judged on the interval: of the hypothesis that the truth is the threshold (see p_of), and
    /// corrected for all asserts of the run that are (see holm_adjusted).
    std::optional<double> p, p_adjusted;
    Verdict verdict = Verdict::inconclusive;
    std::string value_text;     ///< for people: `94.2 %`, `12.3 ms`, with unit
    std::string interval_text;  ///< `93.1 … 95.0 %`, or empty
    std::string threshold_text; ///< `≥ 60 %`
    /// A hit rate that did not hold, but may be higher: some hits cannot be told (then inconclusive; see
    /// Plan::proves_misses_of()).
    bool is_least = false;
    /// What it was where the cached arm ran on its own and did not hold, though it did in the blocks (then
    /// inconclusive); empty otherwise.
    std::string alone_text = {};
};

/// What became of an earlier run's figures.
struct Baseline {
    std::string name; ///< of the earlier run, as the user gave it
    Change change;
    double tolerance = 0; ///< fraction by which a figure may be worse
    /// What load, machine or version were then and now, where they differ: then only what the cached arm is
    /// beside the uncached one is judged.
    std::vector<std::string> conditions;
    Regressions regressions = {};
    std::vector<Change> by_endpoint = {}; ///< in the order of the endpoints; empty for one endpoint
    std::vector<Regressions> regressions_by_endpoint = {};
};

/// Something that the reader should know before he relies on a figure, with its remedy.
struct Warning {
    std::string name; ///< a fixed name, such as `few-blocks`
    std::string text; ///< begins in lower case, ends with a full stop
};

/// `mean_reduction`, of one endpoint `summary: mean_reduction`.
std::string subject_of(const AssertResult& answer, const Result& result);

/// The whole of what a run says, ready to be reported.
struct Assessment {
    Comparison comparison;               ///< all endpoints pooled; empty for a single run
    std::vector<Comparison> by_endpoint; ///< in the order of the endpoints
    std::optional<LoopComparison> loops; ///< no assert is judged by the alternating closed loop
    std::optional<double> noise_floor;   ///< see bench::noise_floor()
    std::optional<double>
        hit_rate; ///< of the cached arm's good responses, 0..1; absent when nothing proves hits
    std::optional<MissCost> miss_cost; ///< when misses were forced
    std::vector<AssertResult> asserts; ///< of the run, then of each endpoint
    std::optional<Baseline> baseline;
    std::vector<Warning> warnings; ///< see warnings_of()
    Verdict verdict = Verdict::pass;
    std::vector<std::string> reasons; ///< why it is not pass, most important first, one sentence each
};

/// An assert on a ratio or reduction is judged on the interval: all of it beyond the threshold passes, all of
/// it short fails, otherwise inconclusive. So is a quantile, mean or rate of requests of one arm, and the hit
/// rate (see interval_of), except where a hit rate of 100 % is asked for, which no interval of a sample lies
/// beyond. Counts, error_rate, min and max are judged on their value, and so is every `==` and `!=`. Where
/// several are judged on intervals they are corrected for one another (Holm), so that in at most one run of
/// twenty any of them is called what it is not; one that no longer decides is inconclusive. An interval from
/// fewer than k_least_blocks blocks decides nothing.
///
/// The verdict: fail when the run was aborted, when any assert fails or bodies mismatch, when more than one
/// in a hundred requests of an arm failed and no assert on errors says how many may, when endpoints share a
/// cache entry, or when fewer than half of the cached arm's answers are proven hits, though more could be;
/// else inconclusive when an assert is, when an arm has no good response, when what proves hits is missing in
/// the cached arm's answers, when more than one in a hundred responses of another arm were proven hits, when
/// the uncached arm's answers say otherwise that they came out of a cache, when the hit rate is told by what
/// the cached arm did on its own and an assert that holds in the blocks does not hold there, when a drill's
/// cache may never have been away, or when the run is partial; else pass. What is said here of an arm is
/// judged of each endpoint (see HitEvidence and too_many()); then asserts that compare the arms of such an
/// endpoint do not fail.
Assessment assess(const Result& result, const std::vector<Assert>& asserts);

/// How assess() would answer this assert alone, of a run that is still under way or over.
AssertResult answer_so_far(const Assert& assertion, const Result& result);

/// Corrects those that are judged on intervals for one another, all of one verdict together: sets p_adjusted,
/// and makes inconclusive what is decided by chance too easily when so many are. assess() has done so.
void correct_for_one_another(std::vector<AssertResult>& answers);

/// Holds the run against an earlier one, all endpoints pooled and each: a regression makes the verdict fail,
/// and its sentence comes first; a possible one makes a pass inconclusive, as do conditions that differ in a
/// single run. See regressions() and Baseline::conditions.
void hold_against(Assessment& assessment, const Result& before, const Result& now, std::string name,
                  double tolerance, std::vector<std::string> conditions = {});

/// pass → done, fail → negative, inconclusive → inconclusive; a run that was stopped → the
/// code of what stopped it; another partial run that was not aborted → interrupted; one that has left the
/// service's cache otherwise than it was → partial, whatever the verdict, for somebody has to put it back.
core::ExitCode exit_code(const Assessment& assessment, const Result& result);

} // namespace roacache::bench
