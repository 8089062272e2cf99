#include "tests/cli/planned.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/nodes.hpp"

#include <fmt/format.h>
#include <unistd.h>

using namespace roacache::test;
using nlohmann::json;

TEST_CASE("plan counts what invalidate would remove, writes it down and removes nothing", "[plan]") {
    const Planned planned;
    const std::string before = planned.digest();
    const Finished made = planned.make({"-r", "invoices_list", "--all-tenants"});
    INFO(made.err << made.out);
    REQUIRE(made.exit_code == 0);
    CHECK(planned.digest() == before);
    const json plan = json_in(planned.plan);
    CHECK(plan.at("schema") == "roacache.plan/1");
    CHECK(plan.at("keys") == 40);
    CHECK(plan.at("bytes") > 40);
    CHECK(plan.at("exact") == true);
    CHECK(plan.at("selectors").at("resources") == json{"invoices_list"});
    CHECK(plan.at("selectors").at("all_tenants") == true);
    CHECK(plan.at("stores")[0].at("url") == planned.cache.redis.unix_url());
    CHECK(plan.at("stores")[0].at("identity").at("kind") == "redis");
    CHECK(plan.at("profile").at("name") == "roa2web");
    CHECK(plan.at("version").is_string());
    CHECK(plan.at("by").at("user").is_string());
    CHECK(plan.at("by").at("host").is_string());
    CHECK(plan.at("applied").is_null());
    std::map<std::string, int> groups;
    for (const json& group : plan.at("groups"))
        groups[group.at("tenant")] = group.at("keys");
    CHECK(groups == std::map<std::string, int>{{"t", 30}, {"u", 10}});
    CHECK(made.out.find("keys\t40\n") == 0);

    // To standard output it is the same but for the time.
    json printed = json::parse(
        run_at(planned.cache.redis.unix_url(), {"plan", "-r", "invoices_list", "--all-tenants"}).out);
    for (const char* name : {"created", "created_ms", "digest"})
        printed[name] = plan.at(name);
    CHECK(printed == plan);
}

TEST_CASE("plan counts a key once that the server gives again", "[plan]") {
    constexpr int k_ours = 6'000, k_others = 50'000;
    const RedisServer redis({"--enable-debug-command", "yes"});
    const TempDir folder;
    const auto held = folder.path() / "held", answer = folder.path() / "plan.json";
    redis.cli(
        {"EVAL",
         "for i=1," + std::to_string(k_ours) + " do redis.call('SET', 'cache:t:invoices_list:h'..i, 'x') end",
         "0"});
    redis.cli({"debug", "populate", std::to_string(k_others), "other"});
    const MeddledServer holding(redis, "SCAN#60", held);
    Process process({program(), "plan", "-u", holding.url(), "-t", "t", "-O", answer.string(), "--max-pause",
                     "1us", "--timeout", "300s"});
    REQUIRE(eventually([&] { return std::filesystem::exists(held); }, std::chrono::seconds(60)));
    // Of a table that becomes smaller some places come again.
    redis.cli({"EVAL",
               "for i=0," + std::to_string(k_others - 1) + " do redis.call('UNLINK', 'other:'..i) end", "0"});
    REQUIRE(eventually([&] {
        return redis.cli({"debug", "htstats", "0"}).find("table size: 65536") == std::string::npos;
    }));
    std::filesystem::remove(held);
    REQUIRE(eventually([&] { return !process.running(); }, std::chrono::seconds(60)));
    INFO(process.log());
    CHECK(process.stop() == 0);
    CHECK(json_in(answer).at("keys") == k_ours);
    CHECK(json_in(answer).at("exact") == true);

    std::string again = "*2\r\n$1\r\n0\r\n*40\r\n";
    for (int i = 0; i < 40; ++i)
        again += "$24\r\ncache:t:invoices_list:h1\r\n";
    const MeddledServer repeating(redis, {{"SCAN", again}});
    const json once = json::parse(run_at(repeating.url(), {"plan", "-t", "t"}).out);
    CHECK(once.at("keys") == 1);
    CHECK(once.at("groups").at(0).at("keys") == 1);
}

