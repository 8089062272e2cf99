#include "commands/bench/suite_answers.hpp"

#include "commands/bench/endpoints.hpp"
#include "commands/bench/placed.hpp"

namespace roacache::commands {

std::vector<bench::JsonPath> ignored_of(const config::SuiteEndpoint& endpoint, const config::Suite& suite,
                                        const BenchOptions& options) {
    std::vector<bench::JsonPath> paths = ignored_paths(options);
    for (const auto* list : {&suite.ignore_json, &endpoint.ignore_json})
        for (const config::PlacedText& path : *list)
            paths.push_back(
                placed(path.origin, "", [&] { return bench::parse_json_path(path.text, "ignore_json"); }));
    return paths;
}

bench::HitHeaders hit_headers_of(const config::SuiteEndpoint& endpoint, const config::Suite& suite,
                                 const BenchOptions& options) {
    bench::HitHeaders headers = parse_hit_headers(options.hit_headers, "--hit-header");
    if (!headers.empty()) return headers;
    for (const config::PlacedText& header :
         endpoint.hit_headers.empty() ? suite.hit_headers : endpoint.hit_headers)
        headers.push_back(
            placed(header.origin, "", [&] { return parse_hit_header(header.text, "hit_header"); }));
    return headers;
}

std::optional<bench::HitJson> hit_json_of(const config::SuiteEndpoint& endpoint, const config::Suite& suite,
                                          const BenchOptions& options) {
    if (!options.hit_json.empty()) return bench::parse_hit_json(options.hit_json, "--hit-json");
    const config::PlacedText& given = endpoint.hit_json.text.empty() ? suite.hit_json : endpoint.hit_json;
    if (given.text.empty()) return {};
    return placed(given.origin, "", [&] { return bench::parse_hit_json(given.text, "hit_json"); });
}

} // namespace roacache::commands
