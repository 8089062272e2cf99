#pragma once

#include "src/bench/verdict/verdict.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace roacache::bench {

/// What the quantity of an assert means.
struct Subject {
    enum class Kind : std::uint8_t {
        reduction,  ///< 1 − cached / uncached, of `compared`
        ratio,      ///< cached / uncached, of `compared`
        hit_rate,   ///< of the cached arm, or of the single one
        error_rate, ///< failed of all requests, all arms
        errors,     ///< of `arm`, or of all
        mismatches, ///< responses that differed
        requests,   ///< of `arm`
        extreme,    ///< min or max (`greatest`) of `arm`
        reached,    ///< the origin, at most in one stampede
        wait,       ///< of a stampede's callers: `figured`, or with `greatest` the longest
        figure,     ///< `figured`, of `arm`: mean, a quantile, rps
    };
    Kind kind = Kind::errors;
    Quantity compared = Quantity::mean;
    std::optional<ArmKind> arm;
    Figure figured = Figure::mean;
    bool greatest = false;

    Assert::Unit unit() const;
    /// Exact: may be asked for with == and !=.
    bool counted() const;
    bool needs_both_arms() const;
    /// Judged on an interval over blocks.
    bool needs_blocks() const;
    /// The quantile that the figure or the comparison is of.
    std::optional<double> quantile() const;
};

/// Nothing when there is no such quantity.
std::optional<Subject> find_subject(std::string_view quantity);

} // namespace roacache::bench
