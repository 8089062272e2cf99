#include "commands/bench/load.hpp"

#include "commands/bench/origin.hpp"
#include "commands/trusted_settings.hpp"
#include "src/core/error.hpp"
#include "src/core/units.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

constexpr std::uint64_t k_default_requests = 1000;
// So that 5,000 requests of each arm tell a p99, within half a minute on 2 cores.
constexpr std::uint64_t k_demo_requests = 1250; // of each endpoint

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

/// What is on the command line goes first.
template <typename Value>
std::optional<Value> either(const std::optional<Value>& given, const std::optional<Value>& of_suite) {
    return given ? given : of_suite;
}

/// How long, and how many requests.
void set_length(const BenchOptions& options, const config::Suite& suite, bench::LoadSpec& load) {
    const bool given = options.requests > 0 || !options.duration.empty();
    const std::uint64_t requests = given ? options.requests : suite.requests.value_or(0);
    const std::string& duration = given ? options.duration : suite.duration;
    load.requests = requests > 0 ? requests : options.demo ? k_demo_requests : k_default_requests;
    if (duration.empty()) return;
    load.duration = core::parse_duration(duration, "-z");
    if (load.duration->count() <= 0) throw Error(ExitCode::usage, "-z: '0': a duration above 0 is needed");
    if (requests > 0) load.duration_cap = requests;
}

void set_protocol(const BenchOptions& options, const config::Suite& suite, bench::LoadSpec& load) {
    load.http2 = options.http2 || suite.http2;
    const auto streams = either(options.streams, suite.streams);
    load.streams = streams.value_or(1);
    if (streams && !load.http2)
        throw Error(ExitCode::usage, "usage: bench: --streams belongs to --http2",
                    "A connection of HTTP/1.1 carries one request at a time.");
    if (load.http2 && options.demo)
        throw Error(ExitCode::usage, "usage: bench: --http2 does not go with --demo",
                    "The reference service speaks HTTP/1.1.");
}

void set_expected(const BenchOptions& options, const config::Suite& suite, bench::LoadSpec& load) {
    const std::string& text = options.expect.empty() ? suite.expect : options.expect;
    if (text.empty()) return;
    const auto expected = http::StatusSet::parse(text);
    if (!expected)
        throw Error(ExitCode::usage,
                    fmt::format("{}: '{}': statuses from 200 to 599 are expected",
                                options.expect.empty() ? "expect" : "--expect", output::printable(text)),
                    "Write them as 200-299,304.");
    load.expected = *expected;
}

void set_addresses(const BenchOptions& options, bench::LoadSpec& load) {
    for (const std::string& text : options.connect_to) {
        const auto rule = text.starts_with("unix:") ? std::nullopt : bench::parse_connect_to(text);
        if (!rule)
            throw Error(ExitCode::usage, "--connect-to: an address in place of another is expected",
                        "Write it as HOST1:PORT1:HOST2:PORT2, such as example.com:443:127.0.0.1:8443 or "
                        "::127.0.0.1:8080.");
        load.connect_to.push_back(*rule);
    }
    if (options.unix_socket.empty()) return;
    bench::ConnectTo rule;
    rule.unix_socket = options.unix_socket;
    load.connect_to.push_back(rule);
    if (options.demo) throw Error(ExitCode::usage, "usage: bench: --unix-socket does not go with --demo");
}

void set_callers(const BenchOptions& options, const config::Suite& suite, bench::LoadSpec& load) {
    load.rate = options.rate.empty() ? suite.rate : parse_rate(options.rate);
    const unsigned closed = options.both_loops > 0 ? options.both_loops : suite.both_loops.value_or(0);
    if (closed > 0 && !load.rate)
        throw Error(ExitCode::usage, "usage: bench: --both-loops belongs to --rate",
                    "The open loop needs to know how many requests a second are due.");
    const auto concurrency = either(options.concurrency, suite.concurrency);
    const bool alone = options.demo && !load.rate; // the service has the other core
    load.concurrency = concurrency.value_or(alone ? 1 : default_concurrency(load.rate));
    if (closed > 0) load.closed_loop = options.spin ? 1 : closed;
    load.threads = either(options.threads, suite.threads).value_or(1);
    if (options.stampede) load.stampede = {*options.stampede, concurrency.value_or(default_concurrency({}))};
    if (options.spin && concurrency.value_or(1) != 1 && !load.rate)
        throw Error(ExitCode::usage, "usage: bench: --spin is for one connection",
                    "With several there is nearly always an answer to read: leave --spin away, or say -c 1.");
    load.spin = options.spin;
    if (load.spin && !load.rate) load.concurrency = 1;
}

} // namespace

bench::LoadSpec make_load(const BenchOptions& options, const config::Suite* suite,
                          const config::Settings& settings) {
    const config::Suite empty;
    const config::Suite& given = suite ? *suite : empty;
    bench::LoadSpec load;
    set_protocol(options, given, load);
    set_callers(options, given, load);
    set_length(options, given, load);
    set_expected(options, given, load);
    set_addresses(options, load);
    load.warmup = either(options.warmup, given.warmup).value_or(load.warmup);
    load.blocks = either(options.blocks, given.blocks).value_or(load.blocks);
    load.seed = either(options.seed, given.seed).value_or(load.seed);
    load.timeout = settings.timeout.required();
    load.tls = tls_options(settings, address_of_flag("the URLs measured"));
    load.counts_in_store = settings.url.origin.starts_with("--");
    load.drill = options.drill;
    if (load.drill && load.rate)
        throw Error(ExitCode::usage, "usage: bench: --drill and --rate do not go together",
                    "A phase begins when the cache is stopped, or is back.");
    load.compare = !options.no_compare;
    if (const auto counter = origin_counter(options, suite, settings)) load.origin_counter = counter->name();
    if (load.rate && !load.origin_counter.empty())
        throw Error(ExitCode::usage, "usage: bench: --rate and --origin-counter do not go together",
                    "At a rate the blocks of both arms overlap, so whose queries they are is not known.");
    return load;
}

} // namespace roacache::commands
