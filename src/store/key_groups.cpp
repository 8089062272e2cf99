#include "src/store/key_groups.hpp"

#include <algorithm>
#include <tuple>

namespace roacache::store {

std::size_t KeyGroups::of(std::string_view key) {
    decoded_ = {};
    const bool recognised = layout_->decode(key, decoded_);
    name_.clear();
    if (recognised) {
        name_ = decoded_.tenant ? "t" + std::to_string(decoded_.tenant->size()) + ":" : "r";
        if (decoded_.tenant) name_ += *decoded_.tenant;
        name_ += decoded_.resource;
    }
    const auto known = numbers_.find(name_);
    if (known != numbers_.end()) return known->second;
    if (groups_.size() >= k_most_groups) {
        if (!others_) {
            others_ = groups_.size();
            groups_.push_back({.tenant = {}, .resource = {}, .others = true});
        }
        return *others_;
    }
    KeyGroup group;
    if (recognised && decoded_.tenant) group.tenant = *decoded_.tenant;
    if (recognised) group.resource = decoded_.resource;
    numbers_.emplace(name_, groups_.size());
    groups_.push_back(std::move(group));
    return groups_.size() - 1;
}

std::vector<KeyGroup> KeyGroups::sorted() const {
    std::vector<KeyGroup> list;
    for (const KeyGroup& group : groups_)
        if (group.matched > 0) list.push_back(group);
    std::sort(list.begin(), list.end(), [](const KeyGroup& a, const KeyGroup& b) {
        return std::tie(a.others, a.tenant, a.resource) < std::tie(b.others, b.tenant, b.resource);
    });
    return list;
}

void KeyGroups::clear_counts() {
    for (KeyGroup& group : groups_)
        group.matched = group.removed = group.shortened = 0;
}

} // namespace roacache::store
