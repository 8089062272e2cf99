// What stats is held against: the profile's goals, and --assert.

#include "src/store/sqlite/database.hpp"
#include "tests/cli/api_services.hpp"

#include <algorithm>
#include <fstream>

using namespace roacache::test;
using nlohmann::json;
using roacache::store::sqlite::Database;
using roacache::store::sqlite::OpenMode;

namespace {

/// An HR portal's Redis: 3 users, one of them with 5,000 bytes, and a session of somebody else.
struct HrCache {
    HrCache() {
        redis.cli({"EVAL",
                   "redis.call('SET', 'user:1', 'a', 'EX', 60) redis.call('SET', 'user:2', 'b', 'EX', 60) "
                   "redis.call('SET', 'user:3', string.rep('x', 5000), 'EX', 60) "
                   "redis.call('SET', 'dashboard:summary:1', 'd', 'EX', 60) "
                   "redis.call('SET', 'session:1', string.rep('x', 50000))",
                   "0"});
    }
    /// What stats looks up itself counts on the server: each time it is as if it were the first.
    void count_anew() const {
        redis.cli({"CONFIG", "RESETSTAT"});
        for (const char* key : {"user:1", "user:2", "user:1", "absent"})
            redis.cli({"GET", key});
    }
    Finished stats(std::vector<std::string> arguments) const {
        count_anew();
        arguments.insert(arguments.begin(), {"stats", "-p", "hr-portal", "-u", redis.url()});
        return run_roacache(arguments);
    }
    int exit_of(const std::string& expr) const { return stats({"--assert", expr, "-q"}).exit_code; }

    RedisServer redis;
};

/// What the document says of a goal or assert.
json answer_of(const json& answers, const std::string& quantity, const json& resource = nullptr) {
    for (const json& answer : answers)
        if (answer.at("quantity") == quantity && answer.at("resource") == resource) return answer;
    FAIL("no " << quantity << " of " << resource.dump() << " in " << answers.dump());
    return {};
}

} // namespace

TEST_CASE("stats shows the profile's goals against what is", "[stats][goals]") {
    const HrCache cache;
    const json document = document_of(cache.stats({"-o", "json", "-q"}));
    CHECK(document.at("verdict").is_null());
    CHECK(document.at("asserts").empty());
    const json& goals = document.at("goals");
    CHECK(goals.size() == 8);

    const json rate = answer_of(goals, "hit_rate");
    CHECK(rate.at("expr") == "hit_rate >= 85%");
    CHECK(rate.at("value") == 0.75);
    CHECK(rate.at("threshold") == 0.85);
    CHECK(rate.at("unit") == "fraction");
    CHECK(rate.at("verdict") == "fail");
    CHECK(rate.at("measured").get<std::string>().find("all keys of the server") != std::string::npos);
    CHECK(rate.at("reason").is_null());

    const json size = answer_of(goals, "bytes_per_entry");
    CHECK(size.at("value").get<double>() ==
          Approx(document.at("bytes").get<double>() / document.at("keys").get<double>()));
    CHECK(size.at("value") < 2000);
    CHECK(size.at("verdict") == "pass");
    CHECK(size.at("unit") == "bytes");
    CHECK(answer_of(goals, "memory").at("value") == document.at("memory").at("used_bytes"));
    CHECK(answer_of(goals, "memory").at("threshold") == 10e9);

    const json of_resource = answer_of(goals, "hit_rate", "dashboard_summary");
    CHECK(of_resource.at("value").is_null());
    CHECK(of_resource.at("verdict") == "inconclusive");
    CHECK(of_resource.at("measured").is_null());
    CHECK(of_resource.at("reason") == "the server counts hits of all its keys together");

    const Finished plain = cache.stats({"-q"});
    CHECK(plain.exit_code == 0);
    CHECK(plain.out.find("\ngoal\tn/a\thit_rate >= 85%\t0.75\tmissed\t") != std::string::npos);
    CHECK(plain.out.find("\ngoal\tuser\thit_rate > 90%\tn/a\tn/a\tthe server counts") != std::string::npos);
    const Finished table = cache.stats({"-o", "table", "-q"});
    CHECK(table.out.find("goals of hr-portal") != std::string::npos);
    CHECK(table.out.find("hit_rate >= 85%") != std::string::npos);
    CHECK(table.out.find("75 %  missed") != std::string::npos);

    // Without a walk nothing is known of entries, and that is said.
    const json fast = document_of(cache.stats({"--no-scan", "-o", "json", "-q"}));
    CHECK(answer_of(fast.at("goals"), "bytes_per_entry").at("value").is_null());
    CHECK(answer_of(fast.at("goals"), "bytes_per_entry").at("reason").get<std::string>().find("--no-scan") !=
          std::string::npos);
    CHECK(answer_of(fast.at("goals"), "hit_rate").at("value") == 0.75);
}

