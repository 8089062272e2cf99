#include "commands/bench/options.hpp"

#include "commands/trusted_settings.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/secret.hpp"
#include "src/core/units.hpp"
#include "src/net/http_token.hpp"
#include "src/net/redact.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fmt/core.h>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

constexpr std::uint64_t k_default_requests = 1000;

/// `Name: value` as curl takes it.
std::pair<std::string, std::string> parse_header(const std::string& text, const char* option) {
    constexpr std::string_view k_blanks = " \t"; // a line break is refused
    const std::size_t colon = text.find(':');
    const std::string name(core::trimmed(std::string_view(text).substr(0, colon), k_blanks));
    if (colon == std::string::npos || !net::is_token(name))
        throw Error(ExitCode::usage, fmt::format("{}: {}: not a header", option, core::redacted_header(text)),
                    "Write it as 'Name: value'.");
    const std::string value(core::trimmed(std::string_view(text).substr(colon + 1), k_blanks));
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
        throw Error(ExitCode::usage,
                    fmt::format("{}: {}: a header's value has no line breaks", option, name));
    return {name, value};
}

net::Url parse_http_url(const std::string& text) {
    net::Url url = net::parse_url(text.find("://") == std::string::npos ? "http://" + text : text);
    if (url.kind != net::UrlKind::http)
        throw Error(ExitCode::usage,
                    fmt::format("bad URL: {}: bench measures http:// and https://", url.redacted()));
    return url;
}

bool is_named(const bench::Headers::value_type& header, std::string_view name) {
    return core::equal_ignoring_case(header.first, name);
}

bool has_header(const bench::Headers& headers, std::string_view name) {
    return std::any_of(headers.begin(), headers.end(),
                       [&](const auto& header) { return is_named(header, name); });
}

void drop_header(bench::Headers& headers, std::string_view name) {
    std::erase_if(headers, [&](const auto& header) { return is_named(header, name); });
}

/// What every request has in common, whatever its URL.
bench::RequestSpec common_request(const BenchOptions& options) {
    bench::RequestSpec spec;
    for (const std::string& header : options.headers)
        spec.headers.push_back(parse_header(header, "-H"));
    if (!options.auth.empty()) {
        if (options.auth.find(':') == std::string::npos)
            throw Error(ExitCode::usage, "-A: credentials are written user:password");
        drop_header(spec.headers, "Authorization");
        spec.headers.emplace_back("Authorization", "Basic " + output::base64(options.auth));
    }
    std::string cookies;
    for (const std::string& cookie : options.cookies)
        cookies += (cookies.empty() ? "" : "; ") + cookie;
    if (!cookies.empty()) {
        drop_header(spec.headers, "Cookie");
        spec.headers.push_back(parse_header("Cookie: " + cookies, "-C"));
    }
    const bool of_file = options.body.starts_with('@') && !options.body_is_text;
    spec.body = of_file ? core::read_file(options.body.substr(1)) : options.body;
    spec.method = !options.method.empty() ? options.method : spec.body.empty() ? "GET" : "POST";
    if (!std::all_of(spec.method.begin(), spec.method.end(),
                     [](unsigned char c) { return std::isalpha(c) != 0 || c == '-'; }))
        throw Error(ExitCode::usage, fmt::format("-m: '{}': not a method", spec.method));
    if (!options.type.empty())
        spec.headers.push_back(parse_header("Content-Type: " + options.type, "-T"));
    else if (!spec.body.empty() && !has_header(spec.headers, "Content-Type"))
        spec.headers.emplace_back("Content-Type", "application/json");
    return spec;
}

void add_query(net::Url& url, const std::string& query) {
    if (query.empty() || query.find_first_of(" #\r\n\t") != std::string::npos)
        throw Error(ExitCode::usage, "--uncached-query: write it as name=value, percent-encoded");
    url.target += (url.target.find('?') == std::string::npos ? '?' : '&') + query;
}

