#include "commands/bench/results.hpp"
#include "commands/declarations.hpp"
#include "commands/document.hpp"
#include "commands/instances.hpp"
#include "commands/keys/entry_age.hpp"
#include "commands/keys/walking.hpp"
#include "commands/open_store.hpp"
#include "commands/stats_goals.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"

#include <CLI/CLI.hpp>
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
    std::string read_from;
    std::string by;
    bool no_scan = false;
    std::string instances;
    std::string watch; ///< the interval; empty: once
    std::string max_pause = "1ms";
    LoadOptions load;
    std::vector<std::string> asserts;

    bool by_tenant() const { return by.starts_with("tenant"); }
    bool by_prefix() const { return by == "prefix"; }
    bool by_resource() const { return by.empty() || by_prefix() || by.ends_with("resource"); }
};

constexpr std::array k_watch_formats{Format::table, Format::ndjson};
/// A table that is drawn again and again has to stay on the screen.
constexpr std::size_t k_watched_rows = 12;

bool selects(const StatsOptions& options) {
    return !parse_selectors(options.selectors).empty() || options.selectors.names_keys();
}

void check(const StatsOptions& options) {
    if (!options.watch.empty() && !options.instances.empty())
        throw Error(ExitCode::usage, "usage: --watch and --instances do not go together",
                    "Watch one of them: -u URL.");
    if (!options.asserts.empty() && (!options.watch.empty() || !options.instances.empty()))
        throw Error(ExitCode::usage, "usage: --assert is judged once, of one store",
                    "Leave --watch and --instances away.");
    if (!options.no_scan) return;
    if (!options.by.empty() || selects(options))
        throw Error(ExitCode::usage, "usage: --no-scan and what needs a scan contradict each other",
                    "Groups and selectors are found by a walk over the keys.");
}

core::Nanoseconds interval_of(const StatsOptions& options) {
    const core::Nanoseconds interval = core::parse_duration(options.watch, "--watch");
    if (interval < std::chrono::milliseconds(100))
        throw Error(ExitCode::usage, fmt::format("--watch: '{}': 100ms is the least", options.watch));
    return interval;
}

/// Sums keys up as they come.
class Summing {
  public:
    /// `every_key`: others than the profile's come too.
    Summing(const StatsOptions& options, const Walking& walking, bool every_key, StatsReport& report)
        : walking_(walking), report_(report), every_key_(every_key), by_prefix_(options.by_prefix()) {
        report.by_prefix = by_prefix_;
        report.selected = !every_key;
        report.groups.emplace(options.by_tenant(), options.by_resource(),
                              by_prefix_ ? k_most_prefixes : store::Groups::k_most);
        if (every_key) report.others.emplace(false, true, k_most_prefixes);
    }

    void add(const store::FoundKey& key, const store::Description& description) {
        if (description.gone) return;
        if (description.expired) {
            if (!report_.expired) report_.expired.emplace();
            report_.expired->add(description);
            return;
        }
        const layout::DecodedKey& decoded = key.parts();
        const bool other = every_key_ && !key.is_recognised();
        layout::DecodedKey prefix;
        if (other || by_prefix_) prefix.resource = key_prefix(key.bytes());
        const bool exceeds =
            entry_age(description.ttl_ms, granted(decoded.resource)).exceeds_policy.value_or(false);
        if (other)
            report_.others->add(prefix, description);
        else
            report_.total.add(description, exceeds);
        if (const auto one = report_.resources.find(decoded.resource); one != report_.resources.end())
            one->second.add(description, exceeds);
        if (by_prefix_ || !other) report_.groups->add(by_prefix_ ? prefix : decoded, description, exceeds);
    }

  private:
    static constexpr std::size_t k_most_prefixes = 1'000;

    /// What the policy grants; asked anew only when the resource is another than before.
    std::optional<std::chrono::seconds> granted(std::string_view resource) {
        if (resource.empty()) return std::nullopt;
        if (resource != resource_) {
            resource_ = resource;
            granted_ = walking_.policy().of(resource_);
        }
        return granted_;
    }

    const Walking& walking_;
    StatsReport& report_;
    bool every_key_;
    bool by_prefix_;
    std::string resource_;
    std::optional<std::chrono::seconds> granted_;
};

