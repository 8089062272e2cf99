#include "src/demo/cache/memory_tier.hpp"

#include "src/layout/glob.hpp"

namespace roacache::demo {

std::uint64_t MemoryTier::cost(const Entry& entry) {
    return 2 * entry.key.size() + entry.value->size() + k_entry_overhead;
}

MemoryTier::Index::iterator MemoryTier::drop(Index::iterator at) {
    bytes_ -= cost(*at->second);
    entries_.erase(at->second);
    return index_.erase(at);
}

Value MemoryTier::get(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    if (found->second->expires <= now_()) {
        drop(found);
        return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
}

void MemoryTier::put(const std::string& key, Value value, Milliseconds ttl) {
    const std::lock_guard lock(mutex_);
    if (const auto found = index_.find(key); found != index_.end()) drop(found);
    Entry entry{key, std::move(value), now_() + ttl};
    const std::uint64_t needed = cost(entry);
    if (needed > max_bytes_) return;
    while (bytes_ + needed > max_bytes_) {
        drop(index_.find(entries_.back().key));
        ++evictions_;
    }
    entries_.push_front(std::move(entry));
    index_.emplace(key, entries_.begin());
    bytes_ += needed;
}

void MemoryTier::erase(const std::string& key) {
    const std::lock_guard lock(mutex_);
    if (const auto found = index_.find(key); found != index_.end()) drop(found);
}

void MemoryTier::erase_group(const std::string& group) {
    const std::lock_guard lock(mutex_);
    for (auto at = index_.lower_bound(group); at != index_.end() && at->first.starts_with(group);)
        at = drop(at);
}

std::vector<std::string> MemoryTier::erase_matching(const std::string& glob) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> keys;
    for (auto at = index_.begin(); at != index_.end();) {
        if (!layout::glob_matches(glob, at->first)) {
            ++at;
            continue;
        }
        keys.push_back(at->first);
        at = drop(at);
    }
    return keys;
}

void MemoryTier::clear() {
    const std::lock_guard lock(mutex_);
    index_.clear();
    entries_.clear();
    bytes_ = 0;
}

MemoryTier::Size MemoryTier::size() const {
    const std::lock_guard lock(mutex_);
    return {index_.size(), bytes_, evictions_};
}

} // namespace roacache::demo
