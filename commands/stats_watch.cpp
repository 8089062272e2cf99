#include "commands/stats_watch.hpp"

#include "commands/document.hpp"
#include "commands/open_store.hpp"
#include "src/core/descriptor.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"
#include "src/output/table.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <iterator>
#include <ostream>
#include <utility>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

/// A table that is drawn again and again has to stay on the screen.
constexpr std::size_t k_watched_rows = 12;

/// Looks again and again. A store that has answered once and then goes away is waited for: where the screen
/// is drawn anew the last figures stay on it with the reason below, elsewhere it is reported once.
class Watch {
  public:
    Watch(const StatsOptions& options, Context& context, const WantedFigures& wanted, Walking* walking,
          std::unique_ptr<store::Store> store, Format format)
        : options_(options), context_(context), wanted_(wanted), walking_(walking), store_(std::move(store)),
          format_(format), redraws_(format == Format::table && context.streams.out_is_terminal) {}

    ExitCode run() {
        const core::Nanoseconds interval = watch_interval(options_);
        for (std::uint64_t looks = 1; !core::Interrupt::requested() && context_.streams.out.good(); ++looks) {
            look_once();
            if (looks == options_.count) break;
            core::wait_ready(-1, 0, core::Deadline::in(interval));
        }
        const ExitCode verdict = asserts_.judge(context_);
        if (core::Interrupt::requested()) return ExitCode::interrupted;
        if (options_.count && away_ && verdict != ExitCode::negative) throw Error(*away_);
        return verdict;
    }

  private:
    void look_once() {
        try {
            if (!store_) store_ = open_store_to_read(context_, options_.read_from);
            StatsReport report = look_at_store(options_, context_, wanted_, walking_, *store_);
            take_out_own_lookups(report);
            hold_against(wanted_, report);
            if (!report.complete) return;
            asserts_.add(report.asserts);
            show(report);
        } catch (const Error& error) {
            if (error.code() != ExitCode::unreachable || !has_answered_) throw;
            if (core::Interrupt::requested()) return;
            asserts_.add_unanswered(wanted_.asserts, error.what());
            show_away(error);
        }
    }

    /// Of the walks before, as far as the server still counts them.
    void take_out_own_lookups(StatsReport& report) {
        auto& hits = report.server.hits;
        auto& misses = report.server.misses;
        if (counts_anew(report.server)) own_hits_ = own_misses_ = 0;
        if (has_answered_) note_other_run(report.server);
        counted_ = report.server;
        if (hits) *counted_.hits += report.own_hits;
        if (hits) *hits -= std::min(*hits, own_hits_);
        if (misses) *misses -= std::min(*misses, own_misses_);
        auto& metadata = report.server.metadata_lookups;
        if (metadata) *metadata -= std::min(*metadata, own_hits_ + own_misses_);
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

    /// Tells that another run of the server, or another server, counts from here on.
    void note_other_run(const store::Statistics& now) {
        if (!now.run_id || !counted_.run_id || now.run_id == counted_.run_id) return;
        note_ = fmt::format("{}: a server was started again or another took over, which counts from its own "
                            "start",
                            store_->name());
        if (!redraws_) context_.note(note_);
    }

    void show(const StatsReport& report) {
        const bool first = !std::exchange(has_answered_, true);
        figures_ = stats_text(report, document_head("stats", context_), format_, context_.streams.out_colour,
                              k_watched_rows);
        if (redraws_ && !note_.empty())
            figures_ += output::style(note_, output::Style::yellow, context_.streams.out_colour) + "\n";
        if (redraws_)
            draw(figures_, first);
        else
            context_.streams.out << figures_ << std::flush;
        if (away_ && !redraws_) context_.note(fmt::format("{} answers again", store_->name()));
        away_.reset();
        if (!first || redraws_) return;
        note_goals(report, format_, context_);
        note_stats(report, context_);
        if (walking_ != nullptr && store_->counts_walks())
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
        away_ = error;
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
    bool redraws_;              ///< on a terminal, in place
    bool has_answered_ = false; ///< at one look at least
    std::string figures_;       ///< the last that were shown
    std::string note_;          ///< that stays below them; empty: none
    std::optional<Error> away_; ///< why the store did not answer at the last look
    AssertTally asserts_;
    std::uint64_t own_hits_ = 0, own_misses_ = 0; ///< of the walks so far
    store::Statistics counted_;                   ///< at least, after the last look
};

} // namespace

core::Nanoseconds watch_interval(const StatsOptions& options) {
    const core::Nanoseconds interval = core::parse_duration(options.watch, "--watch");
    if (interval < std::chrono::milliseconds(100))
        throw Error(ExitCode::usage, fmt::format("--watch: '{}': 100ms is the least", options.watch));
    return interval;
}

ExitCode watch_stats(const StatsOptions& options, Context& context, const WantedFigures& wanted,
                     Walking* walking, std::unique_ptr<store::Store> store, Format format) {
    return Watch(options, context, wanted, walking, std::move(store), format).run();
}

} // namespace roacache::commands
