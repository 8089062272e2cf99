#include "tests/cli/cache_of_names.hpp"
#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <fstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

std::vector<std::string> at(const std::string& url, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"invalidate", "-u", url});
    return arguments;
}

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The last line of an audit log.
json last_line(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string line, last;
    while (std::getline(file, line))
        last = line;
    return json::parse(last);
}

} // namespace

TEST_CASE("keys that a user may not remove are counted, and the others are removed", "[invalidate]") {
    const CacheOfNames cache;
    const TempDir folder;
    const auto log = folder.path() / "audit.jsonl";
    cache.redis.cli({"acl", "setuser", "part", "on", ">pw", "+@all", "~cache:t:invoices*"});
    cache.redis.cli({"acl", "setuser", "none", "on", ">pw", "+@all", "~other"});
    const std::string place = "pw@127.0.0.1:" + std::to_string(cache.redis.port());
    const std::vector<std::vector<std::string>> ways{
        {"-t", "t"},
        {"-t", "t", "--max-keys", "100"},
        {"-t", "t", "--soft", "1000h"},
        {"-k", "cache:t:invoices_list:1", "-k", "cache:t:invoices_list:2", "-k", "cache:t:stats:1"},
        {"-k", "cache:t:stats:1", "-k", "cache:t:invoices_list:2", "-k", "cache:t:invoices_list:1",
         "--max-keys", "9"}};
    for (const auto& way : ways)
        for (const std::string user : {"part", "none"}) {
            cache.redis.cli({"flushall"});
            cache.pour({"cache:t:invoices_list:1", "cache:t:invoices_list:2", "cache:t:stats:1"}, 0);
            const bool part = user == "part";
            const bool soft = way.back() == "1000h";
            auto command = at("redis://" + user + ":" + place, way);
            command.insert(command.end(), {"-o", "json", "--audit-log", log.string()});
            const Finished finished = run_roacache(command);
            INFO(way.back() << ' ' << user << ": " << finished.out << finished.err);
            CHECK(finished.exit_code == (part ? 5 : 4));
            const json reported = json::parse(finished.out);
            CHECK(reported.at("refused") == (part ? 1 : 3));
            CHECK(reported.at(soft ? "shortened" : "removed") == (part ? 2 : 0));
            CHECK(reported.at("matched") == 3);
            CHECK(reported.at("unconfirmed") == 0);
            CHECK(reported.at("absent") == 0);
            if (!soft) CHECK(reported.at("already_gone") == 0);
            CHECK(reported.at("outcome") == (part ? "partial" : "refused"));
            CHECK(cache.size() == (part && !soft ? 1 : 3));
            CHECK(finished.err.find("Ask for the permission") != std::string::npos);
            CHECK(finished.err.find("again to go on") == std::string::npos);
            CHECK(last_line(log).at("refused") == reported.at("refused"));
            CHECK(last_line(log).at("exit_code") == finished.exit_code);
        }
    const Finished table = run_roacache(at("redis://none:" + place, {"-t", "t"}));
    CHECK(table.out.find("refused\t3\n") != std::string::npos);
}

TEST_CASE("a removal that a refusal ends shows the refusal's remedy, not to run it again", "[invalidate]") {
    const RedisServer redis({"--enable-debug-command", "yes"});
    const std::vector<std::pair<std::string, std::string>> refusals{
        {"-READONLY You can't write", "Name its master"},
        {"-NOAUTH required", "Give the password"},
        {"-NOPERM this user has no permissions to run the 'unlink' command", "Ask for the permission"},
        {"-OOM command not allowed", "see to what it says"},
        {"-MISCONF errors writing", "Give the disk room"}};
    for (const auto& [refusal, remedy] : refusals) {
        redis.cli({"flushdb"});
        redis.cli({"debug", "populate", "2000", "cache:t:invoices_list"});
        const MeddledServer refusing(redis, {{"UNLINK#3", refusal + "\r\n"}});
        const Finished finished = run_roacache(at(refusing.url(), {"-t", "t", "-o", "json"}));
        INFO(finished.out << finished.err);
        CHECK(finished.exit_code == 5);
        CHECK(finished.err.find(remedy) != std::string::npos);
        CHECK(finished.err.find("again to go on") == std::string::npos);
        const json reported = json::parse(finished.out);
        CHECK(reported.at("unconfirmed") == 0);
        CHECK(reported.at("removed") == 2000 - std::stol(redis.cli({"dbsize"})));
    }
}

