// What one poll of follow finds is invalidated in one walk, and told for each value.

#include "src/core/file.hpp"
#include "src/store/sqlite/database.hpp"
#include "tests/cli/api_services.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;
using roacache::store::sqlite::Database;
using roacache::store::sqlite::OpenMode;

namespace {

constexpr const char* k_shared_entry = "cache:default:companies_list:0a1b2c3d4e5f";

std::string entry_of(int company, int number = 0) {
    return fmt::format("cache:default:dashboard_summary:company-{}:{:012x}", company, number);
}

/// A ledger of companies 1 to 300; of each company that is asked for N entries in Redis, N being its number,
/// and one that every company makes stale.
class ManyCompanies {
  public:
    ManyCompanies() {
        Database database(ledger, OpenMode::create);
        database.execute("CREATE TABLE act (id INTEGER PRIMARY KEY, company);"
                         "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 300) "
                         "INSERT INTO act SELECT i, i FROM n");
        redis.cli({"set", "session:1", "kept"});
    }
    void fill(int companies) const {
        redis.cli({"EVAL",
                   "for company = 1, ARGV[1] do for number = 1, company do redis.call('SET', string.format("
                   "'cache:default:dashboard_summary:company-%d:%012x', company, number), 'old', 'EX', 600) "
                   "end end redis.call('SET', KEYS[1], 'old', 'EX', 600)",
                   "1", k_shared_entry, std::to_string(companies)});
    }
    void change(int companies) const {
        Database(ledger, OpenMode::read_write)
            .execute(fmt::format("INSERT INTO act (company) SELECT id FROM act WHERE id <= {}", companies)
                         .c_str());
    }
    std::vector<std::string> words(std::vector<std::string> more) const {
        more.insert(more.begin(), {"follow", "--sqlite", ledger.string(), "--query",
                                   "select company, max(id) from act group by company", "--once", "--state",
                                   (folder.path() / "state.json").string(), "-u", redis.url()});
        return more;
    }
    /// As ndjson, for the event company-changed.
    Finished follow(std::vector<std::string> more = {}, const RunOptions& options = {}) const {
        more.insert(more.begin(), {"-e", "company-changed={1}", "-o", "ndjson"});
        if (std::find(more.begin(), more.end(), "--settle") == more.end())
            more.insert(more.end(), {"--settle", "0"});
        return run_roacache(words(more), options);
    }
    long scans() const {
        std::istringstream lines(redis.cli({"INFO", "commandstats"}));
        const std::string start = "cmdstat_scan:calls=";
        for (std::string line; std::getline(lines, line);)
            if (line.starts_with(start)) return std::stol(line.substr(start.size()));
        return 0;
    }
    bool has(const std::string& key) const { return redis.cli({"exists", key}) == "1"; }

    TempDir folder;
    std::filesystem::path ledger = folder.path() / "ledger.db";
    RedisServer redis;
};

/// Each company's own entries are counted with it, and the shared one once.
void check_counts(const std::vector<json>& reports, int companies) {
    REQUIRE(static_cast<int>(reports.size()) == companies);
    int shared = 0;
    for (const json& report : reports) {
        const int company = std::stoi(report.at("value").get<std::string>());
        const json& invalidation = report.at("invalidation");
        INFO(report.dump());
        CHECK(invalidation.at("schema") == "roacache.invalidate/1");
        CHECK(invalidation.at("outcome") == "done");
        const int removed = invalidation.at("removed").get<int>();
        CHECK((removed == company || removed == company + 1));
        shared += removed - company;
        CHECK(invalidation.at("matched") == removed);
        CHECK(invalidation.at("already_gone") == 0);
        int in_groups = 0;
        for (const json& group : invalidation.at("groups"))
            in_groups += group.at("removed").get<int>();
        CHECK(in_groups == removed);
        CHECK(invalidation.at("selector") ==
              fmt::format("tenant default, event company-changed={}", company));
    }
    CHECK(shared == 1);
}

} // namespace

