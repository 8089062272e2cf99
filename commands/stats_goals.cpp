#include "commands/stats_goals.hpp"

#include "src/core/error.hpp"
#include "src/core/units.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::commands {
namespace {

using config::Goal;
using config::GoalQuantity;
using core::Error;
using core::ExitCode;

/// A figure, or why there is none.
struct FoundFigure {
    std::optional<double> value;
    std::string basis;
    std::optional<double> low = {}, high = {}; ///< as in GoalAnswer
};

template <typename Number>
FoundFigure figure(const std::optional<Number>& value, std::string basis, std::string why_not) {
    if (value) return {static_cast<double>(*value), std::move(basis)};
    return {{}, std::move(why_not)};
}

bool is_sqlite(const StatsReport& report) {
    return report.info.kind == "sqlite";
}

bool needs_walk(GoalQuantity quantity) {
    return quantity != GoalQuantity::hit_rate && quantity != GoalQuantity::memory &&
           quantity != GoalQuantity::evictions;
}

FoundFigure rate_of(std::uint64_t hits, std::uint64_t misses, std::string basis) {
    if (hits + misses == 0) return {{}, "no lookup was counted yet"};
    return {static_cast<double>(hits) / static_cast<double>(hits + misses), std::move(basis)};
}

/// A server counts for all that it holds; only a service's log tells one type of answers from another.
FoundFigure hit_rate_of_resource(const std::string& resource, const StatsReport& report) {
    if (report.info.dialect) return {{}, "the service counts hits of all its resources together"};
    if (!is_sqlite(report)) return {{}, "the server counts hits of all its keys together"};
    if (!report.server.hits) return {{}, report.server.why_no_lookups};
    for (const store::TypeLookups& lookups : report.server.lookups)
        if (lookups.type == resource) return rate_of(lookups.hits, lookups.misses, "of the service's log");
    return {{}, "the service's log has no lookup of it"};
}

/// The server counts walks' lookups, as for times to live, among the others: what the service's own rate is
/// lies between the case that all of these were hits and the case that none was.
void bound_by_metadata(const store::Statistics& server, FoundFigure& rate) {
    const std::uint64_t metadata = server.metadata_lookups.value_or(0);
    if (metadata == 0 || !rate.value) return;
    const std::uint64_t lookups = *server.hits + *server.misses;
    if (metadata >= lookups) {
        rate = {{}, "all lookups that the server counts asked for times to live and the like"};
        return;
    }
    const auto own = static_cast<double>(lookups - metadata);
    rate.low = static_cast<double>(*server.hits - std::min(*server.hits, metadata)) / own;
    rate.high = std::min(static_cast<double>(*server.hits), own) / own;
    rate.basis += fmt::format("; {} of the {} lookups asked for times to live and the like, without which it "
                              "is {:.3g} to {:.3g} %",
                              core::format_count(metadata), core::format_count(lookups), 100 * *rate.low,
                              100 * *rate.high);
}

std::string why_untold(const StatsReport& report) {
    if (report.info.dialect) return "the service does not tell it";
    return report.server.refused ? "the server does not tell this user (INFO)"
                                 : "the server does not tell it (INFO)";
}

FoundFigure counted_hit_rate(const StatsReport& report) {
    const store::Statistics& server = report.server;
    if (server.hits && server.misses)
        return rate_of(*server.hits, *server.misses,
                       report.info.dialect ? "as the service counts"
                       : is_sqlite(report) ? "of the service's log"
                                           : "of all keys of the server, whosever, since it began to count");
    if (!server.tiers.empty()) return {{}, "the service counts the hits of its memory (L1) alone"};
    return {{}, is_sqlite(report) ? report.server.why_no_lookups : why_untold(report)};
}

FoundFigure hit_rate(const StatsReport& report) {
    FoundFigure rate = counted_hit_rate(report);
    bound_by_metadata(report.server, rate);
    return rate;
}

FoundFigure memory(const StatsReport& report) {
    if (report.info.dialect)
        return figure(report.server.memory_used, "of the service's Redis, as the service tells",
                      why_untold(report));
    return figure(report.server.memory_used,
                  is_sqlite(report) ? "the size of the file" : "of the whole server, whosever the keys are",
                  why_untold(report));
}

/// Of entries whose end cannot be read it is not known whether they count: all of them may, or none.
FoundFigure of_ttls(const std::optional<std::uint64_t>& count, const store::GroupFigures& entries,
                    const std::string& whose) {
    const std::uint64_t unreadable = entries.ttl_unreadable();
    if (!count)
        return {{},
                unreadable > 0 ? "no entry has an end that is a time that can be read"
                               : "the store does not tell this user the times to live"};
    const auto value = static_cast<double>(*count);
    if (unreadable == 0) return {value, whose};
    return {value,
            fmt::format("{}; the end of {} more is no time that can be read", whose,
                        core::format_count(unreadable)),
            value, value + static_cast<double>(unreadable)};
}

FoundFigure of_entries(GoalQuantity quantity, const store::GroupFigures& entries, const StatsReport& report) {
    const std::string whose =
        report.selected ? "of the entries that were selected" : "of the profile's entries";
    const std::string sizes =
        whose + (is_sqlite(report) ? ", key and value" : ", each as the server has it (MEMORY USAGE)");
    switch (quantity) {
    case GoalQuantity::entries:
        return {static_cast<double>(entries.keys()), whose};
    case GoalQuantity::bytes:
        return figure(entries.bytes(), sizes, report.why_no_size);
    case GoalQuantity::bytes_per_entry:
        if (entries.keys() == 0) return {{}, "there is no entry"};
        if (!entries.bytes()) return {{}, report.why_no_size};
        return {static_cast<double>(*entries.bytes()) / static_cast<double>(entries.keys()), sizes};
    case GoalQuantity::no_ttl:
        return of_ttls(entries.no_ttl(), entries, whose);
    default:
        return of_ttls(entries.exceeding_policy(), entries, whose);
    }
}

/// What a service counts itself, whose API lists no keys. Its deepest tier is to have what the others have.
FoundFigure told_entries(const StatsReport& report) {
    if (report.server.keys) return {static_cast<double>(*report.server.keys), "as the service counts"};
    const std::vector<store::TierFigures>& tiers = report.server.tiers;
    if (tiers.empty() || !tiers.back().entries) return {{}, report.why_no_walk};
    const store::TierFigures& deepest = tiers.back();
    for (const store::TierFigures& tier : tiers)
        if (tier.entries.value_or(0) > *deepest.entries)
            return {{},
                    fmt::format("the service counts more entries in {} than in {}, which is to have them all",
                                tier.name, deepest.name)};
    return {static_cast<double>(*deepest.entries),
            fmt::format("as the service counts in its deepest tier, {}", deepest.name)};
}

/// What only a walk over the keys tells.
FoundFigure walked(const Goal& goal, const StatsReport& report) {
    if (!report.groups) {
        const bool told =
            goal.quantity == GoalQuantity::entries && goal.resource.empty() && report.info.dialect;
        return told ? told_entries(report) : FoundFigure{{}, report.why_no_walk};
    }
    if (!report.complete) return {{}, "the walk over the keys was interrupted"};
    const auto resource = report.resources.find(goal.resource);
    return of_entries(goal.quantity, resource == report.resources.end() ? report.total : resource->second,
                      report);
}

FoundFigure measure(const Goal& goal, const StatsReport& report) {
    if (needs_walk(goal.quantity)) return walked(goal, report);
    if (goal.quantity == GoalQuantity::memory) return memory(report);
    if (goal.quantity == GoalQuantity::evictions)
        return figure(report.server.evictions, "of the whole server, since it began to count",
                      "the store does not count them");
    return goal.resource.empty() ? hit_rate(report) : hit_rate_of_resource(goal.resource, report);
}

std::string undecided_text(const GoalAnswer& answer) {
    return fmt::format("{}: {}{}", core::shown_expression(answer.goal.requirement.expr),
                       answer.value ? "it is " + figure_text(answer) + ", " : "", answer.basis);
}

/// `verb`: is, or was.
std::string failed_text(const GoalAnswer& answer, const char* verb) {
    return fmt::format("{}: it {} {}, {}", core::shown_expression(answer.goal.requirement.expr), verb,
                       figure_text(answer), answer.basis);
}

ExitCode verdict_of(bool failed, bool unknown) {
    return failed ? ExitCode::negative : unknown ? ExitCode::inconclusive : ExitCode::done;
}

} // namespace

