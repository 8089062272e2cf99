#include "commands/bench/declare_options.hpp"

#include "commands/demo_service.hpp"
#include "src/bench/verdict/metrics.hpp"

#include <CLI/CLI.hpp>

namespace roacache::commands {
namespace {

constexpr const char* k_bench_examples = R"(
Examples:
  roacache bench --demo --report REPORT.md
      The reference service, cached against uncached, with a report.
  roacache bench 'http://localhost:8000/api/dashboard/summary?company=1' \
      --uncached-header 'Cache-Control: no-cache' --hit-header 'X-Cache: HIT' --report REDIS_PERFORMANCE_BENCHMARK.md
      A service that can be asked to go past its cache.
  roacache bench http://new:8000/api/companies --uncached-url http://old:8000/api/companies -n 5000 -c 20
      Two services: one with the cache, one without.
  roacache bench URL --uncached-query nocache=1 -n 5000 --assert 'mean_reduction >= 60%' --assert 'cached.p99 <= 20ms'
      A gate for a build: exit 0 pass, 1 fail, 6 when the run cannot tell.
  roacache bench --suite bench.toml --report BENCHMARK.md
      Several endpoints, each with its own requests and asserts. A suite is a TOML file: base_url, headers, hit_header, hit_json,
      origin_counter (a URL, no command), as (two tokens, or @FILE), drill (with --cache-down and --cache-up), expect,
      expect_body_contains, uncached_header, uncached_query, ignore_json, asserts, profile, requests, duration, rate,
      both_loops, concurrency, threads, http2, streams, blocks, warmup, seed and timeout for all, then for each [[endpoints]]: name, url, method,
      headers, params, vary, body, type, weight, uncached_header, uncached_query, uncached_url, hit_header, hit_json,
      expect_body_contains, ignore_json, asserts, tenant, resource, where, key. ${NAME} in a value is taken from the environment.
  roacache bench 'http://localhost:8000/api/summary?company={company}' --param company=zipf:calls.csv#company \
      --uncached-query 'cb={random}' --hit-header 'X-Cache: HIT'
      Requests as they come: some companies are asked for more often than others, and the hit rate follows.
  roacache bench --single URL -H "Authorization: Bearer $TOKEN" --hit-json /metadata/source=L1,L2 --assert 'tier.L1.p50 <= 1ms'
      A service whose answers say which tier they are from.
  roacache bench URL --uncached-header 'Cache-Control: no-cache' --as ana.token --as bob.token
      Does the cache serve one user what is the other's? Each file holds a bearer token.
  roacache bench URL -z 30s --drill --cache-down 'docker stop redis' --cache-up 'docker start redis' --assert 'down.errors == 0'
      What the service does without its cache, and when it is back.
  roacache bench --single URL -z 10s -c 50
      A plain load test of one URL.
  roacache bench URL --hook-uncached 'curl -fsS -X POST URL/cache/disable' --hook-cached 'curl -fsS -X POST URL/cache/enable'
      A service whose cache is switched by a command, here over HTTP, before each block; a restart script does as well.
  roacache bench URL -H "Authorization: Bearer $TOKEN" --uncached-by toggle --toggle-url http://localhost:8000/api/cache --token-file token
      A service whose management API has a switch for each user: off and on before each block, then as it was.
  roacache bench URL --uncached-header 'Cache-Control: no-cache' -u redis://cache:6379/0 --uncached-by invalidate -r dashboard_summary
      Three arms: hit, bypass and forced miss. Tells what a miss costs, and from what hit rate on the cache saves time.
  roacache bench URL -u redis://cache:6379/0 --uncached-by invalidate -k cache:client-1:summary:1a2b --stampede -c 50
      When the entry is gone: how many of 50 callers reach the origin, and what do they wait?
  roacache bench URL --uncached-header 'Cache-Control: no-cache' --origin-counter http://localhost:8000/metrics.json#/db/queries \
      --assert 'origin_reduction >= 60%'
      How many database queries the cache saves.
  roacache bench --single URL --rate 500 -z 60s
      What callers wait when 500 of them come a second, stalls included.

Latencies of the arms are taken in turns, block by block in random order, so that a machine that slows down or warms up
favours none. An answer of a status that --expect does not have, a time-out (--timeout DUR, 5s) or a broken connection
is an error and in no latency. More than one error in a hundred requests of an arm make the run fail, unless an assert
says how many there may be.)";

std::string asserts_help() {
    std::string text = "\n\nAn assert is QUANTITY OP VALUE, as cached.p99 <= 20ms. Without --assert the "
                       "targets of the profile are judged, and with one resource (-r, or an endpoint's "
                       "in a suite) those of that one.\n"
                       "The quantities:";
    for (const std::string& quantities : bench::quantities_help())
        text += "\n  " + quantities;
    return text;
}

constexpr const char* k_arms_group = "The arms";
constexpr const char* k_load_group = "The load";

void add_repeatable(CLI::App& app, const char* name, std::vector<std::string>& values, const char* type,
                    const char* help) {
    app.add_option(name, values, help)->type_name(type)->group(k_arms_group);
}

void declare_arms(CLI::App& app, BenchOptions& options) {
    const std::string group = k_arms_group;
    add_repeatable(app, "--uncached-url", options.uncached_urls, "URL",
                   "Where the uncached answer is had; once for each URL, in order");
    add_repeatable(
        app, "--uncached-header", options.uncached_headers, "HDR",
        "Request header that makes the service go past its cache (repeatable), in place of any of its name; "
        "cookies are added to those of the request");
    add_repeatable(app, "--uncached-query", options.uncached_queries, "K=V",
                   "Query parameter that does so (repeatable), as nocache=1, or cb={random} for one that no "
                   "request had before; a leading ? or & is taken off, and what is not ASCII is "
                   "percent-encoded");
    app.add_option(
           "--uncached-by", options.uncached_by,
           "invalidate: remove the entries that the selectors name from the store (-u) before each "
           "request, so that it is a miss; beside another way past the cache: as a third arm. toggle: "
           "switch the cache off and on through the service's management API before each block, and "
           "leave it as it was")
        ->type_name("invalidate|toggle")
        ->group(group);
    app.add_option(
           "--toggle-url", options.toggle_url,
           "With --uncached-by toggle: base of the API, as http://HOST/api/cache; its token is given by "
           "--token-file or ROACACHE_TOKEN")
        ->type_name("URL")
        ->group(group);
    app.add_option("--toggle", options.toggle,
                   "With --uncached-by toggle: whose cache is switched (default user)")
        ->check(CLI::IsMember({"user", "global"}))
        ->type_name("user|global")
        ->group(group);
    app.add_flag_function(
           "--stampede{20}", [&options](std::int64_t rounds) { options.stampede = unsigned(rounds); },
           "Afterwards: remove the entries and let -c requests for a URL arrive at once, so often "
           "(--stampede=50; default 20); tells how many reached the origin and what the callers waited")
        ->type_name("K")
        ->check(CLI::Range(1U, 10'000U))
        ->group(group);
    app.add_option("--hook-uncached", options.hook_uncached,
                   "Shell command before each uncached block, which switches the cache off")
        ->type_name("CMD")
        ->group(group);
    app.add_option("--hook-cached", options.hook_cached,
                   "Shell command before each cached block, which switches it on again")
        ->type_name("CMD")
        ->group(group);
}

void declare_answers(CLI::App& app, BenchOptions& options) {
    const std::string group = k_arms_group;
    add_repeatable(app, "--hit-header", options.hit_headers, "HDR",
                   "Response header that proves a hit (repeatable: any of them), as 'X-Cache: HIT' or "
                   "'Cache-Status: hit'; Age, X-Varnish and X-Cache-Hits need no value");
    app.add_option(
           "--hit-json", options.hit_json,
           "Place in JSON answers that proves a hit, and the values there that are hits, as "
           "/metadata/source=L1,L2 (without =: true). The report has the share and the latency of each "
           "value, asserts are tier.L1.p50 <= 1ms; the place is not compared")
        ->type_name("PATH=VALUES")
        ->group(group);
    app.add_option(
           "--origin-counter", options.origin_counter,
           "Count what the origin is asked (database queries): a command that prints the number so far, or a "
           "URL whose JSON answer has it at a place, as http://HOST/metrics.json#/db/queries. Read around "
           "each "
           "block; tells the queries a request of each arm (--assert 'origin_reduction >= 60%')")
        ->type_name("CMD|URL#POINTER")
        ->group(group);
    app.add_option("--expect", options.expect,
                   "Statuses of good answers, as 200-299,304 (the default); others are errors, redirects too")
        ->type_name("STATUS")
        ->group(group);
    app.add_option("--expect-body-contains", options.expect_text,
                   "What is in the body of every good answer, so that a login page of status 200 is an error")
        ->type_name("TEXT")
        ->group(group);
    add_repeatable(
        app, "--as", options.users, "FILE",
        "File that holds a user's bearer token; twice, for two users. All is measured as the first; "
        "then both ask the same past the cache and through it, and an answer that crosses over, the "
        "cached one of one user served to the other, fails the run");
    app.add_flag("--single", options.single, "One arm only: a plain load test, no verdict on caching")
        ->group(group);
    app.add_flag(
           "--drill", options.drill,
           "Three phases, one after another: with the cache (up), without it (down), and with it again "
           "(back). Errors while it is away, and a service that does not take it up again, fail the run; "
           "asserts are 'down.errors == 0', 'back.hit_rate >= 80%'")
        ->group(group);
    app.add_option("--cache-down", options.cache_down, "With --drill: shell command that stops the cache")
        ->type_name("CMD")
        ->group(group);
    app.add_option("--cache-up", options.cache_up,
                   "With --drill: shell command that starts it again; it is run however the run ends")
        ->type_name("CMD")
        ->group(group);
    app.add_flag("--no-compare", options.no_compare,
                 "Do not compare the answers of the arms (they rightly differ)")
        ->group(group);
    add_repeatable(
        app, "--ignore-json", options.ignore_json, "PATH",
        "Field of JSON answers that rightly differs, as /meta/generated_at or items.*.id (repeatable)");
}

void declare_subject(CLI::App& app, BenchOptions& options) {
    const std::string group = k_arms_group;
    app.add_option("--suite", options.suite,
                   "Measure the endpoints of this file instead of URLs; what is said here overrides it")
        ->type_name("FILE.toml")
        ->group(group);
    app.add_option(
           "--urls-from", options.urls_from,
           "Ask for the URLs of this file, one a line, in turn, instead of one URL (- reads standard input); "
           "zipf: before it asks at random, for the first most often")
        ->type_name("FILE|-")
        ->group(group);
    app.add_option("--base-url", options.base_url,
                   "With --suite or --urls-from: where its endpoints, or URLs without a host, are")
        ->type_name("URL")
        ->group(group);
    app.add_option(
           "--allow-env", options.allow_env,
           "With --suite: environment variables that it may have although it is not yours, or although "
           "they hold credentials of other programs (comma-separated, repeatable)")
        ->type_name("NAME")
        ->delimiter(',')
        ->group(group);
    app.add_flag("--demo", options.demo,
                 "Measure the reference service, run in this process (--timeout is 1m then)")
        ->group(group);
    app.add_option("--cache-url", options.cache_url,
                   "With --demo: Redis URL of its second tier (default: a SQLite file)")
        ->type_name("URL")
        ->group(group);
    add_rows_option(app, options.rows, "With --demo: invoices in its ledger")->group(group);
}

void declare_request(CLI::App& app, BenchOptions& options) {
    const std::string group = "The request";
    app.add_option("-H,--header", options.request.headers, "Request header (repeatable)")
        ->type_name("HDR")
        ->group(group);
    app.add_option("-m,--method", options.request.method, "Method (default GET, with a body POST)")
        ->type_name("METHOD")
        ->group(group);
    app.add_option("-d,--data", options.request.body, "Body, or @FILE")->type_name("BODY")->group(group);
    app.add_option("-T,--type", options.request.type, "Content-Type of the body (default application/json)")
        ->type_name("TYPE")
        ->group(group);
    app.add_option(
           "--param", options.parameters,
           "Value of each request in the place of {NAME} in URL (percent-encoded; {+NAME}: as it "
           "is), headers and "
           "body (repeatable). SOURCE: a list (1,2,3), @FILE with a value a line or FILE.csv#COLUMN, "
           "in turn; "
           "zipf: before one of these, at random and the first most often; seq or seq:FIRST, "
           "counted; random, "
           "which no request had before. {random} and {seq} need no --param; a brace of a URL that is "
           "meant is written %7B")
        ->type_name("NAME=SOURCE")
        ->group(group);
    app.add_option("-A,--auth", options.request.auth, "Credentials for basic authentication")
        ->type_name("USER:PASS")
        ->group(group);
    app.add_option(
           "--connect-to", options.connect_to,
           "Connect to HOST2:PORT2 for what URLs call HOST1:PORT1, whose name TLS and Host keep; an empty "
           "part is any, or the same (repeatable: the first that fits; one that fits no URL is refused)")
        ->type_name("HOST1:PORT1:HOST2:PORT2")
        ->group(group);
    app.add_option("--unix-socket", options.unix_socket, "Connect to this Unix socket, whatever URLs name")
        ->type_name("PATH")
        ->excludes("--connect-to")
        ->group(group);
    app.add_option("-C,--cookie", options.request.cookies, "Cookie, as name=value (repeatable)")
        ->type_name("COOKIE")
        ->group(group);
}

void declare_load(CLI::App& app, BenchOptions& options) {
    const std::string group = k_load_group;
    app.add_option("-n,--requests", options.requests,
                   "Requests for each arm and URL (default 1000; --demo 1250)")
        ->type_name("N")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}))
        ->group(group);
    app.add_option("-c,--concurrency", options.concurrency,
                   "Requests at once, each over a connection of its own (default 10; --demo 1; with --rate "
                   "as many as "
                   "a second's requests, 10 to 1000)")
        ->type_name("N")
        ->check(CLI::Range(1U, 10'000U))
        ->group(group);
    app.add_option("-j,--threads", options.threads,
                   "Threads that make the load, each with its share of the connections, and no more of them "
                   "than connections (default 1, which does for most services: more take cores from a "
                   "service on the same machine)")
        ->type_name("N")
        ->check(CLI::Range(1U, 256U))
        ->group(group);
    app.add_flag("--http2", options.http2,
                 "Speak HTTP/2: over http:// from the first byte on (prior knowledge), over https:// as the "
                 "server agrees to (ALPN)")
        ->group(group);
    app.add_option("--streams", options.streams,
                   "With --http2: requests at once over one connection (default 1, so that -c counts "
                   "connections as in HTTP/1.1). -c stays the number of requests at once, over as few "
                   "connections as carry them")
        ->type_name("N")
        ->check(CLI::Range(1U, 1000U))
        ->group(group);
}

/// When its requests are sent, and for how long.
void declare_course(CLI::App& app, BenchOptions& options) {
    const std::string group = k_load_group;
    app.add_option(
           "--rate", options.rate,
           "Begin so many requests a second, whatever the answers do, and count each latency from when "
           "the request was due (an open loop: shows what callers wait when the service stalls)")
        ->type_name("RATE")
        ->group(group);
    app.add_flag(
           "--both-loops{10}", options.both_loops,
           "With --rate: take turns with a closed loop, and show beside each other what both say, for a "
           "closed loop hides what callers wait. --both-loops=50 has 50 requests at once (default 10; "
           "with --spin 1)")
        ->type_name("N")
        ->check(CLI::Range(1U, 10'000U))
        ->force_callback(false) // a counting flag that is not given is checked too, as 0
        ->group(group);
    app.add_flag(
           "--spin", options.spin,
           "With -c 1: look for the answer without sleeping, which takes a core and the time that waking "
           "up adds to each latency")
        ->group(group);
    app.add_option("-z,--duration", options.duration, "Measure for this long instead of counting requests")
        ->type_name("DUR")
        ->group(group);
    app.add_option(
           "--abort-when", options.abort_when,
           "End the run, with FAIL, once this holds after a block, as 'error_rate > 5%' or 'cached.p99 > 1s' "
           "(repeatable; written and judged as asserts are; not with --rate)")
        ->type_name("EXPR")
        ->group(group);
    app.add_option("--warmup", options.warmup,
                   "Requests for each arm and URL before the measurement (default 10)")
        ->type_name("N")
        ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1'000'000'000}))
        ->group(group);
    app.add_option("--blocks", options.blocks,
                   "Pairs of blocks in which the arms take turns; asserts on intervals want 10 at least "
                   "(default 30; fewer, but at least 10, where -n is small against -c)")
        ->type_name("K")
        ->check(CLI::Range(1U, 10'000U))
        ->group(group);
    app.add_option("--seed", options.seed, "Of the random order of the blocks (default 1)")
        ->type_name("N")
        ->group(group);
}

} // namespace

void declare_options(CLI::App& app, BenchOptions& options) {
    app.add_option("URL", options.urls, "What to measure; several are measured in the same blocks")
        ->type_name("");
    declare_arms(app, options);
    declare_answers(app, options);
    declare_subject(app, options);
    declare_selectors(app, options.selectors);
    declare_request(app, options);
    declare_load(app, options);
    declare_course(app, options);
    declare_results(app, options.results);
    declare_baseline(app, options.results);
    app.footer(k_bench_examples + asserts_help());
}

} // namespace roacache::commands
