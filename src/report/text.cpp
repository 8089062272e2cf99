#include "src/output/text.hpp"
#include "src/bench/verdict/format.hpp"
#include "src/bench/verdict/sentences.hpp"
#include "src/core/units.hpp"
#include "src/output/table.hpp"
#include "src/report/escape.hpp"
#include "src/report/figures.hpp"
#include "src/report/loops.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace roacache::report {
namespace {

using core::format_count;
using output::Align;
using output::Style;

/// How the lines are made.
struct Look {
    int width;
    bool colour;
    std::string paint(std::string text, Style style) const {
        return text.empty() ? text : output::style(std::move(text), style, colour);
    }
};

Style style_of(bench::Verdict verdict) {
    if (verdict == bench::Verdict::pass) return Style::green;
    return verdict == bench::Verdict::fail ? Style::red : Style::yellow;
}

std::string plain_sign(bench::Verdict verdict) {
    if (verdict == bench::Verdict::pass) return "✓";
    return verdict == bench::Verdict::fail ? "✗" : "?";
}

/// With unbreakable blanks before units, or with plain ones again.
std::string glued(std::string text, bool glue) {
    for (const std::string unit : {"%", "×", "CI", "…", "µs", "ms", "s,"}) {
        const std::string loose = " " + unit, tight = "\u00a0" + unit;
        const std::string &from = glue ? loose : tight, &to = glue ? tight : loose;
        for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
            text.replace(at, from.size(), to);
    }
    return text;
}

/// Broken at blanks so that no line is wider than `width`, later lines indented.
std::string wrapped(const std::string& sentence, int width, int indent) {
    const std::string text = glued(sentence, true);
    std::string lines;
    int column = 0;
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t end = std::min(text.find(' ', from), text.size());
        const std::string word = text.substr(from, end - from);
        const int room = output::display_width(word);
        if (column > indent && column + 1 + room > width) {
            lines += "\n" + std::string(static_cast<std::size_t>(indent), ' ');
            column = indent;
        } else if (column > 0) {
            lines += " ";
            ++column;
        }
        lines += word;
        column += room;
        from = end + 1;
    }
    return glued(lines, false) + "\n";
}

std::string opening(const Document& document, const Look& look) {
    const bench::Assessment& assessment = document.assessment;
    const std::string word = verdict_label(assessment.verdict);
    std::string text;
    if (document.result.partial)
        text += look.paint("partial run: it did not reach its end", Style::yellow) + "\n";
    std::string sentence = wrapped(output::printable(headline(document)), look.width, 2);
    sentence.replace(0, word.size(),
                     look.colour
                         ? output::style(look.paint(word, style_of(assessment.verdict)), Style::bold, true)
                         : word);
    text += sentence;
    if (assessment.verdict == bench::Verdict::pass) return text;
    for (std::size_t i = 1; i < assessment.reasons.size(); ++i)
        text += wrapped("- " + output::printable(assessment.reasons[i]), look.width, 2);
    return text;
}

std::string figures(const Document& document, const Look& look) {
    const bool both = !document.result.plan.single;
    std::vector<output::Table::Column> columns{{"", Align::left}};
    for (const bench::ArmKind arm : document.result.plan.arms())
        columns.push_back({bench::name_of(arm), Align::right});
    if (both) {
        columns.push_back({"improvement", Align::right});
        columns.push_back({"reduction, 95 % CI", Align::right});
    }
    output::Table table(columns);
    for (const FigureRow& row : figure_rows(document)) {
        std::vector<std::string> cells{output::harmless(row.label)};
        for (const std::string& value : row.values)
            cells.push_back(value == k_absent ? look.paint(value, Style::dim) : value);
        if (both) {
            cells.push_back(row.improvement.ends_with("faster") ? look.paint(row.improvement, Style::green)
                                                                : row.improvement);
            cells.push_back(look.paint(row.interval, Style::dim));
        }
        table.add(std::move(cells));
    }
    return table.text();
}

std::string loops(const Document& document) {
    if (!has_both_loops(document.result)) return {};
    std::vector<output::Table::Column> columns{{"", Align::left}};
    for (const std::string& name : loop_columns(document))
        columns.push_back({name, Align::right});
    output::Table table(columns);
    for (const LoopRow& row : loop_rows(document)) {
        std::vector<std::string> cells{row.label};
        cells.insert(cells.end(), row.values.begin(), row.values.end());
        table.add(std::move(cells));
    }
    return "\n" + table.text();
}

