#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;
using namespace std::string_literals;

namespace {

const std::string k_key = "cache:client-1:invoices_list:company-123:unpaid-true:0a1b2c3d4e5f";

/// Sets keys with redis-py, as a service would; `statements` use `r`.
void python(const RedisServer& redis, const std::string& statements) {
    const Finished finished =
        run({"/usr/bin/python3", "-c",
             "import gzip, json, pickle, redis, zlib\nr = redis.Redis(port=" + std::to_string(redis.port()) +
                 ")\n" + statements});
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
}

Finished inspect(const RedisServer& redis, std::vector<std::string> arguments,
                 const RunOptions& options = {}) {
    arguments.insert(arguments.begin(), {"inspect", "-u", redis.url()});
    return run_roacache(arguments, options);
}

json entry(const RedisServer& redis, const std::string& key) {
    const Finished finished = inspect(redis, {key, "-o", "json"});
    INFO(finished.err << finished.out);
    REQUIRE(finished.exit_code == 0);
    const json answer = json::parse(finished.out);
    CHECK(answer.at("schema") == "roacache.inspect/1");
    REQUIRE(answer.at("entries").size() == 1);
    return answer.at("entries")[0];
}

} // namespace

TEST_CASE("inspect takes a key apart and shows its value", "[inspect]") {
    const RedisServer redis;
    python(redis, "r.set('" + k_key + "', json.dumps({'rows': [1, 2.5], 'sum': None}), ex=50)");
    const json found = entry(redis, k_key);
    CHECK(found.at("key") == k_key);
    CHECK(found.at("exists") == true);
    CHECK(found.at("tenant") == "client-1");
    CHECK(found.at("resource") == "invoices_list");
    CHECK(found.at("where") == json{{"company", "123"}, {"unpaid", "true"}});
    CHECK(found.at("hash") == "0a1b2c3d4e5f");
    CHECK(found.at("type") == "string");
    CHECK(found.at("encoding") == "embstr");
    CHECK(found.at("ttl_ms") <= 50'000);
    CHECK(found.at("policy_ttl_ms") == 60'000);
    CHECK(found.at("bytes") > 31);
    CHECK(found.at("value_bytes") == 31);
    CHECK(found.at("idle_ms").is_number());
    CHECK(found.at("value").at("kinds") == json{"json"});
    CHECK(found.at("value").at("json") == json{{"rows", {1, 2.5}}, {"sum", nullptr}});

    const Finished plain = inspect(redis, {k_key});
    CHECK(plain.out.find("key\t" + k_key + "\ntenant\tclient-1\n") == 0);
    CHECK(plain.out.find("\nwhere\tcompany=123\n") != std::string::npos);
    CHECK(plain.out.find("\nvalue\t{\"rows\"") != std::string::npos);
    RunOptions terminal;
    terminal.pty = true;
    const Finished table = inspect(redis, {k_key}, terminal);
    CHECK(table.out.find("\n{\n  \"rows\": [\n    1,\n    2.5\n  ],\n  \"sum\": null\n}\n") !=
          std::string::npos);
    CHECK(table.out.find(" s of 60.0 s") != std::string::npos);
    CHECK(inspect(redis, {k_key, "-o", "csv"}).out.find("key,tenant,") == 0);

    redis.cli({"PERSIST", k_key});
    CHECK(entry(redis, k_key).at("ttl_ms").is_null());
    CHECK(inspect(redis, {k_key, "-o", "table"}).out.find("never expires, and the policy grants") !=
          std::string::npos);
    redis.cli({"EXPIRE", k_key, "5000"});
    CHECK(inspect(redis, {k_key, "-o", "table"}).out.find("more than the ") != std::string::npos);
}

TEST_CASE("inspect names what a value is and unpacks what is safe", "[inspect]") {
    const RedisServer redis;
    python(redis, "r.set('gz', gzip.compress(b'{\"a\": 1}'))\n"
                  "r.set('zl', zlib.compress(b'hello'))\n"
                  "r.set('pk', pickle.dumps({'a': 1}))\n"
                  "r.set('mp', b'\\x81\\xa1a\\x01')\n"
                  "r.set('php', 'a:1:{i:0;i:1;}')\n"
                  "r.set('bin', b'\\xff\\x00\\x1b[31m')\n"
                  "r.set('txt', 'two\\nlines')\n"
                  "r.hset('hash', mapping={'a': 1, 'b': 2})\n"
                  "r.set(b'odd \\xff\\n', 'x')");
    CHECK(entry(redis, "gz").at("value").at("kinds") == json{"gzip", "json"});
    CHECK(entry(redis, "gz").at("value").at("json") == json{{"a", 1}});
    CHECK(entry(redis, "zl").at("value").at("text") == "hello");
    CHECK(entry(redis, "pk").at("value").at("kinds") == json{"pickle"});
    CHECK(entry(redis, "mp").at("value").at("json") == json{{"a", 1}});
    CHECK(entry(redis, "php").at("value").at("kinds") == json{"php"});
    CHECK(entry(redis, "bin").at("value").at("base64") == "/wAbWzMxbQ==");
    const json hash = entry(redis, "hash");
    CHECK(hash.at("type") == "hash");
    CHECK(hash.at("elements") == 2);
    CHECK(hash.at("value").at("elements").size() == 2);
    CHECK(hash.at("tenant").is_null());
    CHECK(inspect(redis, {"hash", "-o", "table"}).out.find("elements") != std::string::npos);
    CHECK(entry(redis, "odd \xff\n").at("key").at("base64") == "b2RkIP8K");

    RunOptions terminal;
    terminal.pty = true;
    terminal.env["NO_COLOR"] = "1";
    CHECK(inspect(redis, {"bin"}, terminal).out.find('\x1b') == std::string::npos);
    CHECK(inspect(redis, {"txt"}, terminal).out.find("\ntwo\nlines\n") != std::string::npos);

    CHECK(inspect(redis, {"--raw", "bin"}).out == "\xff\0\x1b[31m"s);
    CHECK(inspect(redis, {"--raw", "txt", "--max-bytes", "3"}).out == "two");
    CHECK(inspect(redis, {"--raw", "hash"}).exit_code == 2);
    CHECK(inspect(redis, {"--raw", "bin", "txt"}).exit_code == 2);
}

TEST_CASE("inspect of what is not there is exit 1", "[inspect]") {
    const RedisServer redis;
    redis.cli({"SET", "here", "1"});
    const Finished absent = inspect(redis, {"absent", "here"});
    CHECK(absent.exit_code == 1);
    CHECK(absent.err.find("no such key: absent") != std::string::npos);
    CHECK(absent.out.find("key\there\n") != std::string::npos);
    const json answer = json::parse(inspect(redis, {"absent", "-o", "json"}).out);
    CHECK(answer.at("entries")[0].at("exists") == false);
    CHECK(inspect(redis, {"--raw", "absent"}).exit_code == 1);
    CHECK(inspect(redis, {"-t", "nobody"}).exit_code == 1);
    CHECK(inspect(redis, {}).exit_code == 2);
    CHECK(inspect(redis, {"here", "-t", "x"}).exit_code == 2);
    CHECK(inspect(redis, {"here", "--max-bytes", "1GiB"}).exit_code == 2);
    CHECK(run_roacache({"inspect", "-u", "redis://127.0.0.1:1", "x"}).exit_code == 3);
}

TEST_CASE("inspect takes selectors, and large values by their head", "[inspect]") {
    const RedisServer redis;
    redis.cli({"EVAL",
               "for i=1,300 do redis.call('SET', 'cache:a:x:'..i, i) end "
               "redis.call('SET', 'cache:b:x:1', 1) "
               "redis.call('SETRANGE', 'big', 200000000, 'end')",
               "0"});
    const Finished all = inspect(redis, {"-t", "a", "-o", "ndjson"});
    CHECK(all.exit_code == 0);
    CHECK(lines_in(all.out) == 300);
    RunOptions input;
    input.input = "cache:b:x:1\ncache:a:x:7\n";
    CHECK(lines_in(inspect(redis, {"--keys-from", "-", "-o", "ndjson"}, input).out) == 2);

    const Finished head = inspect(redis, {"big", "-o", "json", "--max-bytes", "10"});
    const json big = json::parse(head.out).at("entries")[0];
    CHECK(big.at("value_bytes") == 200'000'003);
    CHECK(big.at("value").at("whole") == false);
    CHECK(head.out.size() < 2'000);
    const Finished raw =
        run({"sh", "-c", "'" + program() + "' inspect -u " + redis.url() + " --raw big | tail -c 3"});
    CHECK(raw.out == "end");
}
