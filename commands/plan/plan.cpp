#include "commands/plan/plan.hpp"

#include "commands/document.hpp"
#include "src/output/text.hpp"

#include <fmt/core.h>

namespace roacache::commands {
namespace {

using nlohmann::ordered_json;

std::optional<std::uint64_t> read_optional(const Place& place, const char* name) {
    return place.has(name) ? std::optional(place.at(name).count()) : std::nullopt;
}

PlannedGroup read_group(const Place& place) {
    PlannedGroup group;
    if (place.has("tenant")) group.tenant = place.at("tenant").bytes();
    if (place.has("resource")) group.resource = place.at("resource").bytes();
    if (place.has("others")) group.others = place.at("others").flag();
    group.keys = place.at("keys").count();
    group.bytes = read_optional(place, "bytes");
    return group;
}

Applied read_applied(const Place& place) {
    Applied applied;
    applied.at = place.at("at").text();
    applied.by = read_person(place.at("by"));
    applied.run = place.at("run").text();
    applied.outcome = place.at("outcome").text();
    applied.removed = place.at("removed").count();
    return applied;
}

} // namespace

Plan Plan::read(const SealedDocument& document) {
    const Place place(document);
    Plan plan;
    plan.record = RemovalRecord::read(document);
    if (plan.record.stores.size() != 1) place.at("stores").fail("a plan is of one store");
    plan.keys = place.at("keys").count();
    plan.bytes = read_optional(place, "bytes");
    if (place.has("exact")) plan.exact = place.at("exact").flag();
    plan.absent = place.at("absent").count();
    std::uint64_t sum = 0;
    for (const Place& group : place.at("groups").list()) {
        plan.groups.push_back(read_group(group));
        if (plan.groups.back().keys > plan.keys - sum) place.at("groups").fail("they are more than all keys");
        sum += plan.groups.back().keys;
    }
    if (sum != plan.keys) place.at("groups").fail("they do not add up to all keys");
    for (const Place& node : place.at("nodes").list())
        plan.nodes.push_back({node.at("node").text(), node.at("keys").count(), read_optional(node, "bytes")});
    if (place.has("applied")) plan.applied = read_applied(place.at("applied"));
    return plan;
}

ordered_json Plan::json() const {
    ordered_json json = record.json(k_plan_schema);
    json["keys"] = keys;
    json["bytes"] = json_of(bytes);
    json["exact"] = exact;
    json["absent"] = absent;
    json["groups"] = ordered_json::array();
    for (const PlannedGroup& group : groups) {
        json["groups"].push_back({{"tenant", json_of_text(group.tenant)},
                                  {"resource", json_of_text(group.resource)},
                                  {"keys", group.keys},
                                  {"bytes", json_of(group.bytes)}});
        if (group.others) json["groups"].back()["others"] = true;
    }
    json["nodes"] = ordered_json::array();
    for (const PlannedNode& node : nodes)
        json["nodes"].push_back({{"node", node.node}, {"keys", node.keys}, {"bytes", json_of(node.bytes)}});
    json["applied"] = applied ? applied_json(*applied) : ordered_json(nullptr);
    return json;
}

ordered_json applied_json(const Applied& applied) {
    return {{"at", applied.at},
            {"by", person_json(applied.by)},
            {"run", applied.run},
            {"outcome", applied.outcome},
            {"removed", applied.removed}};
}

} // namespace roacache::commands
