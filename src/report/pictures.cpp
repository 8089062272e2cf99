#include "src/net/url.hpp"
#include "src/report/figures.hpp"

#include <fmt/core.h>

namespace roacache::report {
namespace {

/// A picture of a run, once for each theme.
struct PictureKind {
    const char* name;
    std::string (*draw)(const Document& document, Theme theme);
    std::string (*alternative)(const Document& document); ///< for those who do not see it
    bool (*drawn)(const Document& document);
};

bool always(const Document& /*document*/) {
    return true;
}

/// In the order in which the report has them. To add one: the function that draws it, and a line.
constexpr PictureKind k_kinds[] = {
    {"latency", latency_svg,
     [](const Document& document) {
         return fmt::format("Latency distribution of {}", arms_text(document.result));
     },
     always},
    {"percentiles", percentiles_svg,
     [](const Document&) { return std::string("Latency by percentile, arm beside arm"); }, always},
    {"improvement", improvement_svg,
     [](const Document&) { return std::string("How many times as fast each figure is with the cache"); },
     has_improvement},
    {"timeline", timeline_svg,
     [](const Document&) { return std::string("The run over time, block by block"); }, always},
};

struct NamedTheme {
    Theme theme;
    const char* name;
};
constexpr NamedTheme k_themes[] = {{Theme::light, "light"}, {Theme::dark, "dark"}};

std::string file_name(const std::string& stem, const PictureKind& kind, const char* theme) {
    return fmt::format("{}.{}.{}.svg", stem, kind.name, theme);
}

} // namespace

std::vector<Picture> pictures(const Document& document, const std::string& stem) {
    std::vector<Picture> pictures;
    for (const PictureKind& kind : k_kinds)
        for (const NamedTheme& theme : k_themes)
            if (kind.drawn(document))
                pictures.push_back({file_name(stem, kind, theme.name), kind.draw(document, theme.theme)});
    return pictures;
}

std::vector<std::string> picture_names(const std::string& stem) {
    std::vector<std::string> names;
    for (const PictureKind& kind : k_kinds)
        for (const NamedTheme& theme : k_themes)
            names.push_back(file_name(stem, kind, theme.name));
    return names;
}

std::string pictures_markdown(const Document& document, const std::string& stem) {
    std::string text;
    const std::string link = net::percent_encode(stem);
    for (const PictureKind& kind : k_kinds)
        if (kind.drawn(document))
            text += fmt::format("<picture>\n  <source media=\"(prefers-color-scheme: dark)\" srcset=\"{}\">\n"
                                "  <img alt=\"{}\" src=\"{}\" width=\"880\">\n</picture>\n\n",
                                file_name(link, kind, "dark"), kind.alternative(document),
                                file_name(link, kind, "light"));
    return text;
}

bool has_improvement(const Document& document) {
    return !document.assessment.comparison.empty();
}

} // namespace roacache::report