bench::EndpointPlan make_endpoint(const BenchOptions& options, const bench::RequestSpec& common,
                                  std::size_t index) {
    bench::EndpointPlan endpoint;
    bench::RequestSpec spec = common;
    spec.url = parse_http_url(options.urls[index]);
    endpoint.name = spec.url.redacted();
    if (options.single) {
        endpoint.single = spec;
        return endpoint;
    }
    for (const std::string& path : options.ignore_json)
        endpoint.ignored.push_back(bench::parse_json_path(path, "--ignore-json"));
    endpoint.cached = spec;
    if (!options.uncached_urls.empty()) spec.url = parse_http_url(options.uncached_urls[index]);
    for (const std::string& query : options.uncached_queries)
        add_query(spec.url, query);
    for (const std::string& header : options.uncached_headers) {
        const auto parsed = parse_header(header, "--uncached-header");
        std::erase_if(spec.headers, [&](const auto& other) { return has_header({other}, parsed.first); });
        spec.headers.push_back(parsed);
    }
    endpoint.uncached = spec;
    return endpoint;
}

bool by_toggle(const BenchOptions& options) {
    return options.uncached_by == "toggle";
}

/// Hooks and the service's own switch work on all requests from then on.
void check_switched(const BenchOptions& options) {
    const bool hooks = !options.hook_uncached.empty();
    if ((hooks || by_toggle(options)) && !options.rate.empty())
        throw Error(ExitCode::usage,
                    fmt::format("usage: bench: --rate and {} do not go together",
                                hooks ? "hooks" : "--uncached-by toggle"),
                    "At a rate the blocks follow one another without a break, so that stalls do not hide.");
    if (!by_toggle(options)) {
        if (!options.toggle_url.empty() || !options.toggle.empty())
            throw Error(ExitCode::usage,
                        "usage: bench: --toggle-url and --toggle belong to --uncached-by toggle");
        return;
    }
    if (hooks || !options.uncached_headers.empty() || !options.uncached_queries.empty() ||
        !options.uncached_urls.empty())
        throw Error(ExitCode::usage, "usage: bench: --uncached-by toggle is the only way past the cache",
                    "Leave the hooks and the other --uncached options away.");
    if (options.toggle_url.empty())
        throw Error(ExitCode::usage, "usage: bench: --uncached-by toggle wants --toggle-url",
                    "Say where the management API is: --toggle-url http://HOST/api/cache.");
    parse_toggle_url(options);
}

void check_forced(const BenchOptions& options) {
    const SelectorOptions& selectors = options.selectors;
    const bool selected = selectors.names_keys() || !parse_selectors(selectors).empty();
    if (options.uncached_by.empty() || by_toggle(options)) {
        if (options.stampede)
            throw Error(ExitCode::usage, "usage: bench: --stampede wants --uncached-by invalidate",
                        "Entries are removed from the store, so that all callers ask for what is not there.");
        if (selected)
            throw Error(ExitCode::usage, "usage: bench: selectors belong to --uncached-by invalidate",
                        "They name the entries that are removed before each forced miss.");
        return;
    }
    if (options.uncached_by != "invalidate")
        throw Error(ExitCode::usage,
                    fmt::format("--uncached-by: '{}': not a way that is known",
                                output::printable(options.uncached_by)),
                    "Known are: invalidate, toggle.");
    if (selected && options.demo)
        throw Error(ExitCode::usage, "usage: bench: selectors do not go with --demo",
                    "The reference service drops its own entries.");
    if (!selected && !options.demo)
        throw Error(ExitCode::usage,
                    "usage: bench: nothing says which entries --uncached-by invalidate removes",
                    "Name them: -k KEY, or -t TENANT -r RESOURCE -w NAME=VALUE.");
    if (!options.rate.empty())
        throw Error(ExitCode::usage, "usage: bench: --rate and --uncached-by invalidate do not go together",
                    "At a rate nothing waits, and an entry has to be removed before each request.");
}