TEST_CASE("nothing is removed on a replica, writable or not: its primary would keep the keys",
          "[invalidate]") {
    const RedisServer primary;
    const RedisServer replica;
    primary.cli({"mset", "cache:t:invoices_list:1", "v", "cache:t:stats:1", "v"});
    replica.cli({"replicaof", "127.0.0.1", std::to_string(primary.port())});
    REQUIRE(eventually([&] { return replica.cli({"dbsize"}) == "2"; }));
    for (const char* read_only : {"yes", "no"})
        for (const std::vector<std::string>& way :
             {std::vector<std::string>{"-t", "t"}, {"-k", "cache:t:stats:1"}, {"-t", "t", "--soft", "1m"}}) {
            replica.cli({"config", "set", "replica-read-only", read_only});
            const Finished finished = run_roacache(at(replica.url(), way));
            INFO(read_only << ' ' << way.back() << ": " << finished.err);
            CHECK(finished.exit_code == 4);
            CHECK(finished.err.find("127.0.0.1:" + std::to_string(primary.port())) != std::string::npos);
            CHECK(finished.err.find("Name the primary in the URL") != std::string::npos);
            CHECK(replica.cli({"dbsize"}) == "2");
            CHECK(run_roacache(at(replica.url(), {"-t", "t", "-n"})).exit_code == 0);

            replica.cli({"acl", "setuser", "ana", "on", ">pw", "~*", "+@all", "-@dangerous"}); // no INFO
            const Finished unsure =
                run_roacache(at("redis://ana:pw@127.0.0.1:" + std::to_string(replica.port()), way));
            INFO(unsure.err);
            CHECK(unsure.exit_code == 4);
            CHECK(unsure.err.find("Name the primary in the URL") != std::string::npos);
            CHECK(replica.cli({"dbsize"}) == "2");
        }
    CHECK(lines_in(run_roacache({"keys", "-u", replica.url()}).out) == 2);
}

TEST_CASE("a removal remains whether or not its answer can be written, and the audit log agrees",
          "[invalidate]") {
    const CacheOfNames cache;
    const TempDir folder;
    const auto log = folder.path() / "audit.jsonl";
    const auto write_to = [&](const std::string& where, const std::string& more) {
        return run({"sh", "-c",
                    "'" + program() + "' invalidate -u " + cache.redis.unix_url() + " -t t --audit-log " +
                        log.string() + " " + more + " " + where});
    };
    for (const std::string where : {"> /dev/full", "--output-file /dev/full"})
        for (const std::string more : {"", "-o json", "--soft 1000h"}) {
            cache.pour({"cache:t:invoices_list:1"}, 0);
            const Finished finished = write_to(where, more);
            INFO(where << ' ' << more << ": " << finished.err);
            CHECK(finished.exit_code == 5);
            CHECK(finished.err.find("no space left on device") != std::string::npos);
            CHECK(finished.err.find("all the same") != std::string::npos);
            CHECK(lines_in(finished.err) == 1);
            CHECK(last_line(log).at("exit_code") == 5);
            CHECK(cache.size() == (more.starts_with("--soft") ? 1 : 0));
            cache.redis.cli({"flushall"});
            // Where nothing was there to be removed, only the answer is missing.
            const Finished none = write_to(where, more);
            CHECK(none.exit_code == 2);
            CHECK(last_line(log).at("exit_code") == 2);
        }
    cache.pour({"cache:t:invoices_list:1"}, 0);
    const auto answer = folder.path() / "answer";
    CHECK(write_to("--output-file " + answer.string(), "").exit_code == 0);
    CHECK(text_of(answer).find("removed\t1\n") != std::string::npos);
    cache.pour({"cache:t:invoices_list:1"}, 0);
    CHECK(write_to(">&-", "").exit_code == 5);
}

TEST_CASE("the audit log's reason does not hold the run's password", "[invalidate]") {
    const RedisServer redis({"--requirepass", "geheim"});
    const TempDir folder;
    const auto log = folder.path() / "audit.jsonl";
    const std::string url = "redis://:geheim@127.0.0.1:" + std::to_string(redis.port());
    CHECK(run_roacache(at(url, {"-t", "t", "--audit-log", log.string(), "--reason", "geheim for x"}))
              .exit_code == 0);
    CHECK(last_line(log).at("reason") == "*** for x");
    CHECK(text_of(log).find("geheim") == std::string::npos);
}

