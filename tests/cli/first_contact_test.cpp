#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// What reads or would remove every key of the profile, none of which there is.
std::vector<std::vector<std::string>> looks() {
    return {{"keys"},
            {"keys", "-l"},
            {"keys", "--count"},
            {"keys", "-t", "client-1"},
            {"stats"},
            {"stats", "--by", "prefix"},
            {"stats", "-t", "client-1"},
            {"inspect", "-t", "client-1"},
            {"invalidate", "-t", "client-1"},
            {"invalidate", "-t", "client-1", "--dry-run"},
            {"invalidate", "-e", "invoice-changed"},
            {"invalidate", "--all-tenants", "--yes"}};
}

Finished ask(const std::string& url, std::vector<std::string> command, std::vector<std::string> more = {}) {
    command.insert(command.end(), {"-u", url});
    command.insert(command.end(), more.begin(), more.end());
    return run_roacache(command);
}

void fill(const RedisServer& redis, const std::string& form, int keys) {
    redis.cli(
        {"EVAL",
         "redis.call('FLUSHDB') for i=1,tonumber(ARGV[2]) do redis.call('SET', (ARGV[1]:gsub('#', i)), 'x', "
         "'EX', 600) end",
         "0", form, std::to_string(keys)});
}

bool says(const Finished& finished, const std::string& text) {
    return finished.err.find(text) != std::string::npos;
}

} // namespace

TEST_CASE("a profile that recognises none of the keys is reported, with what to try", "[contact]") {
    const RedisServer redis;
    for (const auto& command : looks()) {
        fill(redis, "user:#:roles", 247);
        const Finished finished = ask(redis.url(), command);
        INFO(command.front() << command.back() << ": " << finished.err);
        CHECK(
            says(finished,
                 "0 of 247 keys are recognised by roa2web; hr-portal recognises 247 of them: -p hr-portal"));
        CHECK(redis.cli({"DBSIZE"}) == "247");
        CHECK(ask(redis.url(), command, {"-q"}).err.find("recognised") == std::string::npos);

        fill(redis, "session:#", 1);
        const Finished one = ask(redis.url(), command);
        INFO(one.err);
        CHECK(says(one, "0 of 1 key is recognised by roa2web"));
        CHECK(says(one, "--match 'session:*'"));
        CHECK(redis.cli({"DBSIZE"}) == "1");
    }
    fill(redis, "user:#:roles", 247);
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"keys"}, {"stats"}, {"invalidate", "-t", "t"}}) {
        const json answer = json::parse(ask(redis.url(), command, {"-o", "json", "-q"}).out);
        CHECK(answer.at("seen") == 247);
        CHECK(answer.at("recognised") == 0);
        CHECK(answer.at("better_profile") == "hr-portal");
        const json well = json::parse(ask(redis.url(), {"keys"}, {"-o", "json", "-p", "hr-portal"}).out);
        CHECK(well.at("recognised") == 247);
        CHECK(well.at("better_profile").is_null());
    }
    fill(redis, "user:#:roles", 3000);
    CHECK(says(ask(redis.url(), {"keys"}),
               "0 of the 500 keys looked at are recognised by roa2web (3,000 are there)"));
}

TEST_CASE("an empty database says so, and which other has keys", "[contact]") {
    const RedisServer redis;
    for (const auto& command : looks()) {
        redis.cli({"FLUSHALL"});
        const Finished empty = ask(redis.url(), command);
        INFO(command.front() << ": " << empty.err);
        CHECK(says(empty, "database 0 is empty\n"));
        redis.cli({"-n", "3", "SET", "cache:client-1:x:h", "1"});
        CHECK(says(ask(redis.url(), command), "database 0 is empty; keys are in database 3 (1)"));
        CHECK(says(ask(redis.url() + "/5", command), "database 5 is empty; keys are in database 3 (1)"));
    }
}

TEST_CASE("keys of the profile are no reason for a note", "[contact]") {
    const RedisServer redis;
    for (const auto& command : looks()) {
        fill(redis, "cache:client-1:invoices_list:h#", 3);
        redis.cli({"SET", "cache:default:invoices_list:h", "1"});
        redis.cli({"SET", "session:1", "1"});
        const Finished finished = ask(redis.url(), command);
        INFO(command.front() << command.back() << ": " << finished.err);
        CHECK(!says(finished, "recognised"));
        CHECK(!says(finished, "empty"));
    }
}