void check_arms(const BenchOptions& options) {
    const bool any = goes_past_cache(options) || !options.uncached_by.empty();
    if (options.urls.empty())
        throw Error(ExitCode::usage, "usage: bench: no URL to measure",
                    "Give one or more URLs, a --suite, or --demo for the reference service.");
    if (options.single && any)
        throw Error(ExitCode::usage, "usage: bench: --single has no uncached arm",
                    "Leave --single or the --uncached options away.");
    if (!options.single && !any)
        throw Error(ExitCode::usage, "usage: bench: nothing says how an uncached answer is made",
                    "Give --uncached-header 'Cache-Control: no-cache', --uncached-query nocache=1, "
                    "--uncached-url URL, --uncached-by invalidate or --uncached-by toggle; or --single for a "
                    "plain load test.");
    if (!options.ignore_json.empty() && (options.single || options.no_compare))
        throw Error(ExitCode::usage,
                    fmt::format("usage: bench: --ignore-json and {} do not go together",
                                options.single ? "--single" : "--no-compare"),
                    "Answers are not compared then.");
    check_forced(options);
    if (!options.hook_cached.empty() && (options.single || options.hook_uncached.empty()))
        throw Error(ExitCode::usage, "usage: bench: --hook-cached wants a --hook-uncached",
                    "Give both: one switches the cache on, the other off.");
    if (!options.hook_uncached.empty() && options.hook_cached.empty())
        throw Error(ExitCode::usage, "usage: bench: --hook-uncached wants a --hook-cached",
                    "Give both: one switches the cache on, the other off.");
    check_switched(options);
    if (!options.uncached_urls.empty() && options.uncached_urls.size() != options.urls.size())
        throw Error(ExitCode::usage,
                    fmt::format("usage: bench: {} URLs but {} --uncached-url", options.urls.size(),
                                options.uncached_urls.size()),
                    "Give one --uncached-url for each URL, in the same order.");
}

/// `500`, `500/s` or `0.5`.
double parse_rate(const std::string& text) {
    constexpr double k_most = 1e6;
    std::string_view number = text;
    if (number.ends_with("/s")) number.remove_suffix(2);
    const double rate = core::read_number(number).value_or(0);
    if (!(rate > 0) || rate > k_most)
        throw Error(ExitCode::usage, fmt::format("--rate: '{}': requests a second, up to a million", text),
                    "Write it as 500 or 0.5.");
    return rate;
}

unsigned default_concurrency(std::optional<double> rate) {
    constexpr double k_usual = 10, k_most = 1000;
    return static_cast<unsigned>(rate ? std::clamp(std::ceil(*rate), k_usual, k_most) : k_usual);
}

} // namespace

bool goes_past_cache(const BenchOptions& options) {
    return !options.uncached_urls.empty() || !options.uncached_headers.empty() ||
           !options.uncached_queries.empty() || !options.hook_uncached.empty() || by_toggle(options);
}

void check_load(const BenchOptions& options) {
    if (options.both_loops > 0 && options.rate.empty())
        throw Error(ExitCode::usage, "usage: bench: --both-loops belongs to --rate",
                    "The open loop needs to know how many requests a second are due.");
    if (options.streams && !options.http2)
        throw Error(ExitCode::usage, "usage: bench: --streams belongs to --http2",
                    "A connection of HTTP/1.1 carries one request at a time.");
    if (options.http2 && options.demo)
        throw Error(ExitCode::usage, "usage: bench: --http2 does not go with --demo",
                    "The reference service speaks HTTP/1.1.");
}

net::Url parse_toggle_url(const BenchOptions& options) {
    net::Url url = parse_http_url(options.toggle_url);
    if (url.target.find('?') != std::string::npos)
        throw Error(ExitCode::usage, fmt::format("bad URL: {}: --toggle-url has no query", url.redacted()),
                    "Give the base of the management API, as http://HOST/api/cache.");
    return url;
}

