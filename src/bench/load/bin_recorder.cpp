#include "src/bench/load/bin_recorder.hpp"

#include <algorithm>

namespace roacache::bench {

TimeBin& BinRecorder::find(std::int64_t ns) {
    if (bins_.empty()) first_ = ns / length_ns_;
    for (;; coarsen()) {
        const std::int64_t number = ns / length_ns_;
        const std::int64_t first = std::min(first_, number);
        const std::int64_t end = std::max(first_ + static_cast<std::int64_t>(bins_.size()), number + 1);
        if (end - first > static_cast<std::int64_t>(TimeBins::k_most)) continue;
        bins_.insert(bins_.begin(), static_cast<std::size_t>(first_ - first), TimeBin{});
        bins_.resize(static_cast<std::size_t>(end - first));
        first_ = first;
        last_ = static_cast<std::size_t>(number - first);
        last_begin_ = number * length_ns_;
        return bins_[last_];
    }
}

void BinRecorder::coarsen() {
    last_begin_ = k_none;
    std::vector<TimeBin> longer;
    for (std::size_t i = 0; i < bins_.size(); ++i) {
        const bool second = (first_ + static_cast<std::int64_t>(i)) % 2 != 0;
        if (second && !longer.empty())
            longer.back().merge(bins_[i]);
        else
            longer.push_back(std::move(bins_[i]));
    }
    bins_ = std::move(longer);
    first_ /= 2;
    length_ns_ *= 2;
}

void BinRecorder::merge(const BinRecorder& other) {
    while (length_ns_ < other.length_ns_)
        coarsen();
    for (std::size_t i = 0; i < other.bins_.size(); ++i)
        at((other.first_ + static_cast<std::int64_t>(i)) * other.length_ns_).merge(other.bins_[i]);
}

TimeBins BinRecorder::bins(std::int64_t begin_ns) const {
    if (bins_.empty()) return {};
    return {static_cast<double>(first_ * length_ns_ - begin_ns) / 1e9, static_cast<double>(length_ns_) / 1e9,
            bins_};
}

} // namespace roacache::bench
