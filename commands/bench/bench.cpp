#include "commands/bench/cache_switch.hpp"
#include "commands/bench/declare_options.hpp"
#include "commands/bench/demo.hpp"
#include "commands/bench/drill.hpp"
#include "commands/bench/endpoints.hpp"
#include "commands/bench/load.hpp"
#include "commands/bench/options.hpp"
#include "commands/bench/origin.hpp"
#include "commands/bench/parameters.hpp"
#include "commands/bench/saved_runs.hpp"
#include "commands/bench/store.hpp"
#include "commands/bench/suite.hpp"
#include "commands/bench/targets.hpp"
#include "commands/bench/users.hpp"
#include "commands/declarations.hpp"
#include "commands/demo_service.hpp"
#include "src/bench/load/runner.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"
#include "src/output/progress.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <memory>
#include <optional>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

std::string progress_text(const bench::Progress& progress) {
    std::string text =
        fmt::format("{:3.0f} %  {}  block {}/{}  {} requests", progress.fraction * 100, progress.phase,
                    progress.block, progress.blocks, core::format_count(progress.requests));
    if (progress.rps > 0) text += fmt::format("  {:.0f}/s", progress.rps);
    if (progress.errors > 0) text += fmt::format("  {} errors", core::format_count(progress.errors));
    return text;
}

/// The asserts of --abort-when.
std::vector<bench::Assert> aborting_asserts(const std::vector<std::string>& exprs, const bench::Plan& plan) {
    std::vector<bench::Assert> asserts;
    if (!exprs.empty() && plan.rate)
        throw Error(ExitCode::usage, "usage: bench: --abort-when and --rate do not go together",
                    "At a rate the blocks are one series without a break, in which nothing is looked at.");
    try {
        for (const std::string& expr : exprs) {
            asserts.push_back(bench::parse_assert(expr));
            bench::check_answerable(asserts.back(), plan);
            if (asserts.back().quantity.starts_with("stampede."))
                throw Error(ExitCode::usage,
                            fmt::format("assert cannot be answered: {}: stampedes come last", expr),
                            "Assert it: --assert.");
        }
    } catch (const Error& error) {
        throw Error(error.code(), fmt::format("--abort-when: {}", error.what()), error.remedy());
    }
    return asserts;
}

/// Of an interval that is looked at after every block: one look in a thousand is allowed to be wrong, where
/// an assert, which is judged once, is wrong in one of twenty.
constexpr double k_most_p = 0.001;

std::string why_to_abort(const std::vector<bench::Assert>& asserts, const bench::Result& so_far) {
    for (const bench::Assert& assertion : asserts)
        if (const bench::AssertResult answer = bench::answer_so_far(assertion, so_far);
            answer.verdict == bench::Verdict::pass && answer.p.value_or(0) <= k_most_p)
            return fmt::format(
                "The run was ended after {} blocks, as --abort-when asks: {} {} held: it was {}{}.",
                so_far.blocks.size(), assertion.quantity, answer.threshold_text, answer.value_text,
                answer.interval_text.empty() ? "" : fmt::format(" (95 % CI {})", answer.interval_text));
    return {};
}

bench::Result measure(bench::Run& run, const std::vector<bench::Assert>& aborting, const Context& context) {
    output::ProgressLine line = context.progress_line();
    return run.measure(
        [&](const bench::Progress& progress) { line.show(progress.fraction, progress_text(progress)); },
        aborting.empty() ? bench::AbortWhen()
                         : [&](const bench::Result& so_far) { return why_to_abort(aborting, so_far); });
}

/// Only one request of an endpoint at a time can be a forced miss, and all arms run alike, or their latencies
/// would be of different loads. `asked` requests at once is what the user wants.
void fit_concurrency(std::optional<unsigned> asked, bench::Plan& plan, std::vector<std::string>& notes) {
    if (!plan.forced) return;
    plan.concurrency = static_cast<unsigned>(std::min<std::size_t>(plan.concurrency, plan.endpoints.size()));
    if (!plan.stampede && asked.value_or(0) > plan.concurrency)
        notes.push_back(fmt::format("All arms ran over {} connection{} instead of {}: only one request of an "
                                    "endpoint at a time can be a forced miss.",
                                    plan.concurrency, plan.concurrency == 1 ? "" : "s", *asked));
}

/// A thread without a connection would have nothing to do.
void fit_threads(bench::Plan& plan, std::vector<std::string>& notes) {
    if (plan.threads <= plan.concurrency) return;
    notes.push_back(fmt::format("The load was made by {0} thread{1} instead of {2}, for there {3} {0} "
                                "connection{1}.",
                                plan.concurrency, plan.concurrency == 1 ? "" : "s", plan.threads,
                                plan.concurrency == 1 ? "is" : "are"));
    plan.threads = plan.concurrency;
}

/// A schedule may be so slow that nothing of it falls into the run.
void check_due(const bench::Plan& plan) {
    if (!plan.rate || plan.most_requests().value_or(1) > 0) return;
    throw Error(
        ExitCode::usage,
        fmt::format(
            "nothing to measure: at {} requests a second none is due for each arm and URL within {}{}",
            *plan.rate, core::format_duration(*plan.duration),
            plan.closed_loop ? ", of which each loop has half" : ""),
        "Measure for longer (-z), or ask for more (--rate).");
}

std::unique_ptr<BenchedStore> benched_store(const bench::Plan& plan, std::vector<SelectorOptions> selectors,
                                            const Context& context) {
    const auto& enabled = context.settings.cache_enabled;
    if (plan.forced && !enabled.required())
        throw Error(ExitCode::usage,
                    fmt::format("cannot force misses: the cache is switched off ({})", enabled.origin),
                    "Nothing is removed from a cache that is switched off.");
    return std::make_unique<BenchedStore>(std::move(selectors), context);
}

