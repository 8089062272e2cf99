#pragma once

#include "src/report/report.hpp"

#include <optional>
#include <string>
#include <vector>

namespace roacache::report {

inline constexpr const char* k_absent = "n/a";

/// The quantiles of every format, in order.
struct NamedQuantile {
    const char* label; ///< `p99.9`
    const char* field; ///< `p999`
    double q;
    bool missed = true; ///< where it is not known, people are shown that and what it would take
};
inline constexpr NamedQuantile k_named_quantiles[] = {{"p50", "p50", 0.5},
                                                      {"p75", "p75", 0.75},
                                                      {"p90", "p90", 0.9},
                                                      {"p95", "p95", 0.95},
                                                      {"p99", "p99", 0.99},
                                                      {"p99.9", "p999", 0.999},
                                                      {"p99.99", "p9999", 0.9999, false},
                                                      {"p99.999", "p99999", 0.99999, false}};

/// One arm of one endpoint, or of all pooled, with what belongs to the arm and not to the tally.
struct ArmView {
    bench::ArmKind kind;
    bench::Tally tally;
    std::optional<double> seconds;  ///< wall time of the arm's blocks, shared by its endpoints
    std::optional<double> first_ms; ///< of the first request; of several endpoints: their mean
    bool provable = false;
    bool tells_hits = false; ///< each endpoint does: see bench::Result::silent_endpoints()
    /// Of all endpoints together only: what the load generator used of CPU time, and for what shares of the
    /// arm's time it was busy and waited for a core.
    std::optional<double> cpu_seconds = {}, generator_busy = {}, generator_waiting = {};
    std::optional<double> concurrency = {};    ///< likewise; see bench::Result::concurrency()
    std::optional<double> hit_rate_alone = {}; ///< see bench::Result::hit_rate_is_alone()

    /// Nanoseconds; absent without good responses, and for quantiles with too few (n(1 − q) < 50).
    std::optional<double> mean_ns() const;
    std::optional<double> quantile_ns(double q) const;
    /// The quantile is only known to be at least this: it falls among the censored.
    bool is_bound(double q) const;
    /// Good responses a second of wall time.
    std::optional<double> rps() const;
    std::optional<double> hit_rate() const;
};

/// The run, and the closed loop that alternates with it where there was one.
std::vector<const bench::Result*> loops_of(const bench::Result& result);

/// Wall time of all blocks of one loop.
double seconds_of(const bench::Result& loop);

/// CPU time that the load generator used, of both loops; absent where it is not known of one.
std::optional<double> cpu_seconds_of(const bench::Result& result);

/// The arms of the run in order (cached, uncached and perhaps miss; or single), of one endpoint or of all.
std::vector<ArmView> arm_views(const bench::Result& result, std::optional<std::size_t> endpoint = {});

/// The quantiles that not every arm, all endpoints pooled, had enough responses for.
std::vector<NamedQuantile> unknown_quantiles(const bench::Result& result);
/// What those that are missed would have taken: `p99 needs 5,000 good responses in each arm, p99.9 50,000`;
/// empty when all are known.
std::string needs_text(const bench::Result& result);

/// The greatest quantile up to p99 that is known of every arm of every endpoint.
std::optional<NamedQuantile> tail_of_endpoints(const bench::Result& result);

/// A line of the table that sets the arms side by side; improvement and interval are of cached against
/// uncached. Cells of figures that do not exist are `n/a`.
struct FigureRow {
    std::string label;
    std::vector<std::string> values; ///< one for each arm
    std::string improvement;         ///< `133 × faster`; empty where it would say nothing
    std::string interval;            ///< of the reduction, 95 %: `99.1 … 99.3 %`; empty without one
};
std::vector<FigureRow> figure_rows(const Document& document);

/// `133`, `1.25`: how many times.
std::string factor_text(double factor);
/// `133 × faster`, `1.25 × slower`, `the same`; ratio is cached / uncached, above 0.
std::string speed_text(double ratio);
/// With no more digits than the interval bears.
std::string speed_text(const bench::Ratio& ratio);
std::string interval_text(const bench::Ratio& ratio); ///< of the reduction
std::string duration_text(std::optional<double> ns);
std::string percent_text(std::optional<double> fraction);

/// A figure of the run against the baseline's: `cached mean`, `12.1 % more`, `10.2 … 14.0 %`.
struct ChangeRow {
    std::string label;
    std::string change;
    std::string interval; ///< of the change, 95 %
    bool regressed = false;
};
/// Without a baseline, or when the runs have no arm in common: none. `judged`: only those that a regression
/// is found by.
std::vector<ChangeRow> change_rows(const Document& document, bool judged);

/// How many of an endpoint's own asserts hold: `2 of 3`; empty when it has none.
std::string asserts_text(const bench::Assessment& assessment, std::size_t endpoint);

/// `PASS`, `FAIL`, `INCONCLUSIVE`.
const char* verdict_label(bench::Verdict verdict);

/// What the run found, in one plain sentence that begins in lower case: `with the cache the mean answer takes
/// 0.31 ms instead of 41.2 ms, 133 × faster (99.2 % less, 95 % CI 99.1 … 99.3 %).`
std::string finding(const Document& document);

/// The sentence that opens the report: verdict, then the finding when it passed, else the first reason.
std::string headline(const Document& document);

/// What a miss costs, a line each: overhead, break-even, what is to be expected. None without forced misses.
std::vector<std::string> miss_cost_lines(const Document& document);

/// What the origin was asked in each arm, a line each; or the one line that it is not known, with the reason.
/// None where nothing counted it.
std::vector<std::string> origin_lines(const Document& document);

/// What the stampedes of an endpoint did; empty when there were none.
std::string stampede_line(const bench::Result& result, std::size_t endpoint);

/// What proves the hits; when nothing does, it begins with `unproven`. `mark` shows a piece of user data.
std::string proof_text(const Document& document, std::string (*mark)(std::string_view));

/// The tiers that the answers of each arm say they are of, a line each: share and latency. None where nothing
/// tells them. `mark` shows a piece of user data.
std::vector<std::string> tier_lines(const Document& document, std::string (*mark)(std::string_view));

/// By how much the store grew; empty where no store was read, or it does not tell.
std::string memory_line(const Document& document);

/// How the run was made: `closed loop, 10 connections, …`; sentences without end.
std::vector<std::string> method_lines(const Document& document);

/// `http://host:port` when every endpoint begins with it, else nothing.
std::string common_origin(const bench::Result& result);

/// `both arms`, `all three arms`; of a single run `the run`.
const char* arms_text(const bench::Result& result);

/// What the run was made on: the endpoint's name, or how many there are.
std::string subject_text(const bench::Result& result);

} // namespace roacache::report
