#pragma once

#include "src/store/sqlite/database.hpp"
#include "tests/cli/roacache.hpp"
#include "tests/support/servers.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace roacache::test {

inline constexpr const char* k_query = "select company, max(id), count(*) from act group by company";

/// A ledger of two companies, and their entries in Redis.
class Followed {
  public:
    Followed() : ledger(folder.path() / "ledger.db"), state(folder.path() / "state.json") {
        store::sqlite::Database database(ledger, store::sqlite::OpenMode::create);
        database.execute("CREATE TABLE act (id INTEGER PRIMARY KEY, company);"
                         "INSERT INTO act VALUES (10, 1), (20, 2)");
        fill();
    }

    void fill() const {
        for (const char* company : {"1", "2"})
            redis.cli({"set", entry(company), "old"});
        redis.cli({"set", "session:1", "kept"});
    }
    void change(const char* sql) const {
        store::sqlite::Database(ledger, store::sqlite::OpenMode::read_write).execute(sql);
    }
    bool cached(const std::string& company) const { return redis.cli({"exists", entry(company)}) == "1"; }

    std::vector<std::string> command(std::vector<std::string> more = {},
                                     const std::string& query = k_query) const {
        std::vector<std::string> words{"follow",
                                       "-u",
                                       redis.url(),
                                       "--sqlite",
                                       ledger.string(),
                                       "--query",
                                       query,
                                       "-e",
                                       "company-changed={1}",
                                       "--interval",
                                       "20ms",
                                       "--settle",
                                       "50ms",
                                       "-o",
                                       "ndjson"};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    Finished once(std::vector<std::string> more = {}, const std::string& query = k_query) const {
        more.insert(more.end(), {"--once", "--state", state.string()});
        return run_roacache(command(more, query));
    }
    Process begin(std::vector<std::string> more = {}) const {
        std::vector<std::string> words = command(more);
        words.insert(words.begin(), program());
        return Process(words);
    }

    TempDir folder;
    RedisServer redis;
    std::filesystem::path ledger, state;

  private:
    static std::string entry(const std::string& company) {
        return "cache:default:dashboard_summary:company-" + company + ":0a1b2c3d4e5f";
    }
};

} // namespace roacache::test
