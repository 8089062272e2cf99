#include "src/store/groups.hpp"

#include <algorithm>
#include <bit>
#include <tuple>

namespace roacache::store {
namespace {

std::size_t bucket_of(std::int64_t ttl_ms) {
    const auto value = static_cast<std::uint64_t>(ttl_ms);
    const auto shift = static_cast<unsigned>(std::bit_width(value | 16)) - 5;
    return (std::size_t{shift} << 4U) + static_cast<std::size_t>(value >> shift);
}

std::int64_t middle_of(std::size_t bucket) {
    if (bucket < 32) return static_cast<std::int64_t>(bucket);
    const std::size_t shift = (bucket >> 4U) - 1;
    const auto low = static_cast<std::int64_t>((bucket - (shift << 4U)) << shift);
    return low + (std::int64_t{1} << shift) / 2;
}

/// Names of two parts that differ whatever bytes they hold.
void append_part(std::string& name, const std::optional<std::string_view>& part) {
    const std::size_t size = part ? part->size() + 1 : 0;
    name.append(reinterpret_cast<const char*>(&size), sizeof size);
    if (part) name += *part;
}

std::optional<std::string> owned(const std::optional<std::string_view>& text) {
    return text ? std::optional<std::string>(*text) : std::nullopt;
}

} // namespace

void TtlCounts::add(std::int64_t ttl_ms) {
    const std::int64_t ttl = std::max<std::int64_t>(ttl_ms, 0);
    const std::size_t bucket = bucket_of(ttl);
    if (counts_.empty()) first_ = bucket;
    if (bucket < first_) {
        counts_.insert(counts_.begin(), first_ - bucket, 0);
        first_ = bucket;
    }
    if (bucket - first_ >= counts_.size()) counts_.resize(bucket - first_ + 1);
    ++counts_[bucket - first_];
    min_ = count_ == 0 ? ttl : std::min(min_, ttl);
    max_ = std::max(max_, ttl);
    ++count_;
}

std::int64_t TtlCounts::median_ms() const {
    const std::uint64_t rank = (count_ + 1) / 2;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        seen += counts_[i];
        if (seen >= rank) return std::clamp(middle_of(first_ + i), min_, max_);
    }
    return max_;
}

void GroupFigures::add(const Description& description, bool exceeds_policy) {
    ++keys_;
    exceeding_policy_ += exceeds_policy ? 1 : 0;
    if (description.bytes)
        bytes_ += std::min(*description.bytes, ~bytes_); // a server may report anything
    else
        bytes_known_ = false;
    if (description.ttl_unreadable)
        ++ttl_unreadable_;
    else if (!description.ttl_ms)
        ttl_known_ = false;
    else if (*description.ttl_ms == k_no_ttl)
        ++no_ttl_;
    else
        ttls_.add(*description.ttl_ms);
}

std::optional<std::uint64_t> GroupFigures::bytes() const {
    return bytes_known_ ? std::optional(bytes_) : std::nullopt;
}

std::optional<std::uint64_t> GroupFigures::no_ttl() const {
    return tells_ttls() ? std::optional(no_ttl_) : std::nullopt;
}

std::optional<std::uint64_t> GroupFigures::exceeding_policy() const {
    return tells_ttls() ? std::optional(exceeding_policy_) : std::nullopt;
}

void Groups::add(const layout::DecodedKey& decoded, const Description& description, bool exceeds_policy) {
    if (description.gone) return;
    total_.add(description, exceeds_policy);
    std::optional<std::string_view> tenant, resource;
    if (by_tenant_) tenant = decoded.tenant;
    if (by_resource_ && !decoded.resource.empty()) resource = decoded.resource;
    name_.clear();
    append_part(name_, tenant);
    append_part(name_, resource);
    auto found = groups_.find(std::string_view(name_));
    if (found == groups_.end() && groups_.size() >= most_) {
        rest_.add(description, exceeds_policy);
        return;
    }
    if (found == groups_.end())
        found = groups_.emplace(name_, Group{owned(tenant), owned(resource), {}}).first;
    found->second.figures.add(description, exceeds_policy);
}

std::vector<const Group*> Groups::largest_first() const {
    std::vector<const Group*> list;
    list.reserve(groups_.size());
    for (const auto& [name, group] : groups_)
        list.push_back(&group);
    std::sort(list.begin(), list.end(), [](const Group* a, const Group* b) {
        const auto order = [](const Group& group) {
            return std::tuple(group.figures.bytes().value_or(0), group.figures.keys());
        };
        if (order(*a) != order(*b)) return order(*a) > order(*b);
        return std::tie(a->tenant, a->resource) < std::tie(b->tenant, b->resource);
    });
    return list;
}

} // namespace roacache::store
