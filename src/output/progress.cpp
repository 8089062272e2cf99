#include "src/output/progress.hpp"

#include "src/core/clock.hpp"
#include "src/core/units.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fmt/format.h>

namespace roacache::output {
namespace {

constexpr int k_bar_columns = 24;

/// Cut at a character's edge so that it takes at most `columns`.
std::string cut(const std::string& text, int columns) {
    std::string shortened = text;
    while (!shortened.empty() && display_width(shortened) > columns) {
        shortened.pop_back();
        while (!shortened.empty() && !is_utf8(shortened))
            shortened.pop_back();
    }
    return shortened;
}

std::string bar(double fraction) {
    const int full = static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * k_bar_columns));
    std::string text;
    for (int i = 0; i < k_bar_columns; ++i)
        text += i < full ? "█" : "░";
    return text;
}

} // namespace

/// Where the first line begins, with nothing there. A terminal that was made narrower has put the end of a
/// line below its beginning.
std::string ProgressLine::from_the_beginning() const {
    const int columns = columns_();
    int rows = 0;
    for (const int width : widths_)
        rows += std::max((width + columns - 1) / columns, 1);
    std::string text = "\r\x1b[2K";
    for (int row = 1; row < rows; ++row)
        text += "\x1b[A\r\x1b[2K";
    return text;
}

/// What was done before the first look, by an interrupted run say, took none of the time since.
std::string ProgressLine::time_left(double fraction, std::int64_t now_ns) {
    constexpr double k_least_part = 0.02, k_least_seconds = 2;
    if (!began_ || fraction < last_fraction_) began_ = {now_ns, fraction};
    last_fraction_ = fraction;
    const double seconds = static_cast<double>(now_ns - began_->at_ns) / 1e9,
                 done = fraction - began_->fraction;
    if (seconds < k_least_seconds || done < k_least_part || fraction >= 1) return {};
    const std::chrono::seconds left(std::lround(std::ceil(seconds * (1 - fraction) / done)));
    return fmt::format(", {} left", core::format_duration(left));
}

void ProgressLine::show(double fraction, const std::string& text, const std::vector<core::PartDone>& parts) {
    if (!enabled_) return;
    constexpr std::int64_t k_between_drawings_ns = 100'000'000;
    const std::int64_t now_ns = core::now_ns();
    const std::string left = time_left(fraction, now_ns);
    if (drawn_ && now_ns - drawn_at_ns_ < k_between_drawings_ns) return;
    constexpr std::size_t k_most_parts = 8;
    std::vector<std::string> lines{bar(fraction) + " " + harmless(text) + left};
    const std::size_t shown = parts.size() > k_most_parts ? k_most_parts - 1 : parts.size();
    for (std::size_t i = 0; i < shown; ++i)
        lines.push_back(bar(parts[i].done) + "   " + harmless(parts[i].name));
    if (shown < parts.size()) lines.push_back(fmt::format("and {} more", parts.size() - shown));
    std::string drawing = from_the_beginning();
    widths_.clear();
    for (const std::string& line : lines) {
        const std::string shown_line = cut(line, columns_() - 1);
        drawing += (widths_.empty() ? "" : "\n\r\x1b[2K") + shown_line;
        widths_.push_back(display_width(shown_line));
    }
    stream_ << drawing << std::flush;
    drawn_ = true;
    drawn_at_ns_ = now_ns;
}

void ProgressLine::clear() {
    if (drawn_) stream_ << from_the_beginning() << std::flush;
    drawn_ = false;
    widths_.clear();
}

} // namespace roacache::output
