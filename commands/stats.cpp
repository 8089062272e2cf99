#include "commands/declarations.hpp"
#include "commands/open_store.hpp"
#include "commands/stats_report.hpp"
#include "commands/walking.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"
#include "src/output/progress.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <limits>
#include <memory>
#include <ostream>
#include <poll.h>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

struct StatsOptions {
    SelectorOptions selectors;
    std::string by;
    bool no_scan = false;
    bool watch = false;
    std::string interval = "2s";
    std::string max_pause = "1ms";

    bool by_tenant() const { return by.starts_with("tenant"); }
    bool by_resource() const { return by.empty() || by.ends_with("resource"); }
};

constexpr std::array k_formats{Format::table, Format::json, Format::ndjson, Format::csv, Format::prometheus};
constexpr std::array k_watch_formats{Format::table, Format::ndjson};
/// A table that is drawn again and again has to stay on the screen.
constexpr std::size_t k_watched_rows = 12;

void check(const StatsOptions& options) {
    if (!options.no_scan) return;
    const bool selects = !parse_selectors(options.selectors).empty() || options.selectors.names_keys();
    if (!options.by.empty() || selects)
        throw Error(ExitCode::usage, "usage: --no-scan and what needs a scan contradict each other",
                    "Groups and selectors are found by a walk over the keys.");
}

core::Nanoseconds interval_of(const StatsOptions& options) {
    const core::Nanoseconds interval = core::parse_duration(options.interval, "--watch");
    if (interval < std::chrono::milliseconds(100))
        throw Error(ExitCode::usage, fmt::format("--watch: '{}': 100ms is the least", options.interval));
    return interval;
}

/// Sums one walk up. Ctrl-C ends it early with what there is.
void scan(const StatsOptions& options, const Context& context, Walking& walking, store::Store& store,
          StatsReport& report) {
    store::WalkRequest request = walking.request();
    request.act = store::Act::describe;
    request.fields = {.type = false, .ttl = true, .bytes = true};
    request.max_pause = parse_max_pause(options.max_pause);
    store::Groups& groups = report.groups.emplace(options.by_tenant(), options.by_resource());
    output::ProgressLine line(context.streams.err, context.streams.err_is_terminal && !context.settings.quiet,
                              context.streams.width);
    const auto walk = store.walk(std::move(request));
    for (store::Page page; walk->next(page);) {
        for (std::size_t i = 0; i < page.keys.size(); ++i)
            groups.add(walking.decode(page.keys[i]), page.descriptions[i]);
        if (core::Interrupt::requested()) {
            report.complete = false;
            walk->stop();
        }
        if (const auto progress = walk->progress())
            line.show(*progress, fmt::format("{} keys", core::format_count(groups.total().keys())));
    }
    report.resized = walk->resized();
}

StatsReport look(const StatsOptions& options, const Context& context, Walking* walking, store::Store& store) {
    StatsReport report{.target = store.name(), .info = store.info(), .server = {}, .groups = {}};
    report.server = store.statistics();
    if (walking != nullptr) scan(options, context, *walking, store, report);
    return report;
}

/// What has to be known to read the figures rightly.
void comment(const StatsReport& report, const Context& context) {
    const store::Statistics& server = report.server;
    if (!server.hits && !server.memory_used)
        context.note("the server does not tell this user its figures (INFO): they are n/a");
    if (server.memory_limit == 0U)
        context.note("the server has no memory limit (maxmemory is unset): it evicts nothing and grows until "
                     "its machine is full");
    if (server.memory_limit.value_or(0) > 0 && server.memory_policy == "noeviction")
        context.note(
            "the policy is noeviction: when the memory limit is reached, nothing more can be cached");
    if (!report.groups) return;
    if (!report.groups->total().bytes())
        context.note("the server does not tell this user the size of keys (MEMORY USAGE): bytes are n/a");
    if (!report.groups->total().no_ttl())
        context.note("the server does not tell this user the times to live (PTTL): they are n/a");
    if (report.groups->rest() != nullptr)
        context.note(fmt::format("there are more than {} groups: the keys of the others are summed up as the "
                                 "rest",
                                 core::format_count(store::Groups::k_most)));
    if (report.resized)
        context.note("the server resized its table during the walk: some keys may be counted twice");
    if (!report.complete) context.note("interrupted: the keys are those seen until then");
}