/// The entries that each endpoint answers from, as far as they are named.
std::vector<SelectorOptions> entries_of(const bench::Plan& plan, const BenchOptions& options,
                                        const std::optional<BenchedSuite>& suite) {
    return suite ? suite->selectors()
                 : std::vector<SelectorOptions>(plan.endpoints.size(), options.selectors);
}

std::vector<SelectorOptions> entries_to_remove(const bench::Plan& plan, const BenchOptions& options,
                                               const std::optional<BenchedSuite>& suite) {
    if (!plan.forced) return {};
    return suite ? suite->selectors() : std::vector<SelectorOptions>{options.selectors};
}

/// What a run is to measure, wherever that is given.
struct Measured {
    bench::Plan plan;
    std::string uncached_by; ///< as report::Document::uncached_by
    std::optional<bench::SwitchedCache> cache_switch;
};

Measured of_suite(const BenchedSuite& suite) {
    return {suite.plan(), suite.describe_uncached(), suite.switched_cache()};
}

Measured of_options(const BenchOptions& options, const BenchedDemo* demo, const config::Settings& settings) {
    bench::LoadSpec load = make_load(options, nullptr, settings);
    if (demo && settings.timeout.is_default()) load.timeout = BenchedDemo::k_timeout;
    if (demo) load.demo_rows = demo->rows();
    const auto endpoints = demo ? demo->endpoints(options, load) : make_endpoints(options, load);
    Measured measured{bench::make_plan(endpoints, load), describe_uncached(endpoints),
                      bench::switched_cache(endpoints.front().uncached)};
    bench::check_connect_to(measured.plan);
    return measured;
}

ExitCode measure_and_judge(BenchOptions options, Context& given) {
    config::Settings settings = given.settings;
    Context context{settings, given.streams, given.arguments, given.command};
    std::optional<BenchedSuite> suite;
    if (!options.suite.empty())
        suite.emplace(options, settings, context);
    else if ((!options.base_url.empty() && options.urls_from.empty()) || !options.allow_env.empty())
        throw Error(ExitCode::usage,
                    "usage: bench: --base-url belongs to --suite and --urls-from, --allow-env to --suite");
    std::vector<std::string> users = suite ? suite->users() : take_users(options);
    auto drill = suite ? suite->drill() : take_drill(options);
    const Results results(options.results, context);
    std::unique_ptr<BenchedDemo> demo;
    if (options.demo)
        demo = start_benched_demo(options, context);
    else if (!options.cache_url.empty() || options.rows > 0)
        throw Error(ExitCode::usage, "usage: bench: --cache-url and --rows belong to --demo");

    Measured measured = suite ? of_suite(*suite) : of_options(options, demo.get(), settings);
    bench::Plan& plan = measured.plan;
    plan.user_tokens = std::move(users);
    if (drill) measured.cache_switch = std::move(drill);
    check_due(plan);
    std::vector<std::string> notes = suite ? suite->notes() : std::vector<std::string>();
    note_unfilled_places(plan, notes);
    results.check_baseline(plan, measured.uncached_by, notes);
    const std::vector<bench::Assert> asserts = results.asserts(plan, notes);
    if (!plan.single && results.judged_by_profile())
        add_endpoint_targets(plan, entries_of(plan, options, suite), context.profile(), notes);
    const std::vector<bench::Assert> aborting = aborting_asserts(options.abort_when, plan);
    fit_concurrency(suite && !options.concurrency ? suite->suite().concurrency : options.concurrency, plan,
                    notes);
    fit_threads(plan, notes);
    plan.streams = std::min(plan.streams, plan.concurrency);
    std::unique_ptr<BenchedStore> store;
    if (!demo && plan.counts_in_store)
        store = benched_store(plan, entries_to_remove(plan, options, suite), context);
    const auto origin = origin_counter(options, suite ? &suite->suite() : nullptr, settings);
    std::optional<bench::NotRestored> not_restored;
    store::SwitchGuard cache_switch = open_switch(measured.cache_switch, context, not_restored);
    bench::Run run(std::move(plan), {demo ? static_cast<bench::CacheStore*>(demo.get()) : store.get(),
                                     cache_switch.get(), origin.get()});
    run.check_reachable();
    if (core::Interrupt::requested()) return ExitCode::interrupted;

    bench::Result result = measure(run, aborting, context);
    cache_switch.restore(); // before anything is reported
    result.not_restored = std::move(not_restored);
    if (suite) suite->hide_secrets(result);
    if (result.not_restored) notes.push_back(bench::sentence_of(*result.not_restored));
    if (demo)
        for (std::string& note : demo->notes())
            notes.push_back(std::move(note));
    return results.deliver(result, asserts, environment_here(result), std::move(measured.uncached_by),
                           std::move(notes), context);
}

ExitCode run_bench(const BenchOptions& options, Context& context) {
    try {
        return measure_and_judge(options, context);
    } catch (const DeliveredError&) {
        throw;
    } catch (const Error& error) {
        write_failure(options.results, error, context);
        throw;
    }
}

} // namespace

Action declare_bench(CLI::App& app) {
    const auto options = std::make_shared<BenchOptions>();
    declare_options(app, *options);
    const auto action =
        std::make_shared<Action>([options](Context& context) { return run_bench(*options, context); });
    declare_saved_runs(app, action);
    return [action](Context& context) { return (*action)(context); };
}

} // namespace roacache::commands