TEST_CASE("stats --assert says by its exit code whether a figure holds", "[stats][goals]") {
    const HrCache cache;
    for (const char* holds :
         {"hit_rate >= 75%", "hit_rate == 0.75", "entries > 0", "entries == 4", "memory <= 10GB",
          "bytes_per_entry <= 2KB", "user.entries == 3", "user.bytes_per_entry >= 1KB", "list.entries == 0",
          "no_ttl == 0", "user.no_ttl == 0", "exceeding_policy == 0", "evictions == 0", "bytes > 5KB"}) {
        INFO(holds);
        CHECK(cache.exit_of(holds) == 0);
    }
    for (const char* fails : {"entries != 4", "user.bytes_per_entry <= 1KB", "user.entries > 3",
                              "memory < 1KB", "dashboard_summary.bytes > 1MB", "list.entries > 0"}) {
        INFO(fails);
        CHECK(cache.exit_of(fails) == 1);
    }
    // Not known: inconclusive, with why.
    for (const char* unknown : {"user.hit_rate >= 5%", "list.bytes_per_entry <= 2KB"}) {
        const Finished finished = cache.stats({"--assert", unknown, "-q"});
        INFO(finished.err);
        CHECK(finished.exit_code == 6);
        CHECK(finished.err.find(std::string("warning: assert cannot be decided: ") + unknown) !=
              std::string::npos);
    }
    // One that fails outweighs one that is not known, and that one those that hold.
    CHECK(cache.stats({"--assert", "user.hit_rate >= 5%", "--assert", "entries == 0", "-q"}).exit_code == 1);
    CHECK(cache.stats({"--assert", "user.hit_rate >= 5%", "--assert", "entries > 0", "-q"}).exit_code == 6);
    const Finished failed = cache.stats({"--assert", "entries == 5", "-o", "json", "-q"});
    const json document = document_of(failed);
    CHECK(document.at("verdict") == "fail");
    CHECK(document.at("asserts").at(0).at("value") == 4);
    CHECK(failed.err.find("assert failed: entries == 5: it is 4, of the profile's entries") !=
          std::string::npos);
    for (const char* format : {"csv", "prometheus"})
        CHECK(cache.stats({"--assert", "entries == 5", "-o", format, "-q"}).exit_code == 1);
    CHECK(cache.stats({"-r", "user", "--assert", "entries == 3", "-q"}).exit_code == 0);
    CHECK(cache.stats({"--by", "tenant", "--assert", "user.entries == 3", "-q"}).exit_code == 0);
}

