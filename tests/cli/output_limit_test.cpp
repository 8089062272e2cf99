#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// Strings, and values whose first elements are small and whose others are large, of about 5 MB.
void fill_large(const RedisServer& redis) {
    redis.cli({"EVAL",
               "local big = string.rep('x', 5000) "
               "redis.call('SET', 'string', string.rep('0123456789', 500000)) "
               "for i = 1, 2000 do local v = i > 1000 and big or 'y' "
               "redis.call('RPUSH', 'list', v) redis.call('SADD', 'set', i .. ':' .. v) "
               "redis.call('HSET', 'hash', 'f' .. i, v) redis.call('ZADD', 'zset', i, i .. ':' .. v) "
               "redis.call('XADD', 'stream', i .. '-1', 'f', v) end",
               "0"});
}

void limit_output(const RedisServer& redis, const std::string& bytes) {
    REQUIRE(redis.cli({"CONFIG", "SET", "client-output-buffer-limit", "normal " + bytes + " 0 0"}) == "OK");
}

} // namespace

TEST_CASE("a server that sends little at a time is read in smaller pieces", "[inspect]") {
    const RedisServer redis;
    fill_large(redis);
    for (const char* limit : {"1mb", "200kb", "60kb"}) {
        limit_output(redis, limit);
        const Finished raw = run_at(redis.url(), {"inspect", "--raw", "string"});
        INFO(limit << ": " << raw.err);
        CHECK(raw.exit_code == 0);
        CHECK(raw.out.size() == 5'000'000);
        CHECK(raw.out.substr(4'999'980) == "01234567890123456789");
        const Finished part = run_at(redis.url(), {"inspect", "--raw", "string", "--max-bytes", "3000001"});
        CHECK(part.out.size() == 3'000'001);
        for (const char* key : {"string", "list", "set", "hash", "zset", "stream"}) {
            const Finished finished =
                run_at(redis.url(), {"inspect", key, "-o", "json", "--max-bytes", "16MiB"});
            INFO(key << finished.err);
            REQUIRE(finished.exit_code == 0);
            const json value = json::parse(finished.out).at("entries")[0].at("value");
            CHECK(value.at("whole") == true);
            if (std::string(key) != "string") CHECK(value.at("elements").size() == 2000);
        }
        CHECK(lines_in(run_at(redis.url(), {"keys", "--match", "*"}).out) == 6);
    }
}

TEST_CASE("an element that is beyond the server's output limit is reported with what to do", "[inspect]") {
    const RedisServer redis;
    redis.cli({"EVAL",
               "local big = string.rep('x', 3000000) redis.call('RPUSH', 'list', 'first', big, 'last') "
               "redis.call('SADD', 'set', 'first', big) redis.call('HSET', 'hash', 'f', 'v', 'g', big) "
               "redis.call('ZADD', 'zset', 1, 'first', 2, big) "
               "redis.call('XADD', 'stream', '1-1', 'f', 'v') redis.call('XADD', 'stream', '2-1', 'f', big)",
               "0"});
    limit_output(redis, "1mb");
    for (const char* key : {"list", "set", "hash", "zset", "stream"}) {
        const Finished finished = run_at(redis.url(), {"inspect", key});
        INFO(key << finished.err);
        CHECK(finished.exit_code == 4);
        CHECK(is_one_error(finished.err));
        CHECK(finished.err.find("client-output-buffer-limit") != std::string::npos);
        CHECK(finished.err.find("--max-bytes") != std::string::npos);
        CHECK(run_at(redis.url(), {"inspect", key, "--max-bytes", "0"}).exit_code == 0);
    }
}
