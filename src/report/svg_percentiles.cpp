#include "src/bench/verdict/format.hpp"
#include "src/report/escape.hpp"
#include "src/report/figures.hpp"
#include "src/report/svg.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>

namespace roacache::report {
namespace {

constexpr double k_ladder_width = 880;
constexpr double k_ladder_left = 76;
constexpr double k_ladder_right = k_ladder_width - 150; // room for the curves' names
constexpr double k_ladder_top = 100;
constexpr double k_ladder_bottom = 330;

/// The share of all answers at which the curve of so many ends: what is beyond it is not known.
double furthest_of(std::uint64_t answers) {
    return std::max(1 - bench::k_least_above / static_cast<double>(std::max<std::uint64_t>(answers, 1)), 0.0);
}

/// Each further nine has the same room, so that tails are seen.
class Nines {
  public:
    explicit Nines(double furthest) : end_(nines(furthest)) {}
    double x(double q) const { return k_ladder_left + (k_ladder_right - k_ladder_left) * nines(q) / end_; }
    /// The share at a place between both ends, 0 to 1.
    double q(double place) const { return 1 - std::pow(10, -place * end_); }

  private:
    static double nines(double q) { return -std::log10(1 - q); }
    double end_;
};

/// One arm's curve, in one loop.
struct Ladder {
    ArmView arm;
    bench::Histogram ranked;
    double furthest; ///< q
    bool closed_loop;

