#include "src/bench/load/store_watcher.hpp"

#include "src/core/error.hpp"

namespace roacache::bench {
StoreWatcher::StoreWatcher(CacheStore& store) : store_(store), first_(read()) {
    if (first_ && first_->hits && first_->misses)
        watch_.hit_rate_before = StoreUse{*first_->hits, *first_->misses}.hit_rate();
    first_.reset();
}

std::optional<StoreCounters> StoreWatcher::read() {
    if (!watch_.failure.empty()) return {};
    try {
        StoreCounters counters = store_.counters();
        if (!counters.hits || !counters.misses) watch_.failure = "it does not tell its hits and misses";
        return counters;
    } catch (const core::Error& error) {
        watch_.failure = error.what();
        return {};
    }
}

void StoreWatcher::begin() {
    before_ = read();
    if (!first_) first_ = before_;
}

void StoreWatcher::end(std::optional<ArmKind> arm) {
    last_ = read();
    if (!watch_.failure.empty() || !before_ || !last_) return;
    // A store that was started again counts from 0.
    if (*last_->hits < *before_->hits || *last_->misses < *before_->misses) {
        watch_.failure = "it began to count anew during the run";
        return;
    }
    StoreUse& use = arm ? watch_.arms[*arm] : watch_.all;
    use.hits += *last_->hits - *before_->hits;
    use.misses += *last_->misses - *before_->misses;
}

StoreWatch StoreWatcher::watch() const {
    StoreWatch watch = watch_;
    if (!watch.failure.empty()) {
        watch.arms.clear();
        watch.all = {};
    }
    for (const auto& [arm, use] : watch.arms) {
        watch.all.hits += use.hits;
        watch.all.misses += use.misses;
    }
    if (first_ && last_ && first_->memory_bytes && last_->memory_bytes)
        watch.memory_delta_bytes = static_cast<std::int64_t>(*last_->memory_bytes) -
                                   static_cast<std::int64_t>(*first_->memory_bytes);
    return watch;
}

} // namespace roacache::bench
