#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"

using namespace roacache::test;

TEST_CASE("help and version are answers: on stdout, exit 0", "[usage]") {
    const Finished version = run_roacache({"--version"});
    CHECK(version.exit_code == 0);
    CHECK(version.out.find("roacache ") == 0);
    CHECK(version.err.empty());
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--help"},
                                                      {"ping", "--help"},
                                                      {"bench", "--help"},
                                                      {"demo", "--help"},
                                                      {"completion", "--help"}}) {
        const Finished help = run_roacache(arguments);
        INFO(arguments.front());
        CHECK(help.exit_code == 0);
        CHECK(help.out.find("--") != std::string::npos);
        CHECK(help.err.empty());
    }
    CHECK(run_roacache({"bench", "--help"}).out.find("Examples:") != std::string::npos);
    CHECK(run_roacache({"demo", "--help"}).out.find("Examples:") != std::string::npos);
}

TEST_CASE("a wrong command line is one line on stderr, a remedy, and exit 2", "[usage]") {
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                      {"nonsense"},
                                                      {"ping", "--nonsense"},
                                                      {"bench", "-n"},
                                                      {"bench", "-n", "0"},
                                                      {"bench", "-n", "many"},
                                                      {"bench", "-c", "-1"},
                                                      {"ping", "--color", "sometimes"}}) {
        const Finished finished = run_roacache(arguments);
        INFO(finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(finished.out.empty());
        CHECK(finished.err.find("roacache: usage: ") == 0);
        CHECK(lines_in(finished.err) == 2);
        CHECK(finished.err.find(" --help.") != std::string::npos);
    }
}

TEST_CASE("global options are taken before and after the command", "[usage]") {
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"-u", "nonsense://x", "ping"}, {"ping", "-u", "nonsense://x"}}) {
        const Finished finished = run_roacache(arguments);
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find("roacache: bad URL: ") == 0);
    }
}

TEST_CASE("the option --verbose says where each setting came from and never a secret", "[usage]") {
    RunOptions options;
    options.env = {{"REDIS_URL", "redis://:hunter2@127.0.0.1:1/0"}, {"REDISCLI_AUTH", "hunter3"}};
    const Finished finished = run_roacache({"-v", "--timeout", "2s", "ping"}, options);
    CHECK(finished.exit_code == 3);
    CHECK(finished.err.find("setting: url: redis://:***@127.0.0.1:1/0 (environment REDIS_URL)") !=
          std::string::npos);
    CHECK(finished.err.find("setting: timeout: 2.00 s (--timeout)") != std::string::npos);
    CHECK(finished.err.find("setting: password: *** (environment REDISCLI_AUTH)") != std::string::npos);
    CHECK(finished.err.find("hunter") == std::string::npos);
}

TEST_CASE("an answer that cannot be written is an error", "[usage]") {
    const Finished full = run({"sh", "-c", "'" + program() + "' --help > /dev/full"});
    CHECK(full.exit_code == 2);
    CHECK(full.err.find("cannot write: standard output: no space left on device") != std::string::npos);
}

TEST_CASE("a reader that goes away ends the program quietly", "[usage]") {
    const Finished finished = run({"sh", "-c", "'" + program() + "' bench --help | head -1"});
    CHECK(finished.err.empty());
}

TEST_CASE("a word that is no command is named", "[usage]") {
    CHECK(run_roacache({"nonsense"}).err.find("roacache: usage: unknown command 'nonsense'\n") == 0);
    CHECK(run_roacache({}).err.find("roacache: usage: no command given\n") == 0);
}