std::optional<bool> GoalAnswer::met() const {
    if (!value) return std::nullopt;
    if (!low || !high || *low >= *high) return goal.requirement.holds(*value);
    using Op = core::Requirement::Op;
    const bool at_low = goal.requirement.holds(*low), at_high = goal.requirement.holds(*high);
    const bool exact = goal.requirement.op == Op::equal || goal.requirement.op == Op::not_equal;
    return exact || at_low != at_high ? std::nullopt : std::optional(at_low);
}

std::set<std::string> WantedFigures::resources() const {
    std::set<std::string> names;
    for (const auto* list : {&goals, &asserts})
        for (const Goal& goal : *list)
            if (!goal.resource.empty()) names.insert(goal.resource);
    return names;
}

WantedFigures wanted_figures(const std::vector<std::string>& asserts, bool no_scan,
                             const config::Profile& profile) {
    WantedFigures wanted;
    wanted.goals = profile.goals.all();
    if (no_scan) wanted.why_no_walk = "a walk over the keys tells it, which --no-scan leaves out";
    for (const std::string& expr : asserts) {
        Goal goal = config::parse_goal(expr, "assert");
        if (!goal.resource.empty()) profile.check_resource(goal.resource);
        if (no_scan && needs_walk(goal.quantity))
            throw Error(ExitCode::usage,
                        fmt::format("assert cannot be answered: {}: {}", core::shown_expression(expr),
                                    wanted.why_no_walk),
                        "Leave --no-scan away.");
        wanted.asserts.push_back(std::move(goal));
    }
    return wanted;
}

