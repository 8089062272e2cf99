#include "commands/bench_demo.hpp"
#include "commands/bench_options.hpp"
#include "commands/declarations.hpp"
#include "commands/demo_service.hpp"
#include "src/bench/runner.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/machine.hpp"
#include "src/core/units.hpp"
#include "src/output/progress.hpp"
#include "src/report/report.hpp"

#include <array>
#include <filesystem>
#include <fmt/core.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

constexpr const char* k_bench_examples = R"(
Examples:
  roacache bench --demo --report REPORT.md
      The reference service, cached against uncached, with a report.
  roacache bench http://localhost:8000/api/dashboard/summary?company=1 \
      --uncached-header 'Cache-Control: no-cache' --hit-header 'X-Cache: HIT' --report REDIS_PERFORMANCE_BENCHMARK.md
      A service that can be asked to go past its cache.
  roacache bench http://new:8000/api/companies --uncached-url http://old:8000/api/companies -n 5000 -c 20
      Two services: one with the cache, one without.
  roacache bench URL --uncached-query nocache=1 --assert 'mean_reduction >= 60%' --assert 'cached.p99 <= 20ms'
      A gate for a build: exit 0 pass, 1 fail, 6 when the run cannot tell.
  roacache bench --single URL -z 10s -c 50
      A plain load test of one URL.
  roacache bench --single URL --rate 500 -z 60s
      What callers wait when 500 of them come a second, stalls included.

An assert is QUANTITY OP VALUE: mean_reduction, p50_reduction … total_time_reduction, hit_rate, errors, error_rate, mismatches,
cached.mean, cached.p99, uncached.p50, single.rps … Without --assert the targets of the profile are judged.
Latencies of the two arms are taken in pairs of blocks in random order, so that a machine that slows down or warms up
favours neither. An answer other than 2xx and 3xx, a time-out or a broken connection is an error and in no latency.)";

void declare_arms(CLI::App& app, BenchOptions& options) {
    const std::string group = "The two arms";
    const auto repeatable = [&](const char* name, std::vector<std::string>& values, const char* type,
                                const char* help) {
        app.add_option(name, values, help)
            ->type_name(type)
            ->type_size(1)
            ->allow_extra_args(false)
            ->group(group);
    };
    repeatable("--uncached-url", options.uncached_urls, "URL",
               "Where the uncached answer is had; once for each URL, in order");
    repeatable("--uncached-header", options.uncached_headers, "HDR",
               "Request header that makes the service go past its cache (repeatable)");
    repeatable("--uncached-query", options.uncached_queries, "K=V",
               "Query parameter that does so (repeatable)");
    app.add_option("--hit-header", options.hit_header, "Response header that proves a hit, as 'X-Cache: HIT'")
        ->type_name("HDR")
        ->group(group);
    app.add_flag("--single", options.single, "One arm only: a plain load test, no verdict on caching")
        ->group(group);
    app.add_flag("--no-compare", options.no_compare,
                 "Do not compare the answers of both arms (they rightly differ)")
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
    app.add_option("-H,--header", options.headers, "Request header (repeatable)")
        ->type_name("HDR")
        ->type_size(1)
        ->allow_extra_args(false)
        ->group(group);
    app.add_option("-m,--method", options.method, "Method (default GET, with a body POST)")
        ->type_name("METHOD")
        ->group(group);
    app.add_option("-d,--data", options.body, "Body, or @FILE")->type_name("BODY")->group(group);
    app.add_option("-T,--type", options.type, "Content-Type of the body (default application/json)")
        ->type_name("TYPE")
        ->group(group);
    app.add_option("-A,--auth", options.auth, "Credentials for basic authentication")
        ->type_name("USER:PASS")
        ->group(group);
    app.add_option("-C,--cookie", options.cookies, "Cookie, as name=value (repeatable)")
        ->type_name("COOKIE")
        ->type_size(1)
        ->allow_extra_args(false)
        ->group(group);
}