TEST_CASE("globs that take nearly all keys of several tenants need --yes", "[invalidate]") {
    const CacheOfNames cache;
    Keys keys{"session:1"};
    for (const std::string tenant : {"acme", "alba", "nova"})
        for (int i = 0; i < 10; ++i) {
            keys.insert("cache:" + tenant + ":invoices_list:" + std::to_string(i));
            keys.insert("cache:" + tenant + ":items_list:" + std::to_string(i));
        }
    const std::vector<std::vector<std::string>> wide{{"-g", "-t", "*a*"},
                                                     {"-g", "-r", "i*", "--all-tenants"},
                                                     {"-g", "-t", "[an]*", "-r", "*_list"},
                                                     {"--match", "cache:[an]*"}};
    const std::vector<std::vector<std::string>> chosen{
        {"-t", "acme"},
        {"-g", "-t", "ac*"},
        {"-r", "invoices_list", "-r", "items_list", "--all-tenants"},
        {"-g", "-r", "inv*", "--all-tenants"}};
    cache.pour(keys);
    for (const auto& selectors : wide) {
        INFO(selectors.back());
        const Finished finished = cache.invalidate(selectors);
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find("--yes") != std::string::npos);
        CHECK(cache.size() == 61);
        auto said = selectors;
        said.emplace_back("--yes");
        CHECK(cache.invalidate(said).exit_code == 0);
        CHECK(cache.size() == 1);
        cache.pour(keys);
    }
    for (const auto& selectors : chosen) {
        INFO(selectors.back());
        CHECK(cache.invalidate(selectors).exit_code == 0);
        cache.pour(keys);
    }
}

TEST_CASE("what keys prints in any format names the same keys again", "[keys-from]") {
    const CacheOfNames cache;
    const Keys keys{"cache:t:invoices_list:company-1:h,1",
                    "cache:t:invoices_list:company-\"q\":h",
                    "cache:t:a\"b:h",
                    "cache:t:r:h\\x41",
                    "cache:t:r:\n",
                    "cache:t:r: ",
                    "cache:t:r:\xff",
                    "=cache",
                    "[\"a\"]",
                    "{\"key\":\"b\"}",
                    "{",
                    "[",
                    " [1",
                    "key,tenant,x",
                    "1) \"x\"",
                    "\"x\"",
                    "\xEF\xBB\xBF",
                    "{user1}:cart",
                    " ",
                    "\t",
                    ";=1",
                    ""};
    for (const std::string format : {"", "-o csv", "-o json", "-o ndjson", "-0"})
        for (const std::string more : {"", "-l", "--sort key", "--sort bytes -l"}) {
            const bool is_lines = format.empty() && more.find("-l") == std::string::npos;
            cache.redis.cli({"flushall"});
            cache.pour(keys);
            cache.redis.cli({"set", "", "v"});
            const Finished list = run({"sh", "-c",
                                       "'" + program() + "' keys -u " + cache.redis.unix_url() +
                                           " --match '*' " + format + " " + more});
            INFO(format << ' ' << more << ":\n" << list.out << list.err);
            CHECK(list.exit_code == (is_lines ? 5 : 0));
            if (is_lines) CHECK(list.err.find("1 key is empty") != std::string::npos);
            RunOptions options;
            options.input = list.out;
            std::vector<std::string> command{"--keys-from", "-"};
            if (format == "-0") command.emplace_back("-0");
            const json reported = cache.counts(command, 0, options);
            CHECK(reported.at("absent") == 0);
            CHECK(reported.at("removed") == keys.size() - (is_lines ? 1 : 0));
            CHECK(cache.size() == (is_lines ? 1 : 0));
        }
}

TEST_CASE(
    "keys that are named and absent are shown with their blanks, and what -k does not read is hinted at",
    "[invalidate]") {
    const CacheOfNames cache;
    cache.pour({"a"});
    const Finished blank = cache.invalidate({"-k", "a ", "-k", "a"});
    CHECK(blank.err.find("1 of 2 named keys is not there: 'a '") != std::string::npos);
    CHECK(blank.err.find("--keys-from") == std::string::npos);
    for (const char* key : {"a\\x0a", "a\\\\b"})
        CHECK(cache.invalidate({"-k", key}).err.find("--keys-from") != std::string::npos);
}
