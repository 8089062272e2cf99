#include "src/store/walk_place.hpp"

#include <algorithm>
#include <utility>

namespace roacache::store {

const WalkPlace* find_place(const std::vector<WalkPlace>& places, const std::string& server,
                            const std::map<std::string, std::string>& identity, std::string& why) {
    if (identity.empty()) {
        why = "it does not tell which process it is (INFO)";
        return nullptr;
    }
    const auto same = std::find_if(places.begin(), places.end(),
                                   [&](const WalkPlace& place) { return place.identity == identity; });
    if (same != places.end()) return &*same;
    const auto named = std::find_if(places.begin(), places.end(),
                                    [&](const WalkPlace& place) { return place.server == server; });
    const auto differs = [&](const char* part) {
        const auto now = identity.find(part), then = named->identity.find(part);
        const bool is_told = now != identity.end(), was_told = then != named->identity.end();
        return is_told != was_told || (is_told && now->second != then->second);
    };
    if (named == places.end())
        why = "the earlier run has kept no place in it";
    else if (differs("run_id"))
        why = "it was started anew, or another server answers there";
    else if (differs("slots") || differs("epoch"))
        why = "its slots have changed";
    else
        why = "it was a replica of another, or its data was replaced";
    return nullptr;
}

void put_place(std::vector<WalkPlace>& places, WalkPlace place) {
    const auto same = std::find_if(places.begin(), places.end(),
                                   [&](const WalkPlace& one) { return one.server == place.server; });
    if (same == places.end())
        places.push_back(std::move(place));
    else
        *same = std::move(place);
}

} // namespace roacache::store
