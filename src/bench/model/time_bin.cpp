#include "src/bench/model/time_bin.hpp"

#include <algorithm>

namespace roacache::bench {

void CoarseHistogram::add(std::uint32_t bucket, std::uint64_t count) {
    if (count == 0) return;
    const auto at =
        std::lower_bound(cells_.begin(), cells_.end(), bucket,
                         [](const Cell& cell, std::uint32_t wanted) { return cell.bucket < wanted; });
    if (at != cells_.end() && at->bucket == bucket)
        at->count += count;
    else
        cells_.insert(at, {bucket, count});
}

void CoarseHistogram::merge(const CoarseHistogram& other) {
    for (const Cell& cell : other.cells_)
        add(cell.bucket, cell.count);
}

std::uint64_t CoarseHistogram::count() const {
    std::uint64_t sum = 0;
    for (const Cell& cell : cells_)
        sum += cell.count;
    return sum;
}

void TimeBin::note_status(int status, std::uint64_t count) {
    if (const auto known = statuses.find(status); known != statuses.end()) {
        known->second += count;
        return;
    }
    const bool room = statuses.size() - statuses.count(k_other_status) < k_most_statuses;
    statuses[room ? status : k_other_status] += count;
}

void TimeBin::merge(const TimeBin& other) {
    requests += other.requests;
    for (const auto& [status, count] : other.statuses)
        note_status(status, count);
    proven_hits += other.proven_hits;
    proven_misses += other.proven_misses;
    latency.merge(other.latency);
}

} // namespace roacache::bench
