#pragma once

#include "src/demo/cache/tier.hpp"
#include "src/demo/warn.hpp"
#include "src/store/sqlite/database.hpp"

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace roacache::demo {

/// `performance_log(cache_type, cache_hit, response_time_ms, timestamp)` in an SQLite file: a row a lookup,
/// time in Unix seconds, the last million of them. Rows are written twice a second by a thread of its own, so
/// that no request waits for the file. Safe to use from several threads.
class LookupLog {
  public:
    /// Throws core::Error when the file cannot be opened or is no database.
    LookupLog(const std::filesystem::path& file, TimeSource now, Warn warn);
    ~LookupLog();
    LookupLog(const LookupLog&) = delete;
    LookupLog& operator=(const LookupLog&) = delete;

    /// `type` must outlive this.
    void add(std::string_view type, bool hit, double ms);

    /// JSON text `{today, week, total}`: hits in the last 24 hours, in seven days, ever. Zeros where the
    /// query fails, as the portal has it.
    std::string queries_saved();
    /// JSON text `{TYPE: {cached, oracle, improvement}}` of the last 24 hours: means cut to whole ms, and how
    /// much less the cache takes in percent. A type without both is absent; `{}` where the query fails.
    std::string response_times();

  private:
    struct Row {
        std::string_view type;
        bool hit;
        double ms;
        double at;
    };
    double seconds() const { return static_cast<double>(now_().count()) / 1000; }
    void write_on();
    /// Writes what is pending. Under `database_mutex_`.
    void write_pending();

    const TimeSource now_;
    const Warn warn_;
    std::mutex database_mutex_;
    store::sqlite::Database database_;
    store::sqlite::Statement insert_;
    bool complained_ = false;

    std::mutex mutex_; // of the two below
    std::vector<Row> pending_;
    bool stopping_ = false;
    std::condition_variable stopped_;
    std::thread writer_;
};

} // namespace roacache::demo
