#include "src/bench/load/response_gaps.hpp"

#include <utility>

namespace roacache::bench {

void ResponseGaps::record(const ResponseGap& gap) {
    lengths_.record(gap.length_ns);
    if (gap.length_ns >= k_least_ns) keep(gap);
}

void ResponseGaps::keep(const ResponseGap& gap) {
    longest_.push_back(gap);
    if (longest_.size() <= k_capacity) return;
    const auto shortest =
        std::min_element(longest_.begin(), longest_.end(), [](const ResponseGap& a, const ResponseGap& b) {
            return a.length_ns < b.length_ns;
        });
    longest_.erase(shortest);
}

void ResponseGaps::merge(const ResponseGaps& other) {
    lengths_.merge(other.lengths_);
    for (const ResponseGap& gap : other.longest_)
        keep(gap);
}

void ResponseGaps::overlap(const ResponseGaps& other) {
    const std::vector<ResponseGap> own = std::exchange(longest_, {});
    for (const ResponseGap& a : own)
        for (const ResponseGap& b : other.longest_) {
            const std::int64_t since = std::max(a.since_ns, b.since_ns);
            const std::int64_t until = std::min(a.since_ns + a.length_ns, b.since_ns + b.length_ns);
            if (until - since >= k_least_ns) keep({since, until - since, true});
        }
}

double ResponseGaps::typical_ns() const {
    constexpr std::uint64_t k_one_in = 200, k_most_left_out = 3;
    const std::uint64_t counted = lengths_.count() - std::min(lengths_.count() / k_one_in, k_most_left_out);
    const auto visit_counted = [&](auto visit) {
        std::uint64_t seen = 0;
        lengths_.for_each([&](std::size_t bucket, std::uint64_t count) {
            const std::uint64_t taken = std::min(count, counted - seen);
            seen += taken;
            if (taken > 0) visit(Histogram::middle_of(bucket), static_cast<double>(taken));
        });
    };
    double all = 0, behind = 0, typical = 0;
    visit_counted([&](double length, double count) { all += length * count; });
    visit_counted([&](double length, double count) {
        if (2 * behind < all) typical = length;
        behind += length * count;
    });
    return typical;
}

void ResponseGapWatch::begin(std::int64_t now_ns) {
    answered_ns_ = now_ns;
    given_up_ = {};
}

ResponseGap ResponseGapWatch::end(std::int64_t until_ns, const Oldest& waiting) {
    until_ns = std::max(until_ns, answered_ns_);
    const std::int64_t since = std::clamp(waiting.first, answered_ns_, until_ns), length = until_ns - since;
    answered_ns_ = until_ns;
    given_up_ = {};
    return {since, length, waiting.second <= since + length / 2};
}

} // namespace roacache::bench
