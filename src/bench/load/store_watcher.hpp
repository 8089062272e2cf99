#pragma once

#include "src/bench/load/cache_store.hpp"
#include "src/bench/model/result.hpp"

namespace roacache::bench {

/// Reads a store's counters around blocks, and what memory it uses. A store that stops answering is noted
/// once and not asked again.
class StoreWatcher {
  public:
    /// Before anything is asked of the service.
    explicit StoreWatcher(CacheStore& store);

    void begin(); ///< before a block
    /// After it; nothing: of several arms that could not be separated.
    void end(std::optional<ArmKind> arm);

    StoreWatch watch() const;

  private:
    std::optional<StoreCounters> read();

    CacheStore& store_;
    std::optional<StoreCounters> before_;
    bool answers_ = true;
    StoreWatch watch_;
};

} // namespace roacache::bench
