#include "commands/follow/together.hpp"

#include "src/net/url.hpp"

#include <cstdint>

namespace roacache::commands::follow {
namespace {

using nlohmann::ordered_json;

/// Sums of some of the events.
struct Sums {
    std::uint64_t matched = 0, removed = 0, shortened = 0;
    ordered_json groups = ordered_json::array();

    void add(const ordered_json& event) {
        matched += event.at("matched").get<std::uint64_t>();
        removed += event.at("removed").get<std::uint64_t>();
        shortened += event.value("shortened", std::uint64_t{0});
        for (const ordered_json& group : event.at("groups"))
            groups.push_back(group);
    }
};

ordered_json of_one(ordered_json joined, const Sums& sums) {
    joined["matched"] = sums.matched;
    joined["removed"] = sums.removed;
    const bool acted = !joined.value("dry_run", false);
    if (joined.contains("shortened")) {
        joined["shortened"] = sums.shortened;
        joined["unchanged"] = acted ? sums.matched - sums.shortened : 0;
    } else {
        joined["already_gone"] = acted ? sums.matched - sums.removed : 0;
    }
    for (const char* of_the_walk : {"sent", "expired"})
        joined[of_the_walk] = nullptr;
    if (acted) joined["outcome"] = sums.matched > 0 ? "done" : "nothing_found";
    if (sums.matched == 0) joined["memory_tier_stale_ms"] = nullptr;
    joined["groups"] = sums.groups;
    return joined;
}

} // namespace

bool go_together(const InvalidateOptions& removal, const RowSelectors& selectors,
                 const config::Settings& settings) {
    return selectors.only_events_vary() && !removal.max_keys && removal.instances.empty() &&
           settings.tiers.empty() && net::parse_url(settings.url.required()).kind != net::UrlKind::http;
}

std::vector<ordered_json> told_apart(const ordered_json& joined,
                                     const std::vector<std::string>& descriptions) {
    const auto events = joined.find("events");
    if (events == joined.end() || !events->is_array()) return {};
    const std::size_t each = events->size() / descriptions.size();
    if (each * descriptions.size() != events->size()) return {};
    ordered_json rest = joined;
    rest.erase("events");
    rest["together"] = descriptions.size();
    std::vector<ordered_json> apart;
    for (std::size_t i = 0; i < descriptions.size(); ++i) {
        Sums sums;
        for (std::size_t event = i * each; event < (i + 1) * each; ++event)
            sums.add(events->at(event));
        apart.push_back(of_one(rest, sums));
        apart.back()["selector"] = descriptions[i];
    }
    return apart;
}

const char* count_of_changed(const ordered_json& invalidation) {
    return invalidation.contains("shortened") ? "shortened" : "removed";
}

void add_removed(ordered_json& invalidation, std::uint64_t removed) {
    for (const char* count : {"matched", count_of_changed(invalidation)})
        if (invalidation.contains(count) && invalidation[count].is_number_unsigned())
            invalidation[count] = invalidation[count].get<std::uint64_t>() + removed;
    if (invalidation.value("outcome", "") == "nothing_found") invalidation["outcome"] = "done";
}

} // namespace roacache::commands::follow
