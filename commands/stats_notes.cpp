#include "commands/server_state.hpp"
#include "commands/stats_report.hpp"
#include "src/core/units.hpp"

#include <fmt/core.h>

namespace roacache::commands {

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
        context.note("the server does not tell this user its figures (INFO): they are n/a");
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
    if (!report.total.bytes())
        context.note("the server does not tell this user the size of keys (MEMORY USAGE): bytes are n/a");
    if (!report.total.no_ttl())
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