TEST_CASE("a name that no key and no profile has is reported, with the nearest", "[contact]") {
    const RedisServer redis;
    const auto note = [&](std::vector<std::string> command) {
        fill(redis, "cache:client-1:invoices_list:company-#:h", 3);
        return ask(redis.url(), std::move(command)).err;
    };
    for (const char* const command : {"keys", "inspect", "stats", "invalidate"}) {
        INFO(command);
        CHECK_THAT(note({command, "-t", "clent-1"}),
                   roacache::test::Contains("tenant 'clent-1'") &&
                       roacache::test::Contains("did you mean 'client-1'?"));
        CHECK_THAT(note({command, "-r", "invoice_list", "--all-tenants"}),
                   roacache::test::Contains("resource 'invoice_list'") &&
                       roacache::test::Contains("did you mean 'invoices_list'?"));
        CHECK_THAT(note({command, "-w", "compny=1", "--all-tenants"}),
                   roacache::test::Contains("segment 'compny'") &&
                       roacache::test::Contains("did you mean 'company'?"));
        // One that is found does not hide one that is not.
        CHECK_THAT(note({command, "-r", "invoices_list", "-r", "treasury_dat", "-t", "client-1"}),
                   roacache::test::Contains("resource 'treasury_dat'") &&
                       roacache::test::Contains("did you mean 'treasury_data'?"));
        // Known, and not there; a glob; a value that no key has.
        for (const std::vector<std::string>& quiet :
             {std::vector<std::string>{"-r", "treasury_data", "-t", "client-1"},
              {"-g", "-t", "x*"},
              {"-w", "company=99", "-t", "client-1"}}) {
            std::vector<std::string> arguments{command};
            arguments.insert(arguments.end(), quiet.begin(), quiet.end());
            CHECK(note(arguments).find("none of that name") == std::string::npos);
        }
    }
}

TEST_CASE("that only the default tenant was meant is said whatever was found", "[contact]") {
    const RedisServer redis;
    for (const bool found : {true, false}) {
        fill(redis, found ? "cache:default:invoices_list:h#" : "cache:other:invoices_list:h#", 2);
        const Finished finished = ask(redis.url(), {"invalidate", "-r", "invoices_list"});
        INFO(finished.err);
        CHECK(says(finished, "only the profile's default tenant was meant"));
        CHECK(redis.cli({"DBSIZE"}) == (found ? "0" : "2"));
    }
    CHECK(!says(ask(redis.url(), {"invalidate", "-r", "invoices_list", "-t", "default"}), "default tenant"));
}

TEST_CASE("stats counts what is not of the profile apart, by what it begins with", "[stats]") {
    const RedisServer redis;
    fill(redis, "cache:t:invoices_list:h#", 7);
    for (int i = 0; i < 20; ++i)
        redis.cli({"SET", "session:user:" + std::to_string(i), std::string(100, 'x')});
    redis.cli({"MSET", "celery-task-meta-1", "x", "celery-task-meta-2", "x", "plain", "x"});
    const json answer = json::parse(ask(redis.url(), {"stats"}, {"-o", "json", "-q"}).out);
    CHECK(answer.at("keys") == 7);
    CHECK(answer.at("groups").size() == 1);
    const json& others = answer.at("unrecognised");
    CHECK(others.at("keys") == 23);
    CHECK(others.at("bytes") > 20 * 100);
    CHECK(others.at("prefixes")[0].at("prefix") == "session:user:");
    CHECK(others.at("prefixes")[0].at("keys") == 20);
    CHECK(others.at("prefixes")[1].at("prefix") == "celery-task-meta-");
    CHECK(others.at("prefixes")[1].at("keys") == 2);
    CHECK(answer.at("seen") == 30);
    CHECK(answer.at("recognised") == 7);
    for (const char* by : {"resource", "tenant", "tenant,resource"})
        for (const char* format : {"table", "csv"}) {
            const Finished shown = ask(redis.url(), {"stats", "--by", by}, {"-o", format});
            INFO(shown.out);
            CHECK(shown.out.find("(not of roa2web)") != std::string::npos);
        }
    CHECK(ask(redis.url(), {"stats"}, {"-o", "table"}).out.find("'session:user:' 20") != std::string::npos);
    const json raw = json::parse(ask(redis.url(), {"stats", "--match", "*"}, {"-o", "json"}).out);
    CHECK(raw.at("keys") == 30);
    CHECK(raw.at("unrecognised").is_null());

    const json prefixes =
        json::parse(ask(redis.url(), {"stats", "--by", "prefix"}, {"-o", "json", "-q"}).out);
    std::map<std::string, int> found;
    for (const json& group : prefixes.at("groups"))
        found[group.at("prefix")] = group.at("keys");
    CHECK(found == std::map<std::string, int>{
                       {"cache:t:", 7}, {"session:user:", 20}, {"celery-task-meta-", 2}, {"plain", 1}});
    CHECK(prefixes.at("keys") == 7);
    const std::string metrics = ask(redis.url(), {"stats"}, {"-o", "prometheus"}).out;
    CHECK(metrics.find("\nroacache_unrecognised_keys 23\n") != std::string::npos);
    CHECK(metrics.find("\nroacache_up 1\n") != std::string::npos);
}

