#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

using namespace roacache::test;

namespace {

/// See cut_answers.py.
void check_cut(std::vector<std::string> command) {
    const RedisServer redis({"--requirepass", "hunter2"});
    command.insert(command.begin(), {"/usr/bin/python3", source_dir() + "/tests/cli/cut_answers.py",
                                     program(), redis.socket().string(), "hunter2"});
    RunOptions options;
    options.timeout = std::chrono::seconds(280);
    const Finished finished = run(command, options);
    INFO(finished.out << finished.err);
    CHECK(finished.exit_code == 0);
    CHECK(finished.out.find("CUT ") != std::string::npos);
}

} // namespace

TEST_CASE("ping whose connection is cut behind any byte is exit 3 and one line", "[cut]") {
    check_cut({"ping", "-u", "URL"});
}

TEST_CASE("stats whose connection is cut behind any byte is exit 3 and one line", "[cut]") {
    check_cut({"stats", "-q", "-u", "URL", "-o", "json"});
}

TEST_CASE("keys whose connection is cut behind any byte is exit 3 and one line", "[cut]") {
    check_cut({"keys", "-u", "URL", "-t", "t", "-l", "-o", "json"});
}

TEST_CASE("inspect whose connection is cut behind any byte is exit 3 and one line", "[cut]") {
    check_cut({"inspect", "-u", "URL", "cache:t:invoices_list:h1", "cache:t:invoices_list:h2", "-o", "json"});
}

TEST_CASE("invalidate whose connection is cut behind any byte reports what is gone", "[cut]") {
    check_cut({"invalidate", "-u", "URL", "-t", "t", "-o", "json", "--verify", "-q"});
}

TEST_CASE("invalidate --soft whose connection is cut behind any byte reports what was shortened", "[cut]") {
    check_cut({"invalidate", "-u", "URL", "-t", "t", "-o", "json", "--soft", "20000h"});
}

TEST_CASE("invalidate --allow-unreachable whose connection is cut behind any byte is exit 0 and honest",
          "[cut]") {
    check_cut({"invalidate", "-u", "URL", "-t", "t", "-o", "json", "--allow-unreachable"});
}
