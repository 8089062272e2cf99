#include "commands/server_state.hpp"

#include "src/output/text.hpp"

#include <fmt/core.h>

namespace roacache::commands {

void warn_of_state(const Context& context, const std::string& target, const store::Info& info) {
    const std::string name = output::printable(target);
    if (info.topology == "cluster" && info.cluster_nodes != 1U && info.members.empty())
        context.warn(
            fmt::format("{}: this is one node of a cluster{}: its figures are its own and not the cluster's",
                        name, info.cluster_nodes ? fmt::format(" of {}", *info.cluster_nodes) : ""));
    if (info.topology == "sentinel" && info.members.empty())
        context.warn(
            fmt::format("{}: this is a Sentinel, which watches over caches and holds no keys", name));
    for (const std::string& warning : info.warnings)
        context.warn(fmt::format("{}: {}", name, warning));
    if (info.link && *info.link != "up")
        context.warn(fmt::format(
            "{}: the link to its primary{} is {}: what the replica holds may be out of date", name,
            info.primary ? " " + output::printable(*info.primary) : "", output::printable(*info.link)));
}

void warn_of_full_memory(const Context& context, const std::optional<bool>& refuses_writes) {
    if (refuses_writes.value_or(false))
        context.warn("the memory limit is reached and nothing can be evicted: writes are refused");
}

} // namespace roacache::commands
