#include "commands/server_state.hpp"
#include "commands/stats_report.hpp"
#include "src/core/units.hpp"

#include <fmt/core.h>

namespace roacache::commands {
namespace {

void note_unreadable_ttls(const StatsReport& report, const Context& context) {
    std::uint64_t keys = report.total.keys(), unreadable = report.total.ttl_unreadable();
    if (report.others) {
        keys += report.others->total().keys();
        unreadable += report.others->total().ttl_unreadable();
    }
    if (unreadable == 0) return;
    if (unreadable == keys)
        context.note("no entry has an end that is a time that can be read: the times to live are n/a");
    else
        context.note(fmt::format(
            "{} of {} entries {} an end that is no time that can be read: the times to live are those of the "
            "others; keys -l shows which",
            core::format_count(unreadable), core::format_count(keys), unreadable == 1 ? "has" : "have"));
}

} // namespace

void note_stats(const StatsReport& report, const Context& context) {
    const store::Statistics& server = report.server;
    warn_of_state(context, report.target, report.info);
    const double lookups =
        static_cast<double>(server.hits.value_or(0)) + static_cast<double>(server.misses.value_or(0));
    const auto metadata = static_cast<double>(server.metadata_lookups.value_or(0));
    if (lookups > 0 && metadata > 0.05 * lookups)
        context.note(fmt::format(
            "{} of the {} lookups that the server counts asked for a time to live, a type or an idle "
            "time, as walks of roacache do: the rate of the service's own is another",
            core::format_count(*server.metadata_lookups),
            core::format_count(static_cast<std::uint64_t>(lookups))));
    for (const std::string& remark : server.remarks)
        context.note(remark);
    if (!server.hits && !server.memory_used && !report.info.dialect)
        context.note(fmt::format("the server does not tell {}its figures (INFO): they are n/a",
                                 server.refused ? "this user " : ""));
    warn_of_full_memory(context, server.refuses_writes);
    if (server.memory_limit == 0U)
        context.standing_note(
            "the server has no memory limit (maxmemory is unset): it evicts nothing and grows until "
            "its machine is full");
    if (server.refuses_writes == false && server.memory_limit.value_or(0) > 0 &&
        server.memory_policy == "noeviction")
        context.standing_note(
            "the policy is noeviction: when the memory limit is reached, nothing more can be cached");
    if (!report.groups) return;
    if (!report.total.bytes()) context.note(report.why_no_size + ": bytes are n/a");
    note_unreadable_ttls(report, context);
    if (!report.total.no_ttl() && report.total.ttl_unreadable() == 0)
        context.note("the server does not tell this user the times to live (PTTL): they are n/a");
    if (report.groups->rest() != nullptr)
        context.note(fmt::format("there are more than {} groups: the keys of the others are summed up as the "
                                 "rest",
                                 core::format_count(report.groups->largest_first().size())));
    if (report.resized)
        context.note("the store's table changed its size during the walk: some keys may be counted twice");
    if (!report.complete) context.note("interrupted: the keys are those seen until then");
}

} // namespace roacache::commands
