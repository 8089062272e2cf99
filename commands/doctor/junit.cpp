#include "commands/doctor/report.hpp"
#include "src/output/text.hpp"
#include "src/report/escape.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace roacache::commands {
namespace {

using analysis::Finding;
using report::xml_text;

template <typename List>
auto of_rule(const List& list, std::string_view id) {
    return std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.id == id; });
}

std::string inside(const Examination& done, ShownLevel level, std::string_view id) {
    const auto& [findings, not_checked] = done.diagnosis;
    const auto found = of_rule(findings, id);
    const auto why = of_rule(not_checked, id);
    if (found == findings.end() && why == not_checked.end()) return {};
    if (found == findings.end()) return fmt::format("<skipped message=\"{}\"/>", xml_text(why->why));
    const std::string message = fmt::format("{}: {}", name_of(found->level), found->title);
    std::string evidence;
    for (const std::string& line : evidence_lines(*found))
        evidence += fmt::format("found: {}\n", line);
    const std::string advice = fmt::format("{}wanted: {}\nremedy: {}\nsee: {}", evidence,
                                           found->found.threshold, found->found.remedy, found->source);
    return level.shows(*found)
               ? fmt::format("<failure message=\"{}\">{}</failure>", xml_text(message), xml_text(advice))
               : fmt::format("<system-out>{}\n{}</system-out>", xml_text(message), xml_text(evidence));
}

} // namespace

std::string doctor_junit(const Examination& done, ShownLevel level) {
    std::string cases;
    std::size_t failures = 0, skipped = 0;
    for (const analysis::Rule& rule : analysis::all_rules()) {
        const std::string content = inside(done, level, rule.id);
        failures += content.starts_with("<failure") ? 1 : 0;
        skipped += content.starts_with("<skipped") ? 1 : 0;
        cases += fmt::format("  <testcase classname=\"roacache.doctor\" name=\"{}\"", xml_text(rule.id));
        cases += content.empty() ? "/>\n" : fmt::format(">\n    {}\n  </testcase>\n", content);
    }
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" "
        "errors=\"0\" skipped=\"{}\">\n{}</testsuite>\n",
        xml_text("roacache doctor " + done.target), analysis::all_rules().size(), failures, skipped, cases);
}

} // namespace roacache::commands