/// Sums one walk up. Ctrl-C ends it early with what there is.
void scan(const StatsOptions& options, const Context& context, Walking& walking, store::Store& store,
          StatsReport& report) {
    const bool every_key = walking.keys().everything();
    store::WalkRequest request = walking.request();
    request.others_too = every_key;
    request.act = store::Act::describe;
    request.fields = {.type = false, .ttl = true, .bytes = true};
    request.expired_too = true;
    request.max_pause = parse_max_pause(options.max_pause);
    request.load = load_for(options.load, walking, store, request, context);
    Summing summing(options, walking, every_key, report);
    output::ProgressLine line = context.progress_line();
    auto walk = store.walk(std::move(request));
    for (store::Page page; walk->next(page);) {
        for (std::size_t i = 0; i < page.keys.size(); ++i)
            summing.add(page.keys[i], page.descriptions[i]);
        for (const store::Description& description : page.descriptions) {
            report.own_misses += description.gone ? 1 : 0;
            report.own_hits += description.ttl_ms ? 1 : 0;
        }
        if (core::Interrupt::requested()) {
            report.complete = false;
            context.streams.cut_short = true;
            walk->stop();
        }
        if (const auto progress = walk->progress())
            line.show(*progress, fmt::format("{} keys", core::format_count(report.total.keys())),
                      walk->parts_done());
    }
    report.resized = walk->resized();
    walk.reset();
    for (std::string& remark : store.remarks(false))
        report.server.remarks.push_back(std::move(remark));
    if (!every_key && report.complete) report.contact = walking.first_contact(store, context);
    if (!every_key) return;
    report.contact = {report.total.keys() + report.others->total().keys(), report.total.keys(), {}};
    if (report.complete && report.total.keys() == 0) report.contact = walking.first_contact(store, context);
}

StatsReport look(const StatsOptions& options, const Context& context, const WantedFigures& wanted,
                 Walking* walking, store::Store& store) {
    StatsReport report;
    for (const std::string& resource : wanted.resources())
        report.resources[resource];
    report.target = store.name();
    report.profile = context.settings.profile.value;
    report.info = store.info();
    report.server = store.statistics();
    if (walking != nullptr) scan(options, context, *walking, store, report);
    return report;
}

/// Looks again and again. A store that has answered once and then goes away is waited for: where the screen
/// is drawn anew the last figures stay on it with the reason below, elsewhere it is reported once.
class Watch {
  public:
    Watch(const StatsOptions& options, Context& context, const WantedFigures& wanted, Walking* walking,
          std::unique_ptr<store::Store> store, Format format)
        : options_(options), context_(context), wanted_(wanted), walking_(walking), store_(std::move(store)),
          format_(format), redraws_(format == Format::table && context.streams.out_is_terminal) {}

    ExitCode run() {
        using std::chrono::milliseconds;
        const auto interval = std::chrono::duration_cast<milliseconds>(interval_of(options_));
        while (!core::Interrupt::requested() && context_.streams.out.good()) {
            look_once();
            pollfd interrupt{core::Interrupt::fd(), POLLIN, 0};
            poll(&interrupt, 1, static_cast<int>(std::min<std::int64_t>(interval.count(), 86'400'000)));
        }
        return core::Interrupt::requested() ? ExitCode::interrupted : ExitCode::done;
    }

  private:
    void look_once() {
        try {
            if (!store_) store_ = open_store_to_read(context_, options_.read_from);
            StatsReport report = look(options_, context_, wanted_, walking_, *store_);
            take_out_own_lookups(report);
            hold_against(wanted_, report);
            if (report.complete) show(report);
        } catch (const Error& error) {
            if (error.code() != ExitCode::unreachable || figures_.empty()) throw;
            if (!core::Interrupt::requested()) show_away(error);
        }
    }

    /// Of the walks before, as far as the server still counts them.
    void take_out_own_lookups(StatsReport& report) {
        auto& hits = report.server.hits;
        auto& misses = report.server.misses;
        if (counts_anew(report.server)) own_hits_ = own_misses_ = 0;
        counted_ = report.server;
        if (hits) *counted_.hits += report.own_hits;
        if (hits) *hits -= std::min(*hits, own_hits_);
        if (misses) *misses -= std::min(*misses, own_misses_);
        own_hits_ += report.own_hits;
        own_misses_ += report.own_misses;
    }

