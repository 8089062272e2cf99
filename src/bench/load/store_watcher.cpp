#include "src/bench/load/store_watcher.hpp"

#include "src/core/error.hpp"

namespace roacache::bench {

StoreWatcher::StoreWatcher(CacheStore& store) : store_(store) {
    const auto first = read();
    if (!first) return;
    watch_.hit_rate_before = StoreUse{*first->hits, *first->misses}.hit_rate();
}

/// Nothing where it does not tell its counters.
std::optional<StoreCounters> StoreWatcher::read() {
    if (!answers_) return {};
    try {
        StoreCounters counters = store_.counters();
        if (!watch_.memory_before) watch_.memory_before = counters.memory_bytes;
        watch_.memory_after = counters.memory_bytes;
        if (!watch_.failure.empty()) return {};
        if (counters.hits && counters.misses) return counters;
        watch_.failure = "it does not tell its hits and misses";
    } catch (const core::Error& error) {
        answers_ = false;
        watch_.memory_after.reset();
        watch_.failure = error.what();
    }
    return {};
}

void StoreWatcher::begin() {
    before_ = read();
}

void StoreWatcher::end(std::optional<ArmKind> arm) {
    const auto last = read();
    if (!before_ || !last) return;
    // A store that was started again counts from 0.
    if (*last->hits < *before_->hits || *last->misses < *before_->misses) {
        watch_.failure = "it began to count anew during the run";
        watch_.memory_before.reset();
        answers_ = false;
        return;
    }
    StoreUse& use = arm ? watch_.arms[*arm] : watch_.all;
    use.hits += *last->hits - *before_->hits;
    use.misses += *last->misses - *before_->misses;
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
    return watch;
}

} // namespace roacache::bench
