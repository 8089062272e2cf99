#include "src/report/loops.hpp"

#include "src/bench/format.hpp"
#include "src/report/figures.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace roacache::report {
namespace {

using bench::Quantity;

/// Those of both loops that mean the same.
bool is_beside(const FigureRow& row) {
    constexpr std::array k_others{"mean", "max", "requests/s", "good responses", "errors"};
    const auto same = [&](const char* label) { return row.label == label; };
    return std::any_of(k_others.begin(), k_others.end(), same) ||
           std::any_of(std::begin(k_named_quantiles), std::end(k_named_quantiles),
                       [&](const NamedQuantile& quantile) { return same(quantile.label); });
}

std::vector<FigureRow> rows_beside(const bench::Result& result) {
    const bench::Assessment assessment;
    std::vector<FigureRow> rows = figure_rows({result, assessment, {}, {}, {}, {}, {}});
    rows.erase(std::remove_if(rows.begin(), rows.end(), [](const FigureRow& row) { return !is_beside(row); }),
               rows.end());
    return rows;
}

/// `the cached arm's `; of a single run `the `.
std::string whose(const bench::Result& result, bench::ArmKind arm) {
    return result.plan.single ? "the " : fmt::format("the {} arm's ", bench::name_of(arm));
}

std::optional<double> figure_of(const bench::Result& result, bench::ArmKind arm, Quantity quantity) {
    for (const ArmView& view : arm_views(result))
        if (view.kind == arm) {
            const auto q = bench::quantile_of(quantity);
            return q ? view.quantile_ns(*q) : view.mean_ns();
        }
    return {};
}

std::string hidden_text(const bench::Result& result, const bench::LoopComparison& loops, bench::ArmKind arm) {
    const std::string latencies = whose(result, arm) + "latencies";
    const bench::Comparison& closed_by_open = loops.closed_by_open.at(arm);
    if (closed_by_open.empty())
        return fmt::format("{} are too few to hold the loops against each other", latencies);
    const auto hidden = loops.most_hidden.find(arm);
    if (hidden == loops.most_hidden.end())
        return fmt::format("{} are no longer for callers who come on a schedule than the closed loop tells, "
                           "as far as this run can see",
                           latencies);
    const Quantity quantity = hidden->second;
    const bench::Ratio& ratio = closed_by_open.at(quantity);
    return fmt::format(
        "{}{} is {} for callers who come on a schedule, of which the closed loop tells {}: {} × "
        "less (95 % CI {} … {} ×)",
        whose(result, arm), bench::name_of(quantity), duration_text(figure_of(result, arm, quantity)),
        duration_text(figure_of(*result.closed, arm, quantity)), factor_text(1 / ratio.ratio),
        factor_text(1 / ratio.ci_high), factor_text(1 / ratio.ci_low));
}

std::string improvements_text(const Document& document, const bench::LoopComparison& loops) {
    const auto open = document.assessment.comparison.find(Quantity::mean);
    const auto closed = loops.arms.find(Quantity::mean);
    if (open == document.assessment.comparison.end() || closed == loops.arms.end()) return {};
    return fmt::format(
        "with the cache the mean answer is {} in the open loop and {} in the closed one (95 % CI of "
        "the reduction {} and {})",
        speed_text(open->second.ratio), speed_text(closed->second.ratio), interval_text(open->second),
        interval_text(closed->second));
}

} // namespace

std::vector<std::string> loop_columns(const Document& document) {
    std::vector<std::string> columns;
    if (!document.result.closed) return columns;
    for (const bench::ArmKind arm : document.result.plan.arms())
        for (const char* loop : {"open", "closed"})
            columns.push_back(document.result.plan.single ? loop
                                                          : fmt::format("{}, {}", bench::name_of(arm), loop));
    return columns;
}

std::vector<LoopRow> loop_rows(const Document& document) {
    std::vector<LoopRow> rows;
    if (!document.result.closed) return rows;
    const auto open = rows_beside(document.result), closed = rows_beside(*document.result.closed);
    const std::size_t arms = document.result.plan.arms().size();
    for (const FigureRow& row : open.size() >= closed.size() ? open : closed) {
        LoopRow both{row.label, std::vector<std::string>(2 * arms, k_absent)};
        for (std::size_t loop = 0; loop < 2; ++loop)
            for (const FigureRow& own : loop == 0 ? open : closed)
                for (std::size_t arm = 0; own.label == row.label && arm < arms; ++arm)
                    both.values[2 * arm + loop] = own.values[arm];
        rows.push_back(std::move(both));
    }
    return rows;
}

std::vector<std::string> loop_lines(const Document& document) {
    std::vector<std::string> lines;
    const auto& loops = document.assessment.loops;
    if (!loops) return lines;
    for (const bench::ArmKind arm : document.result.plan.arms())
        lines.push_back(hidden_text(document.result, *loops, arm));
    if (std::string line = improvements_text(document, *loops); !line.empty())
        lines.push_back(std::move(line));
    return lines;
}

std::string loops_section(const Document& document) {
    if (!document.result.closed) return {};
    std::string text = "## Open loop and closed loop\n\n";
    for (const std::string& line : loop_lines(document))
        text += fmt::format("- {}\n", line);
    text += "\n| |";
    std::string rules = "|:--|";
    for (const std::string& column : loop_columns(document)) {
        text += fmt::format(" {} |", column);
        rules += "--:|";
    }
    text += "\n" + rules + "\n";
    for (const LoopRow& row : loop_rows(document)) {
        text += "| " + row.label;
        for (const std::string& value : row.values)
            text += " | " + value;
        text += " |\n";
    }
    return text + "\nThe open loop sends what is due, whatever became of the requests before; the closed one "
                  "sends nothing while it waits, so a slow answer keeps others from being asked for and is "
                  "counted once. Targets are judged by the open loop.\n\n";
}

} // namespace roacache::report
