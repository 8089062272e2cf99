#include "src/store/redis/topology/topology.hpp"

#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace roacache::store::redis {

RedisStore& Topology::at(const Node& node) {
    std::unique_ptr<RedisStore>& store = open_[node.id];
    if (!store) {
        try {
            store = connect_to(node);
        } catch (const core::Error&) {
            open_.erase(node.id);
            throw;
        }
    }
    return *store;
}

RedisStore& Topology::reader_of(const Node& primary) {
    if (!reads_replicas()) return at(primary);
    std::unique_ptr<RedisStore>& reader = readers_[primary.id];
    if (!reader) reader = open_replica(*this, primary);
    return *reader;
}

RedisStore& Topology::reader_of(const Node& primary, const SlotSet& slots) {
    const SlotSet moving = primary.migrating | importing_of(members_);
    return (moving & slots).none() ? reader_of(primary) : at(primary);
}

std::unique_ptr<RedisStore> open_replica(Topology& topology, const Node& primary) {
    std::string why = "it has none that is known";
    std::string remedy = "roacache ping lists the nodes; --read-from primary asks the primaries.";
    std::size_t tried = 0, lasting = 0;
    std::optional<core::Error> refusal;
    for (const Node& node : topology.members()) {
        if (node.primary || node.primary_id != primary.id || node.failed || node.suspected) continue;
        ++tried;
        try {
            auto replica = topology.connect(node.address);
            Server& server = replica->server();
            server.connection().read_as_replica();
            if (server.field("role") == "slave" && server.field("master_link_status") == "up") return replica;
            why = fmt::format("{} is not linked to it", node.address.text());
        } catch (const core::Error& error) {
            if (error.code() == core::ExitCode::interrupted) throw;
            const bool refused = error.code() != core::ExitCode::unreachable,
                       lasts = refused || error.lasts();
            if (refused) refusal = error;
            if (lasts || lasting == 0) why = error.what();
            if (lasts) remedy = error.remedy();
            lasting += lasts ? 1 : 0;
        }
    }
    if (refusal && lasting == tried) throw core::Error(*refusal);
    core::Error none(core::ExitCode::unreachable,
                     fmt::format("no replica of {} can be read from: {}", primary.address.text(), why),
                     remedy);
    if (tried > 0 && lasting == tried) none.set_lasting();
    throw core::Error(none);
}

const Node* find_node(const std::vector<Node>& nodes, const std::string& id) {
    const auto found =
        std::find_if(nodes.begin(), nodes.end(), [&](const Node& node) { return node.id == id; });
    return found == nodes.end() ? nullptr : &*found;
}

const Node* owner_of(std::size_t slot, const std::vector<Node>& primaries) {
    const auto found =
        std::find_if(primaries.begin(), primaries.end(), [&](const Node& node) { return node.slots[slot]; });
    return found == primaries.end() ? nullptr : &*found;
}

const Node* refusing(const std::vector<Node>& primaries, const SlotSet& slots) {
    const auto found = std::find_if(primaries.begin(), primaries.end(), [&](const Node& node) {
        return node.unreached && node.unreached->lasts() && (node.slots & slots).any();
    });
    return found == primaries.end() ? nullptr : &*found;
}

core::Error unanswered(const std::string& what, const std::vector<Node>& primaries, const SlotSet& slots) {
    constexpr const char* k_ask = "roacache ping lists the nodes.";
    const auto asked = std::find_if(primaries.begin(), primaries.end(), [&](const Node& node) {
        return node.unreached && (node.slots & slots).any();
    });
    if (asked == primaries.end()) return {core::ExitCode::unreachable, what, k_ask};
    const std::string name = output::printable(asked->address.text());
    std::string why = asked->unreached->what();
    if (const std::string known = fmt::format("cannot connect: {}: ", name); why.starts_with(known))
        why.erase(0, known.size());
    // Where none answers, ping has nothing to list.
    const bool any = std::any_of(primaries.begin(), primaries.end(), [](const Node& n) { return n.asked; });
    return {core::ExitCode::unreachable, fmt::format("{}: {}: {}", what, name, why),
            any ? k_ask : asked->unreached->remedy()};
}

bool is_as_before(const Node& before, const Node* now) {
    return now != nullptr && now->asked && now->epoch == before.epoch && now->run_id == before.run_id;
}

SlotSet served_by(const std::vector<Node>& primaries) {
    SlotSet served;
    for (const Node& node : primaries)
        if (node.asked) served |= node.slots;
    return served;
}

SlotSet importing_of(const std::vector<Node>& nodes) {
    SlotSet slots;
    for (const Node& node : nodes)
        slots |= node.importing;
    return slots;
}

SlotSet claimed_twice(const std::vector<Node>& nodes) {
    SlotSet once, twice;
    for (const Node& node : nodes) {
        twice |= once & node.slots;
        once |= node.slots;
    }
    return twice;
}

SlotSet owned_by(const std::vector<Node>& nodes) {
    SlotSet slots;
    for (const Node& node : nodes)
        slots |= node.slots;
    return slots;
}

} // namespace roacache::store::redis