std::string targets(const Document& document, const Look& look) {
    if (document.assessment.asserts.empty()) return {};
    output::Table table({{"", Align::left},
                         {"target", Align::left},
                         {"", Align::left},
                         {"measured", Align::right},
                         {"95 % CI", Align::right}});
    for (const bench::AssertResult& answer : document.assessment.asserts)
        table.add({look.paint(plain_sign(answer.verdict), style_of(answer.verdict)),
                   output::printable(bench::subject_of(answer, document.result)), answer.threshold_text,
                   answer.value ? answer.value_text : k_absent,
                   look.paint(answer.interval_text, Style::dim)});
    return "\n" + table.text();
}

bool has_labels(const bench::Result& result) {
    return std::any_of(result.endpoints.begin(), result.endpoints.end(),
                       [](const auto& endpoint) { return !endpoint.label.empty(); });
}

constexpr int k_width_for_intervals = 110;

output::Table endpoints_header(const Document& document, const Look& look) {
    const bench::Result& result = document.result;
    const std::string origin = common_origin(result);
    std::vector<output::Table::Column> columns{
        {origin.empty() || has_labels(result) ? "endpoint" : "endpoint of " + output::printable(origin),
         Align::left}};
    for (const bench::ArmKind arm : result.plan.arms())
        columns.push_back({std::string(bench::name_of(arm)) + " mean", Align::right});
    if (!result.plan.single) {
        columns.push_back({"improvement", Align::right});
        if (look.width >= k_width_for_intervals) columns.push_back({"reduction, 95 % CI", Align::right});
        columns.push_back({"hits", Align::right});
        columns.push_back({"equal", Align::left});
    }
    if (has_labels(result)) columns.push_back({"asserts", Align::right});
    columns.push_back({"errors", Align::right});
    return output::Table(columns);
}

void add_comparison(std::vector<std::string>& cells, const Document& document, std::size_t index,
                    const Look& look) {
    const auto& comparisons = document.assessment.by_endpoint;
    const bool known = index < comparisons.size() && comparisons[index].contains(bench::Quantity::mean);
    cells.push_back(known ? speed_text(comparisons[index].at(bench::Quantity::mean)) : k_absent);
    if (look.width < k_width_for_intervals) return;
    cells.push_back(
        known ? look.paint(interval_text(comparisons[index].at(bench::Quantity::mean)), Style::dim) : "");
}

std::string equal_sign(const bench::Equality& equality, const Look& look) {
    if (equality.compared == 0) return k_absent;
    const auto verdict = equality.mismatched == 0 ? bench::Verdict::pass : bench::Verdict::fail;
    return look.paint(plain_sign(verdict), style_of(verdict));
}

std::string endpoints(const Document& document, const Look& look) {
    const bench::Result& result = document.result;
    if (result.endpoints.size() < 2 && !has_labels(result)) return {};
    const std::string origin = common_origin(result);
    output::Table table = endpoints_header(document, look);
    const auto room = static_cast<std::size_t>(std::max(look.width - 70, 24));
    for (std::size_t i = 0; i < result.endpoints.size(); ++i) {
        const bench::EndpointResult& endpoint = result.endpoints[i];
        const std::string name =
            endpoint.label.empty() ? endpoint.name.substr(origin.size()) : endpoint.label;
        std::vector<std::string> cells{output::printable(elided(name, room))};
        const auto arms = arm_views(result, i);
        std::uint64_t errors = 0;
        for (const ArmView& arm : arms) {
            cells.push_back(duration_text(arm.mean_ns()));
            errors += bench::total(arm.tally.errors);
        }
        if (!result.plan.single) {
            add_comparison(cells, document, i, look);
            cells.push_back(percent_text(arms.front().hit_rate()));
            cells.push_back(equal_sign(endpoint.equality, look));
        }
        if (has_labels(result)) cells.push_back(asserts_text(document.assessment, i));
        cells.push_back(format_count(errors));
        table.add(std::move(cells));
    }
    return "\n" + table.text();
}

std::string errors_text(const bench::Result& result) {
    std::string text;
    for (const bench::Result* loop : loops_of(result))
        for (const bench::ArmKind arm : loop->plan.arms())
            if (const std::string errors = bench::errors_text(*loop, arm); !errors.empty())
                text += fmt::format("{}{} ({}{})", text.empty() ? "" : "; ", errors, bench::name_of(arm),
                                    loop == &result ? "" : ", closed loop");
    return text.empty() ? "none" : text;
}

std::string place_text(const bench::Difference& difference) {
    if (!difference.path) return fmt::format("byte {}", difference.offset);
    return difference.path->empty() ? "the root" : output::harmless(elided(*difference.path, 80));
}

std::string as_json_text(const bench::EqualitySum& sum) {
    return sum.equal_as_json == 0 ? ""
                                  : fmt::format(", {} of them as JSON only", format_count(sum.equal_as_json));
}

