#include "commands/follow/report.hpp"

#include "src/core/clock.hpp"
#include "src/core/units.hpp"
#include "src/output/json_text.hpp"
#include "src/output/text.hpp"

#include <fmt/core.h>

namespace roacache::commands::follow {
namespace {

using nlohmann::ordered_json;

const char* name_of(Report::Event event) {
    switch (event) {
    case Report::Event::moved:
        return "moved";
    case Report::Event::appeared:
        return "appeared";
    case Report::Event::vanished:
        return "vanished";
    case Report::Event::settled:
        return "settled";
    }
    return "moved";
}

ordered_json value_json(const RowValue& value) {
    if (value.empty()) return nullptr;
    return value.size() == 1 ? ordered_json(value.front()) : ordered_json(value);
}

std::string watermark_text(const Watermark& watermark) {
    constexpr std::size_t k_most = 100;
    const std::string text = output::json_text(shown(watermark));
    const std::string_view beginning = output::beginning(text, k_most);
    return std::string(beginning) + (beginning.size() < text.size() ? "…" : "");
}

std::string count_text(const ordered_json& count) {
    if (!count.is_number_unsigned()) return {};
    const auto keys = count.get<std::uint64_t>();
    return core::format_count(keys) + (keys == 1 ? " key" : " keys");
}

/// That more values were invalidated in the same walk.
std::string together_text(const ordered_json& invalidation) {
    const auto values = invalidation.value("together", std::uint64_t{1});
    if (values < 2) return {};
    return fmt::format(", in one walk with {} {}", core::format_count(values - 1),
                       values == 2 ? "other" : "others");
}

std::string outcome_text(const ordered_json& invalidation) {
    const auto count = [&](const char* name) {
        return invalidation.contains(name) ? count_text(invalidation[name]) : std::string();
    };
    if (invalidation.value("dry_run", false)) return "would remove " + count("matched");
    if (invalidation.contains("shortened")) return "shortened " + count("shortened");
    const std::string removed = count("removed");
    return removed.empty() ? "removed; the service does not tell how many keys" : "removed " + removed;
}

} // namespace

ordered_json document_of(const Report& report, ordered_json head) {
    head["time"] = core::utc_timestamp();
    head["event"] = name_of(report.event);
    head["value"] = value_json(report.value);
    head["watermark"] = {{"before", shown(report.before)}, {"after", shown(report.after)}};
    head["invalidation"] = report.invalidation;
    return head;
}

std::string text_of(const RowValue& value) {
    std::string text;
    for (const std::string& part : value)
        text += (text.empty() ? "" : ", ") + output::printable(part);
    return text;
}

std::string line_of(const Report& report) {
    std::string marks;
    if (report.event == Report::Event::moved)
        marks = fmt::format(" from {} to {}", watermark_text(report.before), watermark_text(report.after));
    if (report.event == Report::Event::appeared) marks = " with " + watermark_text(report.after);
    if (report.event == Report::Event::vanished) marks = ", it was " + watermark_text(report.before);
    return fmt::format(
        "{} {}{}{}{}: {}{}{}", core::utc_timestamp(), text_of(report.value), report.value.empty() ? "" : ": ",
        name_of(report.event), marks, outcome_text(report.invalidation),
        report.event == Report::Event::settled ? " once more" : "", together_text(report.invalidation));
}

} // namespace roacache::commands::follow