TEST_CASE("what one poll finds takes one walk, however many values it is", "[follow][together]") {
    const ManyCompanies there;
    REQUIRE(there.follow().exit_code == 0);
    there.fill(40);
    // Enough of other tenants for a walk to have steps.
    there.redis.cli({"EVAL",
                     "for i = 1, 60000 do redis.call('SET', 'cache:other:invoices_list:' .. i, 'kept') end",
                     "0"});
    const auto scans_of = [&](int companies) {
        there.fill(40);
        there.change(companies);
        there.redis.cli({"CONFIG", "RESETSTAT"});
        const Finished finished = there.follow();
        INFO(finished.err);
        CHECK(finished.exit_code == 0);
        CHECK(lines_in(finished.out) == companies);
        return there.scans();
    };
    const long one = scans_of(1);
    CHECK(one > 3);
    CHECK(scans_of(40) < 3 * one);
    CHECK(there.redis.cli({"DBSIZE"}) == "60001"); // and the session
}

TEST_CASE("every value's report is true of that value, and what several make stale counts once",
          "[follow][together]") {
    const ManyCompanies there;
    REQUIRE(there.follow().exit_code == 0);
    for (const int companies : {1, 2, 30}) {
        INFO(companies);
        there.fill(companies);
        there.change(companies);
        const Finished finished = there.follow();
        INFO(finished.err);
        CHECK(finished.exit_code == 0);
        const auto reports = documents_in(finished.out);
        check_counts(reports, companies);
        for (const json& report : reports) {
            CHECK(report.at("event") == "moved");
            CHECK(report.at("invalidation").value("together", 1) == companies);
            CHECK_FALSE(report.at("invalidation").contains("events"));
        }
        CHECK(there.redis.cli({"DBSIZE"}) == "1");
    }
    INFO("lines for people");
    there.fill(3);
    there.change(3);
    const Finished plain =
        run_roacache(there.words({"-e", "company-changed={1}", "--settle", "0", "-o", "table"}));
    CHECK(plain.out.find(" 3: moved from ") != std::string::npos);
    CHECK(plain.out.find(": removed 3 keys, in one walk with 2 others\n") != std::string::npos);

    INFO("more values than go together");
    there.fill(130);
    there.change(130);
    const auto many = documents_in(there.follow().out);
    CHECK(many.size() == 130);
    CHECK(many.front().at("invalidation").at("together") == 100);
    CHECK(many.back().at("invalidation").at("together") == 30);
    CHECK(there.redis.cli({"DBSIZE"}) == "1");
}

TEST_CASE("what was invalidated together is settled together", "[follow][together]") {
    const ManyCompanies there;
    REQUIRE(there.follow().exit_code == 0);
    there.fill(20);
    there.change(20);
    std::vector<std::string> words =
        there.words({"-e", "company-changed={1}", "-o", "ndjson", "--settle", "4s"});
    words.insert(words.begin(), program());
    Process following(words);
    REQUIRE(eventually([&] {
        const std::string log = following.log();
        int moved = 0;
        for (std::size_t at = 0; (at = log.find("\"moved\"", at)) != std::string::npos; ++at)
            ++moved;
        return moved == 20;
    }));
    there.fill(20); // written back by readers that were under way
    REQUIRE(eventually([&] { return !following.running(); }, std::chrono::seconds(60)));
    CHECK(following.stop() == 0);
    const auto reports = documents_in(following.log());
    REQUIRE(reports.size() == 40);
    check_counts({reports.begin() + 20, reports.end()}, 20);
    for (auto report = reports.begin() + 20; report != reports.end(); ++report) {
        CHECK(report->at("event") == "settled");
        CHECK(report->at("invalidation").at("together") == 20);
    }
    CHECK(there.redis.cli({"DBSIZE"}) == "1");
}

