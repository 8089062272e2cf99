#include "commands/stats_report.hpp"
#include "src/output/text.hpp"

#include <fmt/core.h>
#include <functional>
#include <set>
#include <utility>
#include <vector>

namespace roacache::commands {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

std::string escaped(const std::string& value) {
    std::string text;
    for (const char c : output::printable(value)) {
        if (c == '\\' || c == '"') text += '\\';
        text += c;
    }
    return text;
}

std::string sample(const std::string& name, const Labels& labels, double value) {
    std::string text;
    for (const auto& [label, content] : labels)
        text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", label, escaped(content));
    return labels.empty() ? fmt::format("{} {}\n", name, value)
                          : fmt::format("{}{{{}}} {}\n", name, text, value);
}

/// The head of a metric with its samples; nothing without samples.
std::string metric(const std::string& name, const char* type, const char* help, const std::string& samples) {
    if (samples.empty()) return {};
    return fmt::format("# HELP {} {}\n# TYPE {} {}\n{}", name, help, name, type, samples);
}

template <typename Number>
std::string single(const std::string& name, const char* type, const char* help,
                   const std::optional<Number>& value) {
    if (!value) return {};
    return metric(name, type, help, sample(name, {}, static_cast<double>(*value)));
}

std::string server_metrics(const StatsReport& report) {
    const store::Statistics& server = report.server;
    const Labels labels{{"kind", report.info.kind.value_or(core::Untrusted()).bytes()},
                        {"version", report.info.version.value_or(core::Untrusted()).bytes()},
                        {"role", report.info.role.value_or(core::Untrusted()).bytes()},
                        {"policy", server.memory_policy.value_or(core::Untrusted()).bytes()}};
    std::optional<std::uint64_t> link_up;
    if (report.info.link) link_up.emplace(*report.info.link == "up" ? 1 : 0);
    return up_metric(true) +
           metric("roacache_server_info", "gauge", "Who answers; always 1.",
                  sample("roacache_server_info", labels, 1)) +
           single("roacache_replica_link_up", "gauge", "1 while the replica is linked to its primary.",
                  link_up) +
           single("roacache_hits_total", "counter", "Lookups that found their key.", server.hits) +
           single("roacache_misses_total", "counter", "Lookups that found nothing.", server.misses) +
           single("roacache_hit_ratio", "gauge", "Hits among all lookups since the server counts.",
                  report.hit_rate()) +
           single("roacache_evictions_total", "counter", "Keys removed for want of memory.",
                  server.evictions) +
           single("roacache_expirations_total", "counter", "Keys whose time was over.", server.expirations) +
           single("roacache_memory_used_bytes", "gauge", "Memory that the server uses.", server.memory_used) +
           single("roacache_memory_peak_bytes", "gauge", "The most memory that the server used.",
                  server.memory_peak) +
           single("roacache_memory_limit_bytes", "gauge", "Memory that the server may use; absent: no limit.",
                  server.memory_limit == 0U ? std::nullopt : server.memory_limit) +
           single("roacache_refuses_writes", "gauge", "1 when the memory is full and nothing can be evicted.",
                  server.refuses_writes) +
           single("roacache_memory_fragmentation_ratio", "gauge", "Resident memory to memory used.",
                  server.memory_fragmentation) +
           single("roacache_clients", "gauge", "Clients that are connected.", server.clients) +
           single("roacache_uptime_seconds", "gauge", "Time since the server was started.", server.uptime_s) +
           single("roacache_database_keys", "gauge", "Keys in the database, whosever they are.", server.keys);
}

std::string queries_metrics(const store::QueriesSaved& saved) {
    return single("roacache_queries_saved_last_day", "gauge",
                  "Queries that the cache answered in the last 24 hours.", saved.day) +
           single("roacache_queries_saved_last_week", "gauge",
                  "Queries that the cache answered in the last seven days.", saved.week) +
           single("roacache_queries_saved_total", "counter",
                  "Queries that the cache answered, as far as the service's log goes back.", saved.total);
}

/// By type of answers, which is what keys have as their resource.
std::string type_metrics(const store::Statistics& server) {
    std::string hits, misses, times, improvements;
    for (const store::TypeLookups& lookups : server.lookups) {
        const Labels labels{{"resource", lookups.type.bytes()}};
        hits += sample("roacache_resource_hits_total", labels, static_cast<double>(lookups.hits));
        misses += sample("roacache_resource_misses_total", labels, static_cast<double>(lookups.misses));
    }
    for (const store::ResponseTimes& of : server.response_times) {
        const std::string type = of.type.bytes();
        const auto add = [&](const char* source, const std::optional<double>& ms) {
            if (ms)
                times += sample("roacache_response_time_seconds", {{"resource", type}, {"source", source}},
                                *ms / 1000);
        };
        add("cache", of.cached_ms);
        add("origin", of.origin_ms);
        if (const auto percent = of.improvement_percent())
            improvements +=
                sample("roacache_response_time_improvement_ratio", {{"resource", type}}, *percent / 100);
    }
    return metric("roacache_resource_hits_total", "counter", "Lookups that the cache answered, by resource.",
                  hits) +
           metric("roacache_resource_misses_total", "counter",
                  "Lookups that the cache did not answer, by resource.", misses) +
           metric("roacache_response_time_seconds", "gauge",
                  "The mean time of an answer in the last 24 hours, by where it came from.", times) +
           metric("roacache_response_time_improvement_ratio", "gauge",
                  "How much less time the cache takes than the origin; negative: more.", improvements);
}

std::string tier_metrics(const std::vector<store::TierFigures>& tiers) {
    std::string entries, hits, misses;
    for (const store::TierFigures& tier : tiers) {
        const auto add = [&](std::string& samples, const char* name,
                             const std::optional<std::uint64_t>& value) {
            if (value) samples += sample(name, {{"tier", tier.name}}, static_cast<double>(*value));
        };
        add(entries, "roacache_tier_entries", tier.entries);
        add(hits, "roacache_tier_hits_total", tier.hits);
        add(misses, "roacache_tier_misses_total", tier.misses);
    }
    return metric("roacache_tier_entries", "gauge", "Entries in the tier.", entries) +
           metric("roacache_tier_hits_total", "counter", "Lookups that the tier answered.", hits) +
           metric("roacache_tier_misses_total", "counter", "Lookups that the tier did not answer.", misses);
}

std::string switch_metrics(const store::Switches& switches) {
    std::string samples;
    const auto add = [&](const char* name, const std::optional<bool>& on) {
        if (on) samples += sample("roacache_switch_on", {{"switch", name}}, *on ? 1 : 0);
    };
    add("global", switches.global);
    add("user", switches.user);
    add("auto_invalidate", switches.auto_invalidate);
    return metric("roacache_switch_on", "gauge", "1 while the service's switch is on, else 0.", samples);
}

/// What a store tells that knows its service.
std::string service_metrics(const StatsReport& report) {
    const store::Statistics& server = report.server;
    std::string backend;
    if (server.backend) backend = sample("roacache_backend_info", {{"backend", server.backend->bytes()}}, 1);
    return (server.queries_saved ? queries_metrics(*server.queries_saved) : "") + type_metrics(server) +
           tier_metrics(server.tiers) + (server.switches ? switch_metrics(*server.switches) : "") +
           single("roacache_auto_invalidate_running", "gauge",
                  "1 while the service looks for changes in its database, else 0.",
                  report.info.auto_invalidate_running) +
           metric("roacache_backend_info", "gauge", "What the service keeps its entries in; always 1.",
                  backend);
}

struct Series {
    Labels labels;
    const store::GroupFigures* figures;
};

std::vector<Series> all_series(const store::Groups& groups, const char* second_label) {
    std::vector<Series> list;
    for (const store::Group* group : groups.largest_first()) {
        Labels labels;
        if (groups.by_tenant()) labels.emplace_back("tenant", group->tenant.value_or(""));
        if (groups.by_resource()) labels.emplace_back(second_label, group->resource.value_or(""));
        list.push_back({std::move(labels), &group->figures});
    }
    if (groups.rest() != nullptr) list.push_back({{{"rest", "true"}}, groups.rest()});
    return list;
}

using Figure = std::function<std::optional<double>(const store::GroupFigures&)>;

std::string group_metric(const std::string& name, const char* help, const std::vector<Series>& list,
                         const Figure& figure) {
    std::string samples;
    for (const Series& series : list)
        if (const auto value = figure(*series.figures)) samples += sample(name, series.labels, *value);
    return metric(name, "gauge", help, samples);
}

/// Keys that the profile does not recognise.
std::string other_metrics(const store::Groups& others) {
    return single("roacache_unrecognised_keys", "gauge", "Keys that the profile does not recognise.",
                  std::optional(others.total().keys())) +
           single("roacache_unrecognised_size_bytes", "gauge", "Memory that these take.",
                  others.total().bytes());
}

std::optional<double> as_double(const std::optional<std::uint64_t>& value) {
    return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
}

std::string group_metrics(const StatsReport& report) {
    const std::vector<Series> list = all_series(*report.groups, report.by_prefix ? "prefix" : "resource");
    const bool may_be_unreadable = report.info.kind == "sqlite";
    const auto ttl = [&](const char* name, const char* help, std::int64_t (store::TtlCounts::*get)() const) {
        return group_metric(name, help, list,
                            [get](const store::GroupFigures& figures) -> std::optional<double> {
                                if (figures.ttls() == nullptr) return std::nullopt;
                                return static_cast<double>((figures.ttls()->*get)()) / 1000;
                            });
    };
    return group_metric("roacache_keys", "Keys of the group.", list,
                        [](const store::GroupFigures& figures) { return as_double(figures.keys()); }) +
           group_metric("roacache_size_bytes", "Memory that the group's keys take.", list,
                        [](const store::GroupFigures& figures) { return as_double(figures.bytes()); }) +
           group_metric("roacache_keys_without_ttl", "Keys of the group that never expire.", list,
                        [](const store::GroupFigures& figures) { return as_double(figures.no_ttl()); }) +
           group_metric("roacache_keys_with_unreadable_ttl",
                        "Keys of the group that have what is no time as their end.", list,
                        [=](const store::GroupFigures& figures) {
                            return may_be_unreadable ? as_double(figures.ttl_unreadable()) : std::nullopt;
                        }) +
           ttl("roacache_ttl_min_seconds", "The least time to live left.", &store::TtlCounts::min_ms) +
           ttl("roacache_ttl_median_seconds", "The median of the times to live left.",
               &store::TtlCounts::median_ms) +
           ttl("roacache_ttl_max_seconds", "The greatest time to live left.", &store::TtlCounts::max_ms);
}

/// `what` is `goal` or `assert`. A requirement that is stated twice is one sample.
std::string requirement_metrics(const std::string& what, const std::vector<GoalAnswer>& answers) {
    const std::string name = "roacache_" + what;
    std::string values, thresholds, met;
    std::set<std::pair<std::string, std::string>> told;
    for (const GoalAnswer& answer : answers) {
        const core::Requirement& wanted = answer.goal.requirement;
        if (!told.emplace(answer.goal.resource, wanted.expr).second) continue;
        const Labels labels{{"resource", answer.goal.resource}, {"expr", wanted.expr}};
        if (answer.value) values += sample(name + "_value", labels, *answer.value);
        thresholds += sample(name + "_threshold", labels, wanted.threshold);
        if (const auto holds = answer.met()) met += sample(name + "_met", labels, *holds ? 1 : 0);
    }
    return metric(name + "_value", "gauge", "The figure that is held against the threshold.", values) +
           metric(name + "_threshold", "gauge", "What the figure is to be at least or at most.", thresholds) +
           metric(name + "_met", "gauge", "1 where the figure is as wanted, else 0; absent: not known.", met);
}

} // namespace

std::string up_metric(bool up) {
    return metric("roacache_up", "gauge", "1 when the server answered, else 0.",
                  sample("roacache_up", {}, up ? 1 : 0));
}

std::string stats_metrics(const StatsReport& report) {
    return server_metrics(report) + service_metrics(report) + (report.groups ? group_metrics(report) : "") +
           (report.others ? other_metrics(*report.others) : "") + requirement_metrics("goal", report.goals) +
           requirement_metrics("assert", report.asserts);
}

} // namespace roacache::commands
