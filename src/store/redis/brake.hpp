#pragma once

#include "src/core/clock.hpp"
#include "src/store/redis/connection.hpp"

#include <cstdint>
#include <optional>

namespace roacache::store::redis {

/// Holds changes up while what they cause piles up on the server: commands that its replicas have not taken
/// yet, and objects that were removed and whose memory is not free yet. A pile that does not shrink is not
/// waited for without end: it may be another's.
class Brake {
  public:
    /// Asks the server, at most twice a second, or ten times while changes are held up; only when nothing is
    /// under way. True while no change is to be sent. A server that does not tell holds nothing up. Throws as
    /// Connection::ask() does.
    bool holds(Connection& connection);

    /// For how long changes were held up.
    core::Nanoseconds held() const;

    static constexpr core::Nanoseconds k_between_looks = std::chrono::milliseconds(100); ///< while it holds

  private:
    bool piles_up(Connection& connection);
    std::uint64_t bytes_behind(Connection& connection);

    std::optional<std::int64_t> looked_at_; ///< absent: not yet
    std::optional<std::int64_t> since_;     ///< when it began to hold
    std::int64_t not_before_ = 0;           ///< it does not hold again
    core::Nanoseconds held_{0};
    bool tells_ = true;
};

} // namespace roacache::store::redis
