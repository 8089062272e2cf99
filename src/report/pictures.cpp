#include "src/report/report.hpp"

namespace roacache::report {

std::vector<Picture> pictures(const Document& document, const std::string& stem) {
    std::vector<Picture> pictures{{stem + ".latency.light.svg", latency_svg(document, Theme::light)},
                                  {stem + ".latency.dark.svg", latency_svg(document, Theme::dark)},
                                  {stem + ".percentiles.light.svg", percentiles_svg(document, Theme::light)},
                                  {stem + ".percentiles.dark.svg", percentiles_svg(document, Theme::dark)},
                                  {stem + ".timeline.light.svg", timeline_svg(document, Theme::light)},
                                  {stem + ".timeline.dark.svg", timeline_svg(document, Theme::dark)}};
    if (has_improvement(document))
        for (const auto& [name, theme] : {std::pair{"light", Theme::light}, {"dark", Theme::dark}})
            pictures.push_back({stem + ".improvement." + name + ".svg", improvement_svg(document, theme)});
    return pictures;
}

std::vector<std::string> picture_names(const std::string& stem) {
    std::vector<std::string> names;
    for (const char* kind : {"latency", "percentiles", "timeline", "improvement"})
        for (const char* theme : {"light", "dark"})
            names.push_back(stem + "." + kind + "." + theme + ".svg");
    return names;
}

bool has_improvement(const Document& document) {
    return !document.assessment.comparison.empty();
}

} // namespace roacache::report
