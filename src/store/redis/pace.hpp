#pragma once

#include "src/core/clock.hpp"

#include <array>
#include <cstddef>

namespace roacache::store::redis {

/// How large the steps of a walk may be, so that none holds the server longer than a given time.
///
/// A server answers nobody else between a step's arrival and its first answer, so that time, less an empty
/// round trip, is the pause. The size follows the median of the last steps' time for each unit (COUNT of
/// SCAN): a single step that this machine or the network held up does not move it.
class Pace {
  public:
    Pace(core::Nanoseconds max_pause, core::Nanoseconds empty_round_trip);

    std::size_t size() const;
    /// `late`: the answer was there already when it was looked for. It took as long at most, so that this
    /// counts only where it is less than the usual time.
    void measured(std::size_t size, core::Nanoseconds first_answer_took, bool late = false);
    /// The names that a step of this size found have so many bytes. Steps are to bring a mebibyte at most.
    void weighed(std::size_t size, std::size_t bytes);
    /// A step brought more than the server keeps for a client, or more than roacache takes in. False when
    /// steps cannot be shorter.
    bool shorten();
    bool was_shortened() const { return most_size_ < k_most; }

  private:
    static constexpr std::size_t k_most = 20'000;

    double usual() const; ///< nanoseconds for a unit

    double aim_ns_;
    double empty_ns_;
    std::size_t size_;
    std::array<double, 5> ns_per_unit_{};
    std::size_t samples_ = 0;
    double bytes_per_unit_ = 0; ///< of the heaviest of the last steps
    std::size_t most_size_ = k_most;
};

} // namespace roacache::store::redis
