#include "src/store/redis/topology/replicas.hpp"

#include "src/output/text.hpp"
#include "src/store/redis/errors.hpp"
#include "src/store/redis/server_info.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace roacache::store::redis {

std::string replicas_behind(Topology& topology, const Node& primary) {
    if (!primary.doubt.empty()) return fmt::format("{}: {}", primary.address.text(), primary.doubt);
    std::size_t known = 0;
    for (const Node& node : topology.members())
        known += !node.primary && node.primary_id == primary.id && !node.failed && !node.suspected ? 1 : 0;
    Server& server = topology.at(primary).server();
    const auto ask = [&] {
        return server.converse([&] {
            return parse_info(server.connection().ask({"INFO", "replication"}).text);
        });
    };
    const Fields before = ask();
    const auto history = number_in(before, "master_repl_offset");
    if (!history || (known == 0 && replicas_in(before).empty())) return {};
    // WAIT has the replicas say at once how far they are, which else they do once a second.
    const Reply waited = server.converse([&] {
        return server.connection().ask(
            {"WAIT", fmt::format_int(std::max<std::size_t>(known, 1)).c_str(), "100"});
    });
    // A service that keeps its replicas to itself.
    if (waited.is_error() && is_not_available(waited.text) && replicas_in(before).empty()) return {};
    std::string behind;
    std::size_t online = 0;
    for (const Replica& replica : replicas_in(ask())) {
        if (!replica.online) continue;
        ++online;
        if (replica.offset < *history)
            behind += (behind.empty() ? "" : ", ") + output::printable(replica.address.text());
    }
    if (!behind.empty())
        return fmt::format("{}: its replica has not confirmed that what was removed is gone: {}",
                           server.name(), behind);
    if (online < known)
        return fmt::format("{}: of its {} replicas {} are connected, and another may have what was removed",
                           server.name(), known, online);
    return {};
}

} // namespace roacache::store::redis