TEST_CASE("goals and asserts are metrics, and one that is stated twice is one sample", "[stats][goals]") {
    const HrCache cache;
    const Finished finished =
        cache.stats({"--assert", "entries == 5", "--assert", "entries == 5", "--assert", "user.entries == 3",
                     "--assert", "user.hit_rate >= 5%", "-o", "prometheus", "-q"});
    CHECK(finished.exit_code == 1);
    const auto has = [&](const std::string& line) {
        return ("\n" + finished.out).find("\n" + line + "\n") != std::string::npos;
    };
    INFO(finished.out);
    CHECK(has("roacache_goal_value{resource=\"\",expr=\"hit_rate >= 85%\"} 0.75"));
    CHECK(has("roacache_goal_threshold{resource=\"\",expr=\"hit_rate >= 85%\"} 0.85"));
    CHECK(has("roacache_goal_met{resource=\"\",expr=\"hit_rate >= 85%\"} 0"));
    CHECK(has("roacache_assert_met{resource=\"\",expr=\"entries == 5\"} 0"));
    CHECK(has("roacache_assert_met{resource=\"user\",expr=\"user.entries == 3\"} 1"));
    CHECK(has("roacache_assert_threshold{resource=\"user\",expr=\"user.hit_rate >= 5%\"} 0.05"));
    CHECK(finished.out.find("roacache_assert_met{resource=\"user\",expr=\"user.hit_rate") ==
          std::string::npos); // it is not known
    RunOptions options;
    options.input = finished.out;
    const Finished checked = run({"promtool", "check", "metrics"}, options);
    INFO(checked.out << checked.err);
    CHECK(checked.exit_code == 0);
}

TEST_CASE("the goals and asserts are a table of csv, with the fields of the JSON", "[stats][goals]") {
    const HrCache cache;
    const auto asked = [&](std::vector<std::string> more) {
        more.insert(more.end(), {"--assert", "entries == 5", "--assert", "user.hit_rate >= 5%", "-q"});
        return cache.stats(more);
    };
    const Finished csv = asked({"--goals", "-o", "csv"});
    INFO(csv.err);
    CHECK(csv.exit_code == 1);
    RunOptions reading;
    reading.input = csv.out;
    const Finished read =
        run({"/usr/bin/python3", "-c",
             "import csv, json, sys; print(json.dumps(list(csv.DictReader(sys.stdin, strict=True))))"},
            reading);
    const json rows = json::parse(read.out);
    const json document = json::parse(asked({"-o", "json"}).out);
    json answers = document.at("goals");
    REQUIRE(answers.size() == 8);
    for (const json& answer : document.at("asserts"))
        answers.push_back(answer);
    REQUIRE(rows.size() == answers.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const json& row = rows.at(i);
        INFO(row.dump() << answers.at(i).dump());
        CHECK(row.size() == answers.at(i).size() + 1);
        CHECK(row.at("kind") == (i < 8 ? "goal" : "assert"));
        for (const auto& [name, value] : answers.at(i).items()) {
            const std::string cell = row.at(name);
            if (value.is_null())
                CHECK(cell.empty());
            else if (value.is_string())
                CHECK(cell == value);
            else if (name != "value" || answers.at(i).at("quantity") != "memory") // which moves
                CHECK(std::stod(cell) == value.get<double>());
        }
    }
    CHECK(rows.at(8).at("verdict") == "fail");
    CHECK(rows.at(9).at("verdict") == "inconclusive");

    INFO("without --goals csv is the table of the groups, as ever");
    const Finished groups = asked({"-o", "csv"});
    CHECK(groups.out.starts_with("tenant,resource,keys,"));
    CHECK(groups.out.find("hit_rate") == std::string::npos);
    CHECK(cache.stats({"-o", "csv", "--assert", "entries == 4"}).err.find("--goals prints") !=
          std::string::npos);
    CHECK(cache.stats({"-o", "csv"}).err.find("--goals") == std::string::npos);
    CHECK(cache.stats({"-o", "csv", "--goals", "--assert", "entries == 4"}).err.find("--goals") ==
          std::string::npos);

    INFO("lines and tables");
    const Finished plain = asked({"--goals"});
    CHECK(lines_in(plain.out) == 10);
    CHECK(plain.out.starts_with("goal\tn/a\thit_rate >= 85%\t0.75\tmissed\t"));
    const Finished table = asked({"--goals", "-o", "table"});
    CHECK(table.out.starts_with("goals of hr-portal"));
    CHECK(table.out.find("memory used") == std::string::npos);
    CHECK(asked({"--goals", "-o", "ndjson"}).out.find("\"groups\"") != std::string::npos);
    const Finished none =
        run_roacache({"stats", "-p", "tally-portal", "-u", cache.redis.url(), "--goals", "-o", "csv"});
    CHECK(lines_in(none.out) == 1);
    CHECK(none.err.find("profile tally-portal names no goals, and nothing is asserted") != std::string::npos);
}

