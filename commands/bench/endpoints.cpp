#include "commands/bench/endpoints.hpp"

#include "commands/bench/methods.hpp"
#include "commands/bench/parameters.hpp"
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

void complete_endpoint(bench::EndpointSpec& endpoint, const BenchOptions& options,
                       const bench::LoadSpec& load) {
    check_methods(options, endpoint.uncached, options.selectors, load);
    add_own_parameters(endpoint);
    endpoint.ignored = ignored_paths(options);
    endpoint.hit_headers = parse_hit_headers(options.hit_headers, "--hit-header");
    if (!options.hit_json.empty()) endpoint.hit_json = bench::parse_hit_json(options.hit_json, "--hit-json");
    endpoint.expected_text = options.expect_text;
}

namespace {

bench::EndpointSpec endpoint_of_file(const BenchOptions& options, const bench::LoadSpec& load) {
    if (!options.urls.empty() || !options.uncached_urls.empty())
        throw Error(ExitCode::usage, "usage: bench: URLs, --uncached-url and --urls-from do not go together",
                    "All URLs of the file are asked, in either arm.");
    bench::EndpointSpec endpoint;
    endpoint.parameters = parse_parameters(options.parameters);
    const auto is_path = [](const bench::Parameter& own) { return own.name == "path"; };
    if (std::any_of(endpoint.parameters.begin(), endpoint.parameters.end(), is_path))
        throw Error(ExitCode::usage, "--param path: it is the URLs' own with --urls-from",
                    "Call the parameter otherwise.");
    bench::Parameter path = urls_of(options.urls_from, options.base_url, endpoint.request.url);
    endpoint.request = make_request(options.request, endpoint.request.url);
    endpoint.parameters.push_back(std::move(path));
    endpoint.uncached = uncached_methods(options);
    complete_endpoint(endpoint, options, load);
    return endpoint;
}

} // namespace

std::vector<bench::EndpointSpec> make_endpoints(const BenchOptions& options, const bench::LoadSpec& load) {
    const std::vector<std::string>&urls = options.urls, &uncached = options.uncached_urls;
    if (!options.urls_from.empty()) return {endpoint_of_file(options, load)};
    if (urls.empty())
        throw Error(
            ExitCode::usage, "usage: bench: no URL to measure",
            "Give one or more URLs, --urls-from FILE, a --suite, or --demo for the reference service.");
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
        endpoint.parameters = parse_parameters(options.parameters);
        complete_endpoint(endpoint, options, load);
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