ExitCode watch(const StatsOptions& options, Context& context, Walking* walking, store::Store& store,
               Format format) {
    const auto interval = std::chrono::duration_cast<std::chrono::milliseconds>(interval_of(options));
    std::ostream& out = context.streams.out;
    const bool redraw = format == Format::table && context.streams.out_is_terminal;
    for (bool first = true; !core::Interrupt::requested() && out.good(); first = false) {
        const StatsReport report = look(options, context, walking, store);
        if (!report.complete) break;
        std::string text = stats_text(report, format, context.streams.out_colour, k_watched_rows);
        if (redraw) {
            // Each line is cut off where it ends, and the screen below the last one, so that nothing
            // flickers.
            for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 4)
                text.insert(at, "\x1b[K");
            text = (first ? "\x1b[2J\x1b[H" : "\x1b[H") + text + "\x1b[J";
        }
        out << text << std::flush;
        if (first && !redraw) comment(report, context);
        if (first && !redraw && walking != nullptr)
            context.note("each walk's own lookups count as hits on the server; --no-scan adds none");
        pollfd interrupt{core::Interrupt::fd(), POLLIN, 0};
        poll(&interrupt, 1, static_cast<int>(std::min<std::int64_t>(interval.count(), 86'400'000)));
    }
    return core::Interrupt::requested() ? ExitCode::interrupted : ExitCode::done;
}

ExitCode run_stats(const StatsOptions& options, Context& context) {
    check(options);
    if (options.watch) interval_of(options);
    parse_max_pause(options.max_pause);
    const auto chosen = options.watch ? context.format(k_watch_formats) : context.format(k_formats);
    const Format format = options.watch && chosen == Format::plain ? Format::ndjson : chosen;
    if (options.watch && options.selectors.keys_from == "-")
        throw Error(ExitCode::usage, "usage: --watch reads its keys again and again, and standard input once",
                    "Put the keys into a file.");
    std::unique_ptr<Walking> walking;
    if (!options.no_scan) walking = std::make_unique<Walking>(context, options.selectors);
    const auto store = open_store(context);
    if (options.watch) return watch(options, context, walking.get(), *store, format);
    const StatsReport report = look(options, context, walking.get(), *store);
    context.streams.out << stats_text(report, format, context.streams.out_colour,
                                      std::numeric_limits<std::size_t>::max());
    context.streams.out.flush();
    comment(report, context);
    return report.complete ? ExitCode::done : ExitCode::interrupted;
}

constexpr const char* k_examples = R"(
Examples:
  roacache stats
      Hit rate, memory and the keys by resource.
  roacache stats --by tenant,resource -o csv | sort -t, -k4 -n
      What each tenant's resources take; medians are right within 3.2 percent.
  roacache stats --watch=5s --no-scan
      The server's figures only, again and again; in a pipe a line of JSON each time.
  roacache stats -o prometheus > /var/lib/node_exporter/roacache.prom
      The same as metrics.
The walk looks up every key's time to live, and a server counts such lookups as hits; --no-scan adds none.)";

} // namespace

Action declare_stats(CLI::App& app) {
    const auto options = std::make_shared<StatsOptions>();
    declare_selectors(app, options->selectors);
    app.add_option("--by", options->by, "How keys are grouped (default resource)")
        ->type_name("BY")
        ->check(CLI::IsMember({"tenant", "resource", "tenant,resource"}));
    app.add_flag("--no-scan", options->no_scan, "The server's figures only, without a walk over the keys");
    app.add_option_function<std::string>(
           "--watch",
           [options](const std::string& interval) {
               options->watch = true;
               if (!interval.empty()) options->interval = interval;
           },
           "Again and again, every 2s or so often")
        ->type_name("DUR")
        ->expected(0, 1);
    add_max_pause_option(app, options->max_pause);
    app.footer(k_examples);
    return [options](Context& context) { return run_stats(*options, context); };
}

} // namespace roacache::commands
