// What an invalidation came to, and who is told of it.

#include "commands/document.hpp"
#include "commands/keys/invalidate_ends.hpp"
#include "commands/keys/invalidate_run.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <unistd.h>

namespace roacache::commands {

using core::Error;
using core::ExitCode;

void InvalidateRun::note_figures() {
    report_.counted = looked_;
    report_.targets.clear();
    if (several_) {
        report_.figures = sum_of(targets_);
        for (const RemovalTarget& target : targets_) {
            report_.targets.push_back(report_of(target, report_, looked_));
            if (target.settled) report_.settled = report_.settled.value_or(0) + *target.settled;
        }
        return;
    }
    const RemovalTarget& target = targets_.front();
    report_.settled = target.settled;
    if (!looked_ || !target.remover) return;
    report_.figures = target.remover->figures();
    report_.groups = target.remover->groups().sorted();
    take_events(target, report_);
}

void InvalidateRun::note_first_contact() {
    const RemovalTarget& target = targets_.front();
    if (core::Interrupt::requested()) return;
    const bool found = report_.figures.counts && report_.figures.matched > 0;
    if (several_ || !target.store->of_kind().has(store::Capability::list)) {
        if (!found) note_unknown_resources(walking_.keys(), context_);
        return;
    }
    report_.contact = walking_.first_contact(*target.store, context_);
}

/// The exit code, but for what only comes in the way of the answer; the report's outcome.
ExitCode InvalidateRun::outcome(const Error* failure) {
    const store::RemovalFigures& figures = report_.figures;
    if (report_.dry_run && report_.outcome == "done") report_.outcome = "dry_run";
    const auto end = [&](const char* name, ExitCode code) {
        report_.outcome = name;
        return code;
    };
    if (core::Interrupt::requested()) return end("interrupted", ExitCode::interrupted);
    if (failure && (!figures.changed_nothing() || failure->code() == ExitCode::partial))
        return end("partial", ExitCode::partial);
    if (failure) return end(outcome_of(failure->code()), failure->code());
    if (report_.outcome == "declined") return ExitCode::refused;
    if (figures.remaining.value_or(0) > 0) return end("incomplete", ExitCode::partial);
    if (report_.outcome == "done" && report_.counted && figures.counts &&
        figures.matched + figures.expired == 0)
        return end("nothing_found", options_.fail_if_none ? ExitCode::negative : ExitCode::done);
    return ExitCode::done;
}

void InvalidateRun::print() {
    if (notification_ || unnotified_) {
        report_.notification = {
            {"channel", output::json_bytes(options_.notify)},
            {"store", notification_ ? nlohmann::ordered_json(notification_->store()) : nullptr},
            {"receivers", notification_ ? json_of(notification_->receivers()) : nullptr},
            {"error", unnotified_ ? error_json(*unnotified_) : nullptr}};
    }
    const char* const command = options_.file ? options_.file->command() : "invalidate";
    print_invalidate(report_, document_head(command, context_), format_, context_.streams);
}

ExitCode InvalidateRun::finish(const Error* failure) {
    const store::RemovalFigures& figures = report_.figures;
    ExitCode code = outcome(failure);
    const auto is_away = [](const RemovalTarget& target) {
        return !target.error || target.error->code() == ExitCode::unreachable;
    };
    const bool parts_away =
        several_ && code == ExitCode::partial && std::all_of(targets_.begin(), targets_.end(), is_away);
    const bool down = failure && !unnotified_ && (failure->code() == ExitCode::unreachable || parts_away);
    const bool allowed = down && options_.allow_unreachable && code != ExitCode::interrupted;
    if (allowed) code = ExitCode::done;
    line_.clear();
    const bool silent = failure && figures.changed_nothing() && figures.refused == 0 && !allowed &&
                        code != ExitCode::interrupted && code != ExitCode::partial && !is_lost();
    const std::string go_on = keep_what_is_left(code);
    if (failure)
        report_.error = error_json(
            {failure->code(), failure->what(), go_on.empty() ? failure->remedy() : way_on(*failure, go_on)});
    if (options_.file) {
        for (const RemovalTarget& target : targets_)
            if (target.remover) options_.file->walked(target.remover->resumptions());
        options_.file->ends(code, report_);
        report_.file_members = options_.file->members();
    }
    note_memory_tier();
    if (!silent) print();
    note_details(failure);
    const auto unwritten = unwritten_answer(context_, report_, !failure && code != ExitCode::interrupted);
    if (unwritten && code == ExitCode::done) code = unwritten->code();
    const auto unlogged = keep_log(code);
    if (unwritten && unlogged) context_.warn(unlogged->what());
    if (unwritten && !failure) throw Error(code, unwritten->what(), unwritten->remedy());
    if (unwritten) context_.warn(unwritten->what());
    if (allowed)
        context_.warn(
            fmt::format("{}; going on without{}", failure->what(),
                        figures.changed_nothing() ? "" : ", though stale keys may be left: run it again"));
    if (unlogged && code == ExitCode::done) throw Error(*unlogged);
    if (unlogged) context_.warn(unlogged->what());
    if (!go_on.empty() && !failure) context_.warn(fmt::format("not all is done; go on with: {}", go_on));
    if (!failure || allowed) return code;
    const bool is_new = code == ExitCode::partial && failure->code() != ExitCode::partial;
    throw Error(code, is_new ? fmt::format("partly done: {}", failure->what()) : failure->what(),
                is_new || !go_on.empty() ? way_on(*failure, go_on) : failure->remedy());
}

/// What is worth knowing besides the summary.
void InvalidateRun::note_details(const Error* failure) {
    for (const RemovalTarget& target : targets_) {
        if (several_ && target.error)
            context_.warn(fmt::format("{}: {}", target.url.redacted(), target.error->what()));
        if (looked_ && target.remover) note_keys(target, target.remover->figures());
    }
    if (report_.figures.absent > 0 && named_as_printed(options_.selectors.keys))
        context_.note("-k takes a key as it is; --keys-from takes it as roacache keys prints it, with \\xHH");
    if (!failure && report_.counted && walking_.keys().selection().by_default())
        context_.note(fmt::format("only the profile's default tenant was meant ({}); name one with -t, or "
                                  "--all-tenants",
                                  output::printable(walking_.keys().profile().default_tenant)));
    note_receivers();
    note_reach(failure);
    note_resumed();
}

void InvalidateRun::note_keys(const RemovalTarget& target, const store::RemovalFigures& figures) const {
    const std::string where = several_ ? target.url.redacted() + ": " : "";
    if (figures.absent > 0) context_.warn(where + absent_text(figures, walking_.keys().named()->size()));
    if (figures.ttls_unknown)
        context_.note(where + "the server does not tell this user the times to live (PTTL): not verified");
    if (const std::uint64_t keys = figures.ttls_unreadable; keys > 0)
        context_.note(fmt::format("{}{} an end that is no time that can be read, and {} not shortened", where,
                                  keys == 1 ? "1 key has" : core::format_count(keys) + " keys have",
                                  keys == 1 ? "was" : "were"));
    if (figures.resized)
        context_.note(where + "a key may be counted twice: the store's table changed its size during the "
                              "walk, or parts of the walk overlapped");
    // Deeper tiers keep to the rule, and whoever was told does too.
    const bool told = notification_ && notification_->receivers().value_or(0) > 0;
    if (!figures.left.empty() && !(told && target.depth > 1)) context_.note(where + figures.left);
}

/// Who listens was told, or nobody listens.
void InvalidateRun::note_receivers() const {
    if (unnotified_) context_.warn(fmt::format("nobody was told: {}", unnotified_->what()));
    if (!notification_ || !notification_->published()) return;
    const std::string where =
        fmt::format("channel {} of {}", output::printable(options_.notify), notification_->store());
    const auto received = notification_->receivers();
    if (!received)
        context_.note(fmt::format("published on {}; whether anybody listens is not known, for not all of its "
                                  "servers tell",
                                  where));
    else if (*received == 0)
        context_.warn(fmt::format("nobody listens to {}: no instance was told", where));
    else if (several_ || context_.streams.err_is_terminal || context_.settings.verbose)
        context_.note(fmt::format("{}{} told: {}", notification_->may_be_more() ? "at least " : "",
                                  *received == 1 ? std::string("1 receiver")
                                                 : core::format_count(*received) + " receivers",
                                  where));
}

/// What the removal did not reach.
void InvalidateRun::note_reach(const Error* failure) {
    const bool told = notification_ && notification_->receivers().value_or(0) > 0;
    const bool acted = report_.figures.acted && !told && !core::Interrupt::requested();
    for (const RemovalTarget& target : targets_) {
        const bool alone = target.is_api() && options_.instances.empty() && !target.error && target.store;
        if (!acted || !alone) continue;
        if (const std::string left = target.store->out_of_reach(); !left.empty())
            context_.warn(
                fmt::format("{}: {}: the others may go on answering from theirs; --instances URL,URL "
                            "names all, and --notify CHANNEL tells those that listen",
                            target.url.redacted(), left));
    }
    if (!failure && report_.memory_tier_stale &&
        (options_.verify || context_.streams.err_is_terminal || context_.settings.verbose))
        context_.note(
            fmt::format("removed from the store is not yet fresh: where the service has a memory tier of its "
                        "own, which was not reached, it may answer from there for up to {} more",
                        core::format_duration(*report_.memory_tier_stale)));
}

/// Gone from the store is not gone from the service's own memory, unless that is one of the tiers or the
/// service was told.
void InvalidateRun::note_memory_tier() {
    const config::Profile& profile = walking_.keys().profile();
    const auto is_api = [](const RemovalTarget& target) { return target.is_api() && !target.error; };
    const bool reached = std::any_of(targets_.begin(), targets_.end(), is_api) ||
                         (notification_ && notification_->receivers().value_or(0) > 0);
    if (reached || !profile.memory_tier || report_.figures.changed_nothing()) return;
    std::optional<std::chrono::seconds> longest;
    const auto look = [&](const std::vector<store::KeyGroup>& groups) {
        for (const store::KeyGroup& group : groups)
            if (group.resource) longest = std::max(longest, profile.stale_at_most(*group.resource));
    };
    look(report_.groups);
    for (const InvalidateReport& target : report_.targets)
        look(target.groups);
    report_.memory_tier_stale = longest;
}

nlohmann::ordered_json InvalidateRun::log_entry(const char* event) const {
    nlohmann::ordered_json entry{
        {"event", event},
        {"run", run_id_},
        {"pid", getpid()},
        {"store", several_ ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(report_.store)},
        {"profile", walking_.keys().profile().name},
        {"selector", report_.selection}};
    std::vector<std::optional<std::string>> secrets{context_.settings.password.value};
    for (const RemovalTarget& target : targets_) {
        secrets.push_back(target.url.password);
        if (several_) entry["stores"].push_back(target.url.redacted());
    }
    const std::string reason = without(secrets, options_.reason);
    entry["reason"] =
        reason.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(output::json_bytes(reason));
    entry["max_keys"] =
        options_.max_keys ? nlohmann::ordered_json(*options_.max_keys) : nlohmann::ordered_json(nullptr);
    if (!options_.notify.empty()) entry["notify"] = output::json_bytes(options_.notify);
    if (options_.file) entry.update(options_.file->members());
    return entry;
}

/// Before the first key goes; nothing is removed when the line cannot be written.
void InvalidateRun::note_begun(std::optional<std::uint64_t> counted) {
    if (begun_) return;
    if (options_.file) options_.file->begins(run_id_);
    if (log_) {
        nlohmann::ordered_json entry = log_entry("begun");
        entry["soft_ms"] = terms_.soft ? nlohmann::ordered_json(terms_.soft->count()) : nullptr;
        // Of several stores the first begins before the others are counted.
        entry["matched"] =
            counted && !several_ ? nlohmann::ordered_json(*counted) : nlohmann::ordered_json(nullptr);
        try {
            log_->append(entry);
        } catch (const Error& error) {
            log_.reset();
            throw Error(ExitCode::usage, error.what(), "Nothing was removed.");
        }
    }
    begun_ = true;
}

/// Why the line was not written, if it was not.
std::optional<Error> InvalidateRun::keep_log(ExitCode code) const {
    if (!log_) return std::nullopt;
    nlohmann::ordered_json entry = log_entry("ended");
    entry.update(invalidate_figures(report_));
    if (several_) entry["targets"] = targets_json(report_);
    if (!report_.notification.is_null()) entry["notification"] = report_.notification;
    if (!report_.resume_file.empty()) entry["resume_file"] = output::json_bytes(report_.resume_file);
    entry["exit_code"] = static_cast<int>(code);
    context_.streams.out.flush();
    try {
        log_->append(entry);
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

} // namespace roacache::commands