TEST_CASE("a scraper gets to know that the server is down", "[stats]") {
    for (const std::vector<std::string>& command : {std::vector<std::string>{"stats", "-o", "prometheus"},
                                                    {"stats", "--no-scan", "-o", "prometheus"}}) {
        const Finished down = ask("redis://127.0.0.1:1", command);
        CHECK(down.exit_code == 3);
        CHECK(down.out.find("\nroacache_up 0\n") != std::string::npos);
        CHECK(lines_in(down.out) == 3);
    }
}

TEST_CASE("a server whose memory is full says that it refuses writes", "[stats]") {
    const RedisServer redis;
    const auto at = [&](const char* command) {
        return run_roacache({command, "-u", redis.url(), "-o", "json"});
    };
    CHECK(json::parse(at("ping").out).at("refuses_writes") == false);
    redis.cli({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
    redis.cli({"CONFIG", "SET", "maxmemory", "100000"});
    for (const char* command : {"ping", "stats"}) {
        const Finished full = at(command);
        CHECK(full.exit_code == 0);
        CHECK(says(full, "writes are refused"));
    }
    CHECK(json::parse(at("ping").out).at("refuses_writes") == true);
    CHECK(json::parse(at("stats").out).at("memory").at("refuses_writes") == true);
    redis.cli({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
    CHECK(says(at("ping"), "writes are refused")); // there is nothing to evict
    redis.cli({"CONFIG", "SET", "maxmemory", "1gb"});
    CHECK(!says(at("ping"), "writes are refused"));
}

TEST_CASE("an entry's age and whether it lives too long are shown where policy and time give them",
          "[keys]") {
    const RedisServer redis;
    redis.cli({"SET", "cache:t:companies_list:aged", "1", "EX", "400"}); // of the 600 s granted
    redis.cli({"SET", "cache:t:companies_list:long", "1", "EX", "6000"});
    redis.cli({"SET", "cache:t:companies_list:ever", "1"});
    redis.cli({"SET", "session:1", "1", "EX", "100"});
    const auto check = [&](const json& entry) {
        const std::string key = entry.at("key");
        INFO(entry.dump());
        if (key.ends_with("aged")) {
            CHECK(entry.at("age_ms") >= 200'000);
            CHECK(entry.at("age_ms") < 260'000);
            CHECK(entry.at("exceeds_policy") == false);
            return;
        }
        CHECK(entry.at("age_ms").is_null());
        if (key == "session:1")
            CHECK(entry.at("exceeds_policy").is_null());
        else
            CHECK(entry.at("exceeds_policy") == true);
    };
    const std::vector<std::string> any{"--match", "*", "-o", "json"};
    const json keys = json::parse(ask(redis.url(), {"keys", "-l"}, any).out);
    CHECK(keys.at("keys").size() == 4);
    for (const json& entry : keys.at("keys"))
        check(entry);
    const json entries = json::parse(ask(redis.url(), {"inspect"}, any).out);
    CHECK(entries.at("entries").size() == 4);
    for (const json& entry : entries.at("entries"))
        check(entry);
    const json stats = json::parse(ask(redis.url(), {"stats", "-q"}, {"-o", "json"}).out);
    CHECK(stats.at("groups")[0].at("exceeding_policy") == 2);
    for (const char* command : {"keys", "inspect"})
        for (const char* format : {"csv", "table"}) {
            std::vector<std::string> arguments{command, "-t", "t"};
            if (std::string(command) == "keys") arguments.emplace_back("-l");
            const std::string out = ask(redis.url(), arguments, {"-o", format}).out;
            INFO(out);
            CHECK(out.find(std::string(format) == "csv" ? "age_ms,exceeds_policy" : "age") !=
                  std::string::npos);
        }
    CHECK(ask(redis.url(), {"keys", "-l", "-t", "t"}).out.find("\tn/a\ttrue\n") != std::string::npos);
}

TEST_CASE("what is removed from the store may live on in the service's memory, and that is said",
          "[invalidate]") {
    const RedisServer redis;
    const auto invalidate = [&](std::vector<std::string> more) {
        fill(redis, "cache:t:companies_list:h#", 2);
        more.insert(more.begin(), {"invalidate", "-t", "t"});
        return ask(redis.url(), more);
    };
    CHECK(says(invalidate({"--verify"}), "not yet fresh"));
    CHECK(says(invalidate({"--verify"}), "up to 10 min"));
    CHECK(!says(invalidate({"--dry-run", "--verify"}), "not yet fresh"));
    CHECK(json::parse(invalidate({"-o", "json"}).out).at("memory_tier_stale_ms") == 600'000);
    const TempDir folder;
    const std::string file = (folder.path() / "p.toml").string();
    std::ofstream(file) << "name = 'p'\nextends = 'roa2web'\nmemory_tier = { ttl = 94 }\n";
    CHECK(json::parse(invalidate({"-o", "json", "-p", file}).out).at("memory_tier_stale_ms") == 94'000);
    std::ofstream(file)
        << "name = 'p'\ndefault_tenant = 'd'\nttl = { default = 60 }\nlayouts = [{ template = "
           "'cache:{tenant}:{resource}:{id}' }]\n";
    CHECK(json::parse(invalidate({"-o", "json", "-p", file}).out).at("memory_tier_stale_ms").is_null());
    CHECK(!says(invalidate({"--verify", "-p", file}), "not yet fresh"));
}

TEST_CASE("what keys shows of an entry selects it again", "[keys]") {
    const RedisServer redis;
    const TempDir folder;
    const std::string file = (folder.path() / "p.toml").string();
    struct Case {
        std::string layout;
        std::vector<std::string> keys;
    };
    for (const Case& one :
         {Case{"template = 'cache:{tenant}:{resource}:{segments*}:{hash}', pairs = '-'",
               {"cache:t:r:a-1:b-2:h", "cache:t:r:h", "cache:t:r:plain:h", "cache:t:r:a-1-2:h",
                "cache:t*:r?:a-[x]:h", "cache:t:r:a-:h"}},
          {"template = 'report:{resource}:{dates*}'",
           {"report:r", "report:r:2025", "report:r:2025:2026", "report:r:2025::2026", "report:r:"}},
          {"template = '{tenant}/{resource}/{path+}', separator = '/'",
           {"t/r/a", "t/r/a/b/c", "t/r/a:b", "t/r/*"}},
          {"template = '{entity}:list:p{page}:pp{size}', resource = 'list'",
           {"user:list:p1:pp50", "u*:list:p10:pp5"}}}) {
        std::ofstream(file) << "name = 'p'\nlayouts = [{ " << one.layout << " }]\n";
        redis.cli({"FLUSHALL"});
        for (const std::string& key : one.keys)
            redis.cli({"SET", key, "x"});
        const json all = json::parse(ask(redis.url(), {"keys"}, {"-p", file, "-o", "json"}).out);
        REQUIRE(all.at("keys").size() == one.keys.size());
        for (const json& entry : all.at("keys")) {
            std::vector<std::string> again{"keys", "-q"};
            const auto add = [&](const char* option, const json& value, const std::string& before = {}) {
                if (!value.is_null()) again.insert(again.end(), {option, before + value.get<std::string>()});
            };
            add("-t", entry.at("tenant"));
            add("-r", entry.at("resource"));
            for (const auto& [name, value] : entry.at("where").items())
                add("-w", value, name + "=");
            const Finished selected = ask(redis.url(), again, {"-p", file});
            INFO(entry.dump() << selected.err);
            CHECK(("\n" + selected.out).find("\n" + entry.at("key").get<std::string>() + "\n") !=
                  std::string::npos);
        }
    }
}

TEST_CASE("a glob is advised only where it takes no more than was asked for", "[contact]") {
    const RedisServer redis;
    redis.cli({"mset", "myapp:cache:acme:invoices_list:h1", "1", "myapp:cache:acme:stats:h2", "1",
               "myapp:cache:globex:invoices_list:h3", "1"});
    CHECK(says(ask(redis.url(), {"invalidate", "-t", "acme"}), "--match 'myapp:cache:acme:*'"));
    CHECK(says(ask(redis.url(), {"keys"}), "--match 'myapp:cache:*'"));
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"invalidate", "-t", "acme", "-r", "invoices_list"},
          {"invalidate", "-t", "nobody"},
          {"invalidate", "-t", "a*", "-g"},
          {"invalidate", "-r", "invoices_list"},
          {"invalidate", "-e", "invoice-changed"},
          {"keys", "-t", "nobody"}}) {
        const Finished finished = ask(redis.url(), command);
        INFO(finished.err);
        CHECK(says(finished, "0 of 3 keys are recognised"));
        CHECK_FALSE(says(finished, "--match"));
    }
    CHECK(redis.cli({"dbsize"}) == "3");
}
