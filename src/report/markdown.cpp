#include "src/bench/verdict/format.hpp"
#include "src/core/units.hpp"
#include "src/net/url.hpp"
#include "src/report/details.hpp"
#include "src/report/escape.hpp"
#include "src/report/figures.hpp"
#include "src/report/loops.hpp"

#include <fmt/core.h>

namespace roacache::report {
namespace {

using core::format_count;

constexpr std::size_t k_longest_name = 60; // of an endpoint in the table

const char* sign_of(bench::Verdict verdict) {
    if (verdict == bench::Verdict::pass) return "✅";
    return verdict == bench::Verdict::fail ? "❌" : "❔";
}

/// `PASS: …` with the word's sign before it.
std::string opening(const Document& document) {
    const bench::Assessment& assessment = document.assessment;
    std::string text =
        fmt::format("{} **{}**\n\n", sign_of(assessment.verdict), markdown_text(headline(document)));
    if (assessment.verdict == bench::Verdict::pass) return text;
    for (std::size_t i = 1; i < assessment.reasons.size(); ++i)
        text += fmt::format("- {}\n", markdown_text(assessment.reasons[i]));
    std::string found = finding(document);
    if (found.front() >= 'a' && found.front() <= 'z')
        found.front() = static_cast<char>(found.front() - 'a' + 'A');
    return text + (assessment.reasons.size() > 1 ? "\n" : "") + markdown_text(found) + "\n\n";
}

std::string subject(const Document& document) {
    const bench::Result& result = document.result;
    std::string text;
    if (result.endpoints.size() == 1)
        text = markdown_code(elided(result.endpoints.front().name, 300));
    else
        text = fmt::format("{} endpoints", result.endpoints.size());
    text += fmt::format(" · {}", markdown_text(result.started_utc));
    if (!document.uncached_by.empty())
        text += fmt::format(" · uncached by {}", markdown_text(document.uncached_by));
    return text + "\n\n";
}

std::string targets(const Document& document) {
    std::string text = "## Target against measured\n\n";
    if (document.assessment.asserts.empty()) return text + "No targets were set (`--assert`).\n\n";
    text += "| | target | | measured | 95 % CI |\n|:-:|:--|:--|--:|:-:|\n";
    for (const bench::AssertResult& answer : document.assessment.asserts)
        text += fmt::format("| {} | {} | {} | {} | {} |\n", sign_of(answer.verdict),
                            markdown_code(bench::subject_of(answer, document.result)), answer.threshold_text,
                            answer.value ? answer.value_text : k_absent, answer.interval_text);
    return text + "\n✅ held  ❌ missed  ❔ cannot be decided from this run\n\n";
}

std::string baseline_section(const Document& document) {
    const auto& baseline = document.assessment.baseline;
    if (!baseline) return {};
    std::string text = fmt::format("## Against {}\n\n", markdown_text(baseline->name));
    const auto rows = change_rows(document, false);
    if (rows.empty()) return text + "The runs have no arm in common, or too few blocks to be compared.\n\n";
    text += "| | figure | change | 95 % CI |\n|:-:|:--|--:|:-:|\n";
    for (const ChangeRow& row : rows)
        text += fmt::format("| {} | {} | {} | {} |\n", row.regressed ? "❌" : "", markdown_text(row.label),
                            row.change, row.interval);
    return text +
           fmt::format("\n❌ worse by more than the {} that are tolerated, in the cached arm and beyond what "
                       "the uncached arm changed by\n\n",
                       bench::format_percent(baseline->tolerance));
}

/// A table's head: a column for each arm, then the given ones.
std::string arms_header(const bench::Result& result, const char* more, const char* more_rules) {
    std::string names = "| |", rules = "|:--|";
    for (const bench::ArmKind arm : result.plan.arms()) {
        names += fmt::format(" {} |", result.plan.arms().size() == 1 ? "measured" : bench::name_of(arm));
        rules += "--:|";
    }
    return names + more + "\n" + rules + more_rules + "\n";
}

std::string latency_table(const Document& document) {
    const bool both = !document.result.plan.single;
    std::string text = "## Latency\n\n";
    text += arms_header(document.result, both ? " improvement | reduction, 95 % CI |" : "",
                        both ? "--:|:-:|" : "");
    bool absent = false;
    for (const FigureRow& row : figure_rows(document)) {
        text += "| " + row.label;
        for (const std::string& value : row.values) {
            text += " | " + value;
            absent = absent || value == k_absent;
        }
        text += both ? fmt::format(" | {} | {} |\n", row.improvement, row.interval) : " |\n";
    }
    text += "\n";
    if (absent) {
        const std::string needs = needs_text(document.result);
        text += fmt::format("n/a: a quantile is told only where at least 50 answers are expected above it{}, "
                            "any other figure only where there is one.\n\n",
                            needs.empty() ? "" : " (" + needs + ")");
    }
    if (document.assessment.noise_floor)
        text += fmt::format("Noise floor: this machine cannot resolve less than {}. By up to that an "
                            "arm's own odd and even blocks differ in the median; trust no smaller "
                            "difference.\n\n",
                            bench::format_apart(*document.assessment.noise_floor));
    return text;
}

/// With blanks that no line is broken at.
std::string unbroken(std::string text) {
    for (std::size_t at = text.find(' '); at != std::string::npos; at = text.find(' ', at))
        text.replace(at, 1, "\u00a0");
    return text;
}

/// `tail` is shown next to the mean.
std::string endpoint_line(const Document& document, std::size_t index, std::size_t origin,
                          const std::optional<NamedQuantile>& tail) {
    const bench::Result& result = document.result;
    const bench::EndpointResult& endpoint = result.endpoints[index];
    std::string text = "| ";
    if (!endpoint.label.empty()) text += markdown_text(elided(endpoint.label, k_longest_name)) + "<br>";
    text += markdown_code(elided(endpoint.name.substr(origin), k_longest_name));
    const auto arms = arm_views(result, index);
    std::uint64_t errors = 0;
    for (const ArmView& arm : arms) {
        text += " | " + unbroken(duration_text(arm.mean_ns()));
        if (tail) text += " | " + unbroken(duration_text(arm.quantile_ns(tail->q)));
        errors += bench::total(arm.tally.errors);
    }
    if (!result.plan.single) {
        std::string improvement = k_absent;
        if (index < document.assessment.by_endpoint.size())
            if (const auto& comparison = document.assessment.by_endpoint[index];
                comparison.contains(bench::Quantity::mean)) {
                const bench::Ratio& ratio = comparison.at(bench::Quantity::mean);
                improvement = unbroken(speed_text(ratio)) + "<br>" + unbroken(interval_text(ratio));
            }
        const bench::Equality& equality = endpoint.equality;
        text += fmt::format(" | {} | {} | {}", improvement, unbroken(percent_text(arms.front().hit_rate())),
                            equality.compared == 0     ? k_absent
                            : equality.mismatched == 0 ? "✅"
                                                       : "❌");
    }
    text += fmt::format(" | {} | {} |\n", unbroken(asserts_text(document.assessment, index)),
                        format_count(errors));
    return text;
}

std::string endpoints_table(const Document& document) {
    const auto& all = document.result.endpoints;
    if (all.size() < 2 && (all.empty() || all.front().label.empty())) return {};
    const std::string origin = common_origin(document.result);
    std::string text = "## Endpoints\n\n";
    if (!origin.empty()) text += fmt::format("All at {}.\n\n", markdown_code(origin));
    const auto tail = tail_of_endpoints(document.result);
    const bool single = document.result.plan.single;
    std::string names = "| endpoint", rules = "|:--";
    for (const bench::ArmKind arm : document.result.plan.arms()) {
        names += fmt::format(" | {}mean", document.result.plan.arms().size() == 1
                                              ? ""
                                              : std::string(bench::name_of(arm)) + " ");
        rules += "|--:";
        if (tail) names += fmt::format(" | {}", tail->label), rules += "|--:";
    }
    text +=
        names +
        (single
             ? " | asserts held | errors |\n"
             : " | mean: improvement (reduction, 95 % CI) | hit rate | equal | asserts held | errors |\n") +
        rules + (single ? "|--:|--:|\n" : "|--:|--:|:-:|--:|--:|\n");
    for (std::size_t i = 0; i < document.result.endpoints.size(); ++i)
        text += endpoint_line(document, i, origin.size(), tail);
    return text + "\n";
}

} // namespace

std::string to_markdown(const Document& document, const std::string& stem) {
    std::string text =
        fmt::format("# {}\n\n", markdown_text(document.title.empty() ? "Cache benchmark" : document.title));
    if (document.result.partial)
        text += "> [!WARNING]\n> **Partial run**: it did not reach its end; what follows is what "
                "was measured "
                "until then.\n\n";
    text += opening(document);
    text += subject(document);
    text += redirect_warning(document);
    text += warnings_section(document);
    text += targets(document);
    text += baseline_section(document);
    if (!stem.empty()) text += pictures_markdown(document, stem);
    text += latency_table(document);
    text += loops_section(document);
    text += endpoints_table(document);
    text += hits_section(document);
    text += miss_cost_section(document);
    text += origin_section(document);
    text += stampede_section(document);
    text += equality_section(document);
    text += users_section(document);
    text += errors_section(document);
    text += method_section(document);
    text += environment_section(document);
    text += notes_section(document);
    return text;
}

} // namespace roacache::report
