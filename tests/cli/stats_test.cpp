#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// Two tenants with 30 and 10 entries, one of them without a TTL, and a key of another application.
void fill(const RedisServer& redis) {
    redis.cli({"EVAL",
               "for i=1,30 do redis.call('SET', 'cache:client-1:invoices_list:company-1:h'..i, "
               "string.rep('x', 100), 'EX', 60) end "
               "for i=1,10 do redis.call('SET', 'cache:client-2:treasury_data:h'..i, 'y', 'EX', 600) end "
               "redis.call('PERSIST', 'cache:client-2:treasury_data:h1') "
               "redis.call('SET', 'session:1', 'z')",
               "0"});
}

Finished stats(const RedisServer& redis, std::vector<std::string> arguments, const RunOptions& options = {}) {
    arguments.insert(arguments.begin(), {"stats", "-u", redis.url()});
    return run_roacache(arguments, options);
}

json stats_json(const RedisServer& redis, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-o", "json"});
    const Finished finished = stats(redis, arguments);
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    return json::parse(finished.out);
}

} // namespace

TEST_CASE("stats shows the server's figures and the keys of each group", "[stats]") {
    const RedisServer redis({"--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"});
    fill(redis);
    for (int i = 0; i < 3; ++i)
        redis.cli({"GET", "session:1"});
    redis.cli({"GET", "absent"});

    const json answer = stats_json(redis, {"--by", "tenant,resource"});
    CHECK(answer.at("schema") == "roacache.stats/1");
    CHECK(answer.at("hits") == 3);
    CHECK(answer.at("misses") == 1);
    CHECK(answer.at("hit_rate") == 0.75);
    CHECK(answer.at("evictions") == 0);
    CHECK(answer.at("expirations") == 0);
    CHECK(answer.at("server").at("kind") == "redis");
    CHECK(answer.at("server").at("role") == "master");
    CHECK(answer.at("server").at("keys") == 41);
    CHECK(answer.at("server").at("clients") >= 1);
    CHECK(answer.at("server").at("uptime_s").is_number());
    CHECK(answer.at("memory").at("limit_bytes") == 64 << 20);
    CHECK(answer.at("memory").at("policy") == "allkeys-lru");
    CHECK(answer.at("memory").at("used_bytes") > 100'000);
    CHECK(answer.at("memory").at("fragmentation").is_number());
    CHECK(answer.at("keys") == 40);
    CHECK(answer.at("complete") == true);
    const json& groups = answer.at("groups");
    REQUIRE(groups.size() == 2);
    CHECK(groups[0].at("tenant") == "client-1");
    CHECK(groups[0].at("resource") == "invoices_list");
    CHECK(groups[0].at("keys") == 30);
    CHECK(groups[0].at("bytes") > 30 * 100);
    CHECK(groups[0].at("no_ttl") == 0);
    CHECK(groups[0].at("ttl_ms").at("max") <= 60'000);
    CHECK(groups[0].at("ttl_ms").at("min") <= groups[0].at("ttl_ms").at("p50"));
    CHECK(groups[0].at("ttl_ms").at("p50") <= groups[0].at("ttl_ms").at("max"));
    CHECK(groups[1].at("no_ttl") == 1);
    CHECK(groups[1].at("keys") == 10);
    CHECK(groups[0].at("bytes").get<int>() + groups[1].at("bytes").get<int>() == answer.at("bytes"));

    const json by_tenant = stats_json(redis, {"--by", "tenant", "-t", "client-2"});
    REQUIRE(by_tenant.at("groups").size() == 1);
    CHECK(by_tenant.at("groups")[0].at("tenant") == "client-2");
    CHECK(by_tenant.at("groups")[0].at("resource").is_null());
    CHECK(stats_json(redis, {}).at("groups")[1].at("resource") == "treasury_data");
    const json raw = stats_json(redis, {"--match", "sess*"});
    CHECK(raw.at("keys") == 1);
    CHECK(raw.at("groups")[0].at("resource").is_null());
    CHECK(raw.at("groups")[0].at("ttl_ms").at("p50").is_null());
    CHECK(stats_json(redis, {"-k", "session:1", "-k", "absent"}).at("keys") == 1);
}

TEST_CASE("stats --no-scan asks the server only", "[stats]") {
    const RedisServer redis;
    fill(redis);
    const Finished finished = stats(redis, {"--no-scan", "-o", "json"});
    const json answer = json::parse(finished.out);
    CHECK(answer.at("keys").is_null());
    CHECK(answer.at("groups").is_null());
    CHECK(answer.at("hit_rate").is_null());
    CHECK(answer.at("hits") == 0);
    CHECK(answer.at("memory").at("limit_bytes").is_null());
    CHECK(answer.at("memory").at("limited") == false);
    CHECK(finished.err.find("no memory limit") == std::string::npos); // a mail each minute, if cron ran it
    CHECK(stats(redis, {"--no-scan", "-v"}).err.find("no memory limit") != std::string::npos);
    CHECK(stats(redis, {"--no-scan", "-q"}).err.empty());
    CHECK(redis.cli({"INFO", "commandstats"}).find("cmdstat_scan") == std::string::npos);
    CHECK(stats(redis, {"--no-scan", "--by", "tenant"}).exit_code == 2);
    CHECK(stats(redis, {"--no-scan", "-t", "client-1"}).exit_code == 2);
    CHECK(stats(redis, {"--by", "colour"}).exit_code == 2);
    CHECK(stats(redis, {"--max-pause", "0"}).exit_code == 2);
}

TEST_CASE("stats prints lines for a pipe, a table for people, and csv", "[stats]") {
    const RedisServer redis;
    fill(redis);
    const Finished plain = stats(redis, {"--by", "tenant", "-q"});
    CHECK(plain.out.find("kind\tredis\n") == 0);
    CHECK(plain.out.find("\nhit_rate\tn/a\n") != std::string::npos);
    CHECK(plain.out.find("\nkeys\t40\n") != std::string::npos);
    CHECK(plain.out.find("\ngroup\tclient-1\tn/a\t30\t") != std::string::npos);
    CHECK(plain.err.empty());

    const Finished csv = stats(redis, {"--by", "tenant,resource", "-o", "csv"});
    CHECK(csv.out.find("tenant,resource,keys,bytes,no_ttl,ttl_min_ms,ttl_p50_ms,ttl_max_ms,exceeding_policy\n"
                       "client-1,invoices_list,30,") == 0);
    CHECK(lines_in(csv.out) == 4);
    CHECK(csv.out.find("\n,(not of roa2web),1,") != std::string::npos);
    CHECK(stats(redis, {"--no-scan", "-o", "csv"}).out.find("name,value\n") == 0);
    CHECK(lines_in(stats(redis, {"-o", "ndjson"}).out) == 1);

    RunOptions terminal;
    terminal.pty = true;
    const Finished table = stats(redis, {"--by", "tenant,resource"}, terminal);
    CHECK(table.exit_code == 0);
    CHECK(table.out.find("treasury_data") != std::string::npos);
    CHECK(table.out.find("█") != std::string::npos);
    CHECK(table.out.find("\x1b[1mtenant") != std::string::npos);
    CHECK(stats(redis, {"-o", "table"}).out.find('\x1b') == std::string::npos);
}

TEST_CASE("stats says what a server does not let it see, and never prints it as 0", "[stats]") {
    const RedisServer redis;
    fill(redis);
    redis.cli({"ACL", "SETUSER", "reader", "on", ">secret", "~*", "+@all", "-info", "-memory", "-dbsize"});
    const std::string url = "redis://reader:secret@127.0.0.1:" + std::to_string(redis.port());
    const Finished finished = run_roacache({"stats", "-u", url, "-o", "json"});
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    const json answer = json::parse(finished.out);
    CHECK(answer.at("keys") == 40);
    for (const char* name : {"hits", "misses", "hit_rate", "evictions", "expirations", "bytes"})
        CHECK(answer.at(name).is_null());
    for (const auto& [name, value] : answer.at("memory").items())
        CHECK(value.is_null());
    CHECK(answer.at("server").at("keys").is_null());
    for (const json& group : answer.at("groups"))
        CHECK(group.at("bytes").is_null());
    CHECK(finished.err.find("(MEMORY USAGE)") != std::string::npos);
    CHECK(finished.err.find("(INFO)") != std::string::npos);
    CHECK(finished.err.find("secret") == std::string::npos);
    const Finished table = run_roacache({"stats", "-u", url, "-o", "table"});
    CHECK(table.out.find("n/a") != std::string::npos);

    redis.cli({"ACL", "SETUSER", "reader", "-scan"});
    CHECK(run_roacache({"stats", "-u", url}).exit_code == 4);
    CHECK(run_roacache({"stats", "-u", url, "--no-scan"}).exit_code == 0);
}

TEST_CASE("stats -o prometheus is what promtool takes", "[stats]") {
    const RedisServer redis;
    fill(redis);
    redis.cli({"SET", "cache:odd \"quoted\" back\\slash:x:h", "1"});
    redis.cli({"EVAL", "redis.call('SET', 'cache:\\255\\n:x:h', 1)", "0"});
    const Finished finished = stats(redis, {"--by", "tenant,resource", "-o", "prometheus"});
    REQUIRE(finished.exit_code == 0);
    CHECK(finished.out.find("# TYPE roacache_hits_total counter\n") != std::string::npos);
    CHECK(finished.out.find("\nroacache_keys{tenant=\"client-1\",resource=\"invoices_list\"} 30\n") !=
          std::string::npos);
    CHECK(finished.out.find("tenant=\"odd \\\"quoted\\\" back\\\\\\\\slash\"") != std::string::npos);
    CHECK(finished.out.find("roacache_hit_ratio") == std::string::npos);
    if (!std::filesystem::exists("/usr/bin/promtool")) return;
    RunOptions options;
    options.input = finished.out;
    const Finished checked = run({"promtool", "check", "metrics"}, options);
    INFO(checked.out << checked.err);
    CHECK(checked.exit_code == 0);
}

TEST_CASE("stats --watch writes a line each time and ends with Ctrl-C", "[stats]") {
    const RedisServer redis;
    fill(redis);
    Process watching({program(), "stats", "-u", redis.url(), "--watch=100ms", "-q"});
    REQUIRE(eventually([&] { return lines_in(watching.log()) >= 3; }, std::chrono::seconds(60)));
    watching.signal(SIGINT);
    REQUIRE(eventually([&] { return !watching.running(); }, std::chrono::seconds(60)));
    const std::string log = watching.log();
    CHECK(watching.stop() == 130);
    const json line = json::parse(log.substr(0, log.find('\n')));
    CHECK(line.at("schema") == "roacache.stats/1");
    CHECK(line.at("keys") == 40);

    RunOptions pty;
    pty.pty = true;
    Process drawing({program(), "stats", "-u", redis.url(), "--watch=100ms", "--no-scan"}, pty);
    REQUIRE(eventually([&] { return drawing.log().find("\x1b[J\x1b[H") != std::string::npos; },
                       std::chrono::seconds(60)));
    drawing.signal(SIGINT);
    REQUIRE(eventually([&] { return !drawing.running(); }, std::chrono::seconds(60)));
    CHECK(drawing.stop() == 130);

    CHECK(stats(redis, {"--watch", "-o", "csv"}).exit_code == 2);
    CHECK(stats(redis, {"--watch=1ms"}).exit_code == 2);
    CHECK(run({"sh", "-c", "'" + program() + "' stats -u " + redis.url() + " -q --watch=100ms | head -1"})
              .err.empty());
}

TEST_CASE("stats of an empty database is an answer", "[stats]") {
    const RedisServer redis;
    const json answer = stats_json(redis, {});
    CHECK(answer.at("keys") == 0);
    CHECK(answer.at("bytes") == 0);
    CHECK(answer.at("groups").empty());
    CHECK(run_roacache({"stats", "-u", "redis://127.0.0.1:1"}).exit_code == 3);
}
