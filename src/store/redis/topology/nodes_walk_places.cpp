// Where a walk over several servers has come to, and where it goes on from.

#include "src/store/redis/topology/nodes_walk.hpp"

#include <algorithm>
#include <utility>

namespace roacache::store::redis {

/// Whether some of the node's keys may be on their way to or from it: one may pass a cursor then.
bool NodesWalk::moves(const Node& node, const SlotSet& slots) const {
    return !node.tells_importing || ((node.slots | node.importing) & slots).any();
}

/// What has to be the same besides the process: a slot that has come since has keys in front of the cursor.
std::map<std::string, std::string> NodesWalk::identity_of(const Node& node) const {
    if (topology_.kind() != "cluster") return {};
    return {{"node", node.id}, {"epoch", std::to_string(node.epoch)}, {"slots", ranges_of(node.slots)}};
}

void NodesWalk::note_resumption(const Share& share) {
    for (Resumption& resumption : share.walk->resumptions()) {
        if (moves(share.node, importing_of(before_))) resumption.anew = "its slots are on the move";
        resumptions_.push_back(std::move(resumption));
    }
}

/// In a pass after the first only open slots of a node are walked; the others are done, whoever has them.
std::vector<WalkPlace> NodesWalk::places() const {
    std::vector<WalkPlace> places = places_;
    const SlotSet moving = importing_of(before_) | strayed_ | lost_;
    for (const Share& share : shares_) {
        const bool moved = moves(share.node, moving);
        if (moved)
            std::erase_if(places, [&](const WalkPlace& place) { return place.server == share.server; });
        if (moved || !share.walk) continue;
        for (WalkPlace& place : share.walk->places())
            put_place(places, std::move(place));
    }
    return places;
}

void NodesWalk::drop_places(const SlotSet& moving) {
    for (const Share& share : shares_)
        if (moves(share.node, moving))
            std::erase_if(places_, [&](const WalkPlace& place) { return place.server == share.server; });
}

} // namespace roacache::store::redis
