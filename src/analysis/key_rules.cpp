#include "src/analysis/rules.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <vector>

namespace roacache::analysis {
namespace {

/// Fewer lookups tell nothing of a rate.
constexpr std::uint64_t k_least_lookups = 100;
/// Of the keys that were looked at.
constexpr double k_most_immortal = 0.01;
constexpr std::size_t k_most_prefixes = 5;

const config::Goal* hit_rate_goal(const Facts& facts) {
    for (const config::Goal& goal : facts.goals)
        if (goal.quantity == config::GoalQuantity::hit_rate && goal.resource.empty()) return &goal;
    return nullptr;
}

/// The commonest, as `session: 120, celery: 3`.
std::string commonest(const std::map<std::string, std::uint64_t>& prefixes) {
    std::vector<std::pair<std::string, std::uint64_t>> list(prefixes.begin(), prefixes.end());
    std::stable_sort(list.begin(), list.end(),
                     [](const auto& one, const auto& other) { return one.second > other.second; });
    std::string text;
    for (std::size_t i = 0; i < std::min(list.size(), k_most_prefixes); ++i)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", list[i].first, list[i].second);
    return list.size() > k_most_prefixes ? text + " …" : text;
}

} // namespace

/// What asked for times to live counts as a hit or a miss on the server: the service's own rate lies between
/// the case that all of these were hits and the case that none was.
Outcome judge_hit_rate(const Facts& facts) {
    const config::Goal* goal = hit_rate_goal(facts);
    if (goal == nullptr)
        return Outcome::unknown(fmt::format("the profile {} has no goal for it", facts.profile));
    if (!facts.window.value) return Outcome::unknown(facts.window.why_not);
    const Window& window = *facts.window.value;
    const std::uint64_t all = window.hits + window.misses;
    const std::uint64_t lookups = all - std::min(all, window.metadata_lookups);
    if (lookups < k_least_lookups)
        return Outcome::unknown(
            fmt::format("{} lookups in {:.3g} s are too few: --for a longer time", lookups, window.seconds));
    const double best = static_cast<double>(std::min(window.hits, lookups)) / static_cast<double>(lookups);
    if (goal->requirement.holds(best)) return Outcome::sound();
    Found found;
    found.evidence = {
        {"hit_rate", best}, {"hits", window.hits}, {"misses", window.misses}, {"measured_s", window.seconds}};
    found.threshold = goal->requirement.expr;
    found.remedy =
        "roacache stats --by resource shows what expires soon; roacache bench proves each endpoint's hits";
    return found;
}

Outcome judge_sharing(const Facts& facts) {
    if (!facts.keys.value) return Outcome::unknown(facts.keys.why_not);
    const KeySample& keys = *facts.keys.value;
    const std::uint64_t others = keys.looked_at - keys.recognised;
    const std::vector<std::string> databases = facts.other_databases();
    const bool mixed = keys.has_others();
    if (!mixed && databases.empty()) return Outcome::sound();
    Found found;
    found.evidence = {{"keys_looked_at", keys.looked_at}, {"keys_of_others", others}};
    if (others > 0) found.evidence.emplace_back("prefixes", core::Untrusted(commonest(keys.other_prefixes)));
    if (!databases.empty())
        found.evidence.emplace_back("other_databases",
                                    core::Untrusted(fmt::format("{}", fmt::join(databases, ", "))));
    found.threshold =
        fmt::format("under {:.0f} % of the keys beside the profile's, and no other database in use",
                    100 * KeySample::k_most_others);
    found.remedy = "a server for the cache alone; roacache stats --by prefix shows whose keys these are";
    if (mixed && keys.recognised == 0) {
        found.title = fmt::format("The profile {} recognises no key", facts.profile);
        found.remedy = "name the right profile with -p: roacache profile list";
    }
    return found;
}

Outcome judge_missing_ttls(const Facts& facts) {
    if (!facts.keys.value) return Outcome::unknown(facts.keys.why_not);
    const KeySample& keys = *facts.keys.value;
    if (!keys.recognised_without_ttl)
        return Outcome::unknown("PTTL: the server does not tell this user the times to live");
    if (*keys.recognised_without_ttl == 0 || static_cast<double>(*keys.recognised_without_ttl) <
                                                 k_most_immortal * static_cast<double>(keys.recognised))
        return Outcome::sound();
    Found found;
    found.evidence = {{"keys_looked_at", keys.looked_at},
                      {"keys_of_the_profile", keys.recognised},
                      {"of_these_without_ttl", *keys.recognised_without_ttl}};
    found.threshold =
        fmt::format("under {:.0f} % of the profile's keys without a time to live", 100 * k_most_immortal);
    found.remedy = "roacache stats --by resource shows which; write them with a time to live (SET … EX)";
    return found;
}

} // namespace roacache::analysis
