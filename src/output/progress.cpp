#include "src/output/progress.hpp"

#include "src/output/text.hpp"

#include <algorithm>
#include <cmath>

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

} // namespace

void ProgressLine::show(double fraction, const std::string& text) {
    if (!enabled_) return;
    const int full = static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * k_bar_columns));
    std::string line;
    for (int i = 0; i < k_bar_columns; ++i)
        line += i < full ? "█" : "░";
    line += " " + harmless(text);
    stream_ << "\r\x1b[2K" << cut(line, width_ - 1) << std::flush;
    drawn_ = true;
}

void ProgressLine::clear() {
    if (drawn_) stream_ << "\r\x1b[2K" << std::flush;
    drawn_ = false;
}

} // namespace roacache::output
