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
    std::string text; // escaped by the line, or its line ends would be
    for (const std::string& line : evidence_lines(*found))
        text += fmt::format("found: {}\n", xml_text(line));
    if (!level.shows(*found)) return fmt::format("<system-out>{}\n{}</system-out>", xml_text(message), text);
    return fmt::format("<failure message=\"{}\">{}wanted: {}\nremedy: {}\nsee: {}</failure>",
                       xml_text(message), text, xml_text(found->found.threshold),
                       xml_text(found->found.remedy), xml_text(found->source));
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