GoalAnswer answer_goal(const Goal& goal, const StatsReport& report) {
    FoundFigure found = measure(goal, report);
    return {goal, found.value, std::move(found.basis), found.low, found.high};
}

void hold_against(const WantedFigures& wanted, StatsReport& report) {
    report.why_no_walk = wanted.why_no_walk;
    for (const Goal& goal : wanted.goals)
        report.goals.push_back(answer_goal(goal, report));
    for (const Goal& goal : wanted.asserts)
        report.asserts.push_back(answer_goal(goal, report));
}

ExitCode judge_asserts(const StatsReport& report, const Context& context, const std::string& store) {
    bool failed = false, unknown = false;
    const std::string where = store.empty() ? "" : fmt::format(" (at {})", output::printable(store));
    for (const GoalAnswer& answer : report.asserts) {
        const auto met = answer.met();
        failed |= met == false;
        unknown |= !met;
        if (!met) context.warn(fmt::format("assert cannot be decided: {}{}", undecided_text(answer), where));
        if (met == false) context.warn(fmt::format("assert failed: {}{}", failed_text(answer, "is"), where));
    }
    return verdict_of(failed, unknown);
}

void note_goals(const StatsReport& report, Format format, const Context& context) {
    if (format == Format::csv && !report.goals_alone && !report.asserts.empty())
        context.note("csv is one table; --goals prints that of the goals and asserts");
    if (report.goals_alone && report.goals.empty() && report.asserts.empty())
        context.note(fmt::format("profile {} names no goals, and nothing is asserted", report.profile));
}

void AssertTally::add(const std::vector<GoalAnswer>& answers) {
    ++looks_;
    outcomes_.resize(answers.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
        Outcome& outcome = outcomes_[i];
        const auto met = answers[i].met();
        if (!met && outcome.unknown++ == 0) outcome.first_unknown = answers[i];
        if (met == false && outcome.failed++ == 0) outcome.first_failed = answers[i];
    }
}

void AssertTally::add_unanswered(const std::vector<Goal>& asserts, const std::string& why) {
    std::vector<GoalAnswer> answers;
    answers.reserve(asserts.size());
    for (const Goal& goal : asserts)
        answers.push_back({goal, {}, why});
    add(answers);
}

ExitCode AssertTally::judge(const Context& context) const {
    bool failed = false, unknown = false;
    const auto looks = [&](std::uint64_t count) {
        return fmt::format("at {} of {} {}", core::format_count(count), core::format_count(looks_),
                           looks_ == 1 ? "look" : "looks");
    };
    for (const Outcome& outcome : outcomes_) {
        failed |= outcome.failed > 0;
        unknown |= outcome.unknown > 0;
        if (outcome.unknown > 0)
            context.warn(fmt::format("assert cannot be decided {}: {}", looks(outcome.unknown),
                                     undecided_text(outcome.first_unknown)));
        if (outcome.failed > 0)
            context.warn(fmt::format("assert failed {}, first: {}", looks(outcome.failed),
                                     failed_text(outcome.first_failed, "was")));
    }
    return verdict_of(failed, unknown);
}

} // namespace roacache::commands