    /// Whether the server was started anew since the last look, or was set to count from 0 (CONFIG
    /// RESETSTAT): it is another run of it, or a count is lower than it was at least.
    bool counts_anew(const store::Statistics& now) const {
        constexpr std::optional<std::uint64_t> store::Statistics::*k_counts[] = {
            &store::Statistics::hits,      &store::Statistics::misses,
            &store::Statistics::evictions, &store::Statistics::expirations,
            &store::Statistics::uptime_s,  &store::Statistics::metadata_lookups};
        return now.run_id != counted_.run_id ||
               std::any_of(std::begin(k_counts), std::end(k_counts), [&](const auto count) {
                   return now.*count && counted_.*count && *(now.*count) < *(counted_.*count);
               });
    }

    void show(const StatsReport& report) {
        const bool first = figures_.empty();
        figures_ = stats_text(report, document_head("stats", context_), format_, context_.streams.out_colour,
                              k_watched_rows);
        if (redraws_)
            draw(figures_, first);
        else
            context_.streams.out << figures_ << std::flush;
        if (away_ && !redraws_) context_.note(fmt::format("{} answers again", store_->name()));
        away_ = false;
        if (!first || redraws_) return;
        note_stats(report, context_);
        if (walking_ != nullptr)
            context_.note(
                "each walk's own lookups count as hits on the server; they are taken out of the figures "
                "shown here");
    }

    void show_away(const Error& error) {
        store_.reset();
        const std::string why = fmt::format("{}; trying on", error.what());
        if (redraws_)
            draw(figures_ + output::style(why, output::Style::yellow, context_.streams.out_colour) + "\n",
                 false);
        else if (!away_)
            context_.warn(why);
        away_ = true;
    }

    void draw(std::string text, bool first) {
        // Each line is cut off where it ends, and the screen below the last one, so that nothing flickers.
        for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 4)
            text.insert(at, "\x1b[K");
        context_.streams.out << (first ? "\x1b[2J\x1b[H" : "\x1b[H") << text << "\x1b[J" << std::flush;
    }

    const StatsOptions& options_;
    Context& context_;
    const WantedFigures& wanted_;
    Walking* walking_;
    std::unique_ptr<store::Store> store_; ///< null while it is away
    Format format_;
    bool redraws_;        ///< on a terminal, in place
    std::string figures_; ///< the last that were shown; empty before
    bool away_ = false;
    std::uint64_t own_hits_ = 0, own_misses_ = 0; ///< of the walks so far
    store::Statistics counted_;                   ///< at least, after the last look
};

ExitCode answer_stats(const StatsOptions& options, Context& context) {
    const bool watched = !options.watch.empty();
    if (watched) interval_of(options);
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
    if (watched) return Watch(options, context, wanted, walking.get(), std::move(store), format).run();
    StatsReport report = look(options, context, wanted, walking.get(), *store);
    hold_against(wanted, report);
    context.streams.out << stats_text(report, document_head("stats", context), format,
                                      context.streams.out_colour, std::numeric_limits<std::size_t>::max());
    context.streams.out.flush();
    note_stats(report, context);
    const ExitCode verdict = judge_asserts(report, context);
    return report.complete ? verdict : ExitCode::interrupted;
}

/// A scraper gets to know that the server is down, too.
ExitCode run_stats(const StatsOptions& options, Context& context) {
    try {
        return answer_stats(options, context);
    } catch (const Error& error) {
        const bool scraped = context.settings.output.value == "prometheus";
        if (!scraped || error.code() == ExitCode::usage) throw;
        context.streams.out << up_metric(false);
        throw DeliveredError(error);
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
    add_max_pause_option(app, options->max_pause);
    add_load_options(app, options->load);
    app.add_option("--assert", options->asserts, "What has to hold, as 'hit_rate >= 85%' (repeatable)")
        ->type_name("EXPR");
    app.footer(
        fmt::format("{}\n\nQuantities of --assert: {}.", k_stats_examples, config::goal_quantities_help()));
    add_instances_option(app, options->instances);
    return [options](Context& context) {
        check(*options);
        const auto run = [options](Context& there) { return run_stats(*options, there); };
        if (!options->watch.empty() && !context.settings.tiers.empty())
            throw Error(ExitCode::usage, "usage: --watch looks at one store",
                        "Watch one of the tiers: -u URL.");
        return run_on_targets(options->instances, "stats", context, run);
    };
}

} // namespace roacache::commands
