#include "src/store/key_groups.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace roacache::store {
namespace {

auto name_of(const KeyGroup& group) {
    return std::tie(group.others, group.tenant, group.resource);
}

/// Those of one name, which may be of several parts, as one.
std::vector<KeyGroup> sorted_by_name(std::vector<KeyGroup> list) {
    std::sort(list.begin(), list.end(),
              [](const KeyGroup& a, const KeyGroup& b) { return name_of(a) < name_of(b); });
    std::vector<KeyGroup> joined;
    for (KeyGroup& group : list) {
        if (joined.empty() || name_of(joined.back()) != name_of(group)) {
            joined.push_back(std::move(group));
            continue;
        }
        joined.back().matched += group.matched;
        joined.back().removed += group.removed;
        joined.back().shortened += group.shortened;
    }
    return joined;
}

} // namespace

std::size_t KeyGroups::of(const FoundKey& key, std::size_t part) {
    const layout::DecodedKey& parts = key.parts();
    const bool recognised = key.is_recognised();
    name_ = part == 0 ? "" : std::to_string(part) + "/";
    if (recognised) {
        name_ += parts.tenant ? "t" + std::to_string(parts.tenant->size()) + ":" : "r";
        if (parts.tenant) name_ += *parts.tenant;
        name_ += parts.resource;
    }
    const auto known = numbers_.find(name_);
    if (known != numbers_.end()) return known->second;
    if (numbers_.size() >= k_most_groups) {
        const auto [others, is_new] = others_.emplace(part, groups_.size());
        if (is_new) groups_.push_back({.tenant = {}, .resource = {}, .others = true, .part = part});
        return others->second;
    }
    KeyGroup group;
    if (recognised && parts.tenant) group.tenant = *parts.tenant;
    if (recognised) group.resource = parts.resource;
    group.part = part;
    numbers_.emplace(name_, groups_.size());
    groups_.push_back(std::move(group));
    return groups_.size() - 1;
}

std::vector<KeyGroup> KeyGroups::sorted() const {
    std::vector<KeyGroup> list;
    for (const KeyGroup& group : groups_)
        if (group.matched > 0) list.push_back(group);
    return sorted_by_name(std::move(list));
}

std::vector<KeyGroup> KeyGroups::sorted(std::size_t part) const {
    std::vector<KeyGroup> list;
    for (const KeyGroup& group : groups_)
        if (group.matched > 0 && group.part == part) list.push_back(group);
    return sorted_by_name(std::move(list));
}

void KeyGroups::clear_counts() {
    for (KeyGroup& group : groups_)
        group.matched = group.removed = group.shortened = 0;
}

} // namespace roacache::store
