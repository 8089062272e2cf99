#include "src/bench/verdict/format.hpp"
#include "src/report/escape.hpp"
#include "src/report/figures.hpp"
#include "src/report/svg.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>

namespace roacache::report {
namespace {

constexpr double k_width = 880;
constexpr double k_left = 96; // room for the lanes' names
constexpr double k_right = k_width - 28;
constexpr double k_top = 106; // of the curves
constexpr double k_base = 280;
constexpr double k_lane = 30; // height of an arm's lane below the curves

/// The density of log latency, from the histogram, smoothed by a Gaussian kernel of Silverman's width
/// (Silverman 1986, 3.31), at `points` places from the axis's low to its high end; its peak is 1.
std::vector<double> density(const bench::Histogram& latency, const LogAxis& axis, std::size_t points) {
    const double from = std::log(axis.low()),
                 step = (std::log(axis.high()) - from) / static_cast<double>(points - 1);
    double sum = 0, squares = 0;
    const double n = static_cast<double>(latency.count());
    latency.for_each([&](std::size_t bucket, std::uint64_t count) {
        const double value = std::log(std::max(bench::Histogram::middle_of(bucket), 1.0));
        sum += value * static_cast<double>(count);
        squares += value * value * static_cast<double>(count);
    });
    const double deviation = std::sqrt(std::max(0.0, squares / n - sum / n * (sum / n)));
    const double quartiles =
        std::log(std::max(latency.quantile_ns(0.75), 1.0) / std::max(latency.quantile_ns(0.25), 1.0));
    const double spread = quartiles > 0 ? std::min(deviation, quartiles / 1.34) : deviation;
    const double width = std::max(0.9 * spread * std::pow(n, -0.2), 2.5 * step);

    std::vector<double> values(points);
    latency.for_each([&](std::size_t bucket, std::uint64_t count) {
        const double centre = (std::log(std::max(bench::Histogram::middle_of(bucket), 1.0)) - from) / step;
        const double reach = 4 * width / step;
        const double last = static_cast<double>(points - 1);
        const auto low = static_cast<std::size_t>(std::clamp(centre - reach, 0.0, last));
        const auto high = static_cast<std::size_t>(std::clamp(centre + reach, 0.0, last));
        for (std::size_t i = low; i <= high; ++i) {
            const double distance = (static_cast<double>(i) - centre) * step / width;
            values[i] += static_cast<double>(count) * std::exp(-distance * distance / 2);
        }
    });
    const double peak = *std::max_element(values.begin(), values.end());
    for (double& value : values)
        value = peak > 0 ? value / peak : 0;
    return values;
}

void draw_curve(Svg& svg, const ArmView& arm, const LogAxis& axis, const char* colour) {
    constexpr std::size_t k_points = 400;
    const auto values = density(arm.tally.latency, axis, k_points);
    std::vector<Point> points;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double x = k_left + (k_right - k_left) * static_cast<double>(i) / (k_points - 1);
        // The flat ends are left out: they would draw a line along the axis.
        const bool seen = values[i] > 0.002 || (i > 0 && values[i - 1] > 0.002) ||
                          (i + 1 < values.size() && values[i + 1] > 0.002) || !points.empty();
        if (seen) points.push_back({x, k_base - values[i] * (k_base - k_top)});
    }
    while (points.size() > 1 && points[points.size() - 2].y > k_base - 0.3)
        points.pop_back();
    svg.area(points, k_base, colour);
}

/// The median's line and its label, on a row of its own so that labels of two arms never meet.
void draw_median(Svg& svg, const ArmView& arm, const LogAxis& axis, const char* colour, double row) {
    const double median = arm.tally.latency.quantile_ns(0.5);
    const double x = axis.at(median);
    const std::string name = bench::name_of(arm.kind);
    const std::string label = arm.quantile_ns(0.5) ? name + " median " + bench::format_ns(median) : name;
    const double size = 13;
    const bool to_left = x + 8 + text_width(label, size, true) > k_right;
    svg.line({x, row - 11}, {x, k_base}, colour, 1.5, true);
    svg.text({to_left ? x - 7 : x + 7, row}, label,
             {colour, size, to_left ? Anchor::end : Anchor::start, true, true});
}

/// Least to greatest as a thin line, p10 to p90 as a bar, median, p99: the quantiles that are known.
void draw_lane(Svg& svg, const ArmView& arm, const LogAxis& axis, const Palette& colours, double y) {
    const char* colour = colour_of(colours, arm.kind);
    const auto& latency = arm.tally.latency;
    svg.text({k_left - 10, y + 4.5}, bench::name_of(arm.kind), {colour, 13, Anchor::end, true});
    if (latency.empty()) {
        svg.text({k_left, y + 4.5}, "no good response", {colours.muted, 12});
        return;
    }
    const auto at = [&](double q) { return axis.at(latency.quantile_ns(q)); };
    svg.line({axis.at(static_cast<double>(latency.min_ns())), y},
             {axis.at(static_cast<double>(latency.max_ns())), y}, colour, 1.5);
    if (arm.quantile_ns(0.9))
        svg.rectangle({at(0.1), y - 5}, std::max(at(0.9) - at(0.1), 2.0), 10, colour, 0.45);
    if (arm.quantile_ns(0.99)) svg.line({at(0.99), y - 7}, {at(0.99), y + 7}, colour, 2.5);
    svg.mark(arm.kind, {at(0.5), y}, 5, colour);
}

void draw_axis(Svg& svg, const LogAxis& axis, const Palette& colours, double bottom) {
    for (const auto& tick : axis.ticks(62)) {
        svg.line({tick.place, k_top - 8}, {tick.place, bottom}, colours.grid);
        svg.text({tick.place, bottom + 18}, tick.label, {colours.muted, 12, Anchor::middle});
    }
    svg.line({k_left, bottom}, {k_right, bottom}, colours.grid);
    svg.text({(k_left + k_right) / 2, bottom + 40}, "latency of good responses (logarithmic)",
             {colours.muted, 12, Anchor::middle});
}

/// How far apart the medians are, between their lines.
void draw_distance(Svg& svg, const bench::Comparison& comparison, const std::vector<ArmView>& arms,
                   const LogAxis& axis, const Palette& colours) {
    const double cached = arms[0].tally.latency.quantile_ns(0.5),
                 uncached = arms[1].tally.latency.quantile_ns(0.5);
    const auto compared = comparison.find(bench::Quantity::p50);
    if (!(cached > 0) || !(uncached > 0) || compared == comparison.end()) return;
    const std::string label = speed_text(compared->second);
    const double from = std::min(axis.at(cached), axis.at(uncached)),
                 to = std::max(axis.at(cached), axis.at(uncached));
    const double y = k_top + 44;
    if (to - from < text_width(label, 13, true) + 50) return;
    const double middle = (from + to) / 2, half = text_width(label, 13, true) / 2 + 8;
    svg.line({from + 3, y}, {middle - half, y}, colours.muted);
    svg.line({middle + half, y}, {to - 3, y}, colours.muted);
    for (const double side : {-1.0, 1.0}) {
        const double tip = side < 0 ? from + 3 : to - 3;
        svg.line({tip, y}, {tip - side * 6, y - 4}, colours.muted);
        svg.line({tip, y}, {tip - side * 6, y + 4}, colours.muted);
    }
    svg.text({middle, y + 4.5}, label, {colours.text, 13, Anchor::middle, true, true});
}

std::string description_of(const std::vector<ArmView>& arms) {
    std::string text;
    for (const ArmView& arm : arms) {
        if (arm.tally.latency.empty()) {
            text += fmt::format("{}: no good response. ", bench::name_of(arm.kind));
            continue;
        }
        text += fmt::format("{}: median {}, least {}, greatest {}. ", bench::name_of(arm.kind),
                            duration_text(arm.quantile_ns(0.5)),
                            bench::format_ns(static_cast<double>(arm.tally.latency.min_ns())),
                            bench::format_ns(static_cast<double>(arm.tally.latency.max_ns())));
    }
    return text;
}

/// Of what the lanes show.
std::string legend_of(const std::vector<ArmView>& arms) {
    const auto known = [&](double q) {
        return std::any_of(arms.begin(), arms.end(),
                           [&](const ArmView& arm) { return arm.quantile_ns(q).has_value(); });
    };
    return std::string(known(0.9) ? "bar p10–p90, " : "") + (known(0.99) ? "tick p99, " : "") +
           "line min–max";
}

} // namespace

