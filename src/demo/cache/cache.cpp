#include "src/demo/cache/cache.hpp"

#include <algorithm>
#include <set>

namespace roacache::demo {

Cache::Cache(std::unique_ptr<MemoryTier> l1, std::unique_ptr<Tier> l2)
    : l1_(std::move(l1)), l2_(std::move(l2)) {}

Answer Cache::bypass(const Compute& compute) {
    return counted({computed(compute), Outcome::bypass}, true);
}

Answer Cache::get(const CacheKey& key, Milliseconds ttl, const Compute& compute) {
    if (!l1_ && !l2_) return bypass(compute);
    if (l1_)
        if (Value value = l1_->get(key.text); may_hit(value))
            return counted({std::move(value), Outcome::hit_l1}, true);

    std::promise<Answer> promise;
    FlightKey flight_key;
    Flight flight;
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        flight_key = {key.text, generation_of(key.group)};
        const auto [entry, inserted] = flights_.try_emplace(flight_key);
        if (inserted) entry->second = promise.get_future().share();
        flight = entry->second;
        first = inserted;
    }
    if (!first) return counted(flight.get(), false);
    try {
        Answer answer = find_or_compute(key, flight_key.second, ttl, compute);
        land(flight_key);
        promise.set_value(answer);
        return counted(std::move(answer), true);
    } catch (...) {
        land(flight_key);
        promise.set_exception(std::current_exception());
        throw;
    }
}

Answer Cache::find_or_compute(const CacheKey& key, Generation generation, Milliseconds ttl,
                              const Compute& compute) {
    // The computation that this request did not see any more may have ended just now.
    if (l1_)
        if (Value value = l1_->get(key.text); may_hit(value)) return {std::move(value), Outcome::hit_l1};
    if (l2_)
        if (const auto found = l2_->get(key); found && may_hit(found->value)) {
            const std::shared_lock storing(storing_);
            if (l1_ && is_current(key, generation))
                l1_->put(key.text, found->value, std::min(ttl, found->ttl_left.value_or(ttl)));
            return {found->value, Outcome::hit_l2};
        }
    Value value = computed(compute);
    const std::shared_lock storing(storing_);
    if (is_current(key, generation)) {
        if (l1_) l1_->put(key.text, value, ttl);
        if (l2_) l2_->put(key, *value, ttl);
    } else {
        ++count_.not_stored;
    }
    return {std::move(value), Outcome::miss};
}

void Cache::invalidate(std::span<const std::string> groups) {
    const std::unique_lock storing(storing_);
    ++count_.invalidations;
    // Before: nothing begun until now is stored or joined. After: nothing is that began while this went on
    // and may have found in the second tier what was about to be erased.
    raise_generations(groups);
    if (l1_)
        for (const std::string& group : groups)
            l1_->erase_group(group);
    if (l2_) l2_->erase(groups);
    raise_generations(groups);
}

void Cache::drop_memory(std::span<const std::string> groups) {
    if (!l1_) return;
    const std::unique_lock storing(storing_);
    ++count_.invalidations;
    // What was read before is given to those who asked, and not stored.
    raise_generations(groups);
    for (const std::string& group : groups)
        l1_->erase_group(group);
}

std::uint64_t Cache::invalidate_matching(const std::string& glob, std::span<const std::string> groups) {
    const std::unique_lock storing(storing_);
    ++count_.invalidations;
    raise_generations(groups); // as in invalidate()
    std::set<std::string> keys;
    if (l1_)
        for (std::string& key : l1_->erase_matching(glob))
            keys.insert(std::move(key));
    if (l2_)
        for (std::string& key : l2_->erase_matching(glob, groups))
            keys.insert(std::move(key));
    raise_generations(groups);
    return keys.size();
}

bool Cache::may_hit(const Value& value) const {
    constexpr std::string_view k_falsy[] = {"[]", "{}", "\"\"", "0", "0.0", "false", "null"};
    return value && (!never_hit_falsy_ ||
                     std::find(std::begin(k_falsy), std::end(k_falsy), *value) == std::end(k_falsy));
}

Value Cache::computed(const Compute& compute) {
    ++count_.computed;
    try {
        return std::make_shared<const std::string>(compute());
    } catch (...) {
        ++count_.failed;
        throw;
    }
}

Answer Cache::counted(Answer answer, bool own) {
    if (!own) ++count_.coalesced;
    switch (answer.outcome) {
    case Outcome::hit_l1:
        ++count_.l1_hits;
        break;
    case Outcome::hit_l2:
        ++count_.l2_hits;
        break;
    case Outcome::miss:
        ++count_.misses;
        break;
    case Outcome::bypass:
        ++count_.bypasses;
        break;
    }
    return answer;
}

void Cache::land(const FlightKey& flight) {
    const std::lock_guard lock(mutex_);
    flights_.erase(flight);
}

Cache::Generation Cache::generation_of(const std::string& group) const {
    const auto known = generations_.find(group);
    return known == generations_.end() ? 0 : known->second;
}

bool Cache::is_current(const CacheKey& key, Generation generation) const {
    const std::lock_guard lock(mutex_);
    return generation_of(key.group) == generation;
}

void Cache::raise_generations(std::span<const std::string> groups) {
    const std::lock_guard lock(mutex_);
    for (const std::string& group : groups)
        ++generations_[group];
}

CacheCounters Cache::counters() const {
    return {count_.l1_hits,  count_.l2_hits, count_.misses,     count_.coalesced,    count_.bypasses,
            count_.computed, count_.failed,  count_.not_stored, count_.invalidations};
}

MemoryTier::Size Cache::l1_size() const {
    return l1_ ? l1_->size() : MemoryTier::Size{};
}

} // namespace roacache::demo
