#include "src/report/report.hpp"

namespace roacache::report {

std::vector<Picture> pictures(const Document& document, const std::string& stem) {
    return {{stem + ".latency.light.svg", latency_svg(document, Theme::light)},
            {stem + ".latency.dark.svg", latency_svg(document, Theme::dark)},
            {stem + ".timeline.light.svg", timeline_svg(document, Theme::light)},
            {stem + ".timeline.dark.svg", timeline_svg(document, Theme::dark)}};
}

} // namespace roacache::report
