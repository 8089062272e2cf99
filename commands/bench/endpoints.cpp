#include "commands/bench/endpoints.hpp"

#include "commands/bench/methods.hpp"
#include "src/core/error.hpp"

#include <algorithm>
#include <fmt/ranges.h>

namespace roacache::commands {

using core::Error;
using core::ExitCode;

std::vector<bench::JsonPath> ignored_paths(const BenchOptions& options) {
    std::vector<bench::JsonPath> paths;
    for (const std::string& path : options.ignore_json)
        paths.push_back(bench::parse_json_path(path, "--ignore-json"));
    return paths;
}

std::vector<bench::EndpointSpec> make_endpoints(const BenchOptions& options, const bench::LoadSpec& load) {
    const std::vector<std::string>&urls = options.urls, &uncached = options.uncached_urls;
    if (urls.empty())
        throw Error(ExitCode::usage, "usage: bench: no URL to measure",
                    "Give one or more URLs, a --suite, or --demo for the reference service.");
    if (!uncached.empty() && uncached.size() != urls.size() && !options.single)
        throw Error(ExitCode::usage,
                    fmt::format("usage: bench: {} URLs but {} --uncached-url", urls.size(), uncached.size()),
                    "Give one --uncached-url for each URL, in the same order.");
    std::vector<bench::EndpointSpec> endpoints;
    for (std::size_t i = 0; i < urls.size(); ++i) {
        std::optional<net::Url> elsewhere;
        if (!uncached.empty()) elsewhere = parse_http_url(uncached[std::min(i, uncached.size() - 1)]);
        bench::EndpointSpec endpoint;
        endpoint.request = make_request(options.request, parse_http_url(urls[i]));
        endpoint.uncached = uncached_methods(options, std::move(elsewhere));
        check_methods(options, endpoint.uncached, options.selectors, load);
        endpoint.ignored = ignored_paths(options);
        endpoint.hit_header = parse_hit_header(options.hit_header);
        endpoints.push_back(std::move(endpoint));
    }
    return endpoints;
}

std::string describe_uncached(const std::vector<bench::EndpointSpec>& endpoints) {
    std::vector<std::string> ways;
    for (const bench::EndpointSpec& endpoint : endpoints)
        if (std::string of_endpoint = bench::describe(endpoint.uncached);
            !of_endpoint.empty() && std::find(ways.begin(), ways.end(), of_endpoint) == ways.end())
            ways.push_back(std::move(of_endpoint));
    return fmt::format("{}", fmt::join(ways, "; "));
}

} // namespace roacache::commands
