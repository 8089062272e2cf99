#include "src/store/redis/topology/replicas.hpp"

#include "src/output/text.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace roacache::store::redis {
namespace {

/// The value of `name=` in a list `a=1,b=2`.
std::string_view value_in(std::string_view list, std::string_view name) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(','), list.size());
        const std::string_view part = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=')
            return part.substr(name.size() + 1);
    }
    return {};
}

} // namespace

std::vector<Replica> replicas_in(const Fields& fields) {
    std::vector<Replica> replicas;
    for (std::size_t number = 0;; ++number) {
        const auto line = fields.find(fmt::format("slave{}", number));
        if (line == fields.end()) return replicas;
        Replica& replica = replicas.emplace_back();
        replica.address.host = value_in(line->second, "ip");
        const std::string_view port = value_in(line->second, "port"),
                               offset = value_in(line->second, "offset");
        std::from_chars(port.data(), port.data() + port.size(), replica.address.port);
        std::from_chars(offset.data(), offset.data() + offset.size(), replica.offset);
        replica.online = value_in(line->second, "state") == "online";
    }
}

std::string replicas_behind(Topology& topology, const Node& primary) {
    if (primary.in_doubt)
        return fmt::format("{}: it is believed to be down, and another may take its place",
                           primary.address.text());
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
    server.converse([&] {
        return server.connection().ask(
            {"WAIT", fmt::format_int(std::max<std::size_t>(known, 1)).c_str(), "100"});
    });
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
