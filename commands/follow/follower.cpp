#include "commands/follow/follower.hpp"

#include "commands/document.hpp"
#include "commands/follow/together.hpp"
#include "commands/instances.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"
#include "src/output/json_text.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <ostream>
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
    together_ = go_together(options.removal, selectors_, context.settings);
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
    const std::size_t most = together_ ? k_most_together : 1;
    for (std::span<const Change> left(changes); !left.empty();) {
        if (core::Interrupt::requested() || store_is_away_) return;
        const std::size_t count = std::min(left.size(), most);
        act_together(left.first(count));
        left = left.subspan(count);
        if (core::now_ns() - saved_ns_ > k_save_every_ns) save();
        settle_due();
    }
}

/// In one walk for all, or one for each where that is another matter or fails.
void Follower::act_together(std::span<const Change> changes) {
    std::vector<RowValue> values;
    for (const Change& change : changes)
        values.push_back(change.value);
    const std::vector<ordered_json> documents = try_together(values);
    const auto done = core::Clock::now();
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const Change& change = changes[i];
        Report report{Report::Event::moved, change.value, change.before, change.after, {}};
        if (!documents.empty()) {
            report.invalidation = documents[i];
        } else {
            if (core::Interrupt::requested() || store_is_away_) return;
            if (!try_invalidation(change.value, report.invalidation)) continue;
        }
        if (change.before.is_null()) report.event = Report::Event::appeared;
        if (change.after.is_null()) report.event = Report::Event::vanished;
        note_done(change, documents.empty() ? core::Clock::now() : done);
        print(report);
    }
}

void Follower::note_done(const Change& change, core::Clock::time_point done) {
    Followed& followed = state_.values[change.value];
    followed.seen = change.after;
    const bool settles = settle_.count() > 0 && !options_.removal.dry_run;
    if (settles) followed.settles.push_back(done + settle_);
    if (change.after.is_null() && !settles) state_.values.erase(change.value);
    unsaved_ = true;
}

std::optional<core::Clock::time_point> Follower::next_settle() const {
    std::optional<core::Clock::time_point> next;
    if (store_is_away_) return next;
    for (const auto& [each, followed] : state_.values)
        if (!followed.settles.empty() && !unsettled_.contains(each) &&
            (!next || *next > followed.settles.front()))
            next = followed.settles.front();
    return next;
}

/// The values whose time has come, the earliest first, as many as go together.
std::vector<RowValue> Follower::due_values() const {
    std::vector<std::pair<core::Clock::time_point, RowValue>> due;
    if (store_is_away_) return {};
    const auto now = core::Clock::now();
    for (const auto& [each, followed] : state_.values)
        if (!followed.settles.empty() && !unsettled_.contains(each) && followed.settles.front() <= now)
            due.emplace_back(followed.settles.front(), each);
    std::sort(due.begin(), due.end());
    std::vector<RowValue> values;
    for (std::size_t i = 0; i < std::min(due.size(), together_ ? k_most_together : 1); ++i)
        values.push_back(std::move(due[i].second));
    return values;
}

/// What was read before the change may have been written back since.
void Follower::settle(const std::vector<RowValue>& values) {
    const auto begun = core::Clock::now();
    const std::vector<ordered_json> documents = try_together(values);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const RowValue& value = values[i];
        Followed& followed = state_.values.at(value);
        Report report{Report::Event::settled, value, followed.seen, followed.seen, {}};
        if (!documents.empty()) {
            report.invalidation = documents[i];
        } else if (store_is_away_ || !try_invalidation(value, report.invalidation)) {
            unsettled_.insert(value);
            continue;
        }
        while (!followed.settles.empty() && followed.settles.front() <= begun)
            followed.settles.pop_front();
        if (followed.settles.empty() && followed.seen.is_null()) state_.values.erase(value);
        unsaved_ = true;
        print(report);
    }
}

void Follower::settle_due() {
    for (auto due = due_values(); !due.empty(); due = due_values()) {
        if (core::Interrupt::requested()) return;
        settle(due);
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
