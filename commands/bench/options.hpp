#pragma once

#include "commands/bench/results.hpp"
#include "commands/keys/selectors.hpp"
#include "src/bench/model/plan.hpp"
#include "src/config/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace roacache::commands {

/// The command line of `bench`, as typed.
struct BenchOptions {
    std::vector<std::string> urls;
    std::string suite;                  ///< a file; empty: none
    std::string base_url;               ///< of the suite's endpoints; empty: as the suite says
    std::vector<std::string> allow_env; ///< variables that the suite may have, whatever else is its due
    bool demo = false;
    bool single = false;
    std::string cache_url;  ///< demo: its second tier; empty: a SQLite file
    std::uint64_t rows = 0; ///< demo: invoices in the ledger; 0: the service's default

    std::vector<std::string> uncached_urls;
    std::vector<std::string> uncached_headers;
    std::vector<std::string> uncached_queries;
    std::string uncached_by;          ///< `invalidate`, `toggle` or empty
    std::string toggle_url;           ///< of the management API that has the switch
    std::string toggle_token;         ///< that the API wants; empty: the settings' token
    std::string toggle;               ///< `user` or `global`; empty: user
    std::optional<unsigned> stampede; ///< rounds
    SelectorOptions selectors;        ///< what is removed then
    std::string hook_cached;          ///< shell command before each block of the arm
    std::string hook_uncached;
    std::string hit_header;

    std::uint64_t requests = 0;          ///< 0: the default
    std::optional<unsigned> concurrency; ///< absent: see make_plan()
    std::optional<unsigned> threads;     ///< absent: one
    bool http2 = false;
    std::optional<unsigned> streams; ///< over one connection; absent: one
    std::string rate;                ///< requests a second; empty: a closed loop
    unsigned both_loops = 0; ///< with a rate: requests at once of a closed loop beside the open one; 0: none
    std::string duration;
    std::vector<std::string> headers;
    std::string method;
    std::string body;          ///< `@FILE` reads it from a file
    bool body_is_text = false; ///< the body begins with what it begins with
    std::string type;
    std::string auth;
    std::vector<std::string> cookies;

    std::optional<std::uint64_t> warmup; ///< absent, like the two that follow: the plan's default
    std::optional<unsigned> blocks;
    std::optional<std::uint64_t> seed;
    bool spin = false;
    bool no_compare = false;
    std::vector<std::string> ignore_json;

    ResultOptions results;
};

/// What to measure. Connections when none are asked for: 10, and at a rate as many as a second's requests,
/// but at least 10 and at most 1,000. `urls` and the way to the uncached arm are taken from the options, so
/// `--demo` fills them in first. Throws core::Error(usage) for whatever cannot be measured.
bench::Plan make_plan(const BenchOptions& options, const config::Settings& settings);

/// Throws core::Error(usage) for options of the load that do not go together.
void check_load(const BenchOptions& options);

/// Where the switch of `--uncached-by toggle` is. Throws core::Error(usage).
net::Url parse_toggle_url(const BenchOptions& options);

/// True when the options say how the cache is gone past, so that forced misses are a third arm.
bool goes_past_cache(const BenchOptions& options);

/// The uncached arm in words: `the request header Cache-Control: no-cache`; empty for a single run. Secrets
/// are redacted.
std::string describe_uncached(const BenchOptions& options);

} // namespace roacache::commands
