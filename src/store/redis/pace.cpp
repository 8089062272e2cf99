#include "src/store/redis/pace.hpp"

#include <algorithm>
#include <vector>

namespace roacache::store::redis {
namespace {

constexpr std::size_t k_first = 128;
constexpr std::size_t k_least = 16;

/// The usual step takes this share of the longest pause, so that the slowest of a hundred keeps within it.
constexpr double k_share = 0.35;

} // namespace

Pace::Pace(core::Nanoseconds max_pause, core::Nanoseconds empty_round_trip)
    : aim_ns_(static_cast<double>(max_pause.count()) * k_share),
      empty_ns_(static_cast<double>(empty_round_trip.count())), size_(k_first) {}

double Pace::usual() const {
    const auto known = static_cast<std::ptrdiff_t>(std::min(samples_, ns_per_unit_.size()));
    std::vector<double> sorted(ns_per_unit_.begin(), ns_per_unit_.begin() + known);
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
}

void Pace::measured(std::size_t size, core::Nanoseconds first_answer_took, bool late) {
    constexpr double k_least_work_ns = 1000; // what is below cannot be separated from the round trip
    const auto took = static_cast<double>(first_answer_took.count());
    if (took < empty_ns_) empty_ns_ = took / 2; // it was measured while this machine was busy
    const double work = std::max(took - empty_ns_, k_least_work_ns);
    const double of_unit = work / static_cast<double>(size);
    if (late && samples_ > 0 && of_unit >= usual()) return;
    ns_per_unit_[samples_++ % ns_per_unit_.size()] = of_unit;
    const double wanted = aim_ns_ / usual();
    const double now = static_cast<double>(size_);
    const auto least = std::min(k_least, size_ * 2);
    size_ = static_cast<std::size_t>(std::clamp(wanted, now / 2, now * 2));
    size_ = std::clamp(size_, std::min(least, most_size_), most_size_);
}

std::size_t Pace::size() const {
    constexpr double k_most_bytes = 1 << 20;
    if (bytes_per_unit_ * static_cast<double>(size_) <= k_most_bytes) return size_;
    return std::max<std::size_t>(static_cast<std::size_t>(k_most_bytes / bytes_per_unit_), 1);
}

void Pace::weighed(std::size_t size, std::size_t bytes) {
    constexpr double k_forgets = 0.9;
    const double now = static_cast<double>(bytes) / static_cast<double>(size);
    bytes_per_unit_ = std::max(now, bytes_per_unit_ * k_forgets);
}

bool Pace::shorten() {
    constexpr std::size_t k_part = 4;
    const std::size_t before = size();
    if (before == 1) return false;
    // For the rest of the walk: what travels behind a step that is too long is lost with it.
    size_ = most_size_ = std::max<std::size_t>(before / k_part, 1);
    return true;
}

} // namespace roacache::store::redis
