#pragma once

#include "src/report/report.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roacache::report {

/// The colours of a theme. The arms' colours are Okabe & Ito's, which colour-blind readers can distinguish,
/// and the arms' marks differ in shape as well.
struct Palette {
    const char* background;
    const char* text;
    const char* muted;
    const char* grid;
    const char* cached;
    const char* uncached;
    const char* miss;
    const char* error;
};
const Palette& palette(Theme theme);
const char* colour_of(const Palette& palette, bench::ArmKind arm);

enum class Anchor { start, middle, end };

struct TextLook {
    const char* colour;
    double size = 13;
    Anchor anchor = Anchor::start;
    bool bold = false;
    bool halo = false; ///< an outline in the background's colour, for text over lines
};

struct Point {
    double x;
    double y;
};

/// Writes one self-contained picture: no script, no link, generic fonts. Lengths are in pixels of its own
/// coordinate system; it scales to any width.
class Svg {
  public:
    /// `title` and `description` are for those who cannot see the picture.
    Svg(double width, double height, Theme theme, std::string_view title, std::string_view description);

    void line(Point from, Point to, const char* colour, double width = 1, bool dashed = false);
    void rectangle(Point corner, double width, double height, const char* colour, double opacity = 1);
    void circle(Point centre, double radius, const char* colour);
    void diamond(Point centre, double radius, const char* colour);
    void square(Point centre, double radius, const char* colour);
    void cross(Point centre, double radius, const char* colour);
    /// The arm's shape, so that arms differ in more than colour.
    void mark(bench::ArmKind arm, Point centre, double radius, const char* colour);
    void curve(const std::vector<Point>& points, const char* colour, bool dashed = false);
    /// A line through the points, and the area between it and `base`.
    void area(const std::vector<Point>& points, double base, const char* colour);
    void text(Point at, std::string_view text, const TextLook& look);

    std::string finish();

  private:
    std::string body_;
    const char* background_;
};

/// About how wide text of that size is in a generic sans-serif font.
double text_width(std::string_view text, double size, bool bold);

/// A range of durations laid on pixels `from` … `to` by their logarithm.
class LogAxis {
  public:
    /// low_ns above 0; a range narrower than factor 2 is widened around its middle.
    LogAxis(double low_ns, double high_ns, double from, double to);

    double at(double ns) const; ///< held within the axis
    double low() const { return low_; }
    double high() const { return high_; }

    struct Tick {
        double place;
        std::string label;
    };
    /// Round durations, at least `gap` pixels apart.
    std::vector<Tick> ticks(double gap) const;

  private:
    double low_, high_, from_, to_;
};

/// Round numbers from `low` to `high`, both above 0, as many as have at least `gap` between their places.
std::vector<double> round_values(double low, double high, double gap,
                                 const std::function<double(double)>& place);

/// Round numbers from 0 to `high`, about `count` of them.
std::vector<double> linear_ticks(double high, unsigned count);

} // namespace roacache::report