std::string latency_svg(const Document& document, Theme theme) {
    const Palette& colours = palette(theme);
    const auto arms = arm_views(document.result);
    const double bottom = k_base + 16 + k_lane * static_cast<double>(arms.size());
    Svg svg(k_width, bottom + 56, theme, "Latency distribution", description_of(arms));
    svg.text({24, 32}, "Latency distribution", {colours.text, 17, Anchor::start, true});
    svg.text({24, 52}, elided(subject_text(document.result), 110), {colours.muted, 12});
    if (arms.size() > 1)
        svg.text({k_right, 32}, "each curve scaled to its own peak", {colours.muted, 12, Anchor::end});
    svg.text({k_right, 52}, document.result.partial ? "partial run" : "",
             {colours.error, 12, Anchor::end, true});

    bench::Histogram all;
    for (const ArmView& arm : arms)
        all.merge(arm.tally.latency);
    if (all.empty()) {
        svg.text({k_width / 2, k_base - 60}, "no request was answered well",
                 {colours.muted, 15, Anchor::middle});
        return svg.finish();
    }
    const double low = std::max(static_cast<double>(all.min_ns()), 1.0);
    const double high = std::max(static_cast<double>(all.max_ns()), low);
    const double margin = std::max(std::pow(high / low, 0.06), 1.05);
    const LogAxis axis(low / margin, high * margin, k_left, k_right);
    draw_axis(svg, axis, colours, bottom);
    double lane = k_base + 16 + k_lane / 2;
    bool both = arms.size() >= 2;
    for (const ArmView& arm : arms) {
        if (!arm.tally.latency.empty()) draw_curve(svg, arm, axis, colour_of(colours, arm.kind));
        both = both && !arm.tally.latency.empty();
        draw_lane(svg, arm, axis, colours, lane);
        lane += k_lane;
    }
    svg.text({k_left - 10, k_base + 4}, "density", {colours.muted, 12, Anchor::end});
    double row = 82;
    for (const ArmView& arm : arms) {
        if (!arm.tally.latency.empty()) draw_median(svg, arm, axis, colour_of(colours, arm.kind), row);
        row += 18;
    }
    if (both) draw_distance(svg, document.assessment.comparison, arms, axis, colours);
    svg.text({24, bottom + 40}, legend_of(arms), {colours.muted, 12});
    return svg.finish();
}

} // namespace roacache::report
