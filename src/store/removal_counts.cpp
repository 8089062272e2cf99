#include "src/store/removal_counts.hpp"

namespace roacache::store {

void RemovalCounts::clear() {
    figures_ = {};
    groups_.clear_counts();
}

void RemovalCounts::answered(const Part& part) {
    KeyGroup& group = groups_.at(part.group);
    group.matched += part.keys;
    figures_.matched += part.keys;
    (soft_ ? group.shortened : group.removed) += part.changed;
    (soft_ ? figures_.shortened : figures_.removed) += part.changed;
}

void RemovalCounts::absent(const std::string& key) {
    ++figures_.absent;
    if (figures_.absent_keys.size() < RemovalFigures::k_examples) figures_.absent_keys.push_back(key);
}

void RemovalCounts::end(const Walk::Tally& tally) {
    figures_.sent = tally.sent;
    figures_.unconfirmed = tally.uncertain;
    figures_.refused = tally.refused;
    figures_.expired = tally.expired;
    figures_.refusal = tally.refusal;
    figures_.counts = tally.counts;
    figures_.calls = tally.calls;
    figures_.held_up = tally.held_up;
    figures_.left = tally.left;
}

} // namespace roacache::store
