#include "src/bench/verdict/format.hpp"
#include "src/report/escape.hpp"
#include "src/report/figures.hpp"
#include "src/report/svg.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::report {
namespace {

using bench::ArmKind;
using bench::Block;

constexpr double k_width = 880;
constexpr double k_left = 76;
constexpr double k_right = k_width - 28;
constexpr double k_top = 84;
constexpr double k_bottom = 322;
constexpr double k_error_lane = k_bottom + 16; // where blocks with errors are marked

/// A block with all its endpoints together.
struct Moment {
    ArmKind arm;
    double middle_s;
    bench::Histogram latency;
    std::uint64_t errors = 0;
};

std::vector<Moment> moments_of(const bench::Result& result) {
    std::vector<Moment> moments;
    for (const Block& block : result.blocks) {
        Moment moment{block.arm, block.started_s - result.begin_of_blocks() + block.seconds / 2, {}, 0};
        for (const bench::Tally& tally : block.endpoints) {
            moment.latency.merge(tally.latency);
            moment.errors += bench::total(tally.errors);
        }
        moments.push_back(std::move(moment));
    }
    return moments;
}

/// Since the first block began.
double end_of(const bench::Result& result) {
    double end = 0;
    for (const Block& block : result.blocks)
        end = std::max(end, block.started_s - result.begin_of_blocks() + block.seconds);
    return end;
}

struct Frame {
    LogAxis latency;
    double seconds;
    double x(double second) const { return k_left + (k_right - k_left) * second / seconds; }
};

Frame frame_of(const std::vector<Moment>& moments, double seconds) {
    double low = 0, high = 0;
    for (const Moment& moment : moments) {
        if (moment.latency.empty()) continue;
        const double p10 = moment.latency.quantile_ns(0.1), p90 = moment.latency.quantile_ns(0.9);
        low = low > 0 ? std::min(low, p10) : p10;
        high = std::max(high, p90);
    }
    constexpr double k_margin = 1.25;
    return {LogAxis(std::max(low, 1.0) / k_margin, std::max(high, 1.0) * k_margin, k_bottom, k_top),
            seconds > 0 ? seconds : 1};
}

std::string time_label(double second, double end) {
    return end < 1 ? fmt::format("{:.4g} ms", second * 1000) : fmt::format("{:.4g} s", second);
}

void draw_axes(Svg& svg, const Frame& frame, const Palette& colours, bool errors) {
    for (const auto& tick : frame.latency.ticks(26)) {
        svg.line({k_left, tick.place}, {k_right, tick.place}, colours.grid);
        svg.text({k_left - 10, tick.place + 4}, tick.label, {colours.muted, 12, Anchor::end});
    }
    const double floor = errors ? k_error_lane + 12 : k_bottom;
    svg.line({k_left, floor}, {k_right, floor}, colours.grid);
    for (const double second : linear_ticks(frame.seconds, 8)) {
        svg.line({frame.x(second), floor}, {frame.x(second), floor + 5}, colours.muted);
        svg.text({frame.x(second), floor + 20}, time_label(second, frame.seconds),
                 {colours.muted, 12, Anchor::middle});
    }
    svg.text({(k_left + k_right) / 2, floor + 42}, "since the first block began",
             {colours.muted, 12, Anchor::middle});
    if (errors) svg.text({k_left - 10, k_error_lane + 4}, "errors", {colours.error, 12, Anchor::end});
}

void draw_moment(Svg& svg, const Moment& moment, const Frame& frame, const Palette& colours, double radius) {
    const double x = frame.x(moment.middle_s);
    const char* colour = colour_of(colours, moment.arm);
    if (moment.errors != 0) svg.cross({x, k_error_lane}, std::min(radius, 4.0), colours.error);
    if (moment.latency.empty()) return;
    const auto at = [&](double q) { return frame.latency.at(moment.latency.quantile_ns(q)); };
    const double width = std::max(radius * 0.9, 1.0);
    svg.rectangle({x - width / 2, at(0.9)}, width, std::max(at(0.1) - at(0.9), 1.0), colour, 0.4);
    svg.mark(moment.arm, {x, at(0.5)}, radius, colour);
}

/// Each as long as it was, or just wide enough to be seen; named where there is room.
void draw_stalls(Svg& svg, const bench::Result& result, const Frame& frame, const Palette& colours) {
    constexpr double k_least_width = 2.5, k_size = 12, k_between = 8;
    double free_from = k_left;
    for (const bench::Stall& stall : result.stalls) {
        const double from = frame.x(stall.started_s - result.begin_of_blocks());
        const double width = std::max(
            frame.x(stall.started_s - result.begin_of_blocks() + stall.seconds) - from, k_least_width);
        svg.rectangle({from, k_top}, width, k_bottom - k_top, colours.error, 0.25);
        const std::string label = "stood still " + bench::format_ns(stall.seconds * 1e9);
        const double room = text_width(label, k_size, false);
        const double at = std::clamp(from + width / 2 - room / 2, k_left, k_right - room);
        if (at < free_from) continue;
        svg.text({at, k_top - 6}, label, {colours.error, k_size});
        free_from = at + room + k_between;
    }
}

void draw_legend(Svg& svg, const bench::Result& result, const Palette& colours) {
    constexpr double k_slot = 100;
    svg.text({k_right, 32}, "each mark a block: median, bar p10–p90", {colours.muted, 12, Anchor::end});
    const auto arms = result.plan.arms();
    double x = k_right - k_slot * static_cast<double>(arms.size()) + 6;
    for (const ArmKind arm : arms) {
        svg.mark(arm, {x, 53.5}, 5, colour_of(colours, arm));
        svg.text({x + 12, 58}, bench::name_of(arm), {colour_of(colours, arm), 13, Anchor::start, true});
        x += k_slot;
    }
}

std::string description_of(const std::vector<Moment>& moments, double seconds, std::size_t stalls) {
    std::uint64_t errors = 0;
    for (const Moment& moment : moments)
        errors += moment.errors;
    return fmt::format("{} blocks over {}, {} errors, {} stalls", moments.size(),
                       bench::format_ns(seconds * 1e9), errors, stalls);
}

} // namespace

std::string timeline_svg(const Document& document, Theme theme) {
    const Palette& colours = palette(theme);
    const auto moments = moments_of(document.result);
    const double seconds = end_of(document.result);
    const bool errors =
        std::any_of(moments.begin(), moments.end(), [](const Moment& one) { return one.errors != 0; });
    Svg svg(k_width, k_bottom + (errors ? 84 : 56), theme, "The run over time",
            description_of(moments, seconds, document.result.stalls.size()));
    svg.text({24, 32}, "The run over time", {colours.text, 17, Anchor::start, true});
    const std::string subject = subject_text(document.result);
    svg.text({24, 52}, elided(subject, 80) + (document.result.partial ? " · partial run" : ""),
             {colours.muted, 12});
    if (moments.empty()) {
        svg.text({k_width / 2, (k_top + k_bottom) / 2}, "no block was measured",
                 {colours.muted, 15, Anchor::middle});
        return svg.finish();
    }
    const Frame frame = frame_of(moments, seconds);
    draw_legend(svg, document.result, colours);
    draw_axes(svg, frame, colours, errors);
    draw_stalls(svg, document.result, frame, colours);
    const double room = (k_right - k_left) / static_cast<double>(moments.size());
    const double radius = std::clamp(room * 0.45, 1.2, 4.5);
    for (const Moment& moment : moments)
        draw_moment(svg, moment, frame, colours, radius);
    return svg.finish();
}

} // namespace roacache::report
