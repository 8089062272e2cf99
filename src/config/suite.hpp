#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roacache::config {

/// A text of a file and where it is there: `FILE:LINE:COLUMN`.
struct PlacedText {
    std::string text;
    std::string origin;
};

using NamedTexts = std::vector<std::pair<std::string, std::string>>; ///< in the order of the file

/// How an uncached answer is had; each may be combined with the others.
struct SuiteUncached {
    std::vector<std::string> headers; ///< `Name: value`
    std::vector<std::string> queries; ///< `name=value`
    std::string url;                  ///< as an endpoint's

    bool empty() const { return headers.empty() && queries.empty() && url.empty(); }
};

/// The entries of the cache that an endpoint's answers come from, as the selectors of the command line.
struct SuiteSelector {
    std::string tenant; ///< empty: not said
    std::vector<std::string> resources;
    NamedTexts where;              ///< readable segments
    std::vector<std::string> keys; ///< as they are; with none of the others

    bool empty() const { return tenant.empty() && resources.empty() && where.empty() && keys.empty(); }
};

struct SuiteEndpoint {
    std::string name; ///< unlike any other's of the suite
    std::string url;  ///< whole, or what follows base_url
    std::string method;
    NamedTexts headers;
    NamedTexts params; ///< of the query, not encoded; a name may be there several times
    NamedTexts vary;   ///< parameters and where their values come from
    std::string body;  ///< `@FILE`: of this file; see read_file_of_suite()
    std::string type;
    unsigned weight = 1; ///< its requests for each one of an endpoint of weight 1
    SuiteUncached uncached;
    std::vector<PlacedText> hit_headers;
    PlacedText hit_json; ///< as --hit-json; empty: none
    std::string expect_body_contains;
    std::vector<PlacedText> ignore_json;
    std::vector<PlacedText> asserts;
    SuiteSelector selector;
    std::string origin; ///< of its table
};

/// A benchmark of several endpoints as data. What is empty or absent was not said. `headers`, `uncached`,
/// `hit_header`, `hit_json` and `expect_body_contains` hold for the endpoints that do not say otherwise,
/// `ignore_json` for all.
struct Suite {
    std::string base_url;
    NamedTexts headers;
    SuiteUncached uncached;
    std::vector<PlacedText> hit_headers;
    PlacedText hit_json;
    std::vector<PlacedText> users; ///< bearer tokens, or `@FILE` of files that hold one each; none or two
    bool drill = false;            ///< the command line says how the cache is stopped and started
    std::string origin_counter;    ///< a URL, or what follows base_url, and behind # the place in its answer
    std::string expect;            ///< statuses; only text here
    std::string expect_body_contains;
    std::vector<PlacedText> ignore_json;
    std::vector<PlacedText> asserts; ///< on all endpoints together
    std::string profile;
    std::optional<unsigned> concurrency, threads, streams;
    bool http2 = false;
    std::optional<std::uint64_t> requests; ///< for each arm and endpoint of weight 1
    std::string duration, timeout;         ///< durations that were understood
    std::optional<double> rate;            ///< requests a second
    std::optional<unsigned> both_loops;    ///< requests at once of the alternating closed loop
    std::optional<unsigned> blocks;
    std::optional<std::uint64_t> warmup, seed;
    std::vector<SuiteEndpoint> endpoints; ///< at least one
    /// Values of variables that are secrets by their names, longest first: never to be printed.
    std::vector<std::string> secrets;
};

/// The text with `***` in place of each secret; secrets longest first.
std::string without_secrets(std::string text, const std::vector<std::string>& secrets);

/// The value of an environment variable; nothing when it is not set. May throw core::Error(usage) for one
/// that is not to be had.
using VariableLookup = std::function<std::optional<std::string>(const std::string& name)>;

/// Reads a suite. `${NAME}` in a value is the environment's, `$${` means `${`. Asserts, paths to ignore, URLs
/// and headers are only text here. Throws core::Error(usage) `bad suite: SOURCE:LINE:COLUMN: WHY` for what is
/// no TOML, an unknown key (naming the nearest one), a value of another kind and a variable that is not set.
Suite parse_suite(std::string_view text, const std::string& source, const VariableLookup& environment);

} // namespace roacache::config
