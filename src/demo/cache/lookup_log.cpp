#include "src/demo/cache/lookup_log.hpp"

#include "src/core/error.hpp"
#include "src/demo/http/router.hpp"

#include <fmt/core.h>

namespace roacache::demo {
namespace {

using store::sqlite::Database;
using store::sqlite::Statement;

constexpr Milliseconds k_write_interval{500};
constexpr std::size_t k_most_pending = 100'000;
constexpr double k_day = 86'400;

Database open_log(const std::filesystem::path& file) {
    Database database(file, store::sqlite::OpenMode::create);
    database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=2000;"
                     "CREATE TABLE IF NOT EXISTS performance_log (cache_type TEXT, cache_hit INTEGER, "
                     "response_time_ms REAL, timestamp REAL);");
    return database;
}

} // namespace

LookupLog::LookupLog(const std::filesystem::path& file, TimeSource now, Warn warn)
    : now_(std::move(now)), warn_(std::move(warn)), database_(open_log(file)),
      insert_(database_.prepare("INSERT INTO performance_log VALUES (?, ?, ?, ?)")),
      writer_([this] { write_on(); }) {}

LookupLog::~LookupLog() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    stopped_.notify_all();
    writer_.join();
}

void LookupLog::add(std::string_view type, bool hit, double ms) {
    const std::lock_guard lock(mutex_);
    if (pending_.size() < k_most_pending) pending_.push_back({type, hit, ms, seconds()});
}

void LookupLog::write_on() {
    for (bool more = true; more;) {
        {
            std::unique_lock lock(mutex_);
            more = !stopped_.wait_for(lock, k_write_interval, [this] { return stopping_; });
        }
        const std::lock_guard lock(database_mutex_);
        write_pending();
    }
}

void LookupLog::write_pending() {
    std::vector<Row> rows;
    {
        const std::lock_guard lock(mutex_);
        rows.swap(pending_);
    }
    if (rows.empty()) return;
    try {
        store::sqlite::Transaction transaction(database_);
        for (const Row& row : rows) {
            insert_.reset();
            insert_.bind(1, row.type)
                .bind(2, std::int64_t{row.hit})
                .bind_real(3, row.ms)
                .bind_real(4, row.at)
                .run();
        }
        database_.execute(
            "DELETE FROM performance_log WHERE rowid <= (SELECT max(rowid) FROM performance_log) "
            "- 1000000");
        transaction.commit();
    } catch (const core::Error& error) {
        insert_.reset();
        if (!complained_) warn_(fmt::format("{}; lookups are not logged meanwhile", error.what()));
        complained_ = true;
    }
}

std::string LookupLog::queries_saved() {
    const std::lock_guard lock(database_mutex_);
    write_pending();
    std::int64_t day = 0, week = 0, total = 0;
    try {
        Statement sums =
            database_.prepare("SELECT sum(timestamp > ?1 - 86400), sum(timestamp > ?1 - 604800), "
                              "count(*) FROM performance_log WHERE cache_hit = 1");
        sums.bind_real(1, seconds()).step();
        day = sums.integer(0);
        week = sums.integer(1);
        total = sums.integer(2);
    } catch (const core::Error&) { // zeros
    }
    return fmt::format(R"({{"today":{},"week":{},"total":{}}})", day, week, total);
}

std::string LookupLog::response_times() {
    const std::lock_guard lock(database_mutex_);
    write_pending();
    std::string times;
    try {
        Statement means = database_.prepare(
            "SELECT cache_type, avg(CASE WHEN cache_hit = 1 THEN response_time_ms END) AS cached, "
            "avg(CASE WHEN cache_hit = 0 THEN response_time_ms END) AS origin FROM performance_log "
            "WHERE timestamp > ?1 GROUP BY cache_type HAVING cached IS NOT NULL AND origin > 0");
        means.bind_real(1, seconds() - k_day);
        while (means.step()) {
            const double cached = means.real(1), origin = means.real(2);
            times += fmt::format(R"({}{}:{{"cached":{},"oracle":{},"improvement":{:.1f}}})",
                                 times.empty() ? "" : ",", json_text(means.text(0)),
                                 static_cast<std::int64_t>(cached), static_cast<std::int64_t>(origin),
                                 100 * (1 - cached / origin));
        }
    } catch (const core::Error&) { // none
        times.clear();
    }
    return "{" + times + "}";
}

} // namespace roacache::demo