void declare_load(CLI::App& app, BenchOptions& options) {
    const std::string group = "The load";
    app.add_option("-n,--requests", options.requests,
                   "Requests for each arm and URL (default 1000; --demo 250)")
        ->type_name("N")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}))
        ->group(group);
    app.add_option(
           "-c,--concurrency", options.concurrency,
           "Connections busy at once (default 10; with --rate as many as a second's requests, 10 to 1000)")
        ->type_name("N")
        ->check(CLI::Range(1U, 10'000U))
        ->group(group);
    app.add_option(
           "--rate", options.rate,
           "Begin so many requests a second, whatever the answers do, and count each latency from when "
           "the request was due (an open loop: shows what callers wait when the service stalls)")
        ->type_name("N")
        ->group(group);
    app.add_option("-z,--duration", options.duration, "Measure for this long instead of counting requests")
        ->type_name("DUR")
        ->group(group);
    app.add_option("--warmup", options.warmup, "Requests for each arm and URL before the measurement")
        ->type_name("N")
        ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1'000'000'000}))
        ->capture_default_str()
        ->group(group);
    app.add_option("--blocks", options.blocks, "Pairs of blocks in which the arms take turns")
        ->type_name("K")
        ->check(CLI::Range(1U, 10'000U))
        ->capture_default_str()
        ->group(group);
    app.add_option("--seed", options.seed, "Of the random order of the blocks")
        ->type_name("N")
        ->capture_default_str()
        ->group(group);
}

void declare_results(CLI::App& app, BenchOptions& options) {
    const std::string group = "The results";
    app.add_option("--report", options.report_file,
                   "Write the report (Markdown, with SVG pictures beside it)")
        ->type_name("FILE.md")
        ->group(group);
    app.add_option("--json", options.json_file, "Write all figures as JSON")->type_name("FILE")->group(group);
    app.add_option("--assert", options.asserts, "What has to hold, as 'mean_reduction >= 60%' (repeatable)")
        ->type_name("EXPR")
        ->type_size(1)
        ->allow_extra_args(false)
        ->group(group);
}

/// The asserts asked for, or those targets of the profile that this run can answer.
std::vector<bench::Assert> make_asserts(const BenchOptions& options, const bench::Plan& plan,
                                        const Context& context, std::vector<std::string>& notes) {
    std::vector<bench::Assert> asserts;
    for (const std::string& expr : options.asserts) {
        asserts.push_back(bench::parse_assert(expr));
        bench::check_answerable(asserts.back(), plan);
    }
    if (!options.asserts.empty() || plan.single) return asserts;
    for (const std::string& expr : context.profile().targets) {
        const bench::Assert target = bench::parse_assert(expr);
        try {
            bench::check_answerable(target, plan);
            asserts.push_back(target);
        } catch (const Error& error) {
            notes.push_back(fmt::format("The target {} was left out: {}.", expr, error.what()));
        }
    }
    return asserts;
}

/// Where everything will be written; found out before the run, not after it.
struct Targets {
    std::filesystem::path report, json;
    std::string stem; ///< of the pictures' names

    explicit Targets(const BenchOptions& options) : report(options.report_file), json(options.json_file) {
        if (!report.empty()) {
            core::check_writable(report);
            stem = report.stem().string();
        }
        if (!json.empty()) core::check_writable(json);
        if (!json.empty() && json == report)
            throw Error(ExitCode::usage,
                        fmt::format("usage: bench: {}: is both --report and --json", json.string()));
    }

    void write(const report::Document& document, const Context& context) const {
        if (!report.empty()) {
            for (const report::Picture& picture : report::pictures(document, stem))
                core::write_file_atomically(report.parent_path() / picture.file, picture.content);
            core::write_file_atomically(report, report::to_markdown(document, stem));
            context.note("report: " + report.string());
        }
        if (!json.empty()) {
            core::write_file_atomically(json, report::to_json(document));
            context.note("figures: " + json.string());
        }
    }
};

constexpr std::array k_bench_formats{Format::table, Format::json, Format::ndjson, Format::csv,
                                     Format::markdown};

void print(const report::Document& document, Format format, output::Streams& streams) {
    switch (format) {
    case Format::json:
        streams.out << report::to_json(document);
        break;
    case Format::ndjson:
        streams.out << nlohmann::ordered_json::parse(report::to_json(document)).dump() << "\n";
        break;
    case Format::csv:
        streams.out << report::to_csv(document);
        break;
    case Format::markdown:
        streams.out << report::to_markdown(document, "");
        break;
    default:
        streams.out << report::to_text(document, streams.width, streams.out_colour);
    }
}

std::string progress_text(const bench::Progress& progress) {
    std::string text =
        fmt::format("{:3.0f} %  {}  block {}/{}  {} requests", progress.fraction * 100, progress.phase,
                    progress.block, progress.blocks, core::format_count(progress.requests));
    if (progress.rps > 0) text += fmt::format("  {:.0f}/s", progress.rps);
    if (progress.errors > 0) text += fmt::format("  {} errors", core::format_count(progress.errors));
    return text;
}

bench::Result measure(bench::Run& run, const Context& context) {
    output::ProgressLine line = context.progress_line();
    return run.measure(
        [&](const bench::Progress& progress) { line.show(progress.fraction, progress_text(progress)); });
}

report::Environment environment_of(const bench::Result& result) {
    report::Environment environment{{"roacache", ROACACHE_VERSION}};
    for (auto& fact : core::machine_facts())
        environment.push_back(std::move(fact));
    environment.emplace_back("date", result.started_utc);
    return environment;
}

ExitCode run_bench(BenchOptions options, Context& context) {
    const Format format = context.format(k_bench_formats);
    const Targets targets(options);
    for (const std::string& expr : options.asserts)
        bench::parse_assert(expr);
    std::unique_ptr<BenchedDemo> demo;
    if (options.demo)
        demo = std::make_unique<BenchedDemo>(options, context);
    else if (!options.cache_url.empty() || options.rows > 0)
        throw Error(ExitCode::usage, "usage: bench: --cache-url and --rows belong to --demo");

    bench::Plan plan = make_plan(options, context.settings);
    if (demo && context.settings.timeout.is_default()) plan.timeout = BenchedDemo::k_timeout;
    std::vector<std::string> notes;
    const std::vector<bench::Assert> asserts = make_asserts(options, plan, context, notes);
    bench::Run run(std::move(plan));
    run.check_reachable();
    if (core::Interrupt::requested()) return ExitCode::interrupted;

    const bench::Result result = measure(run, context);
    const bench::Assessment assessment = bench::assess(result, asserts);
    report::Document document{
        .result = result,
        .assessment = assessment,
        .environment = environment_of(result),
        .command = redacted_command(context.arguments),
        .title = {},
        .uncached_by = describe_uncached(options),
        .notes = std::move(notes),
    };
    if (demo)
        for (std::string& note : demo->notes())
            document.notes.push_back(std::move(note));
    print(document, format, context.streams);
    context.streams.out.flush();
    targets.write(document, context);
    return bench::exit_code(assessment, result);
}

} // namespace

Action declare_bench(CLI::App& app) {
    const auto options = std::make_shared<BenchOptions>();
    app.add_option("URL", options->urls, "What to measure; several are measured in the same blocks")
        ->type_name("");
    declare_arms(app, *options);
    declare_request(app, *options);
    declare_load(app, *options);
    declare_results(app, *options);
    app.footer(k_bench_examples);
    return [options](Context& context) { return run_bench(*options, context); };
}

} // namespace roacache::commands