TEST_CASE("apply removes what was planned, says so, and once only", "[plan]") {
    const Planned planned;
    REQUIRE(planned.make().exit_code == 0);
    const auto log = planned.folder.path() / "audit.jsonl";
    const Finished finished = planned.apply({"--verify", "--audit-log", log.string()});
    INFO(finished.err << finished.out);
    REQUIRE(finished.exit_code == 0);
    const json answer = json::parse(finished.out);
    CHECK(answer.at("schema") == "roacache.apply/1");
    CHECK(answer.at("removed") == 30);
    CHECK(answer.at("remaining") == 0);
    CHECK(answer.at("plan").at("keys") == 30);
    CHECK(answer.at("plan").at("most_keys") == 130);
    CHECK(answer.at("plan").at("store_proven") == true);
    CHECK(answer.at("plan").at("noted_in_file") == true);
    CHECK(answer.at("plan").at("applied_before").is_null());
    CHECK(planned.cache.size() == 12);

    std::istringstream lines(content_of(log));
    for (std::string line; std::getline(lines, line);) {
        const json entry = json::parse(line);
        CHECK(entry.at("plan").at("planned_by") == answer.at("plan").at("planned_by"));
        CHECK(entry.at("plan").at("applied_by") == answer.at("plan").at("applied_by"));
    }

    const json applied = json_in(planned.plan).at("applied");
    CHECK(applied.at("removed") == 30);
    CHECK(applied.at("outcome") == "done");
    planned.fill(0, 30);
    const std::string before = planned.digest();
    const Finished twice = planned.apply();
    CHECK(twice.exit_code == 4);
    CHECK(twice.err.find("it was applied already") != std::string::npos);
    CHECK(is_one_error(twice.err));
    CHECK(planned.digest() == before);
    const Finished again = planned.apply({"--again"});
    CHECK(again.exit_code == 0);
    CHECK(json::parse(again.out).at("plan").at("applied_before").at("removed") == 30);
    CHECK(planned.cache.size() == 12);
}

TEST_CASE("a plan keeps selectors of every kind, and named keys to the byte", "[plan]") {
    const std::string odd = "cache:t:invoices_list:\x01\xff\n end";
    const std::vector<std::vector<std::string>> all{
        {"-e", "invoice-changed", "-t", "t"},
        {"-t", "t", "-g", "-r", "inv*"},
        {"--match", "cache:t:inv*h1?"},
        {"-k", "session:1", "-k", "cache:t:invoices_list:h1", "-k", "nowhere"},
        {"--keys-from", "-", "-0"},
        {"-t", "t", "-r", "invoices_list", "-r", "dashboard_summary"},
    };
    for (const auto& selectors : all) {
        const Planned planned;
        planned.cache.pour({odd}, 0);
        RunOptions options;
        options.input = odd + std::string(1, '\0') + "cache:u:invoices_list:h0" + std::string(1, '\0');
        std::vector<std::string> dry = selectors;
        dry.push_back("--dry-run");
        const json meant = planned.cache.counts(dry, 0, options);
        const Finished made = planned.make(selectors, options);
        INFO(made.err << selectors.back());
        REQUIRE(made.exit_code == 0);
        CHECK(json_in(planned.plan).at("keys") == meant.at("matched"));
        CHECK(json_in(planned.plan).at("absent") == meant.at("absent"));
        const long before = planned.cache.size();
        const Finished finished = planned.apply();
        INFO(finished.err);
        REQUIRE(finished.exit_code == 0);
        CHECK(json::parse(finished.out).at("removed") == meant.at("matched"));
        CHECK(planned.cache.size() == before - meant.at("matched").get<long>());
        CHECK(meant.at("matched") > 0);
    }
}

TEST_CASE("the tolerance of apply holds at its edges", "[plan]") {
    const Planned planned(300);
    const auto apply_with = [&](int more, const std::vector<std::string>& options) {
        planned.cache.redis.cli({"flushdb"});
        planned.fill(0, 300);
        REQUIRE(planned.make().exit_code == 0);
        planned.fill(300, more);
        const std::string before = planned.digest();
        const Finished finished = planned.apply(options);
        INFO(finished.err);
        if (finished.exit_code == 4) {
            CHECK(finished.err.find("too many keys: ") != std::string::npos);
            CHECK(planned.digest() == before);
            CHECK(json_in(planned.plan).at("applied").is_null());
        } else {
            CHECK(json::parse(finished.out).at("removed") == 300 + more);
        }
        return finished.exit_code;
    };
    CHECK(apply_with(100, {}) == 0); // 5 % would be 15 keys
    CHECK(apply_with(101, {}) == 4);
    CHECK(apply_with(30, {"--tolerance", "10%"}) == 0);
    CHECK(apply_with(31, {"--tolerance", "10"}) == 4);
    CHECK(apply_with(0, {"--tolerance", "0"}) == 0);
    CHECK(apply_with(1, {"--tolerance", "0"}) == 4);

    REQUIRE((planned.cache.redis.cli({"flushdb"}), planned.fill(0, 300), planned.make().exit_code) == 0);
    planned.cache.redis.cli({"del", "cache:t:invoices_list:h7"});
    const Finished fewer = planned.apply();
    CHECK(fewer.exit_code == 0);
    CHECK(fewer.err.find("1 fewer keys match than were planned (300)") != std::string::npos);
    CHECK(json::parse(fewer.out).at("removed") == 299);
}

TEST_CASE("a plan of nothing is applied once, as any other", "[plan]") {
    const Planned planned;
    REQUIRE(planned.make({"-t", "nobody"}).exit_code == 0);
    CHECK(json_in(planned.plan).at("keys") == 0);
    CHECK(planned.apply({"--fail-if-none"}).exit_code == 1);
    CHECK(planned.apply().exit_code == 4);
    CHECK(planned.cache.size() == 42);
}

