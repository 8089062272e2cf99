// Which slots a walk over several servers is done with.

#include "src/store/redis/topology/nodes_walk.hpp"

#include <algorithm>

namespace roacache::store::redis {

/// Slots that one server owned all the time are done.
void NodesWalk::close_slots(const std::vector<Node>& now) {
    const SlotSet moving = importing_of(before_) | importing_of(now) | strayed_ | claimed_twice(now);
    for (const Share& share : shares_) {
        const Node* node = find_node(now, share.node.id);
        if (share.failure || !is_as_before(share.node, node)) continue;
        open_ &= ~(share.node.slots & node->slots & ~moving);
    }
    for (std::size_t slot = 0; slot < k_slots; ++slot)
        if (open_[slot] && moved_one_way(slot, now)) open_.reset(slot);
}

/// Whether the slot was on its way from one node to another, and no other way, in this pass, and belonged to
/// the first, which was walked, all through the pass before: a key that did not move before this pass was
/// found at the first then, and one that did was found at the second now.
bool NodesWalk::moved_one_way(std::size_t slot, const std::vector<Node>& now) const {
    const auto importer = [&](const std::vector<Node>& nodes) -> const Node* {
        const Node* found = nullptr;
        for (const Node& node : nodes)
            if (node.importing[slot]) found = &node;
        return found;
    };
    const Node* const giver = owner_of(slot, before_);
    const Node* const earlier = owner_of(slot, earlier_);
    const Node* const taker = importer(before_);
    const Node* const owner = owner_of(slot, now);
    if (!giver || !earlier || !taker || !owner || earlier->id != giver->id || !walked_[slot]) return false;
    if (!is_as_before(*earlier, giver)) return false;
    const Node* const importing = importer(now);
    const bool arrived = owner->id == taker->id && !importing;
    const bool moves_on = owner->id == giver->id && importing && importing->id == taker->id;
    const auto walked = [&](const Node& node) {
        const auto share = std::find_if(shares_.begin(), shares_.end(),
                                        [&](const Share& candidate) { return candidate.node.id == node.id; });
        const Node* const still = find_node(now, node.id);
        return share != shares_.end() && !share->failure && still != nullptr && still->run_id == node.run_id;
    };
    return (arrived || moves_on) && walked(*taker) && (arrived || walked(*giver));
}

void NodesWalk::open_slots_of_others(const std::vector<Node>& before, const std::vector<Node>& now) {
    for (const Node& node : before)
        if (!is_as_before(node, find_node(now, node.id))) open_ |= node.slots;
}

} // namespace roacache::store::redis
