#include "commands/follow/follower.hpp"

#include "commands/document.hpp"
#include "commands/instances.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"
#include "src/output/json_text.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <ostream>
#include <sstream>
#include <utility>

namespace roacache::commands::follow {
namespace {

using core::Error;
using core::ExitCode;
using nlohmann::ordered_json;

constexpr std::int64_t k_save_every_ns = 1'000'000'000;

core::Nanoseconds interval_of(const std::string& text) {
    const core::Nanoseconds interval = core::parse_duration(text, "--interval");
    if (interval.count() > 0) return interval;
    throw Error(ExitCode::usage, fmt::format("--interval: '{}': a duration above 0 is needed", text));
}

/// A command that fails may say so where its number was: `ERROR 2002: cannot connect`.
bool became_words(const nlohmann::json& before, const nlohmann::json& after) {
    if (!before.is_string() || !after.is_string()) return false;
    const auto& number = before.get_ref<const std::string&>();
    const auto& text = after.get_ref<const std::string&>();
    return !number.empty() && std::all_of(number.begin(), number.end(), core::is_digit) &&
           text.find(' ') != std::string::npos && std::any_of(text.begin(), text.end(), core::is_letter);
}

void check_options(const Options& options) {
    const Source& source = options.source;
    if (source.command.empty() && source.sqlite.empty())
        throw Error(ExitCode::usage, "usage: nothing says where the watermarks are read",
                    "Give --sqlite and --query, or --command.");
    if (!source.command.empty() && !(source.sqlite + source.query).empty())
        throw Error(ExitCode::usage, "usage: --command and --sqlite do not go together");
    if (source.sqlite.empty() != source.query.empty())
        throw Error(ExitCode::usage, "usage: --sqlite and --query go together");
    if (options.once && options.state.empty() && !options.invalidate_first)
        throw Error(ExitCode::usage,
                    "usage: --once finds what has moved since the last run, which --state keeps",
                    "Give it a file: --state FILE.");
}

} // namespace

Follower::Follower(const Options& options, Context& context)
    : options_(options), context_(context), format_(context.format(k_document_formats)),
      selectors_(options.removal.selectors), interval_(interval_of(options.interval)),
      settle_(core::parse_duration(options.settle, "--settle")), source_(options.source),
      settings_(context.settings) {
    check_options(options);
    source_.timeout = context.settings.timeout.required();
    check_invalidation(options.removal, context);
    settings_.output.value = "json";
    state_of_ = {source_.fingerprint(), context.selector.value_or(""), {}};
    if (options.removal.instances.empty()) state_of_.store = context.store.value_or("");
    for (const net::Url& instance : parse_instances(options.removal.instances))
        state_of_.store += " " + instance.redacted();
}

ExitCode Follower::run() {
    const auto& enabled = context_.settings.cache_enabled;
    if (!options_.removal.force && !enabled.required()) {
        context_.note(fmt::format("the cache is switched off ({}); nothing is followed; --force overrides",
                                  enabled.origin));
        return ExitCode::done;
    }
    begin();
    while (!core::Interrupt::requested() && context_.streams.out.good()) {
        const core::Deadline next = core::Deadline::in(interval_);
        poll();
        settle_until(options_.once ? core::Deadline::never() : next);
        if (options_.once) break;
    }
    save();
    return ended();
}

void Follower::begin() {
    if (!options_.removal.dry_run && options_.removal.instances.empty()) context_.require_named_store();
    if (options_.state.empty()) return;
    if (!options_.removal.dry_run) file_ = std::make_unique<StateFile>(options_.state, state_of_);
    state_ = StateFile::read(options_.state, state_of_, settle_);
}

void Follower::poll() {
    failure_.reset();
    store_is_away_ = false;
    unsettled_.clear();
    Watermarks found;
    try {
        const Answer answer = ask(source_);
        found = watermarks_of(answer, selectors_);
        if (!source_.command.empty()) check_printed(answer, found);
        state_.columns = answer.columns;
    } catch (const Error& error) {
        if (core::Interrupt::requested()) return;
        const bool is_command = !source_.command.empty(); // which may print something else the next time
        if (error.code() == ExitCode::usage && !is_command) throw;
        return fail("source",
                    Error(is_command ? ExitCode::unreachable : error.code(), error.what(), error.remedy()));
    }
    succeed("source");
    take(found);
    save();
}

/// What a command prints need not be an answer.
void Follower::check_printed(const Answer& answer, const Watermarks& found) const {
    const auto fail = [](const std::string& why) {
        throw Error(ExitCode::unreachable, "no watermarks: --command printed " + why,
                    "Where that is right, remove the state: the next poll then notes the watermarks anew.");
    };
    if (state_.begun && state_.columns != answer.columns)
        fail(fmt::format("{} columns, and {} before", answer.columns, state_.columns));
    for (const auto& [value, after] : found.values) {
        const auto followed = state_.values.find(value);
        if (followed == state_.values.end() || followed->second.seen.size() != 1 || after.size() != 1)
            continue;
        const nlohmann::json& before = followed->second.seen[0];
        for (std::size_t i = 0; i < std::min(before.size(), after[0].size()); ++i)
            if (became_words(before[i], after[0][i]))
                fail(fmt::format("words in a number's place: {}", output::json_text(after[0][i])));
    }
}

void Follower::take(const Watermarks& found) {
    if (const std::size_t rows = found.refused.size(); rows > 0)
        fail("rows", Error(ExitCode::refused, fmt::format("cannot invalidate for {} {}: {}", rows,
                                                          rows == 1 ? "row: its value is refused"
                                                                    : "rows: values are refused, such as",
                                                          found.refused.front())));
    else
        succeed("rows");
    if (!state_.begun) {
        state_.begun = unsaved_ = true;
        if (!options_.invalidate_first) {
            for (const auto& [value, watermark] : found.values)
                state_.values[value].seen = watermark;
            context_.note(fmt::format("first poll: {} {} noted, nothing invalidated", found.values.size(),
                                      found.values.size() == 1 ? "watermark" : "watermarks"));
            return;
        }
    }
    act_on(changes_to(found));
}

std::vector<Follower::Change> Follower::changes_to(const Watermarks& found) const {
    std::vector<Change> changes;
    for (const auto& [value, after] : found.values) {
        const auto known = state_.values.find(value);
        const Watermark before = known == state_.values.end() ? Watermark() : known->second.seen;
        if (before != after) changes.push_back({value, before, after});
    }
    for (const auto& [value, followed] : state_.values)
        if (!followed.seen.is_null() && !found.values.contains(value))
            changes.push_back({value, followed.seen, Watermark()});
    return changes;
}

void Follower::act_on(const std::vector<Change>& changes) {
    for (const Change& change : changes) {
        if (core::Interrupt::requested() || store_is_away_) return;
        Report report{Report::Event::moved, change.value, change.before, change.after, {}};
        if (!try_invalidation(change.value, report.invalidation)) continue;
        if (change.before.is_null()) report.event = Report::Event::appeared;
        if (change.after.is_null()) report.event = Report::Event::vanished;
        note_done(change);
        print(report);
        if (core::now_ns() - saved_ns_ > k_save_every_ns) save();
        settle_due();
    }
}

void Follower::note_done(const Change& change) {
    Followed& followed = state_.values[change.value];
    followed.seen = change.after;
    const bool settles = settle_.count() > 0 && !options_.removal.dry_run;
    if (settles) followed.settles.push_back(core::Clock::now() + settle_);
    if (change.after.is_null() && !settles) state_.values.erase(change.value);
    unsaved_ = true;
}

std::optional<core::Clock::time_point> Follower::next_settle(RowValue* value) const {
    std::optional<core::Clock::time_point> next;
    if (store_is_away_) return next;
    for (const auto& [each, followed] : state_.values) {
        if (followed.settles.empty() || unsettled_.contains(each)) continue;
        if (next && *next <= followed.settles.front()) continue;
        next = followed.settles.front();
        if (value != nullptr) *value = each;
    }
    return next;
}

/// What was read before the change may have been written back since.
void Follower::settle(const RowValue& value) {
    const auto begun = core::Clock::now();
    Followed& followed = state_.values.at(value);
    Report report{Report::Event::settled, value, followed.seen, followed.seen, {}};
    if (!try_invalidation(value, report.invalidation)) {
        unsettled_.insert(value);
        return;
    }
    while (!followed.settles.empty() && followed.settles.front() <= begun)
        followed.settles.pop_front();
    if (followed.settles.empty() && followed.seen.is_null()) state_.values.erase(value);
    unsaved_ = true;
    print(report);
}

void Follower::settle_due() {
    RowValue value;
    for (auto next = next_settle(&value); next && *next <= core::Clock::now(); next = next_settle(&value)) {
        if (core::Interrupt::requested()) return;
        settle(value);
    }
}

void Follower::settle_until(core::Deadline deadline) {
    const auto is_read = [this] { return options_.once || context_.streams.out.good(); };
    while (!core::Interrupt::requested() && !deadline.passed() && is_read()) {
        settle_due();
        const auto next = next_settle();
        if (!next) save();
        if (!next && options_.once) return;
        core::wait_ready(-1, 0, next ? deadline.or_in(*next - core::Clock::now()) : deadline);
    }
    save();
}

/// False where it failed, which has been said; it is tried again at the next poll.
bool Follower::try_invalidation(const RowValue& value, ordered_json& document) {
    try {
        document = invalidate_value(value);
    } catch (const Error& error) {
        if (core::Interrupt::requested()) return false;
        store_is_away_ = error.code() == ExitCode::unreachable;
        // A value that no key can have, or a file that cannot be written now, stops none of the others.
        const ExitCode code = error.code() == ExitCode::usage ? ExitCode::refused : error.code();
        fail(store_is_away_ ? "store" : "value " + text_of(value), Error(code, error.what(), error.remedy()));
        return false;
    }
    succeed("store");
    succeed("value " + text_of(value));
    ++done_;
    return true;
}

ordered_json Follower::invalidate_value(const RowValue& value) {
    InvalidateOptions removal = options_.removal;
    removal.selectors = selectors_.with(value);
    removal.may_ask = removal.keeps_what_is_left = false; // who follows goes on by itself
    std::ostringstream out;
    output::Streams streams{.out = out, .err = context_.streams.err};
    streams.err_colour = context_.streams.err_colour;
    Context there{settings_, streams, context_.arguments, context_.command, {}, context_.store};
    there.announced = context_.announced;
    const ExitCode code = invalidate(removal, there);
    settings_.quiet = true; // its notes are said once
    if (code != ExitCode::done) throw Error(code, fmt::format("not invalidated: {}", outcome_of(code)));
    return ordered_json::parse(out.str());
}

void Follower::print(const Report& report) {
    std::ostream& out = context_.streams.out;
    if (is_json(format_))
        out << output::json_text(document_of(report, document_head("follow", context_))) << "\n";
    else
        out << line_of(report) << "\n";
    out.flush();
}

/// Says so once, until something else is the matter. Of a single poll the first failure is its end.
void Follower::fail(const std::string& subject, const Error& error) {
    const bool is_first = !failure_;
    if (is_first) failure_ = error;
    std::string& said = warned_[subject];
    if (std::exchange(said, error.what()) == error.what() || (options_.once && is_first)) return;
    context_.warn(fmt::format("{}{}", error.what(), options_.once ? "" : "; tried again at each poll"));
}

void Follower::succeed(const std::string& subject) {
    if (warned_.erase(subject) > 0) context_.note(subject + ": in order again");
}

void Follower::save() {
    if (!file_ || !unsaved_) return;
    saved_ns_ = core::now_ns();
    try {
        file_->write(state_);
        unsaved_ = false;
        succeed("state");
    } catch (const Error& error) {
        fail("state", error);
    }
}

ExitCode Follower::ended() const {
    if (core::Interrupt::requested()) return ExitCode::interrupted;
    if (!options_.once && context_.streams.reader_is_gone())
        throw Error(ExitCode::partial,
                    "partly done: nobody reads what follow prints any more, so that it ends",
                    "Start it again: with --state it goes on from there.");
    if (!failure_) return ExitCode::done;
    const std::string on = "What is not done is found again by the next run.";
    if (done_ == 0)
        throw Error(failure_->code(), failure_->what(), failure_->remedy().empty() ? on : failure_->remedy());
    throw Error(ExitCode::partial, fmt::format("partly done: {}", failure_->what()), on);
}

} // namespace roacache::commands::follow
