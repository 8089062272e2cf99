#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

using namespace roacache::test;

namespace {

/// An empty value in each spelling; the last ones as a shell leaves them when a variable is not set.
std::vector<std::vector<std::string>> spellings_of_nothing(const std::string& long_name,
                                                           const std::string& short_name) {
    std::vector<std::vector<std::string>> spellings{{long_name + "="}, {long_name, ""}};
    if (!short_name.empty()) {
        spellings.push_back({short_name + "="});
        spellings.push_back({short_name, ""});
        spellings.push_back({"-q" + short_name.substr(1) + "="});
        spellings.push_back({"-q" + short_name.substr(1), ""});
    }
    return spellings;
}

std::string joined(const std::vector<std::string>& arguments) {
    std::string line;
    for (const std::string& word : arguments)
        line += (line.empty() ? "" : " ") + (word.empty() ? std::string("''") : word);
    return line;
}

} // namespace

TEST_CASE("an empty value is a usage error that names its option, in every spelling", "[usage]") {
    const RedisServer redis;
    redis.cli({"MSET", "cache:client-1:invoices_list:1:0123456789ab", "1", "other", "1"});
    for (const auto& [long_name, short_name] :
         std::vector<std::pair<std::string, std::string>>{{"--tenant", "-t"},
                                                          {"--resource", "-r"},
                                                          {"--where", "-w"},
                                                          {"--event", "-e"},
                                                          {"--key", "-k"},
                                                          {"--keys-from", ""},
                                                          {"--match", ""},
                                                          {"--max-keys", ""},
                                                          {"--soft", ""},
                                                          {"--max-pause", ""},
                                                          {"--audit-log", ""},
                                                          {"--url", "-u"},
                                                          {"--password-file", ""},
                                                          {"--cacert", ""},
                                                          {"--profile", "-p"},
                                                          {"--output", "-o"}})
        for (const std::vector<std::string>& spelling : spellings_of_nothing(long_name, short_name)) {
            std::vector<std::string> arguments{"invalidate", "--all-tenants", "--yes"};
            if (long_name != "--url") arguments.insert(arguments.end(), {"-u", redis.url()});
            arguments.insert(arguments.end(), spelling.begin(), spelling.end());
            const Finished finished = run_roacache(arguments);
            INFO(joined(arguments) << "\n" << finished.err);
            CHECK(finished.exit_code == 2);
            CHECK(finished.err.find(": the value is empty\n") != std::string::npos);
            const std::string option = spelling[0].starts_with("--") ? long_name : short_name;
            CHECK(finished.err.find("roacache: usage: " + option + ": ") == 0);
            CHECK(redis.cli({"DBSIZE"}) == "2");
        }
}

TEST_CASE("a word that is an option is never taken for a value", "[usage]") {
    const RedisServer redis;
    redis.cli({"MSET", "cache:client-1:invoices_list:1:0123456789ab", "1", "other", "1"});
    for (const std::vector<std::string>& tail :
         std::vector<std::vector<std::string>>{{"--reason", "--dry-run"},
                                               {"--reason", "--dry-rnu"},
                                               {"--reason", "-n"},
                                               {"--max-keys", "-n"},
                                               {"-t", "-n"},
                                               {"-qt", "-n"},
                                               {"--reason", "--"},
                                               {"--reason"}}) {
        std::vector<std::string> arguments{"invalidate", "-u", redis.url(), "--match", "*", "--yes"};
        arguments.insert(arguments.end(), tail.begin(), tail.end());
        const Finished finished = run_roacache(arguments);
        INFO(joined(arguments) << "\n" << finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find(": a value is missing") != std::string::npos);
        CHECK(redis.cli({"DBSIZE"}) == "2");
    }
    const auto dry = [&](const std::vector<std::string>& tail) {
        std::vector<std::string> arguments{"invalidate", "-u", redis.url(), "--match", "*", "-n"};
        arguments.insert(arguments.end(), tail.begin(), tail.end());
        return run_roacache(arguments).exit_code;
    };
    CHECK(dry({"--reason=--dry-run"}) == 0);
    CHECK(dry({"--reason="}) == 0);
    CHECK(dry({"--reason", ""}) == 0);
    CHECK(dry({"--reason", "- five of them"}) == 0);
    CHECK(dry({"--max-keys", "010"}) == 0);
    CHECK(redis.cli({"DBSIZE"}) == "2");
}

