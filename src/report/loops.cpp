#include "src/report/loops.hpp"

#include "src/bench/verdict/format.hpp"
#include "src/report/figures.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace roacache::report {
namespace {

using bench::Quantity;

/// The rows that mean the same in both loops, in order.
std::vector<std::string> shared_labels() {
    std::vector<std::string> labels{"mean"};
    for (const NamedQuantile& quantile : k_named_quantiles)
        labels.emplace_back(quantile.label);
    for (const char* label : {"max", "requests/s", "good responses", "errors", "proven hits",
                              "generator busy", "generator waited"})
        labels.emplace_back(label);
    return labels;
}

std::vector<FigureRow> rows_of(const bench::Result& result) {
    const bench::Assessment assessment;
    std::vector<FigureRow> rows = figure_rows({result, assessment, {}, {}, {}, {}, {}});
    if (!result.hits_provable()) return rows;
    rows.push_back({"proven hits", {}, {}, {}});
    for (const ArmView& arm : arm_views(result))
        rows.back().values.push_back(percent_text(arm.hit_rate()));
    return rows;
}

/// `the cached arm's `; of a single run `the `.
std::string whose(const bench::Result& result, bench::ArmKind arm) {
    return result.plan.single ? "the " : fmt::format("the {} arm's ", bench::name_of(arm));
}

struct ShownFigure {
    std::string text;
    bool bound = false; ///< it is at least this
};

ShownFigure figure_of(const bench::Result& result, bench::ArmKind arm, Quantity quantity) {
    const auto arms = arm_views(result);
    const auto view =
        std::find_if(arms.begin(), arms.end(), [&](const ArmView& one) { return one.kind == arm; });
    const auto q = bench::quantile_of(quantity);
    if (!q) return {duration_text(view->mean_ns())};
    const bool bound = view->is_bound(*q);
    return {(bound ? "≥ " : "") + duration_text(view->quantile_ns(*q)), bound};
}

std::string hidden_text(const bench::Result& result, const bench::LoopComparison& loops, bench::ArmKind arm) {
    const std::string latencies = whose(result, arm) + "latencies";
    if (result.overloaded(arm))
        return fmt::format(
            "{} at the rate are those of a queue that grows with the run, so that what the closed "
            "loop hides cannot be told",
            latencies);
    const bench::Comparison& closed_by_open = loops.closed_by_open.at(arm);
    if (std::min(bench::whole_pairs(result), bench::whole_pairs(*result.closed_loop)) < bench::k_least_blocks)
        return fmt::format(
            "{} cannot be held against each other: {} pairs of blocks are needed (--blocks 30)", latencies,
            bench::k_least_blocks);
    if (closed_by_open.empty())
        return fmt::format("{} cannot be held against each other: there are too few good responses",
                           latencies);
    const auto hidden = loops.most_hidden.find(arm);
    if (hidden == loops.most_hidden.end())
        return fmt::format("{} are no longer for callers who come on a schedule than the closed loop tells, "
                           "as far as this run can see",
                           latencies);
    const Quantity quantity = hidden->second;
    const bench::Ratio& ratio = closed_by_open.at(quantity);
    const ShownFigure open = figure_of(result, arm, quantity);
    return fmt::format(
        "{}{} is {} for callers who come on a schedule, of which the closed loop tells {}: {}{} × "
        "less (95 % CI {} … {} ×)",
        whose(result, arm), bench::name_of(quantity), open.text,
        figure_of(*result.closed_loop, arm, quantity).text, open.bound ? "at least " : "",
        factor_text(1 / ratio.ratio), factor_text(1 / ratio.ci_high), factor_text(1 / ratio.ci_low));
}

/// Where the closed loop was over at once.
std::string brevity_text(const bench::Result& result) {
    const double open = seconds_of(result), closed = seconds_of(*result.closed_loop);
    if (2 * closed >= open) return {};
    return fmt::format(
        "the closed loop was over in {}, the open one in {}: what comes and goes in the service, only "
        "one of them may have met; -z gives both the same time",
        bench::format_ns(closed * 1e9), bench::format_ns(open * 1e9));
}

std::string improvements_text(const Document& document, const bench::LoopComparison& loops) {
    const auto open = document.assessment.comparison.find(Quantity::mean);
    const auto closed = loops.arms.find(Quantity::mean);
    if (open == document.assessment.comparison.end() || closed == loops.arms.end()) return {};
    return fmt::format(
        "with the cache the mean answer is {} in the open loop and {} in the closed one (95 % CI of "
        "the reduction {} and {})",
        speed_text(open->second), speed_text(closed->second), interval_text(open->second),
        interval_text(closed->second));
}

} // namespace

bool has_both_loops(const bench::Result& result) {
    return result.closed_loop && !result.blocks.empty() && !result.closed_loop->blocks.empty();
}

std::vector<std::string> loop_columns(const Document& document) {
    std::vector<std::string> columns;
    if (!has_both_loops(document.result)) return columns;
    for (const bench::ArmKind arm : document.result.plan.arms())
        for (const char* loop : {"open", "closed"})
            columns.push_back(document.result.plan.single ? loop
                                                          : fmt::format("{}, {}", bench::name_of(arm), loop));
    return columns;
}

std::vector<LoopRow> loop_rows(const Document& document) {
    std::vector<LoopRow> rows;
    if (!has_both_loops(document.result)) return rows;
    const std::array loops{rows_of(document.result), rows_of(*document.result.closed_loop)};
    const std::size_t arms = document.result.plan.arms().size();
    for (const std::string& label : shared_labels()) {
        LoopRow both{label, std::vector<std::string>(2 * arms, k_absent)};
        bool any = false;
        for (std::size_t loop = 0; loop < 2; ++loop)
            for (const FigureRow& row : loops.at(loop)) {
                if (row.label != label) continue;
                any = true;
                for (std::size_t arm = 0; arm < arms; ++arm)
                    both.values[2 * arm + loop] = row.values[arm];
            }
        if (any) rows.push_back(std::move(both));
    }
    return rows;
}

std::vector<std::string> loop_lines(const Document& document) {
    std::vector<std::string> lines;
    const auto& loops = document.assessment.loops;
    if (!loops || !has_both_loops(document.result)) return lines;
    for (const bench::ArmKind arm : document.result.plan.arms())
        lines.push_back(hidden_text(document.result, *loops, arm));
    if (std::string line = improvements_text(document, *loops); !line.empty())
        lines.push_back(std::move(line));
    if (std::string line = brevity_text(document.result); !line.empty()) lines.push_back(std::move(line));
    return lines;
}

std::string loops_section(const Document& document) {
    if (!has_both_loops(document.result)) return {};
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