bench::Plan make_plan(const BenchOptions& options, const config::Settings& settings) {
    check_load(options);
    check_arms(options);
    bench::Plan plan;
    plan.single = options.single;
    const bench::RequestSpec common = common_request(options);
    for (std::size_t i = 0; i < options.urls.size(); ++i)
        plan.endpoints.push_back(make_endpoint(options, common, i));
    plan.requests = options.requests > 0 ? options.requests : k_default_requests;
    if (!options.duration.empty()) {
        plan.duration = core::parse_duration(options.duration, "-z");
        if (plan.duration->count() <= 0)
            throw Error(ExitCode::usage, "-z: '0': a duration above 0 is needed");
        if (options.requests > 0) plan.duration_cap = options.requests;
    }
    if (!options.rate.empty()) plan.rate = parse_rate(options.rate);
    plan.concurrency = options.concurrency.value_or(default_concurrency(plan.rate));
    if (options.both_loops > 0) plan.closed_beside = options.spin ? 1 : options.both_loops;
    plan.threads = options.threads.value_or(1);
    plan.http2 = options.http2;
    plan.streams = options.streams.value_or(1);
    const bool by_removing = !options.uncached_by.empty() && !by_toggle(options);
    if (by_removing) plan.forced = goes_past_cache(options) ? bench::ArmKind::miss : bench::ArmKind::uncached;
    if (options.stampede)
        plan.stampede = {*options.stampede, options.concurrency.value_or(default_concurrency({}))};
    plan.counts_in_store = by_removing || settings.url.origin.starts_with("--");
    if (options.spin && options.concurrency.value_or(1) != 1 && !plan.rate)
        throw Error(ExitCode::usage, "usage: bench: --spin is for one connection",
                    "With several there is nearly always an answer to read: leave --spin away, or say -c 1.");
    plan.spin = options.spin;
    if (plan.spin && !plan.rate) plan.concurrency = 1;
    plan.warmup = options.warmup.value_or(plan.warmup);
    plan.blocks = options.blocks.value_or(plan.blocks);
    plan.seed = options.seed.value_or(plan.seed);
    plan.timeout = settings.timeout.required();
    plan.tls = tls_options(settings, address_of_flag("the URLs measured"));
    plan.compare = !options.no_compare && !options.single;
    if (!options.hit_header.empty()) {
        const auto [name, value] = parse_header(options.hit_header, "--hit-header");
        if (value.empty())
            throw Error(ExitCode::usage, fmt::format("--hit-header: '{}': no value", name),
                        "Write it as 'X-Cache: HIT'.");
        if (const std::string shown = core::redacted_header(options.hit_header); shown != options.hit_header)
            throw Error(ExitCode::usage,
                        fmt::format("--hit-header: {}: it would be a secret in a report", shown),
                        "Name a header that says only whether the answer came from the cache.");
        plan.hit_header = bench::HitHeader{name, value};
    }
    return plan;
}

std::string describe_uncached(const BenchOptions& options) {
    std::string words;
    const auto add = [&](const char* what, const std::string& value) {
        words += fmt::format("{}{} {}", words.empty() ? "" : " and ", what, value);
    };
    for (const std::string& header : options.uncached_headers)
        add("the request header", core::redacted_header(header));
    for (const std::string& query : options.uncached_queries)
        add("the query", net::redact_parameters(query));
    if (!options.hook_uncached.empty())
        add("the command", core::redacted_shell_command(options.hook_uncached));
    if (by_toggle(options))
        add("the", fmt::format("{} switch of the management API at {}",
                               options.toggle.empty() ? "user" : options.toggle,
                               net::redact_url_text(options.toggle_url)));
    if (!options.uncached_by.empty() && !goes_past_cache(options))
        add("removing its entries", "before each request");
    if (!options.uncached_urls.empty()) words += words.empty() ? "a URL of its own" : " at a URL of its own";
    return words;
}

} // namespace roacache::commands
