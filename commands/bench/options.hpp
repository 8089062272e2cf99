#pragma once

#include "commands/bench/request.hpp"
#include "commands/bench/results.hpp"
#include "commands/keys/selectors.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace roacache::commands {

/// The command line of `bench`, as typed.
struct BenchOptions {
    std::vector<std::string> urls;
    std::string suite;    ///< a file; empty: none
    std::string base_url; ///< of the suite's endpoints, or the file's URLs; empty: as these say
    std::vector<std::string>
        allow_env; ///< variables that the suite may have besides those that it may have anyway
    bool demo = false;
    bool single = false;
    bool drill = false;     ///< a single run in three phases
    std::string cache_down; ///< shell command before the second
    std::string cache_up;   ///< and before the third
    std::string cache_url;  ///< demo: its second tier; empty: a SQLite file
    std::uint64_t rows = 0; ///< demo: invoices in the ledger; 0: the service's default

    std::vector<std::string> uncached_urls;
    std::vector<std::string> uncached_headers;
    std::vector<std::string> uncached_queries;
    std::string uncached_by;          ///< `invalidate`, `toggle` or empty
    std::string toggle_url;           ///< of the management API that has the switch
    std::string toggle;               ///< `user` or `global`; empty: user
    std::optional<unsigned> stampede; ///< rounds
    SelectorOptions selectors;        ///< what is removed then
    std::string hook_cached;          ///< shell command before each block of the arm
    std::string hook_uncached;
    std::vector<std::string> hit_headers;
    std::vector<std::string> users; ///< files with a token each: none or two
    std::string hit_json;           ///< `PATH=VALUE,VALUE`; empty: none
    std::string origin_counter;     ///< `CMD` or `URL#POINTER`; empty: none
    std::string expect;             ///< statuses; empty: the plan's default
    std::string expect_text;        ///< in bodies; empty: anything

    std::uint64_t requests = 0;          ///< 0: the default
    std::optional<unsigned> concurrency; ///< absent: see make_load()
    std::optional<unsigned> threads;     ///< absent: one
    bool http2 = false;
    std::optional<unsigned> streams; ///< over one connection; absent: one
    std::string rate;                ///< requests a second; empty: a closed loop
    unsigned both_loops =
        0; ///< with a rate: requests at once of a closed loop that alternates with the open one; 0: none
    std::string duration;
    RequestOptions request;
    std::vector<std::string> parameters; ///< `NAME=SOURCE`
    std::string urls_from;               ///< a file of URLs in place of `urls`; empty: none
    std::vector<std::string> connect_to;
    std::string unix_socket;

    std::optional<std::uint64_t> warmup; ///< absent, like the two that follow: the plan's default
    std::optional<unsigned> blocks;
    std::optional<std::uint64_t> seed;
    bool spin = false;
    bool no_compare = false;
    std::vector<std::string> ignore_json;

    std::vector<std::string> abort_when; ///< asserts that end the run once they hold

    ResultOptions results;
};

} // namespace roacache::commands
