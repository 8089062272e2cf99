#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>
#include <set>

using namespace roacache::test;
using nlohmann::json;

namespace {

void set_by(const RedisServer& redis, const std::string& statements) {
    const Finished finished =
        run({"/usr/bin/python3", "-c",
             "import redis\nr = redis.Redis(port=" + std::to_string(redis.port()) + ")\n" + statements});
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
}

json shown_value(const RedisServer& redis, const std::string& key, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"inspect", key, "-o", "json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Finished finished = run_at(redis.url(), arguments);
    INFO(key << ": " << finished.out.substr(0, 2000) << finished.err);
    REQUIRE(finished.exit_code == 0);
    return json::parse(finished.out).at("entries")[0].at("value");
}

} // namespace

TEST_CASE("values with several elements are shown with all of them, whatever bytes they hold", "[inspect]") {
    const RedisServer redis;
    set_by(redis, "r.rpush('list', b'one', b'\\xff\\x00', b'', 'drei\\n\\t')\n"
                  "r.sadd('set', b'm')\n"
                  "r.hset('hash', mapping={b'f': b'v', b'\\xfe': b'\\x1b[31m'})\n"
                  "r.zadd('zset', {'low': -1.5, 'high': float('inf'), 'three': 3})\n"
                  "r.xadd('stream', {'a': 'b', 'c': b'\\xff'}, id='5-1')\n"
                  "r.xadd('stream', {'a': 'x'}, id='5-2')");
    const json odd{{"base64", "/wA="}};
    CHECK(shown_value(redis, "list") ==
          json{{"kinds", {"list"}}, {"whole", true}, {"elements", {"one", odd, "", "drei\n\t"}}});
    CHECK(shown_value(redis, "set").at("elements") == json::array({"m"}));
    const json hash = shown_value(redis, "hash").at("elements");
    CHECK(hash.size() == 2);
    CHECK(hash[0] == json{{"field", "f"}, {"value", "v"}});
    CHECK(hash[1].at("field") == json{{"base64", "/g=="}});
    CHECK(shown_value(redis, "zset").at("elements") == json{{{"member", "low"}, {"score", -1.5}},
                                                            {{"member", "three"}, {"score", 3.0}},
                                                            {{"member", "high"}, {"score", "inf"}}});
    const json stream = shown_value(redis, "stream").at("elements");
    CHECK(stream[0].at("id") == "5-1");
    CHECK(stream[0].at("fields")[0] == json::array({"a", "b"}));
    CHECK(stream[1].at("id") == "5-2");
    for (const char* key : {"list", "set", "hash", "zset", "stream"}) {
        for (const char* format : {"table", "csv", "ndjson"}) {
            const Finished finished = run_at(redis.url(), {"inspect", key, "-o", format});
            INFO(key << " " << format << finished.out);
            CHECK(finished.exit_code == 0);
            CHECK(finished.out.find('\x1b') == std::string::npos);
        }
        CHECK(run_at(redis.url(), {"inspect", key}).out.find("\nelement\t") != std::string::npos);
    }
    CHECK(run_at(redis.url(), {"inspect", "hash"}).out.find("\nelement\tf\tv\n") != std::string::npos);
}

TEST_CASE("large values are shown up to --max-bytes, in bounded steps, each element once", "[inspect]") {
    const RedisServer redis;
    set_by(redis,
           "p = r.pipeline(False)\n"
           "for i in range(20000):\n"
           "  p.rpush('list', 'v%05d' % i); p.sadd('set', 'v%05d' % i); p.hset('hash', 'f%05d' % i, 'v')\n"
           "  p.zadd('zset', {'m%05d' % i: i}); p.xadd('stream', {'f': 'v'}, id='1-%d' % (i + 1))\n"
           "p.execute()");
    for (const char* key : {"list", "set", "hash", "zset", "stream"}) {
        const json all = shown_value(redis, key, {"--max-bytes", "16MiB"});
        INFO(key);
        CHECK(all.at("whole") == true);
        CHECK(all.at("elements").size() == 20'000);
        std::set<std::string> different;
        for (const json& element : all.at("elements"))
            different.insert(element.dump());
        CHECK(different.size() == 20'000);
        const json some = shown_value(redis, key, {"--max-bytes", "1000"});
        CHECK(some.at("whole") == false);
        CHECK(some.at("elements").size() > 50);
        CHECK(some.at("elements").size() < 400);
    }
    CHECK(shown_value(redis, "list", {"--max-bytes", "1000"}).at("elements")[0] == "v00000");
    CHECK(redis.cli({"INFO", "commandstats"}).find("cmdstat_hgetall") == std::string::npos);
}

TEST_CASE("single elements larger than anything that is fetched leave the others", "[inspect]") {
    const RedisServer redis;
    set_by(redis, "big = b'x' * 70_000_000\n"
                  "r.rpush('list', b'first', big)\n"
                  "r.hset('hash', mapping={'first': 'v'}); r.hset('hash', 'big', big)\n"
                  "r.rpush('cut', b'y' * 3_000_000, b'last')");
    for (const char* key : {"list", "hash"}) {
        const json value = shown_value(redis, key);
        CHECK(value.at("whole") == false);
        CHECK(value.at("elements").size() <= 1);
    }
    const json cut = shown_value(redis, "cut", {"--max-bytes", "1MiB"});
    CHECK(cut.at("whole") == false);
    REQUIRE(cut.at("elements").size() == 1);
    CHECK(cut.at("elements")[0].get<std::string>().size() == 1 << 20);
}

TEST_CASE("a stream is shown whole, whatever numbers its ids have", "[inspect]") {
    const RedisServer redis;
    const std::string most = "18446744073709551615";
    const std::vector<std::string> ids = {"0-1",       "0-" + most,      "1-0",         "5-" + most,
                                          "6-0",       "7-" + most,      "900-" + most, "900000-3",
                                          most + "-0", most + "-" + most};
    for (const std::string& id : ids) // so large that each comes in a step of its own
        redis.cli({"EVAL", "redis.call('XADD', 'stream', ARGV[1], 'f', string.rep('x', 300000))", "0", id});
    const json value = shown_value(redis, "stream", {"--max-bytes", "16MiB"});
    CHECK(value.at("whole") == true);
    std::vector<std::string> shown;
    for (const json& element : value.at("elements"))
        shown.push_back(element.at("id"));
    CHECK(shown == ids);
    CHECK(shown_value(redis, "stream", {"--max-bytes", "1000000"}).at("whole") == false);
}
