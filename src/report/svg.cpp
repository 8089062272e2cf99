#include "src/report/svg.hpp"

#include "src/report/escape.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/core.h>

namespace roacache::report {
namespace {

constexpr Palette k_light{"#ffffff", "#1f2328", "#59636e", "#d1d9e0",
                          "#0072b2", "#d55e00", "#009e73", "#cf222e"};
constexpr Palette k_dark{"#0d1117", "#f0f6fc", "#9198a1", "#30363d",
                         "#56b4e9", "#e69f00", "#3fc59d", "#ff7b72"};

/// Multiples of a power of ten for ticks, from few to many.
const std::array<std::vector<double>, 6>& tick_sets() {
    static const std::array<std::vector<double>, 6> k_sets{
        {{1},
         {1, 3},
         {1, 2, 5},
         {1, 1.5, 2, 3, 5, 7},
         {1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9},
         {1,    1.1, 1.2,  1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2,   2.2, 2.4, 2.6, 2.8, 3,
          3.25, 3.5, 3.75, 4,   4.5, 5,   5.5, 6,   6.5, 7,   7.5, 8,   8.5, 9,   9.5}}};
    return k_sets;
}

std::string tick_label(double ns) {
    constexpr std::pair<double, const char*> k_units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}};
    for (const auto& [size, name] : k_units)
        if (ns >= size * 0.9999) return fmt::format("{:.4g} {}", ns / size, name);
    return fmt::format("{:.2g} ns", ns);
}

/// The data of a path behind its M.
std::string path_through(const std::vector<Point>& points) {
    std::string path;
    for (const Point& point : points)
        path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "" : "L", point.x, point.y);
    return path;
}

const char* name_of(Anchor anchor) {
    if (anchor == Anchor::start) return "start";
    return anchor == Anchor::middle ? "middle" : "end";
}

/// What every picture begins with, but for its size; by it one is known again.
constexpr std::string_view k_opening = R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 )";
constexpr std::string_view k_look =
    R"(role="img" aria-labelledby="title description" font-family="system-ui, -apple-system, 'Segoe UI', )"
    R"(Helvetica, Arial, sans-serif">)";

} // namespace

const Palette& palette(Theme theme) {
    return theme == Theme::light ? k_light : k_dark;
}

const char* colour_of(const Palette& palette, bench::ArmKind arm) {
    if (arm == bench::ArmKind::miss || arm == bench::ArmKind::back) return palette.miss;
    return arm == bench::ArmKind::uncached || arm == bench::ArmKind::down ? palette.uncached : palette.cached;
}

bool is_own_picture(std::string_view beginning) {
    const std::string_view line = beginning.substr(0, beginning.find('\n'));
    return line.starts_with(k_opening) && line.ends_with(k_look);
}

Svg::Svg(double width, double height, Theme theme, std::string_view title, std::string_view description)
    : background_(palette(theme).background) {
    body_ =
        fmt::format("{}{:g} {:g}\" width=\"{:g}\" height=\"{:g}\" {}\n<title id=\"title\">{}</title>\n"
                    "<desc id=\"description\">{}</desc>\n",
                    k_opening, width, height, width, height, k_look, xml_text(title), xml_text(description));
    body_ += fmt::format("<rect width=\"{:g}\" height=\"{:g}\" fill=\"{}\"/>\n", width, height, background_);
}

void Svg::line(Point from, Point to, const char* colour, double width, bool dashed) {
    body_ +=
        fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" "
                    "stroke-width=\"{:g}\"{}/>\n",
                    from.x, from.y, to.x, to.y, colour, width, dashed ? " stroke-dasharray=\"4 3\"" : "");
}

void Svg::rectangle(Point corner, double width, double height, const char* colour, double opacity) {
    body_ +=
        fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"2\" fill=\"{}\" "
                    "fill-opacity=\"{:g}\"/>\n",
                    corner.x, corner.y, std::max(width, 0.0), std::max(height, 0.0), colour, opacity);
}

void Svg::circle(Point centre, double radius, const char* colour) {
    body_ += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:g}\" fill=\"{}\"/>\n", centre.x, centre.y,
                         radius, colour);
}

void Svg::diamond(Point centre, double radius, const char* colour) {
    body_ +=
        fmt::format("<path d=\"M{0:.1f} {1:.1f}l{2:g} {2:g}l-{2:g} {2:g}l-{2:g} -{2:g}z\" fill=\"{3}\"/>\n",
                    centre.x, centre.y - radius * 1.2, radius * 1.2, colour);
}

