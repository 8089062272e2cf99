#include "src/bench/verdict/format.hpp"
#include "src/report/escape.hpp"
#include "src/report/figures.hpp"
#include "src/report/svg.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>

namespace roacache::report {
namespace {

constexpr double k_whole_width = 880;
constexpr double k_first = 320; // where the axis begins, behind the labels
constexpr double k_last = k_whole_width - 200;
constexpr double k_first_row = 92;
constexpr double k_row = 26;
constexpr double k_most_factor = 1e9;

/// How many times as fast the cached arm is, with its interval.
struct Improvement {
    std::string label;
    double factor, low, high;
    std::string text;
    bool of_endpoint = false;
};

Improvement improvement_of(std::string label, const bench::Ratio& ratio, bool of_endpoint) {
    const auto factor = [](double share) { return std::min(1 / std::max(share, 1e-12), k_most_factor); };
    return {std::move(label),     factor(ratio.ratio), factor(ratio.ci_high),
            factor(ratio.ci_low), speed_text(ratio),   of_endpoint};
}

const char* label_of(bench::Quantity quantity) {
    return quantity == bench::Quantity::total_time ? "total time" : bench::name_of(quantity);
}

std::vector<Improvement> improvements(const Document& document) {
    std::vector<Improvement> rows;
    for (const auto& [quantity, ratio] : document.assessment.comparison)
        rows.push_back(improvement_of(label_of(quantity), ratio, false));
    const auto& endpoints = document.assessment.by_endpoint;
    if (endpoints.size() < 2) return rows;
    const std::size_t origin = common_origin(document.result).size();
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        const auto mean = endpoints[i].find(bench::Quantity::mean);
        if (mean == endpoints[i].end()) continue;
        const bench::EndpointResult& endpoint = document.result.endpoints[i];
        const std::string name = endpoint.label.empty() ? endpoint.name.substr(origin) : endpoint.label;
        rows.push_back(improvement_of(elided(name, 40), mean->second, true));
    }
    return rows;
}

/// Factors on a logarithmic axis that always shows where both arms are alike.
class FactorAxis {
  public:
    explicit FactorAxis(const std::vector<Improvement>& rows) : low_(std::log(0.9)), high_(std::log(1.1)) {
        for (const Improvement& row : rows) {
            low_ = std::min(low_, std::log(row.low) - k_margin);
            high_ = std::max(high_, std::log(row.high) + k_margin);
        }
    }
    double at(double factor) const {
        return k_first + (k_last - k_first) * (std::log(factor) - low_) / (high_ - low_);
    }
    /// Round factors with room between them.
    std::vector<double> ticks() const {
        return round_values(std::exp(low_), std::exp(high_), k_gap,
                            [this](double factor) { return at(factor); });
    }

  private:
    static constexpr double k_margin = 0.05;
    static constexpr double k_gap = 40;
    double low_, high_;
};

void draw_axis(Svg& svg, const FactorAxis& axis, const Palette& colours, double bottom) {
    for (const double factor : axis.ticks()) {
        svg.line({axis.at(factor), k_first_row - 18}, {axis.at(factor), bottom}, colours.grid);
        svg.text({axis.at(factor), bottom + 18}, fmt::format("{:.3g} ×", factor),
                 {colours.muted, 12, Anchor::middle});
    }
    svg.line({axis.at(1), k_first_row - 18}, {axis.at(1), bottom}, colours.text, 1, true);
    svg.text({(k_first + k_last) / 2, bottom + 40}, "how many times as fast as uncached (logarithmic)",
             {colours.muted, 12, Anchor::middle});
}

/// Differences that are no larger say nothing.
void draw_noise(Svg& svg, const Document& document, const FactorAxis& axis, const Palette& colours,
                double bottom) {
    const auto& floor = document.assessment.noise_floor;
    if (!floor || *floor <= 1) return;
    const double from = std::max(axis.at(1 / *floor), k_first), to = std::min(axis.at(*floor), k_last);
    svg.rectangle({from, k_first_row - 18}, to - from, bottom - k_first_row + 18, colours.muted, 0.15);
}

void draw_improvement(Svg& svg, const Improvement& row, const FactorAxis& axis, const Palette& colours,
                      double y) {
    const bool decided = row.low > 1 || row.high < 1;
    const char* colour = !decided ? colours.muted : row.factor < 1 ? colours.uncached : colours.cached;
    svg.text({k_first - 14, y + 4}, row.label,
             {row.of_endpoint ? colours.muted : colours.text, 13, Anchor::end});
    svg.line({axis.at(row.low), y}, {axis.at(row.high), y}, colour, 3);
    for (const double end : {row.low, row.high})
        svg.line({axis.at(end), y - 5}, {axis.at(end), y + 5}, colour, 2);
    svg.circle({axis.at(row.factor), y}, 4.5, colour);
    svg.text({k_last + 14, y + 4}, row.text, {colours.text, 13, Anchor::start, !row.of_endpoint});
}

std::string description_of(const std::vector<Improvement>& rows) {
    std::string text;
    for (const Improvement& row : rows)
        text += fmt::format("{}: {}. ", row.label, row.text);
    return text;
}

} // namespace

std::string improvement_svg(const Document& document, Theme theme) {
    const Palette& colours = palette(theme);
    const auto rows = improvements(document);
    const double bottom = k_first_row + k_row * static_cast<double>(rows.size()) - 8;
    Svg svg(k_whole_width, bottom + 56, theme, "What the cache improves", description_of(rows));
    svg.text({24, 32}, "What the cache improves", {colours.text, 17, Anchor::start, true});
    svg.text({24, 52},
             elided(subject_text(document.result), 80) +
                 (rows.size() > document.assessment.comparison.size() ? ", then each one's mean" : ""),
             {colours.muted, 12});
    svg.text({k_whole_width - 28, 32}, "bar: 95 % interval", {colours.muted, 12, Anchor::end});
    if (document.assessment.noise_floor)
        svg.text({k_whole_width - 28, 52}, "grey: what this run cannot tell from nothing",
                 {colours.muted, 12, Anchor::end});
    if (rows.empty()) return svg.finish();
    const FactorAxis axis(rows);
    draw_noise(svg, document, axis, colours, bottom);
    draw_axis(svg, axis, colours, bottom);
    double y = k_first_row;
    for (const Improvement& row : rows) {
        draw_improvement(svg, row, axis, colours, y);
        y += k_row;
    }
    return svg.finish();
}

} // namespace roacache::report