TEST_CASE("a hit rate that walks have moved is decided only where that cannot matter", "[stats][goals]") {
    const HrCache cache;
    cache.count_anew(); // 3 hits and a miss
    for (int i = 0; i < 4; ++i)
        cache.redis.cli({"TTL", "user:1"});
    const auto again = [&](const char* expr) {
        return run_roacache({"stats", "-p", "hr-portal", "-u", cache.redis.url(), "--no-scan", "--assert",
                             expr, "-o", "json", "-q"});
    };
    // 7 of 8 lookups were hits, of the service's own 3 to 4 of 4.
    const Finished near = again("hit_rate >= 80%");
    CHECK(near.exit_code == 6);
    CHECK(near.err.find("4 of the 8 lookups asked for times to live") != std::string::npos);
    const json answer = json::parse(near.out).at("asserts").at(0);
    CHECK(answer.at("value") == 0.875);
    CHECK(answer.at("low") == 0.75);
    CHECK(answer.at("high") == 1);
    CHECK(again("hit_rate >= 70%").exit_code == 0);
    CHECK(again("hit_rate < 70%").exit_code == 1);
    CHECK(again("hit_rate == 87.5%").exit_code == 6);
    cache.redis.cli({"CONFIG", "RESETSTAT"});
    cache.redis.cli({"TTL", "user:1"});
    CHECK(again("hit_rate > 1%").exit_code == 6);
}

TEST_CASE("an assert that can have no answer is refused before anything is asked", "[stats][goals]") {
    const auto refused = [](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"stats", "-p", "hr-portal", "-u", "redis://127.0.0.1:1"});
        const Finished finished = run_roacache(arguments);
        INFO(finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(finished.out.empty());
        return finished.err;
    };
    CHECK(refused({"--assert", "hitrate > 5%"}).find("bad assert: hitrate > 5%: no such quantity") !=
          std::string::npos);
    CHECK(refused({"--assert", "hitrate > 5%"}).find("Quantities: hit_rate, entries") != std::string::npos);
    CHECK(refused({"--assert", "users.entries > 5"}).find("did you mean 'user'?") != std::string::npos);
    CHECK(refused({"--no-scan", "--assert", "entries > 5"}).find("assert cannot be answered: entries > 5") !=
          std::string::npos);
    refused({"--watch", "--assert", "hitrate > 5%"});
    refused({"--instances", "http://127.0.0.1:1/api/cache", "--assert", "hitrate > 5%"});
    refused({"--instances", "http://127.0.0.1:1/api/cache", "--watch", "--assert", "memory < 1GB"});
    refused({"--count", "3", "--assert", "memory < 1GB"});
    refused({"--watch", "--count", "0", "--assert", "memory < 1GB"});
    // Where nothing answers that is another matter.
    CHECK(run_roacache({"stats", "-u", "redis://127.0.0.1:1", "--assert", "entries > 0"}).exit_code == 3);
}

