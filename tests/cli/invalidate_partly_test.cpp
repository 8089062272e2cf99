#include "tests/cli/cache_of_names.hpp"
#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <fstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

constexpr long k_keys = 2000;
constexpr const char* k_none_free = "no space left on device";

void populate(const RedisServer& redis, long keys = k_keys) {
    redis.cli({"flushdb"});
    redis.cli({"debug", "populate", std::to_string(keys), "cache:t:invoices_list"});
}

long size_of(const RedisServer& redis) {
    return std::stol(redis.cli({"dbsize"}));
}

/// How many keys have a time to live; those of populate() have none. What is shortened here is cut to within
/// years, so that nothing expires while it is counted.
long shortened_in(const RedisServer& redis) {
    const std::string keyspace = redis.cli({"info", "keyspace"});
    const std::size_t at = keyspace.find("expires=");
    return at == std::string::npos ? 0 : std::stol(keyspace.substr(at + 8));
}

const std::vector<std::string> k_debug = {"--enable-debug-command", "yes"};

std::vector<std::string> joined(std::vector<std::string> arguments, const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

const std::vector<std::string> k_invalidate = {"invalidate", "-t", "t", "-o", "json"};

} // namespace

TEST_CASE(
    "invalidate that loses its server midway reports what is gone, and --allow-unreachable lets it pass",
    "[invalidate]") {
    const RedisServer redis(k_debug);
    for (const bool soft : {false, true}) {
        const MeddledServer cutting(redis, {{"UNLINK#3", ""}, {"PEXPIRE#600", ""}});
        for (const bool allowed : {false, true}) {
            populate(redis);
            auto command = k_invalidate;
            if (soft) command = joined(command, {"--soft", "20000h"});
            if (allowed) command.emplace_back("--allow-unreachable");
            const Finished finished = run_at(cutting.url(), command);
            INFO(finished.out << finished.err);
            CHECK(finished.exit_code == (allowed ? 0 : 5));
            const json reported = json::parse(finished.out);
            CHECK(reported.at("outcome") == "partial");
            const long changed = soft ? shortened_in(redis) : k_keys - size_of(redis);
            CHECK(changed > 0);
            CHECK(reported.at(soft ? "shortened" : "removed") == changed);
            CHECK(reported.at("groups")[0].at(soft ? "shortened" : "removed") == changed);
            CHECK(reported.at("uncertain") > 0);
            CHECK(reported.at("matched") <= k_keys);
            if (allowed) {
                CHECK(finished.err.find("roacache: warning: ") == 0);
                CHECK(finished.err.find("stale keys may be left: run it again") != std::string::npos);
                CHECK(lines_in(finished.err) == 1);
            } else {
                CHECK(finished.err.find("roacache: partly done: ") == 0);
                CHECK(is_one_error(finished.err));
            }
        }
    }
}

TEST_CASE("invalidate that is refused midway is partly done, whatever the refusal", "[invalidate]") {
    const RedisServer redis(k_debug);
    for (const std::string refusal :
         {"-READONLY You can't write", "-LOADING Redis", "-NOAUTH required", "-OOM command not allowed",
          "-MISCONF errors writing", "-BUSY script"}) {
        populate(redis);
        const MeddledServer refusing(redis, {{"UNLINK#3", refusal + "\r\n"}});
        const Finished finished = run_at(refusing.url(), joined(k_invalidate, {"--verify"}));
        INFO(finished.out << finished.err);
        CHECK(finished.exit_code == 5);
        CHECK(is_one_error(finished.err));
        const json reported = json::parse(finished.out);
        CHECK(reported.at("removed") == k_keys - size_of(redis));
        CHECK(reported.at("removed") > 0);
        CHECK(reported.at("uncertain") == 0);
        CHECK(reported.at("remaining").is_null());
    }
}

TEST_CASE("invalidate that is interrupted while it shortens reports exactly how many it did",
          "[invalidate]") {
    constexpr long k_many = 300'000;
    const RedisServer redis(k_debug);
    const TempDir folder;
    const auto answer = folder.path() / "answer.json";
    populate(redis, k_many);
    Process process({"sh", "-c",
                     "exec '" + program() + "' invalidate -u " + redis.unix_url() +
                         " -t t --soft 20000h -o json --max-pause 20us > " + answer.string()});
    REQUIRE(eventually([&] { return shortened_in(redis) > 0; }, std::chrono::seconds(60)));
    process.signal(SIGINT);
    REQUIRE(eventually([&] { return !process.running(); }, std::chrono::seconds(60)));
    CHECK(process.stop() == 130);
    std::ifstream file(answer);
    const json reported = json::parse(file);
    CHECK(reported.at("outcome") == "interrupted");
    CHECK(reported.at("shortened") == shortened_in(redis));
    CHECK(reported.at("shortened") < k_many);
}

