#pragma once

#include "src/core/error.hpp"
#include "src/demo/cache/tier.hpp"
#include "src/demo/warn.hpp"
#include "src/store/sqlite/database.hpp"

#include <atomic>
#include <filesystem>
#include <mutex>

namespace roacache::demo {

/// A table `entries(key, value, created, expires)` in a SQLite file, times in Unix seconds. Other processes
/// may read and delete in it. After a failed erase the tier stays away for good, as what it holds may be
/// stale.
class SqliteTier : public Tier {
  public:
    /// Throws core::Error when the file cannot be opened or is no database.
    SqliteTier(const std::filesystem::path& file, TimeSource now, Warn warn);

    std::string_view name() const override { return "sqlite"; }
    std::optional<Found> get(const CacheKey& key) override;
    void put(const CacheKey& key, const std::string& value, Milliseconds ttl) override;
    void erase(std::span<const std::string> groups) override;
    std::vector<std::string> erase_matching(const std::string& glob,
                                            std::span<const std::string> groups) override;
    TierSize size() override;
    bool available() const override { return !given_up_; }

  private:
    /// What it holds may be stale.
    void give_up(const core::Error& error);
    void complain(const std::string& why);
    void purge_expired(Milliseconds now);

    const TimeSource now_;
    const Warn warn_;
    std::mutex mutex_;
    store::sqlite::Database database_;
    store::sqlite::Statement get_, put_, erase_, purge_;
    Milliseconds next_purge_{0};
    bool complained_ = false;
    std::atomic<bool> given_up_ = false;
};

} // namespace roacache::demo