std::string equality_text(const bench::Result& result) {
    const bench::EqualitySum sum = equality_sum(result);
    if (sum.compared == 0) return "nothing was compared";
    if (sum.mismatched == 0)
        return fmt::format("{} compared responses{} equal the uncached reference{}",
                           format_count(sum.compared), result.closed_loop ? " of both loops" : "",
                           as_json_text(sum));
    std::string text = fmt::format("{} of {} compared responses differ", format_count(sum.mismatched),
                                   format_count(sum.compared));
    for (const auto& endpoint : result.endpoints)
        for (const bench::Mismatch& mismatch : endpoint.equality.mismatches) {
            std::string name = output::printable(elided(endpoint.name, 80));
            if (!mismatch.request.empty())
                name += fmt::format(" ({})", output::printable(elided(mismatch.request, 60)));
            if (mismatch.difference)
                return text + fmt::format("; first at {} of {}: {} instead of {}",
                                          place_text(*mismatch.difference), name,
                                          output::harmless(elided(mismatch.difference->found, 60)),
                                          output::harmless(elided(mismatch.difference->expected, 60)));
            return text + fmt::format("; {} of {}: {} instead of {}", output::printable(mismatch.what), name,
                                      output::printable(elided(mismatch.found, 60)),
                                      output::printable(elided(mismatch.expected, 60)));
        }
    return text;
}

std::uint64_t redirects_of(const bench::Result& result) {
    constexpr std::array k_redirects{301, 302, 303, 307, 308};
    std::uint64_t redirects = 0;
    for (const ArmView& arm : arm_views(result))
        for (const auto& [status, count] : arm.tally.statuses)
            if (std::find(k_redirects.begin(), k_redirects.end(), status) != k_redirects.end())
                redirects += count;
    return redirects;
}

std::string facts(const Document& document, const Look& look) {
    const bench::Result& result = document.result;
    std::string text = "\n";
    const auto fact = [&](const std::string& label, const std::string& value) {
        const std::string line =
            wrapped(fmt::format("{:<10}", label).substr(0, 10) + output::harmless(value), look.width, 10);
        text += look.paint(line.substr(0, label.size()), Style::dim) + line.substr(label.size());
    };
    fact("hits", proof_text(document, output::printable));
    for (const std::string& line : tier_lines(document, output::printable))
        fact("tier", line);
    if (const std::string memory = memory_line(document); !memory.empty()) fact("memory", memory);
    for (const std::string& line : loop_lines(document))
        fact("loops", line);
    for (const std::string& line : miss_cost_lines(document))
        fact("miss", line);
    for (const std::string& line : origin_lines(document))
        fact("origin", output::printable(line));
    for (std::size_t i = 0; i < result.endpoints.size(); ++i)
        if (const std::string line = stampede_line(result, i); !line.empty()) fact("stampede", line);
    if (!result.plan.single) fact("equality", equality_text(result));
    for (const std::string& sentence : bench::sentences_of_users(result))
        fact("users", output::printable(sentence));
    fact("errors", errors_text(result));
    if (const std::uint64_t redirects = redirects_of(result); redirects != 0)
        fact("redirects", fmt::format("{} responses were redirects; they are measured, not followed",
                                      format_count(redirects)));
    for (const ChangeRow& row : change_rows(document, true))
        fact("change", fmt::format("{}: {} than in {} (95 % CI {}){}", output::printable(row.label),
                                   row.change, output::printable(document.assessment.baseline->name),
                                   row.interval, row.regressed ? ": a regression" : ""));
    if (document.assessment.noise_floor)
        fact("noise",
             fmt::format("this machine cannot resolve less than {}: by up to that an arm's own odd and "
                         "even blocks differ in the median",
                         bench::format_apart(*document.assessment.noise_floor)));
    if (const std::string needs = needs_text(result); !needs.empty())
        fact("n/a", needs + ": a quantile is told only where at least 50 answers are expected above it");
    // The load models; the rest is in the report.
    const auto method = method_lines(document);
    for (std::size_t i = 0; i < (result.closed_loop ? 2 : 1); ++i)
        fact("measured", method[i]);
    for (const bench::Warning& warning : document.assessment.warnings)
        fact("warning", warning.name + ": " + warning.text);
    for (const std::string& note : document.notes)
        fact("note", output::printable(note));
    return text;
}

} // namespace

std::string to_text(const Document& document, int width, bool colour) {
    constexpr int k_least_width = 40;
    const Look look{std::max(width, k_least_width), colour};
    return opening(document, look) + "\n" + figures(document, look) + loops(document) +
           targets(document, look) + endpoints(document, look) + facts(document, look);
}

} // namespace roacache::report
