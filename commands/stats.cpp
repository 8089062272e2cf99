#include "commands/bench/results.hpp"
#include "commands/declarations.hpp"
#include "commands/document.hpp"
#include "commands/instances.hpp"
#include "commands/open_store.hpp"
#include "commands/stats_look.hpp"
#include "commands/stats_watch.hpp"
#include "src/core/error.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <fmt/core.h>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

constexpr std::array k_watch_formats{Format::table, Format::ndjson};
/// Whether the store is one of several that are asked in turn.
enum class Several { no, yes };

bool selects(const StatsOptions& options) {
    return !parse_selectors(options.selectors).empty() || options.selectors.names_keys();
}

void check(const StatsOptions& options) {
    if (!options.watch.empty() && !options.instances.empty())
        throw Error(ExitCode::usage, "usage: --watch and --instances do not go together",
                    "Watch one of them: -u URL.");
    if (options.count && options.watch.empty())
        throw Error(ExitCode::usage, "usage: --count goes with --watch",
                    "It says after how many looks the watch ends.");
    if (!options.no_scan) return;
    if (!options.by.empty() || selects(options))
        throw Error(ExitCode::usage, "usage: --no-scan and what needs a scan contradict each other",
                    "Groups and selectors are found by a walk over the keys.");
}

ExitCode answer_stats(const StatsOptions& options, Context& context, Several several) {
    const bool watched = !options.watch.empty();
    if (watched) watch_interval(options);
    parse_max_pause(options.max_pause);
    parse_load(options.load);
    const auto chosen = watched ? context.format(k_watch_formats) : context.format(k_stats_formats);
    const Format format = watched && chosen == Format::plain ? Format::ndjson : chosen;
    if (watched && options.selectors.keys_from == "-")
        throw Error(ExitCode::usage, "usage: --watch reads its keys again and again, and standard input once",
                    "Put the keys into a file.");
    std::unique_ptr<Walking> walking;
    if (!options.no_scan) {
        walking = std::make_unique<Walking>(context, options.selectors);
        walking->read_named();
    }
    if (walking) context.selector = walking->description();
    WantedFigures wanted = wanted_figures(options.asserts, options.no_scan, context.profile());
    auto store = open_store_to_read(context, options.read_from);
    if (!store->of_kind().has(store::Capability::list)) {
        if (!options.by.empty() || selects(options))
            store::require(*store, store::Capability::list, "cannot look at single keys or groups");
        walking.reset();
        wanted.why_no_walk = "the service's API lists no keys";
    }
    if (watched) return watch_stats(options, context, wanted, walking.get(), std::move(store), format);
    StatsReport report = look_at_store(options, context, wanted, walking.get(), *store);
    hold_against(wanted, report);
    context.streams.out << stats_text(report, document_head("stats", context), format,
                                      context.streams.out_colour, std::numeric_limits<std::size_t>::max());
    context.streams.out.flush();
    note_stats(report, context);
    note_goals(report, format, context);
    const ExitCode verdict =
        judge_asserts(report, context, several == Several::yes ? report.target : std::string());
    return report.complete ? verdict : ExitCode::interrupted;
}

/// A scraper gets to know that the server is down, too.
ExitCode run_stats(const StatsOptions& options, Context& context, Several several) {
    try {
        return answer_stats(options, context, several);
    } catch (const Error& error) {
        const bool scraped = context.settings.output.value == "prometheus";
        if (!scraped || error.code() == ExitCode::usage) throw;
        context.streams.out << up_metric(false);
        throw DeliveredError(error);
    }
}

/// Tiers, or the workers of a service. Asserts have to hold at each of them: sums would count what workers
/// share several times. What came of the asserts is no failure of a store.
ExitCode run_stats_of_several(const StatsOptions& options, Context& context) {
    wanted_figures(options.asserts, options.no_scan, context.profile()); // throws before anything is asked
    ExitCode verdict = ExitCode::done;
    std::size_t asked = 0, judged = 0;
    const auto run = [&](Context& there) {
        ++asked;
        const ExitCode code = run_stats(options, there, Several::yes);
        ++judged;
        if (code != ExitCode::negative && code != ExitCode::inconclusive) return code;
        if (verdict != ExitCode::negative) verdict = code;
        return ExitCode::done;
    };
    const auto add_verdict = [&](nlohmann::ordered_json& document) {
        document["verdict"] = nullptr;
        if (!options.asserts.empty())
            document["verdict"] = verdict == ExitCode::negative                         ? "fail"
                                  : verdict == ExitCode::inconclusive || judged < asked ? "inconclusive"
                                                                                        : "pass";
    };
    try {
        const ExitCode code = run_on_targets(options.instances, "stats", context, run, add_verdict);
        return code == ExitCode::done ? verdict : code;
    } catch (const Error& error) {
        if (error.code() != ExitCode::partial || verdict != ExitCode::negative) throw;
        context.warn(error.what());
        return verdict; // which the others could not change
    }
}