void Svg::square(Point centre, double radius, const char* colour) {
    const double side = radius * 1.8;
    rectangle({centre.x - side / 2, centre.y - side / 2}, side, side, colour);
}

void Svg::cross(Point centre, double radius, const char* colour) {
    line({centre.x - radius, centre.y - radius}, {centre.x + radius, centre.y + radius}, colour, 2);
    line({centre.x - radius, centre.y + radius}, {centre.x + radius, centre.y - radius}, colour, 2);
}

void Svg::mark(bench::ArmKind arm, Point centre, double radius, const char* colour) {
    if (arm == bench::ArmKind::uncached)
        diamond(centre, radius, colour);
    else if (arm == bench::ArmKind::miss)
        square(centre, radius, colour);
    else
        circle(centre, radius, colour);
}

void Svg::curve(const std::vector<Point>& points, const char* colour, bool dashed) {
    body_ += fmt::format(
        "<path d=\"M{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" stroke-linejoin=\"round\"{}/>\n",
        path_through(points), colour, dashed ? " stroke-dasharray=\"7 5\"" : "");
}

void Svg::area(const std::vector<Point>& points, double base, const char* colour) {
    if (points.empty()) return;
    body_ += fmt::format("<path d=\"M{:.1f} {:.1f}L{}L{:.1f} {:.1f}z\" fill=\"{}\" fill-opacity=\"0.22\"/>\n",
                         points.front().x, base, path_through(points), points.back().x, base, colour);
    curve(points, colour);
}

void Svg::text(Point at, std::string_view text, const TextLook& look) {
    const std::string halo =
        look.halo ? fmt::format(
                        " stroke=\"{}\" stroke-width=\"4\" stroke-linejoin=\"round\" paint-order=\"stroke\"",
                        background_)
                  : "";
    body_ += fmt::format(
        "<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{:g}\" fill=\"{}\" text-anchor=\"{}\"{}{}>{}</text>\n",
        at.x, at.y, look.size, look.colour, name_of(look.anchor), look.bold ? " font-weight=\"600\"" : "",
        halo, xml_text(text));
}

std::string Svg::finish() {
    return body_ + "</svg>\n";
}

double text_width(std::string_view text, double size, bool bold) {
    const auto characters = std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    return static_cast<double>(characters) * size * (bold ? 0.63 : 0.56);
}

LogAxis::LogAxis(double low_ns, double high_ns, double from, double to)
    : low_(std::max(low_ns, 1.0)), high_(std::max(high_ns, low_)), from_(from), to_(to) {
    constexpr double k_least_factor = 2;
    if (high_ / low_ >= k_least_factor) return;
    const double middle = std::sqrt(low_ * high_);
    low_ = middle / std::sqrt(k_least_factor);
    high_ = middle * std::sqrt(k_least_factor);
}

double LogAxis::at(double ns) const {
    const double share = std::log(std::clamp(ns, low_, high_) / low_) / std::log(high_ / low_);
    return from_ + share * (to_ - from_);
}

std::vector<LogAxis::Tick> LogAxis::ticks(double gap) const {
    std::vector<Tick> ticks;
    for (const double ns : round_values(low_, high_, gap, [this](double value) { return at(value); }))
        ticks.push_back({at(ns), tick_label(ns)});
    return ticks;
}

std::vector<double> round_values(double low, double high, double gap,
                                 const std::function<double(double)>& place) {
    std::vector<double> best;
    for (const auto& multiples : tick_sets()) {
        std::vector<double> finer;
        bool fits = true;
        for (int power = static_cast<int>(std::floor(std::log10(low))); std::pow(10, power) <= high; ++power)
            for (const double multiple : multiples) {
                const double value = multiple * std::pow(10, power);
                if (value < low || value > high) continue;
                if (!finer.empty() && std::abs(place(value) - place(finer.back())) < gap) fits = false;
                finer.push_back(value);
            }
        if (!fits) break;
        best = std::move(finer);
    }
    return best;
}

std::vector<double> linear_ticks(double high, unsigned count) {
    if (!(high > 0)) return {0};
    const double rough = high / count;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    double step = 10 * power;
    for (const double multiple : {5.0, 2.0, 1.0})
        if (multiple * power >= rough) step = multiple * power;
    std::vector<double> ticks;
    for (unsigned i = 0; static_cast<double>(i) * step <= high * (1 + 1e-9); ++i)
        ticks.push_back(static_cast<double>(i) * step);
    return ticks;
}

} // namespace roacache::report