TEST_CASE("apply at a server that was asked by another address is the same store", "[plan]") {
    const Planned planned;
    REQUIRE(planned.make().exit_code == 0);
    CHECK(planned.apply({"-u", planned.cache.redis.url()}).exit_code == 0);
    CHECK(planned.cache.size() == 12);
}

TEST_CASE("a plan has no password, and apply takes it from the settings", "[plan]") {
    const RedisServer redis({"--requirepass", "pass word"});
    const TempDir folder;
    const std::string plan = folder.path() / "plan.json", secret = folder.path() / "secret";
    write_file(secret, "pass word\n");
    std::string url = redis.url();
    url.insert(url.find("//") + 2, ":pass%20word@");
    REQUIRE(run_at(url, {"plan", "-t", "t", "-O", plan}).exit_code == 0);
    CHECK(content_of(plan).find("pass") == std::string::npos);
    CHECK(run_roacache({"apply", plan}).exit_code == 4);
    CHECK(run_roacache({"apply", plan, "--password-file", secret}).exit_code == 0);

    // The settings' own address counts where it is the plan's.
    REQUIRE(run_at(url, {"plan", "-t", "t", "-O", plan}).exit_code == 0);
    RunOptions options;
    options.env["ROACACHE_URL"] = url;
    CHECK(run_roacache({"apply", plan}, options).exit_code == 0);

    // What others could have written is not handed a password.
    REQUIRE(run_at(url, {"plan", "-t", "t", "-O", plan}).exit_code == 0);
    std::filesystem::permissions(plan, std::filesystem::perms::others_write,
                                 std::filesystem::perm_options::add);
    const Finished untrusted = run_roacache({"apply", plan, "--password-file", secret});
    CHECK(untrusted.exit_code == 2);
    CHECK(untrusted.err.find("not trusted: ") != std::string::npos);
    CHECK(run_at(url, {"apply", plan}).exit_code == 0);
}

TEST_CASE("a plan of an SQLite file is applied to that file alone", "[plan]") {
    const TempDir folder;
    const auto file = folder.path() / "cache.db";
    const auto make_file = [&](const std::string& name) {
        REQUIRE(
            run({"sqlite3", (folder.path() / name).string(),
                 "CREATE TABLE c (key TEXT PRIMARY KEY, value TEXT, expires REAL); INSERT INTO c SELECT "
                 "'cache:t:invoices_list:h' || value, '1', unixepoch() + 86400 FROM generate_series(1, 20);"})
                .exit_code == 0);
    };
    if (run({"sqlite3", "-version"}).exit_code != 0) return;
    make_file("cache.db");
    RunOptions there;
    there.cwd = folder.path();
    const std::string plan = folder.path() / "plan.json";
    const Finished made = run_roacache({"plan", "-u", "sqlite:cache.db", "-t", "t", "-O", plan}, there);
    INFO(made.err << made.out);
    REQUIRE(made.exit_code == 0);
    CHECK(json_in(plan).at("keys") == 20);
    CHECK(json_in(plan).at("stores")[0].at("url") == "sqlite:" + file.string());
    make_file("new.db");
    std::filesystem::rename(folder.path() / "new.db", file);
    const Finished other = run_roacache({"apply", plan});
    CHECK(other.exit_code == 4);
    CHECK(other.err.find("inode is") != std::string::npos);
    REQUIRE(run_roacache({"plan", "-u", "sqlite:cache.db", "-t", "t", "-O", plan}, there).exit_code == 0);
    const Finished finished = run_roacache({"apply", plan, "-o", "json"});
    INFO(finished.err);
    CHECK(finished.exit_code == 0);
    CHECK(json::parse(finished.out).at("removed") == 20);
}

TEST_CASE("a plan of a cluster counts by node, and knows the cluster by its primaries", "[plan][cluster]") {
    RedisCluster cluster, other;
    std::vector<std::string> keys{"session:1"};
    for (int i = 0; i < 300; ++i)
        keys.push_back(fmt::format("cache:t:invoices_list:{:012x}", i));
    cluster.fill(keys);
    other.fill(keys);
    const TempDir folder;
    const std::string plan = folder.path() / "plan.json";
    REQUIRE(run_at(cluster.url(), {"plan", "-t", "t", "-O", plan}).exit_code == 0);
    const json made = json_in(plan);
    CHECK(made.at("keys") == 300);
    CHECK(made.at("nodes").size() == 3);
    long sum = 0;
    for (const json& node : made.at("nodes"))
        sum += node.at("keys").get<long>();
    CHECK(sum == 300);
    CHECK(made.at("stores")[0].at("identity").at("kind") == "cluster");

    const Finished elsewhere = run_at(other.url(), {"apply", plan});
    CHECK(elsewhere.exit_code == 4);
    CHECK(elsewhere.err.find("another store") != std::string::npos);
    CHECK(other.keys().size() == 301);
    const Finished finished = run_at(cluster.url(2), {"apply", plan, "-o", "json"});
    INFO(finished.err);
    CHECK(finished.exit_code == 0);
    CHECK(json::parse(finished.out).at("removed") == 300);
    CHECK(cluster.keys() == std::set<std::string>{"session:1"});
}
