#include "commands/keys/removal_target.hpp"

#include "commands/document.hpp"
#include "commands/keys/invalidate_ends.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::commands {

using core::Error;
using core::ExitCode;

void number_tiers(std::vector<RemovalTarget>& targets) {
    for (std::size_t i = 1; i < targets.size(); ++i) {
        const bool same = targets[i].is_api() && targets[i - 1].is_api();
        targets[i].depth = targets[i - 1].depth + (same ? 0 : 1);
    }
}

std::string names_of(const std::vector<const RemovalTarget*>& targets) {
    std::string names;
    for (std::size_t i = 0; i < targets.size(); ++i)
        names += (i == 0 ? "" : i + 1 == targets.size() ? " and " : ", ") + targets[i]->url.redacted();
    return names;
}

namespace {

/// A store may tell how many keys have gone, and not beforehand how many are meant.
bool tells_counts(const RemovalTarget& target) {
    if (!target.remover) return true; // nothing has gone
    const store::RemovalFigures& figures = target.remover->figures();
    return figures.counts && (target.counts || figures.acted);
}

} // namespace

store::RemovalFigures sum_of(const std::vector<RemovalTarget>& targets) {
    store::RemovalFigures sum;
    for (const RemovalTarget& target : targets) {
        if (!target.remover) {
            sum.counts = false;
            continue;
        }
        const store::RemovalFigures& figures = target.remover->figures();
        sum.matched += figures.matched;
        sum.removed += figures.removed;
        sum.shortened += figures.shortened;
        sum.sent += figures.sent;
        sum.unconfirmed += figures.unconfirmed;
        sum.refused += figures.refused;
        sum.expired += figures.expired;
        sum.absent += figures.absent;
        sum.calls += figures.calls;
        sum.held_up += figures.held_up;
        sum.acted = sum.acted || figures.acted;
        sum.counts = sum.counts && tells_counts(target);
        if (!sum.refusal) sum.refusal = figures.refusal;
        if (figures.remaining) sum.remaining = sum.remaining.value_or(0) + *figures.remaining;
        if (figures.refilled) sum.refilled = sum.refilled.value_or(0) + *figures.refilled;
    }
    return sum;
}

std::optional<Error> failure_of(const std::vector<RemovalTarget>& targets, bool changed_nothing) {
    const auto failed = [](const RemovalTarget& target) { return target.error.has_value(); };
    const auto failures = std::count_if(targets.begin(), targets.end(), failed);
    if (failures == 0) return std::nullopt;
    const Error& first = *std::find_if(targets.begin(), targets.end(), failed)->error;
    if (failures == std::ssize(targets) && changed_nothing) return first;
    return Error(
        ExitCode::partial,
        fmt::format("partly done: {} of {} stores have failed: {}", failures, targets.size(), first.what()),
        way_on(first));
}

namespace {

std::string outcome_at(const RemovalTarget& target, const InvalidateReport& report) {
    const store::RemovalFigures& figures = report.figures;
    if (target.error && !figures.changed_nothing()) return "partial";
    if (target.error) return outcome_of(target.error->code());
    if (report.dry_run) return "dry_run";
    if (!report.counted || !figures.acted) return "not_tried";
    if (figures.remaining.value_or(0) > 0) return "incomplete";
    if (report.outcome == "interrupted") return "interrupted";
    return figures.counts && figures.matched == 0 ? "nothing_found" : "done";
}

} // namespace

/// A store that names no keys does not tell which event made each of them stale.
void take_events(const RemovalTarget& target, InvalidateReport& report) {
    if (target.store && !target.store->of_kind().has(store::Capability::list)) report.events.clear();
    for (std::size_t i = 0; i < report.events.size(); ++i)
        report.events[i].groups =
            target.remover ? target.remover->groups().sorted(i) : std::vector<store::KeyGroup>{};
}

InvalidateReport report_of(const RemovalTarget& target, InvalidateReport report, bool begun) {
    report.store = target.url.redacted();
    report.counted = begun && target.remover != nullptr;
    report.figures = target.remover ? target.remover->figures() : store::RemovalFigures{};
    report.figures.counts = tells_counts(target);
    report.groups = target.remover ? target.remover->groups().sorted() : std::vector<store::KeyGroup>{};
    take_events(target, report);
    report.settled = target.settled;
    report.error = target.error ? error_json(*target.error) : nlohmann::ordered_json(nullptr);
    report.outcome = outcome_at(target, report);
    return report;
}

} // namespace roacache::commands
