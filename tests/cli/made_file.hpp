#pragma once

#include "src/store/sqlite/database.hpp"
#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace roacache::test {

/// An SQLite file that SQL has made, in a folder of its own.
struct MadeFile {
    explicit MadeFile(const std::string& sql) { change(sql); }

    void change(const std::string& sql) const {
        store::sqlite::Database(path, store::sqlite::OpenMode::create).execute(sql.c_str());
    }
    std::int64_t ask(const std::string& sql) const {
        store::sqlite::Database database(path, store::sqlite::OpenMode::read_only);
        auto statement = database.prepare(sql);
        statement.step();
        return statement.integer(0);
    }
    Finished command(std::vector<std::string> arguments) const {
        arguments.insert(arguments.end(), {"-u", "sqlite:" + path, "-p", profile});
        return run_roacache(arguments, options);
    }
    std::size_t count(std::vector<std::string> selectors = {}) const {
        selectors.insert(selectors.begin(), {"keys", "--count"});
        const Finished finished = command(selectors);
        INFO(finished.err);
        CHECK(finished.exit_code == 0);
        return std::stoul("0" + finished.out);
    }
    nlohmann::json removed(std::vector<std::string> selectors, int exit_code = 0) const {
        selectors.insert(selectors.begin(), {"invalidate", "-o", "json"});
        const Finished finished = command(selectors);
        INFO(finished.err);
        CHECK(finished.exit_code == exit_code);
        return nlohmann::json::parse(finished.out);
    }

    /// A profile that takes every key of two parts, with these lines under [sqlite].
    void take_profile_with(const std::string& lines) {
        profile = (folder.path() / "profile.toml").string();
        std::ofstream(profile) << "name = \"made\"\n[[layouts]]\ntemplate = \"{resource}:{hash}\"\n[sqlite]\n"
                               << lines << "\n";
    }

    std::string profile = "roa2web-hybrid"; ///< or a file of one
    RunOptions options{.input = "", .env = {{"TZ", "UTC"}}, .cwd = {}};
    TempDir folder;
    std::string path = (folder.path() / "cache.db").string();
};

/// `INSERT` of so many rows numbered `i`.
inline std::string made_rows(int count, const std::string& insert) {
    return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
           std::to_string(count) + ") " + insert + " FROM n;";
}

} // namespace roacache::test
