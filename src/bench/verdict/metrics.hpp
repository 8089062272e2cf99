#pragma once

#include "src/bench/stats/arm_figures.hpp"
#include "src/bench/verdict/verdict.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::bench {

/// What asserts are judged by.
struct Measured {
    const Result& result;
    const Comparison& comparison;
    std::map<ArmKind, Tally> arms; ///< all endpoints pooled

    const Tally& of(ArmKind arm) const; ///< empty where there is no such arm
};

/// Nothing where the run gave no figure.
struct Measurement {
    std::optional<double> value = {}; ///< in the metric's unit
    std::optional<Interval> interval = {};
};

/// Why a plan can never give an assert an answer, and what to do.
struct Refusal {
    std::string why, remedy;
};

struct Subject;

/// A kind of quantity that asserts may name. See metrics.cpp for all there are.
struct Metric {
    enum class Scope : std::uint8_t {
        run,             ///< `NAME`
        compared,        ///< `QUANTITY_NAME`, for each Quantity
        arm,             ///< `ARM.NAME`, for each arm
        arm_figure,      ///< `ARM.FIGURE`, for each ArmFigure that is no fraction
        tier,            ///< `tier.TIER.NAME`, for whatever tier
        tier_figure,     ///< `tier.TIER.FIGURE`, for each ArmFigure that is a duration
        stampede,        ///< `stampede.NAME`
        stampede_figure, ///< `stampede.FIGURE`, for each ArmFigure that is a duration
    };
    enum class Basis : std::uint8_t {
        counted, ///< exact: may be asked for with == and !=
        values,  ///< single values
        share,   ///< counted too; a threshold below all of them is judged on an interval
        blocks,  ///< judged on an interval over blocks
    };
    Scope scope;
    std::string_view name; ///< empty where figures have theirs
    Assert::Unit unit;     ///< of a figure: that figure's
    Basis basis;
    Measurement (*measure)(const Subject& subject, const Measured& measured);
    /// Besides what is refused for the sake of the arm or of the number of blocks; null: nothing.
    std::optional<Refusal> (*refusal)(const Subject& subject, const Plan& plan) = nullptr;
    bool needs_both_arms = false;
    bool factor = false;                     ///< a fraction that is shown as a plain number
    double (*scale)(double value) = nullptr; ///< on which its interval is even; null: its logarithm
    double least = 0;                        ///< thresholds of fractions; below 0 a size may be negative
    double greatest = 1;
    /// Why the run gave no figure, without a full stop; null or empty: too few good responses.
    std::string (*why_absent)(const Subject& subject, const Result& result) = nullptr;
    /// What it would be if the cached arm were what it was on its own; null: see verdict.cpp.
    std::optional<double> (*alone)(const Result& result) = nullptr;
};

/// What the quantity of one assert means.
struct Subject {
    const Metric* metric;
    std::optional<ArmKind> arm = {};    ///< Scope::arm and arm_figure
    Quantity compared = Quantity::mean; ///< Scope::compared
    const ArmFigure* figure = nullptr;  ///< arm_figure, tier_figure and stampede_figure
    std::string tier = {};              ///< tier and tier_figure

    Assert::Unit unit() const;
    bool counted() const {
        return metric->basis == Metric::Basis::counted || metric->basis == Metric::Basis::share;
    }
    bool needs_blocks() const { return metric->basis == Metric::Basis::blocks; }
    /// The quantile that the figure or the comparison is of.
    std::optional<double> quantile() const;
    /// A value of it, or the ends of an interval, with unit.
    std::string text(double value) const;
    std::string range_text(double low, double high) const;
};

/// In the order of the help.
std::span<const Metric> all_metrics();

/// Null when there is no such quantity.
const Subject* find_subject(std::string_view quantity);

/// Every quantity by its name; those of tiers as of one called NAME.
const std::map<std::string, Subject, std::less<>>& all_subjects();

/// The same for people, in short: `hit_rate, errors, error_rate`, `{cached,single}.{mean,p50}` …
std::vector<std::string> quantities_help();

/// The arm that is to hit.
ArmKind hitting_arm(const Result& result);

/// What share of answers were hits: those of the arm that is to hit, or of the subject's.
bool is_hit_rate(const Subject& subject);

/// The hit rate of the arm that is to hit, by the header or else by the store's counters.
Measurement hit_rate_of(const Measured& measured);

} // namespace roacache::bench
