#include "commands/document.hpp"
#include "commands/stats_report.hpp"
#include "src/core/units.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace roacache::commands {
namespace {

using core::Requirement;
using nlohmann::ordered_json;
using output::Style;

/// As many digits as it takes to tell it from the threshold.
std::string percent_text(double fraction) {
    return fmt::format("{:.4g} %", fraction * 100);
}

std::string text_of(double value, Requirement::Unit unit) {
    switch (unit) {
    case Requirement::Unit::fraction:
        return percent_text(value);
    case Requirement::Unit::bytes:
        return core::format_size(static_cast<std::uint64_t>(std::llround(value)));
    default:
        return core::format_count(static_cast<std::uint64_t>(std::llround(value)));
    }
}

const char* unit_name(Requirement::Unit unit) {
    return unit == Requirement::Unit::fraction ? "fraction"
           : unit == Requirement::Unit::bytes  ? "bytes"
                                               : "number";
}

const char* met_text(const GoalAnswer& answer) {
    const auto met = answer.met();
    return !met ? "n/a" : *met ? "met" : "missed";
}

const char* verdict_text(const std::optional<bool>& met) {
    return !met ? "inconclusive" : *met ? "pass" : "fail";
}

void add_section(const std::string& title, const std::vector<GoalAnswer>& answers, bool colour,
                 std::string& text) {
    if (answers.empty()) return;
    using output::Align;
    const auto head = [&](const std::string& name) { return output::style(name, Style::bold, colour); };
    output::Table table({{head(title), Align::left},
                         {head("wanted"), Align::left},
                         {head("is"), Align::right},
                         {head(""), Align::left},
                         {head("how it was measured"), Align::left}});
    for (const GoalAnswer& answer : answers) {
        const Requirement& wanted = answer.goal.requirement;
        const bool missed = answer.met() == false;
        table.add({output::printable(answer.goal.resource.empty() ? "(all)" : answer.goal.resource),
                   output::printable(wanted.expr), figure_text(answer),
                   missed ? output::style("missed", Style::yellow, colour) : met_text(answer),
                   output::printable(answer.basis)});
    }
    text += table.text();
}

ordered_json json_answer(const GoalAnswer& answer) {
    const Requirement& wanted = answer.goal.requirement;
    const auto text = [](const std::string& content) { return ordered_json(output::json_bytes(content)); };
    return {{"expr", text(wanted.expr)},
            {"resource", answer.goal.resource.empty() ? ordered_json(nullptr) : text(answer.goal.resource)},
            {"quantity", wanted.quantity},
            {"unit", unit_name(wanted.unit)},
            {"value", json_of(answer.value)},
            {"low", json_of(answer.low)},
            {"high", json_of(answer.high)},
            {"threshold", wanted.threshold},
            {"verdict", verdict_text(answer.met())},
            {"measured", answer.value ? text(answer.basis) : ordered_json(nullptr)},
            {"reason", answer.value ? ordered_json(nullptr) : text(answer.basis)}};
}

ordered_json json_list(const std::vector<GoalAnswer>& answers) {
    ordered_json list = ordered_json::array();
    for (const GoalAnswer& answer : answers)
        list.push_back(json_answer(answer));
    return list;
}

} // namespace

std::string figure_text(const GoalAnswer& answer) {
    return answer.value ? text_of(*answer.value, answer.goal.requirement.unit) : "n/a";
}

std::string goals_table(const StatsReport& report, bool colour) {
    std::string text;
    add_section("goals of " + output::printable(report.profile), report.goals, colour, text);
    if (!report.goals.empty() && !report.asserts.empty()) text += "\n";
    add_section("asserts", report.asserts, colour, text);
    return text;
}

std::string goals_plain(const StatsReport& report) {
    std::string text;
    const auto add = [&](const char* what, const std::vector<GoalAnswer>& answers) {
        for (const GoalAnswer& answer : answers)
            text +=
                fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", what,
                            answer.goal.resource.empty() ? "n/a" : output::printable(answer.goal.resource),
                            output::printable(answer.goal.requirement.expr),
                            answer.value ? fmt::format("{}", *answer.value) : "n/a", met_text(answer),
                            output::printable(answer.basis));
    };
    add("goal", report.goals);
    add("assert", report.asserts);
    return text;
}

std::string goals_csv(const StatsReport& report) {
    std::string text = "kind,resource,quantity,expr,unit,value,low,high,threshold,verdict,measured,reason\n";
    const auto number = [](const std::optional<double>& value) {
        return value ? fmt::format("{}", *value) : std::string();
    };
    const auto add = [&](const char* kind, const GoalAnswer& answer) {
        const Requirement& wanted = answer.goal.requirement;
        const std::string basis = output::csv_field(output::printable(answer.basis));
        text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\n", kind,
                            output::csv_field(output::printable(answer.goal.resource)), wanted.quantity,
                            output::csv_field(output::printable(wanted.expr)), unit_name(wanted.unit),
                            number(answer.value), number(answer.low), number(answer.high), wanted.threshold,
                            verdict_text(answer.met()), answer.value ? basis : "", answer.value ? "" : basis);
    };
    for (const GoalAnswer& answer : report.goals)
        add("goal", answer);
    for (const GoalAnswer& answer : report.asserts)
        add("assert", answer);
    return text;
}

ordered_json goals_json(const StatsReport& report) {
    ordered_json json{{"goals", json_list(report.goals)}, {"asserts", json_list(report.asserts)}};
    const auto any = [&](std::optional<bool> met) {
        return std::any_of(report.asserts.begin(), report.asserts.end(),
                           [&](const GoalAnswer& answer) { return answer.met() == met; });
    };
    json["verdict"] = nullptr;
    if (!report.asserts.empty())
        json["verdict"] = any(false) ? "fail" : any(std::nullopt) ? "inconclusive" : "pass";
    return json;
}

} // namespace roacache::commands
