#include "commands/document.hpp"
#include "commands/stats_report.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace roacache::commands {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t k_named_prefixes = 10;

ordered_json json_ttls(const store::TtlCounts* ttls) {
    const auto ms = [&](std::int64_t (store::TtlCounts::*get)() const) {
        return ttls != nullptr ? ordered_json((ttls->*get)()) : ordered_json(nullptr);
    };
    return {{"min", ms(&store::TtlCounts::min_ms)},
            {"p50", ms(&store::TtlCounts::median_ms)},
            {"max", ms(&store::TtlCounts::max_ms)}};
}

ordered_json json_group(const std::optional<std::string>& tenant, const std::optional<std::string>& resource,
                        const store::GroupFigures& figures) {
    return {{"tenant", json_of_text(tenant)},
            {"resource", json_of_text(resource)},
            {"keys", figures.keys()},
            {"bytes", json_of(figures.bytes())},
            {"no_ttl", json_of(figures.no_ttl())},
            {"exceeding_policy", json_of(figures.exceeding_policy())},
            {"ttl_ms", json_ttls(figures.ttls())},
            {"ttl_unreadable", figures.ttl_unreadable()}};
}

/// The keys that the profile does not recognise, and what most of them begin with.
ordered_json json_others(const store::Groups& others) {
    ordered_json prefixes = ordered_json::array();
    const auto list = others.largest_first();
    for (std::size_t i = 0; i < std::min(list.size(), k_named_prefixes); ++i)
        prefixes.push_back({{"prefix", json_of_text(list[i]->resource)},
                            {"keys", list[i]->figures.keys()},
                            {"bytes", json_of(list[i]->figures.bytes())}});
    return {{"keys", others.total().keys()},
            {"bytes", json_of(others.total().bytes())},
            {"no_ttl", json_of(others.total().no_ttl())},
            {"ttl_unreadable", others.total().ttl_unreadable()},
            {"prefixes", prefixes}};
}

ordered_json json_queries_saved(const std::optional<store::QueriesSaved>& saved) {
    if (!saved) return nullptr;
    return {{"day", json_of(saved->day)}, {"week", json_of(saved->week)}, {"total", json_of(saved->total)}};
}

ordered_json json_lookups(const std::vector<store::TypeLookups>& types) {
    if (types.empty()) return nullptr;
    ordered_json json = ordered_json::object();
    for (const store::TypeLookups& lookups : types)
        json[output::printable(lookups.type)] = {
            {"hits", lookups.hits}, {"misses", lookups.misses}, {"hit_rate", json_of(lookups.hit_rate())}};
    return json;
}

ordered_json json_response_times(const std::vector<store::ResponseTimes>& types) {
    if (types.empty()) return nullptr;
    ordered_json json = ordered_json::object();
    for (const store::ResponseTimes& times : types)
        json[output::printable(times.type)] = {{"cached_ms", json_of(times.cached_ms)},
                                               {"origin_ms", json_of(times.origin_ms)},
                                               {"improvement_percent", json_of(times.improvement_percent())}};
    return json;
}

ordered_json json_tiers(const std::vector<store::TierFigures>& tiers) {
    if (tiers.empty()) return nullptr;
    ordered_json json = ordered_json::array();
    for (const store::TierFigures& tier : tiers)
        json.push_back({{"name", tier.name},
                        {"entries", json_of(tier.entries)},
                        {"hits", json_of(tier.hits)},
                        {"misses", json_of(tier.misses)}});
    return json;
}

ordered_json json_switches(const std::optional<store::Switches>& switches) {
    if (!switches) return nullptr;
    return {{"global", json_of(switches->global)},
            {"user", json_of(switches->user)},
            {"auto_invalidate", json_of(switches->auto_invalidate)}};
}

ordered_json json_memory(const store::Statistics& server) {
    return {{"used_bytes", json_of(server.memory_used)},
            {"peak_bytes", json_of(server.memory_peak)},
            {"limit_bytes", server.memory_limit == 0U ? ordered_json(nullptr) : json_of(server.memory_limit)},
            {"limited", server.memory_limit ? ordered_json(*server.memory_limit > 0) : ordered_json(nullptr)},
            {"refuses_writes", json_of(server.refuses_writes)},
            {"policy", json_of_text(server.memory_policy)},
            {"fragmentation", json_of(server.memory_fragmentation)}};
}

ordered_json json_groups(const StatsReport& report) {
    ordered_json groups = ordered_json::array();
    for (const store::Group* group : report.groups->largest_first()) {
        groups.push_back(
            json_group(group->tenant, report.by_prefix ? std::nullopt : group->resource, group->figures));
        if (report.by_prefix) groups.back()["prefix"] = json_of_text(group->resource);
    }
    if (const store::GroupFigures* rest = report.groups->rest()) {
        groups.push_back(json_group({}, {}, *rest));
        groups.back()["rest"] = true;
    }
    return groups;
}

} // namespace

ordered_json stats_json(const StatsReport& report, ordered_json json) {
    const store::Statistics& server = report.server;
    json["outcome"] = report.complete ? "done" : "interrupted";
    json.update(ordered_json{{"server",
                              {{"name", output::json_bytes(report.target)},
                               {"kind", json_of_text(report.info.kind)},
                               {"version", json_of_text(report.info.version)},
                               {"role", json_of_text(report.info.role)},
                               {"link", json_of_text(report.info.link)},
                               {"topology", json_of_text(report.info.topology)},
                               {"dialect", json_of_text(report.info.dialect)},
                               {"uptime_s", json_of(server.uptime_s)},
                               {"clients", json_of(server.clients)},
                               {"keys", json_of(server.keys)}}},
                             {"hits", json_of(server.hits)},
                             {"misses", json_of(server.misses)},
                             {"hit_rate", json_of(report.hit_rate())},
                             {"metadata_lookups", json_of(server.metadata_lookups)},
                             {"own_lookups", report.own_hits + report.own_misses},
                             {"evictions", json_of(server.evictions)},
                             {"expirations", json_of(server.expirations)},
                             {"memory", json_memory(server)},
                             {"queries_saved", json_queries_saved(server.queries_saved)},
                             {"lookups", json_lookups(server.lookups)},
                             {"response_times", json_response_times(server.response_times)},
                             {"tiers", json_tiers(server.tiers)},
                             {"switches", json_switches(server.switches)},
                             {"auto_invalidate_running", json_of(report.info.auto_invalidate_running)},
                             {"backend", json_of_text(server.backend)}});
    json.update(goals_json(report));
    if (!report.groups) {
        for (const char* name :
             {"keys", "bytes", "no_ttl", "ttl_ms", "ttl_unreadable", "expired", "groups", "unrecognised"})
            json[name] = nullptr;
        if (report.info.dialect) json["keys"] = json_of(server.keys);
        return json;
    }
    const store::GroupFigures& total = report.total;
    json["keys"] = total.keys();
    json["bytes"] = json_of(total.bytes());
    json["no_ttl"] = json_of(total.no_ttl());
    json["ttl_ms"] = json_ttls(total.ttls());
    json["ttl_unreadable"] = total.ttl_unreadable();
    json["expired"] = nullptr;
    if (report.expired)
        json["expired"] = {{"keys", report.expired->keys()}, {"bytes", json_of(report.expired->bytes())}};
    json["complete"] = report.complete;
    json["resized"] = report.resized;
    if (report.contact) json.update(report.contact->json());
    json["unrecognised"] = report.others ? json_others(*report.others) : ordered_json(nullptr);
    json["groups"] = json_groups(report);
    return json;
}

} // namespace roacache::commands