TEST_CASE("invalidate removes nothing when the audit log's disk is full, and says what is missing there",
          "[invalidate]") {
    const CacheOfNames cache;
    cache.pour({"cache:t:invoices_list:h1", "cache:t:invoices_list:h2"});
    const auto logging = [&](const std::string& url, const std::vector<std::string>& more) {
        return run_at(url, joined(joined(k_invalidate, {"--audit-log", "/dev/full"}), more));
    };
    const Finished full = logging(cache.redis.url(), {});
    CHECK(full.exit_code == 2);
    CHECK(full.err.find(k_none_free) != std::string::npos);
    CHECK(cache.size() == 2);

    // An earlier failure is reported too, as the last line.
    const std::string nobody = "redis://127.0.0.1:1";
    const Finished down = logging(nobody, {});
    CHECK(down.exit_code == 3);
    CHECK(down.err.find("connection refused") != std::string::npos);
    CHECK(down.err.find(k_none_free) != std::string::npos);
    const Finished allowed = logging(nobody, {"--allow-unreachable"});
    CHECK(allowed.exit_code == 5);
    CHECK(allowed.err.find("connection refused") != std::string::npos);
    CHECK(allowed.err.find(k_none_free) != std::string::npos);
    const Finished none = logging(cache.redis.url(), {"--fail-if-none"});
    CHECK(none.exit_code == 2);
    CHECK(none.err.find(k_none_free) != std::string::npos);
}

TEST_CASE("invalidate --soft counts a key once that the server gives again", "[invalidate]") {
    const RedisServer redis;
    fill_entries(redis);
    std::string again = "*2\r\n$1\r\n0\r\n*40\r\n";
    for (int i = 0; i < 40; ++i)
        again += "$24\r\n" + std::string(k_first_entry) + "\r\n";
    const MeddledServer repeating(redis, {{"SCAN", again}});
    const json reported = json::parse(run_at(repeating.url(), joined(k_invalidate, {"--soft", "100s"})).out);
    CHECK(reported.at("shortened") == 1);
    CHECK(reported.at("matched") == 1);
    CHECK(reported.at("unchanged") == 0);
    CHECK(reported.at("groups")[0].at("shortened") == 1);
}

TEST_CASE("invalidate --soft says when the server resized its table, and counts what the server did",
          "[invalidate]") {
    constexpr long k_ours = 6'000;
    constexpr int k_others = 50'000;
    const RedisServer redis(k_debug);
    const TempDir folder;
    const auto answer = folder.path() / "answer.json";
    const auto held = folder.path() / "held";
    populate(redis, k_ours);
    redis.cli({"debug", "populate", std::to_string(k_others), "other"});
    const MeddledServer holding(redis, "SCAN#60", held);
    Process process({"sh", "-c",
                     "exec '" + program() + "' invalidate -u " + holding.url() +
                         " -t t --soft 20000h -o json --max-pause 1us --timeout 300s > " + answer.string()});
    REQUIRE(eventually([&] { return std::filesystem::exists(held); }, std::chrono::seconds(60)));
    const std::string others = std::to_string(k_others - 1);
    redis.cli({"EVAL", "for i=0," + others + " do redis.call('UNLINK', 'other:'..i) end", "0"});
    REQUIRE(eventually([&] {
        return redis.cli({"debug", "htstats", "0"}).find("table size: 65536") == std::string::npos;
    }));
    std::filesystem::remove(held);
    REQUIRE(eventually([&] { return !process.running(); }, std::chrono::seconds(60)));
    CHECK(process.log().find("the store's table changed its size during the walk") != std::string::npos);
    CHECK(process.stop() == 0);
    std::ifstream file(answer);
    const json reported = json::parse(file);
    CHECK(reported.at("shortened") == k_ours);
    CHECK(shortened_in(redis) == k_ours);
}