    bool reaches(const NamedQuantile& quantile) const {
        return bench::enough_for_quantile(quantile.q, ranked.count());
    }
};

/// The named quantiles that any of the curves reaches.
std::vector<NamedQuantile> reached_by(const std::vector<Ladder>& ladders) {
    std::vector<NamedQuantile> reached;
    for (const NamedQuantile& quantile : k_named_quantiles)
        if (std::any_of(ladders.begin(), ladders.end(),
                        [&](const Ladder& one) { return one.reaches(quantile); }))
            reached.push_back(quantile);
    return reached;
}

std::vector<Ladder> ladders_of(const bench::Result& result) {
    std::vector<Ladder> ladders;
    for (const bench::Result* loop : loops_of(result)) {
        for (const ArmView& arm : arm_views(*loop))
            if (arm.quantile_ns(0.5)) {
                bench::Histogram ranked = arm.tally.ranked();
                const double furthest = furthest_of(ranked.count());
                ladders.push_back({arm, std::move(ranked), furthest, loop != &result});
            }
    }
    return ladders;
}

void draw_axes(Svg& svg, const LogAxis& latency, const Nines& nines,
               const std::vector<NamedQuantile>& reached, const Palette& colours) {
    for (const auto& tick : latency.ticks(26)) {
        svg.line({k_ladder_left, tick.place}, {k_ladder_right, tick.place}, colours.grid);
        svg.text({k_ladder_left - 10, tick.place + 4}, tick.label, {colours.muted, 12, Anchor::end});
    }
    svg.line({k_ladder_left, k_ladder_bottom}, {k_ladder_right, k_ladder_bottom}, colours.grid);
    svg.text({k_ladder_left, k_ladder_bottom + 20}, "least", {colours.muted, 12, Anchor::middle});
    for (const NamedQuantile& quantile : reached) {
        const double x = nines.x(quantile.q);
        svg.line({x, k_ladder_top - 6}, {x, k_ladder_bottom + 5}, colours.grid);
        svg.text({x, k_ladder_bottom + 20}, quantile.label, {colours.muted, 12, Anchor::middle});
    }
    svg.text({(k_ladder_left + k_ladder_right) / 2, k_ladder_bottom + 42},
             "share of the answers that took at most so long", {colours.muted, 12, Anchor::middle});
}

void draw_ladder(Svg& svg, const Ladder& ladder, const LogAxis& latency, const Nines& nines,
                 const Palette& colours) {
    constexpr int k_points = 400;
    const char* colour = colour_of(colours, ladder.arm.kind);
    const auto place = [&](double q) { return Point{nines.x(q), latency.at(ladder.ranked.quantile_ns(q))}; };
    std::vector<Point> points;
    for (int i = 0; i <= k_points; ++i)
        if (const double q = nines.q(static_cast<double>(i) / k_points); q < ladder.furthest)
            points.push_back(place(q));
    points.push_back(place(ladder.furthest));
    svg.curve(points, colour, ladder.closed_loop);
    for (const NamedQuantile& quantile : k_named_quantiles)
        if (ladder.reaches(quantile)) svg.mark(ladder.arm.kind, place(quantile.q), 4, colour);
}

/// Behind each curve's end its arm and the last figure of it, moved apart where they would meet.
void draw_names(Svg& svg, const std::vector<Ladder>& ladders, const LogAxis& latency,
                const Palette& colours) {
    constexpr double k_apart = 34;
    struct Name {
        double y;
        bench::ArmKind kind;
        std::string loop;
        std::string figure;
    };
    std::vector<Name> names;
    const bool both_loops =
        std::any_of(ladders.begin(), ladders.end(), [](const Ladder& one) { return one.closed_loop; });
    for (const Ladder& ladder : ladders) {
        const ArmView& arm = ladder.arm;
        const NamedQuantile* last = nullptr;
        for (const NamedQuantile& quantile : k_named_quantiles)
            if (ladder.reaches(quantile)) last = &quantile;
        names.push_back({latency.at(ladder.ranked.quantile_ns(ladder.furthest)), arm.kind,
                         both_loops ? ladder.closed_loop ? ", closed" : ", open" : "",
                         fmt::format("{} {}{}", last->label, arm.is_bound(last->q) ? "≥ " : "",
                                     duration_text(arm.quantile_ns(last->q)))});
    }
    std::sort(names.begin(), names.end(), [](const Name& a, const Name& b) { return a.y < b.y; });
    double least = k_ladder_top;
    for (const Name& name : names) {
        const double y = std::max(name.y, least);
        const char* colour = colour_of(colours, name.kind);
        svg.text({k_ladder_right + 12, y}, bench::name_of(name.kind) + name.loop,
                 {colour, 13, Anchor::start, true});
        svg.text({k_ladder_right + 12, y + 15}, name.figure, {colour, 12});
        least = y + k_apart;
    }
}

/// Above each named quantile: how many times as fast the cached arm is there.
void draw_improvements(Svg& svg, const std::vector<FigureRow>& rows, const Nines& nines,
                       const std::vector<NamedQuantile>& reached, const Palette& colours) {
    double free_from = 0;
    for (const NamedQuantile& quantile : reached) {
        const auto row = std::find_if(rows.begin(), rows.end(), [&](const FigureRow& one) {
            return one.label == quantile.label && !one.improvement.empty();
        });
        if (row == rows.end()) continue;
        const double half = text_width(row->improvement, 12, false) / 2;
        if (nines.x(quantile.q) - half < free_from) continue;
        svg.text({nines.x(quantile.q), k_ladder_top - 14}, row->improvement,
                 {colours.text, 12, Anchor::middle});
        free_from = nines.x(quantile.q) + half + 8;
    }
}

std::string description_of(const std::vector<FigureRow>& rows, const std::vector<ArmView>& arms) {
    std::string text;
    for (const NamedQuantile& quantile : k_named_quantiles)
        for (const FigureRow& row : rows) {
            if (row.label != quantile.label) continue;
            text += row.label + ":";
            for (std::size_t i = 0; i < arms.size(); ++i)
                text += fmt::format(" {} {},", bench::name_of(arms[i].kind), row.values[i]);
            text.back() = '.';
            text += " ";
        }
    return text;
}

} // namespace

std::string percentiles_svg(const Document& document, Theme theme) {
    const Palette& colours = palette(theme);
    const auto arms = arm_views(document.result);
    const auto rows = figure_rows(document);
    Svg svg(k_ladder_width, k_ladder_bottom + 56, theme, "Latency by percentile", description_of(rows, arms));
    svg.text({24, 32}, "Latency by percentile", {colours.text, 17, Anchor::start, true});
    svg.text({24, 52}, elided(subject_text(document.result), 110), {colours.muted, 12});
    svg.text({k_ladder_width - 28, 32}, "each curve as far as 50 answers are expected beyond it",
             {colours.muted, 12, Anchor::end});
    svg.text({k_ladder_width - 28, 52}, document.result.partial ? "partial run" : "",
             {colours.error, 12, Anchor::end, true});
    const auto ladders = ladders_of(document.result);
    if (ladders.empty()) {
        svg.text({k_ladder_width / 2, (k_ladder_top + k_ladder_bottom) / 2},
                 "no percentile can be told of so few answers", {colours.muted, 15, Anchor::middle});
        return svg.finish();
    }
    double low = 0, high = 0, furthest = 0;
    for (const Ladder& ladder : ladders) {
        const auto least = static_cast<double>(ladder.ranked.min_ns());
        low = low > 0 ? std::min(low, least) : least;
        high = std::max(high, ladder.ranked.quantile_ns(ladder.furthest));
        furthest = std::max(furthest, ladder.furthest);
    }
    const LogAxis latency(low, high * 1.1, k_ladder_bottom, k_ladder_top);
    const Nines nines(furthest);
    const auto reached = reached_by(ladders);
    draw_axes(svg, latency, nines, reached, colours);
    for (const Ladder& ladder : ladders)
        draw_ladder(svg, ladder, latency, nines, colours);
    draw_names(svg, ladders, latency, colours);
    draw_improvements(svg, rows, nines, reached, colours);
    return svg.finish();
}

} // namespace roacache::report