TEST_CASE("conditions that are of one value's keys have each value invalidated alone", "[follow][together]") {
    const ManyCompanies there;
    REQUIRE(there.follow().exit_code == 0);
    const auto alone = [&](const std::vector<std::string>& more, int code) {
        there.fill(4);
        there.change(4);
        const Finished finished = there.follow(more);
        INFO(finished.err);
        CHECK(finished.exit_code == code);
        for (const json& report : documents_in(finished.out))
            CHECK_FALSE(report.at("invalidation").contains("together"));
        return documents_in(finished.out).size();
    };
    CHECK(alone({"--max-keys", "10"}, 0) == 4); // which all together are more than
    CHECK(alone({"--max-keys", "3"}, 5) == 3);
    CHECK(there.has(entry_of(4, 1)));

    INFO("a column that says something else than an event's value");
    const auto of_columns = [&](const std::vector<std::string>& selectors) {
        there.fill(4);
        std::filesystem::remove(there.folder.path() / "state.json");
        std::vector<std::string> words = there.words(selectors);
        words.insert(words.end(), {"-o", "ndjson", "--settle", "0", "--invalidate-first"});
        const Finished finished = run_roacache(words);
        INFO(finished.err);
        CHECK(finished.exit_code == 0);
        CHECK(lines_in(finished.out) == 300);
        CHECK(finished.out.find("\"together\"") == std::string::npos);
    };
    of_columns({"-k", entry_of(3, 1) + "{1}"});
}

TEST_CASE("one value that fails does not keep the others, and what went is told", "[follow][together]") {
    const ManyCompanies there;
    REQUIRE(there.follow().exit_code == 0);
    there.fill(4);
    there.change(4);
    there.redis.cli({"ACL", "SETUSER", "narrow", "on", ">pw", "+@all", "~cache:default:companies_list:*",
                     "~cache:default:dashboard_summary:company-1:*",
                     "~cache:default:dashboard_summary:company-2:*",
                     "~cache:default:dashboard_summary:company-4:*"});
    RunOptions narrow;
    narrow.env = {{"REDISCLI_AUTH", "pw"}, {"ROACACHE_USER", "narrow"}};
    const Finished some = there.follow({}, narrow);
    INFO(some.err << some.out);
    CHECK(some.exit_code == 5);
    int removed = 0;
    const auto reports = documents_in(some.out);
    REQUIRE(reports.size() == 3);
    for (const json& report : reports) {
        CHECK(report.at("value") != "3");
        removed += report.at("invalidation").at("removed").get<int>();
    }
    CHECK(removed == 1 + 2 + 4 + 1);
    CHECK(there.has(entry_of(3, 1)));
    CHECK(there.redis.cli({"DBSIZE"}) == "4");

    INFO("and is found again");
    const auto later = documents_in(there.follow().out);
    REQUIRE(later.size() == 1);
    CHECK(later.front().at("value") == "3");
    CHECK(later.front().at("invalidation").at("removed") == 3);
    CHECK(there.redis.cli({"DBSIZE"}) == "1");
}

TEST_CASE("a dry run, a shortening and the audit log are of all that go together", "[follow][together]") {
    const ManyCompanies there;
    REQUIRE(there.follow().exit_code == 0);
    there.fill(3);
    there.change(3);
    for (const json& report : documents_in(there.follow({"--dry-run"}).out)) {
        const int company = std::stoi(report.at("value").get<std::string>());
        CHECK(report.at("invalidation").at("dry_run") == true);
        CHECK(report.at("invalidation").at("matched").get<int>() - company <= 1);
        CHECK(report.at("invalidation").at("removed") == 0);
        CHECK(report.at("invalidation").at("together") == 3);
    }
    CHECK(there.redis.cli({"DBSIZE"}) == "8");
    const std::string log = (there.folder.path() / "audit.jsonl").string();
    const auto shortened = documents_in(there.follow({"--soft", "5s", "--audit-log", log}).out);
    REQUIRE(shortened.size() == 3);
    int keys = 0;
    for (const json& report : shortened)
        keys += report.at("invalidation").at("shortened").get<int>();
    CHECK(keys == 7);
    const auto logged = documents_in(roacache::core::read_file(log));
    REQUIRE(logged.size() == 2);
    CHECK(logged.at(0).at("selector") == "tenant default, event company-changed=1, event company-changed=2, "
                                         "event company-changed=3");
    CHECK(logged.at(1).at("shortened") == 7);
}

