#pragma once

#include "src/bench/load/cache_store.hpp"
#include "src/bench/model/result.hpp"

namespace roacache::bench {

/// Reads a store's counters around blocks. A store that stops giving them is noted once and not asked again.
class StoreWatcher {
  public:
    explicit StoreWatcher(CacheStore& store);

    void begin(); ///< before a block
    /// After it; nothing: of several arms that could not be separated.
    void end(std::optional<ArmKind> arm);

    StoreWatch watch() const;

  private:
    std::optional<StoreCounters> read();

    CacheStore& store_;
    std::optional<StoreCounters> first_, before_, last_;
    StoreWatch watch_;
};

} // namespace roacache::bench
