#include "src/analysis/rules.hpp"

#include "src/analysis/policy.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace roacache::analysis {
namespace {

std::optional<Evidence> told_version(const Facts& facts) {
    if (const auto version = facts.info("valkey_version")) return core::Untrusted("valkey " + *version);
    if (const auto version = facts.info("redis_version")) return core::Untrusted(*version);
    return std::nullopt;
}

std::optional<Evidence> told_limit(const Facts& facts) {
    const auto limit = facts.memory_limit();
    return limit ? std::optional<Evidence>(*limit) : std::nullopt;
}

std::optional<Evidence> told_policy(const Facts& facts) {
    const auto policy = policy_of(facts);
    return policy ? std::optional<Evidence>(core::Untrusted(*policy)) : std::nullopt;
}

std::optional<Evidence> told_clients(const Facts& facts) {
    const auto clients = facts.setting("maxclients");
    return clients ? std::optional<Evidence>(core::Untrusted(*clients)) : std::nullopt;
}

/// What any of the servers may have to do for another one, when it takes its place or its slots.
struct Trait {
    const char* name;
    const char* evidence;
    bool is_setting;
    std::optional<Evidence> (*of)(const Facts& facts);
};
constexpr Trait k_traits[] = {{"version", "version", false, told_version},
                              {"maxmemory", "maxmemory_bytes", true, told_limit},
                              {"maxmemory-policy", "maxmemory_policy", true, told_policy},
                              {"maxclients", "maxclients", true, told_clients}};

/// Who does not tell does not differ.
bool differ(std::span<const Facts> servers, const Trait& trait) {
    std::optional<Evidence> first;
    for (const Facts& facts : servers) {
        const auto value = trait.of(facts);
        if (first && value && *first != *value) return true;
        if (!first) first = value;
    }
    return false;
}

} // namespace

Outcome judge_differences(std::span<const Facts> servers) {
    if (servers.size() < 2) return Outcome::sound();
    const auto tells = [](const Facts& facts) { return facts.server.info.value.has_value(); };
    if (std::count_if(servers.begin(), servers.end(), tells) < 2)
        return Outcome::unknown(std::find_if_not(servers.begin(), servers.end(), tells)->server.info.why_not);
    std::vector<const Trait*> differing;
    std::vector<const char*> names, settings;
    for (const Trait& trait : k_traits) {
        if (!differ(servers, trait)) continue;
        differing.push_back(&trait);
        names.push_back(trait.name);
        if (trait.is_setting) settings.push_back(trait.name);
    }
    if (differing.empty()) return Outcome::sound();
    Found found;
    found.evidence = {{"differing", core::Untrusted(fmt::format("{}", fmt::join(names, ", ")))}};
    for (const Facts& facts : servers) {
        Place place{facts.server.server, {}};
        for (const Trait* const trait : differing)
            if (auto value = trait->of(facts))
                place.evidence.emplace_back(trait->evidence, std::move(*value));
        if (!place.evidence.empty()) found.places.push_back(std::move(place));
    }
    found.threshold = "the same at all, as each may have to take another's place";
    for (const char* setting : settings)
        found.remedy += fmt::format("{}redis-cli -h HOST -p PORT CONFIG SET {} VALUE",
                                    found.remedy.empty() ? "" : "; ", setting);
    if (!settings.empty()) found.remedy += ", and in redis.conf";
    if (settings.size() < differing.size())
        found.remedy += fmt::format("{}update the servers to one version, replicas first",
                                    found.remedy.empty() ? "" : "; ");
    return found;
}

} // namespace roacache::analysis
