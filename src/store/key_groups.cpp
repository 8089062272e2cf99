#include "src/store/key_groups.hpp"

#include <algorithm>
#include <tuple>

namespace roacache::store {

std::size_t KeyGroups::of(const FoundKey& key) {
    const layout::DecodedKey& parts = key.parts();
    const bool recognised = key.is_recognised();
    name_.clear();
    if (recognised) {
        name_ = parts.tenant ? "t" + std::to_string(parts.tenant->size()) + ":" : "r";
        if (parts.tenant) name_ += *parts.tenant;
        name_ += parts.resource;
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
    if (recognised && parts.tenant) group.tenant = *parts.tenant;
    if (recognised) group.resource = parts.resource;
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
