#include "tests/cli/cache_of_names.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitized.hpp"

#include <csignal>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <thread>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// Keys that a line, a terminal or a shell could change.
const Keys k_odd = {"a\nb",
                    "back\\slash",
                    "\\x41",
                    "\xff\xfe",
                    std::string("n\0l", 3),
                    "tab\there",
                    "{user1}:cart",
                    "{\"key\":\"x\"}",
                    "1) \"key\"",
                    "\"quoted\"",
                    "key,tenant,resource",
                    "=sum,1",
                    "\xEF\xBB\xBF"
                    "bom",
                    "é\xE2\x80\xAE",
                    "trailing \r",
                    " two  words "};

std::vector<json> lines_in_log(const std::filesystem::path& path) {
    std::vector<json> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);)
        lines.push_back(json::parse(line));
    return lines;
}

} // namespace

TEST_CASE("what keys prints in any format names the very same keys to invalidate and inspect",
          "[keys-from]") {
    const CacheOfNames cache;
    const Keys neighbours = {"a", "b", "A", "back", "slash", "x", "key", "two", "bom", "n", "l"};
    using Arguments = std::vector<std::string>;
    for (const Arguments& format :
         {Arguments{}, Arguments{"-l"}, Arguments{"-0"}, Arguments{"-o", "ndjson"}, Arguments{"-o", "json"},
          Arguments{"-o", "csv"}, Arguments{"-o", "csv", "-l"}, Arguments{"-o", "json", "-l"}}) {
        INFO((format.empty() ? "lines" : format.back()));
        cache.redis.cli({"FLUSHALL"});
        cache.pour(k_odd, 0);
        Arguments list{"keys", "-u", cache.redis.unix_url(), "--match", "*"};
        list.insert(list.end(), format.begin(), format.end());
        RunOptions options;
        options.input = run_roacache(list).out;
        cache.pour(neighbours, 0);
        Arguments inspect{"inspect", "-u", cache.redis.unix_url(), "--keys-from", "-", "-o", "json"};
        Arguments remove{"--keys-from", "-"};
        if (!format.empty() && format[0] == "-0") {
            inspect.emplace_back("-0");
            remove.emplace_back("-0");
        }
        // A key that holds NUL would be two others behind -0, and is left out.
        const bool without_nul = !format.empty() && format[0] == "-0";
        Keys left = neighbours;
        if (without_nul) left.insert(std::string("n\0l", 3));
        CHECK(run_roacache(inspect, options).exit_code == 0);
        const json reported = cache.counts(remove, 0, options);
        CHECK(reported.at("removed") == k_odd.size() - (without_nul ? 1 : 0));
        CHECK(reported.at("absent") == 0);
        CHECK(cache.left() == quoted(left));
    }
}

TEST_CASE("named keys that are not there are counted and warned of", "[keys-from]") {
    const CacheOfNames cache;
    cache.pour({"one", "two"});
    const std::vector<std::string> named{"-k", "one", "-k", "nobody", "-k", "one", "-k", "none"};
    for (const char* more : {"-n", "--verify", "--max-keys=2"}) {
        cache.pour({"one", "two"});
        auto arguments = named;
        arguments.insert(arguments.end(), {more, "-o", "json"});
        const Finished finished = cache.invalidate(arguments);
        CHECK(finished.exit_code == 0);
        const json reported = json::parse(finished.out);
        CHECK(reported.at("matched") == 1);
        CHECK(reported.at("absent") == 2);
        CHECK(reported.at("unconfirmed") == 0);
        CHECK(reported.at("sent") <= (std::string(more) == "--verify" ? 3 : 2));
        CHECK(finished.err.find("2 of 3 named keys are not there: nobody, none") != std::string::npos);
    }
    CHECK(cache.counts({"-k", "nobody", "--fail-if-none"}, 1).at("absent") == 1);
}

TEST_CASE("keys of a pipe or a FIFO are read once, to their end, before anything is removed", "[keys-from]") {
    const CacheOfNames cache;
    cache.pour({"one", "two", "three"});
    const std::string base = "'" + program() + "' invalidate -u " + cache.redis.unix_url() + " -o json ";
    const auto shell = [&](const std::string& command) { return run({"bash", "-c", command}); };
    CHECK(shell(base + "--keys-from <(printf 'one\\ntwo\\n') --max-keys 1").exit_code == 4);
    CHECK(cache.size() == 3);
    const Finished twice = shell(base + "--keys-from <(printf 'one\\ntwo\\n') --max-keys 2 --verify");
    CHECK(json::parse(twice.out).at("removed") == 2);
    CHECK(shell("(printf 'three\\nthr\\\\ee\\n') | " + base + "--keys-from -").exit_code == 2);
    CHECK(cache.size() == 1);
    const TempDir folder;
    const auto fifo = folder.path() / "fifo";
    REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    Process waiting(
        {program(), "invalidate", "-u", cache.redis.unix_url(), "--keys-from", fifo.string(), "-v"});
    REQUIRE(waiting.wait_for("roacache: setting: url: "));
    waiting.signal(SIGTERM);
    CHECK(eventually([&] { return !waiting.running(); }));
    CHECK(waiting.stop() == 130);
    CHECK(cache.size() == 1);
}