TEST_CASE("several events of each value go together too", "[follow][together]") {
    const ManyCompanies there;
    const auto follow = [&] {
        return run_roacache(there.words({"-e", "company-changed={1}", "-e", "payment-recorded={1}", "-p",
                                         "roa2web-hybrid", "-o", "ndjson", "--settle", "0"}));
    };
    REQUIRE(follow().exit_code == 0);
    for (int company = 1; company <= 5; ++company)
        there.redis.cli({"set", fmt::format("treasury_data:company-{}:user-ana:0a1b", company), "old"});
    there.change(4);
    const Finished finished = follow();
    INFO(finished.err);
    CHECK(finished.exit_code == 0);
    const auto reports = documents_in(finished.out);
    REQUIRE(reports.size() == 4);
    for (const json& report : reports) {
        CHECK(report.at("invalidation").at("removed") == 1);
        CHECK(report.at("invalidation").at("together") == 4);
    }
    CHECK(there.redis.cli({"DBSIZE"}) == "2");
}

TEST_CASE("values go together in a service's SQLite file", "[follow][together][sqlite]") {
    const ManyCompanies there;
    const std::string path = (there.folder.path() / "cache.db").string();
    REQUIRE(run({"/usr/bin/python3", source_dir() + "/tests/systems/fill.py", "roa2web-hybrid", path,
                 "--schema", "a", "--journal", "delete", "--entries", "200"})
                .exit_code == 0);
    const std::vector<std::string> store{"-p", "roa2web-hybrid", "-u", "sqlite:" + path};
    const auto entries = [&](int company) {
        std::vector<std::string> words{"keys", "--count", "-w", fmt::format("company={}", company)};
        words.insert(words.end(), store.begin(), store.end());
        return std::stol(run_roacache(words).out);
    };
    const auto follow = [&] {
        std::vector<std::string> words{"follow",
                                       "--sqlite",
                                       there.ledger.string(),
                                       "--query",
                                       "select company, max(id) from act group by company",
                                       "-e",
                                       "company-changed={1}",
                                       "--once",
                                       "--state",
                                       (there.folder.path() / "file.json").string(),
                                       "--settle",
                                       "0",
                                       "-o",
                                       "ndjson"};
        words.insert(words.end(), store.begin(), store.end());
        return run_roacache(words);
    };
    REQUIRE(follow().exit_code == 0);
    const long first = entries(1), second = entries(2), third = entries(3);
    REQUIRE(first > 0);
    there.change(2);
    const Finished finished = follow();
    INFO(finished.err << finished.out);
    CHECK(finished.exit_code == 0);
    const auto reports = documents_in(finished.out);
    REQUIRE(reports.size() == 2);
    CHECK(reports[0].at("invalidation").at("together") == 2);
    CHECK(reports[0].at("invalidation").at("removed") >= first); // and those of no company
    CHECK(reports[1].at("invalidation").at("removed") == second);
    CHECK(entries(1) == 0);
    CHECK(entries(2) == 0);
    CHECK(entries(3) == third);
}

TEST_CASE("invalidate counts each of several events", "[invalidate][together]") {
    const ManyCompanies there;
    there.fill(3);
    const auto invalidate = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"invalidate", "-u", there.redis.url(), "-e", "company-changed=3", "-e",
                                   "company-changed=2", "-o", "json", "-q"});
        return json::parse(run_roacache(more).out);
    };
    const json counted = invalidate({"--dry-run"});
    CHECK(counted.at("events").at(0).at("matched") == 4);
    CHECK(counted.at("events").at(1).at("matched") == 2);
    const json document = invalidate({});
    CHECK(document.at("removed") == 6);
    REQUIRE(document.at("events").size() == 2);
    CHECK(document.at("events").at(0).at("event") == "company-changed=3");
    CHECK(document.at("events").at(0).at("removed") == 4); // with the one that both make stale
    CHECK(document.at("events").at(0).at("groups").size() == 2);
    CHECK(document.at("events").at(1).at("removed") == 2);
    REQUIRE(document.at("groups").size() == 2); // each once, of both events
    CHECK(document.at("groups").at(0).at("resource") == "companies_list");
    CHECK(document.at("groups").at(0).at("removed") == 1);
    CHECK(document.at("groups").at(1).at("removed") == 5);
    CHECK_FALSE(json::parse(run_roacache({"invalidate", "-u", there.redis.url(), "-e", "company-changed=1",
                                          "-o", "json", "-q"})
                                .out)
                    .contains("events"));
}