/// Not CLI::IsMember: its list of the values would be cut at the comma that one of them has.
std::string group_error(const std::string& by) {
    if (by == "tenant" || by == "resource" || by == "tenant,resource" || by == "prefix") return {};
    return "'" + by + "' is none of tenant, resource, tenant,resource and prefix";
}

constexpr const char* k_stats_examples = R"(
Examples:
  roacache stats
      Hit rate, memory and the keys by resource.
  roacache stats --by tenant,resource -o csv | sort -t, -k4 -n
      What each tenant's resources take; medians are right within 3.2 percent.
  roacache stats --watch=5s --no-scan
      The server's figures only, again and again; in a pipe a line of JSON each time.
  roacache stats --by prefix
      Every key, the profile's or not, by what it begins with.
  roacache stats --no-scan -o prometheus --output-file roacache.prom
      The same as metrics, for the node exporter's textfile collector, which never sees half a file. When the server is
      down it is roacache_up 0 (and exit 3). --no-scan, since a walk over the keys each minute is load.
  roacache stats -p hr-portal --assert 'bytes_per_entry <= 2KB' --assert 'user.entries > 0'
      Exit 1 when one does not hold, 6 when the store does not tell the figure.
  roacache stats -p hr-portal --goals -o csv --output-file goals.csv
      What the profile's goals come to, a row each.
  roacache stats --watch=5s --count 60 --assert 'evictions == 0' -o ndjson
      Five minutes: exit 1 when it did not hold at one of the looks.

With --watch asserts are judged at every look; what came of them all is said at the end, and with --count it is the exit
code (Ctrl-C is 130 whatever held). Of several stores (--instances, several -u) they have to hold at each, and not of the
sums, which would count several times what workers share.

The profile's goals (roacache profile show) are held against the figures, and change no exit code. What is told of one
resource alone is its entries and, where the service keeps a log of its lookups, its hit rate; a server counts hits
for everything that it holds.

The walk looks up every key's time to live, and a server counts such lookups as hits. Hits and misses are read
before it; what this walk added is own_lookups, what all such questions ever added (TTL, TYPE, OBJECT)
metadata_lookups. --no-scan adds none.)";

} // namespace

Action declare_stats(CLI::App& app) {
    const auto options = std::make_shared<StatsOptions>();
    declare_selectors(app, options->selectors);
    add_read_from_option(app, options->read_from);
    app.add_option("--by", options->by,
                   "Keys grouped by tenant, resource (default), tenant,resource or prefix")
        ->type_name("BY")
        ->check([](const std::string& by) { return group_error(by); });
    app.add_flag("--no-scan", options->no_scan, "The server's figures only, without a walk over the keys");
    app.add_flag("--watch{2s}", options->watch, "Again and again, every 2s unless told otherwise: --watch=5s")
        ->type_name("DUR");
    app.add_option("--count", options->count, "With --watch: end after so many looks")
        ->type_name("N")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}));
    add_max_pause_option(app, options->max_pause);
    add_load_options(app, options->load);
    app.add_option("--assert", options->asserts, "What has to hold, as 'hit_rate >= 85%' (repeatable)")
        ->type_name("EXPR");
    app.add_flag("--goals", options->goals,
                 "Print the profile's goals and the asserts alone, as csv a row each (JSON and Prometheus "
                 "always have them)");
    app.footer(
        fmt::format("{}\n\nQuantities of --assert: {}.", k_stats_examples, config::goal_quantities_help()));
    add_instances_option(app, options->instances);
    return [options](Context& context) {
        check(*options);
        const bool tiers = !context.settings.tiers.empty();
        if (!options->watch.empty() && tiers)
            throw Error(ExitCode::usage, "usage: --watch looks at one store",
                        "Watch one of the tiers: -u URL.");
        if (tiers || !options->instances.empty()) return run_stats_of_several(*options, context);
        return run_stats(*options, context, Several::no);
    };
}

} // namespace roacache::commands