TEST_CASE("a flag does what its value says, and the last one counts", "[usage]") {
    const RedisServer redis;
    const auto left_after = [&](const std::vector<std::string>& flags) {
        redis.cli({"SET", "other", "1"});
        std::vector<std::string> arguments{"invalidate", "-u", redis.url(), "--match", "*"};
        arguments.insert(arguments.end(), flags.begin(), flags.end());
        const Finished finished = run_roacache(arguments);
        INFO(joined(arguments) << "\n" << finished.err);
        return std::to_string(finished.exit_code) + " " + redis.cli({"DBSIZE"});
    };
    for (const char* no : {"false", "no", "off", "0", "False", "OFF"}) {
        CHECK(left_after({std::string("--yes=") + no}) == "2 1");
        CHECK(left_after({"--yes", std::string("--yes=") + no}) == "2 1");
        CHECK(left_after({std::string("-y=") + no}) == "2 1");
        CHECK(left_after({std::string("--dry-run=") + no, "--yes"}) == "0 0");
    }
    for (const char* yes : {"true", "yes", "on", "1", "TRUE"}) {
        CHECK(left_after({std::string("--dry-run=") + yes, "--yes"}) == "0 1");
        CHECK(left_after({std::string("-n=") + yes, "-y"}) == "0 1");
        CHECK(left_after({"--dry-run=false", std::string("--dry-run=") + yes, "--yes"}) == "0 1");
        CHECK(left_after({std::string("--yes=") + yes}) == "0 0");
    }
    for (const char* bogus : {"", "maybe", "2", "-1", "{}", "tru", " true"}) {
        CHECK(left_after({std::string("--yes=") + bogus}) == "2 1");
        CHECK(left_after({"--yes", std::string("--dry-run=") + bogus}) == "2 1");
    }
}

TEST_CASE("an option that takes one value refuses a second", "[usage]") {
    for (const std::vector<std::string>& twice :
         std::vector<std::vector<std::string>>{{"--max-keys", "1", "--max-keys", "2"},
                                               {"-t", "a", "--tenant=b"},
                                               {"-pa", "-p=a"},
                                               {"--timeout", "1s", "--timeout=1s"}}) {
        std::vector<std::string> arguments{"invalidate", "-r", "x"};
        arguments.insert(arguments.end(), twice.begin(), twice.end());
        const Finished finished = run_roacache(arguments);
        INFO(joined(arguments) << "\n" << finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find(": given twice\n") != std::string::npos);
    }
}

TEST_CASE("short options take their values attached, after = and as the next word", "[usage]") {
    const RedisServer redis;
    redis.cli({"MSET", "cache:a:x:1:0123456789ab", "1", "cache:b:x:1:0123456789ab", "1"});
    for (const std::vector<std::string>& spelling :
         std::vector<std::vector<std::string>>{{"-ta"},
                                               {"-t=a"},
                                               {"-t", "a"},
                                               {"-qta"},
                                               {"-qt=a"},
                                               {"-qt", "a"},
                                               {"--tenant=a"},
                                               {"--tenant", "a"}}) {
        std::vector<std::string> arguments{"keys", "-u", redis.url(), "--count"};
        arguments.insert(arguments.end(), spelling.begin(), spelling.end());
        const Finished finished = run_roacache(arguments);
        INFO(joined(arguments) << "\n" << finished.err);
        CHECK(finished.out == "1\n");
    }
}

TEST_CASE("a certificate is checked unless the flag says not to", "[usage][tls]") {
    const NginxServer server("", true);
    const auto code = [&](const std::vector<std::string>& flags) {
        std::vector<std::string> arguments{"bench",    "--single", server.url(), "-n", "1",
                                           "--blocks", "1",        "--warmup",   "0"};
        arguments.insert(arguments.end(), flags.begin(), flags.end());
        return run_roacache(arguments).err.find("certificate") != std::string::npos;
    };
    CHECK(code({}));
    CHECK(code({"--insecure=false"}));
    CHECK(code({"--insecure", "--insecure=off"}));
    CHECK_FALSE(code({"--insecure"}));
    CHECK_FALSE(code({"--insecure=true"}));
}