TEST_CASE("a server that tells nothing leaves asserts undecided", "[stats][goals]") {
    const RedisServer redis;
    redis.cli({"SET", "user:1", "a", "EX", "60"});
    redis.cli({"ACL", "SETUSER", "blind", "on", ">pw", "~*", "+scan", "+select", "+auth", "+hello", "+ping"});
    const auto blind = [&](const std::string& expr) {
        RunOptions options;
        options.env = {{"REDISCLI_AUTH", "pw"}, {"ROACACHE_USER", "blind"}};
        return run_roacache({"stats", "-p", "hr-portal", "-u", redis.url(), "--assert", expr, "-q"}, options);
    };
    for (const char* expr : {"hit_rate > 5%", "memory < 1GB", "evictions == 0", "bytes < 1GB", "no_ttl == 0",
                             "bytes_per_entry < 1GB"}) {
        const Finished finished = blind(expr);
        INFO(expr << finished.err);
        CHECK(finished.exit_code == 6);
        CHECK(finished.err.find("does not") != std::string::npos);
    }
    CHECK(blind("entries == 1").exit_code == 0);
}

TEST_CASE("a service's log tells the hit rate of each resource", "[stats][goals][sqlite]") {
    const TempDir folder;
    const std::string file = (folder.path() / "cache.db").string();
    const Finished filled = run({"/usr/bin/python3", source_dir() + "/tests/systems/fill.py",
                                 "roa2web-hybrid", file, "--entries", "50"});
    INFO(filled.err);
    REQUIRE(filled.exit_code == 0);
    {
        Database database(file, OpenMode::read_write);
        database.prepare("DELETE FROM performance_log").step();
        for (const char* row :
             {"('invoices_list', 1, 1.0, 1)", "('invoices_list', 1, 1.0, 1)", "('invoices_list', 1, 1.0, 1)",
              "('invoices_list', 0, 90.0, 1)", "('treasury_data', 0, 90.0, 1)"})
            database
                .prepare(std::string("INSERT INTO performance_log (cache_type, cache_hit, response_time_ms, "
                                     "timestamp) VALUES ") +
                         row)
                .step();
    }
    const auto judged = [&](const std::string& expr) {
        return run_roacache({"stats", "-p", "roa2web-hybrid", "-u", "sqlite:" + file, "--assert", expr, "-q"})
            .exit_code;
    };
    CHECK(judged("invoices_list.hit_rate >= 75%") == 0);
    CHECK(judged("invoices_list.hit_rate > 75%") == 1);
    CHECK(judged("treasury_data.hit_rate == 0") == 0);
    CHECK(judged("dashboard_summary.hit_rate > 0") == 6);
    CHECK(judged("hit_rate == 60%") == 0);
    CHECK(judged("memory < 1GB") == 0);
    CHECK(judged("evictions == 0") == 6);
}

TEST_CASE("a management API tells no more than it knows", "[stats][goals][api]") {
    const PythonServer hybrid("tests/systems/hybrid_service.py");
    const auto judged = [&](const std::string& expr) {
        return run_api(hybrid.url("/api/cache"), {"stats", "-p", "roa2web-hybrid", "--assert", expr, "-q"});
    };
    const Finished rate = judged("hit_rate > 5%");
    CHECK(rate.exit_code == 6);
    CHECK(rate.err.find("the service counts the hits of its memory (L1) alone") != std::string::npos);
    CHECK(judged("bytes_per_entry < 1GB").exit_code == 6);
    CHECK(judged("invoices_list.hit_rate > 5%").exit_code == 6);

    const RedisServer redis;
    const TempDir folder;
    std::ofstream(folder.path() / "env") << "REDIS_URL=" << redis.url() << "/0\n";
    const PythonServer hr("tests/systems/hr_service.py", {"--env", (folder.path() / "env").string()});
    redis.cli({"SET", "user:1", "a"});
    const auto of_hr = [&](const std::string& expr) {
        return run_api(hr.url("/api/cache"), {"stats", "-p", "hr-portal", "--assert", expr, "-q"},
                       "token-admin")
            .exit_code;
    };
    CHECK(of_hr("entries == 1") == 0);
    CHECK(of_hr("entries > 1") == 1);
    CHECK(of_hr("memory <= 10GB") == 0);
    CHECK(of_hr("user.entries == 1") == 6);
}