TEST_CASE("no more keys go than allowed while others are written or a list of keys grows", "[invalidate]") {
    const CacheOfNames cache({"--enable-debug-command", "yes"});
    constexpr int k_removals_each = k_sanitized ? 3 : 10;
    for (const std::uint64_t limit : {0U, 1U, 20U, 200U}) {
        cache.redis.cli({"flushall"});
        Process writer(
            {"bash", "-c",
             "for ((i = 0; ; i++)); do echo \"set cache:t:invoices_list:$i v\"; done | redis-cli -s " +
                 cache.redis.socket().string() + " --pipe-timeout 0 > /dev/null"});
        long sent = 0;
        for (int round = 0; round < k_removals_each; ++round) {
            const Finished finished =
                cache.invalidate({"-t", "t", "--max-keys", std::to_string(limit), "-o", "json"});
            INFO(finished.err);
            const int code = finished.exit_code;
            CHECK((code == 0 || code == 4 || code == 5));
            if (code == 4 || finished.out.empty()) continue;
            const json reported = json::parse(finished.out);
            CHECK(reported.at("sent") <= limit);
            CHECK(reported.at("removed") <= reported.at("sent"));
            sent += reported.at("sent").get<long>();
        }
        CHECK(sent <= static_cast<long>(k_removals_each * limit));
        writer.kill();
    }
}

TEST_CASE("the audit log has a removal before it begins, though it is killed in the middle", "[invalidate]") {
    const CacheOfNames cache({"--enable-debug-command", "yes"});
    cache.redis.cli({"debug", "populate", "300000", "cache:t:invoices_list"});
    const TempDir folder;
    const auto log = folder.path() / "audit.jsonl";
    Process process({program(), "invalidate", "-u", cache.redis.unix_url(), "-t", "t", "--max-pause", "20us",
                     "--audit-log", log.string(), "--reason", "test", "--max-keys", "300000"});
    REQUIRE(eventually([&] { return cache.size() < 300'000; }, std::chrono::seconds(60)));
    process.kill();
    const auto lines = lines_in_log(log);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("event") == "begun");
    CHECK(lines[0].at("matched") == 300'000);
    CHECK(lines[0].at("max_keys") == 300'000);
    CHECK(lines[0].at("reason") == "test");
    CHECK(lines[0].at("selector") == "tenant t");
}

TEST_CASE("the audit log is on disk before the first key is removed", "[invalidate]") {
    const CacheOfNames cache;
    cache.pour({"cache:t:invoices_list:1"});
    const TempDir folder;
    const std::string recorded = (folder.path() / "recorded").string();
    RunOptions options;
    preload(options, folder, "recorded_calls");
    options.env["RECORDED_CALLS"] = recorded;
    const Finished finished = run_roacache({"invalidate", "-u", cache.redis.url(), "-t", "t", "--audit-log",
                                            (folder.path() / "audit.jsonl").string()},
                                           options);
    INFO(finished.err);
    CHECK(finished.exit_code == 0);
    std::ostringstream calls;
    calls << std::ifstream(recorded).rdbuf();
    // The server is asked about UNLINK before it is sent for a key.
    CHECK_THAT(calls.str(), StartsWith("fsync\nUNLINK\n"));
    CHECK_THAT(calls.str(), EndsWith("UNLINK\nfsync\n"));
}

TEST_CASE("nothing is removed where the audit log cannot be written", "[invalidate]") {
    const CacheOfNames cache;
    cache.pour({"cache:t:invoices_list:1"});
    const TempDir folder;
    const auto fifo = folder.path() / "fifo";
    REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    for (const std::string& log :
         {std::string("/dev/full"), folder.path().string(), fifo.string(), std::string()}) {
        INFO(log);
        CHECK(cache.invalidate({"-t", "t", "--audit-log", log}).exit_code == 2);
        CHECK(cache.size() == 1);
    }
}

TEST_CASE("a glob that takes every key there is needs --yes", "[invalidate]") {
    const CacheOfNames cache;
    cache.pour({"session:z1", "session:z2", "user:z", "cart/7z", "lock:z"});
    const Finished refused = cache.invalidate({"--match", "*z*"});
    CHECK(refused.exit_code == 2);
    CHECK(refused.err.find("--yes") != std::string::npos);
    CHECK(cache.size() == 5);
    CHECK(cache.counts({"--match", "*z*", "-n"}).at("matched") == 5);
    cache.pour({"other"});
    CHECK(cache.counts({"--match", "*z*"}).at("removed") == 5);
}
