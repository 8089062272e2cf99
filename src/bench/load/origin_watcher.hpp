#pragma once

#include "src/bench/load/origin_counter.hpp"
#include "src/bench/model/result.hpp"

namespace roacache::bench {

/// Reads the origin's counter around blocks. One that fails on the way is noted once and not asked again.
class OriginWatcher {
  public:
    /// Reads it a few times in a row, to learn by how much reading moves it. `quiet`: nothing but the run's
    /// own requests asks the origin between two blocks, such as a hook that starts the service again. Throws
    /// core::Error where it cannot be read.
    OriginWatcher(OriginCounter& counter, bool quiet);

    void begin(); ///< before a block
    /// After it: what the origin was asked meanwhile; nothing where that is not known.
    std::optional<std::uint64_t> end();

    const OriginWatch& watch() const { return watch_; }

  private:
    std::optional<std::uint64_t> read();
    /// What was asked since an earlier reading, without what reading itself does.
    std::optional<std::uint64_t> since(std::optional<std::uint64_t> before, std::optional<std::uint64_t> now);

    OriginCounter& counter_;
    bool quiet_;
    std::optional<std::uint64_t> before_, last_;
    OriginWatch watch_;
};

} // namespace roacache::bench
