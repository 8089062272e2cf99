#include "src/core/shell.hpp"
#include "tests/support/catch.hpp"

#include <chrono>

using roacache::core::run_shell;
using roacache::core::ShellEnd;
using roacache::core::ShellResult;

TEST_CASE("a command's status and its output are returned", "[shell]") {
    const ShellResult result = run_shell("echo one; echo two >&2; exit 3");
    CHECK(result.status == 3);
    CHECK(result.output == "one\ntwo\n");
    CHECK(result.ended_by == ShellEnd::itself);
    CHECK(run_shell("true").status == 0);
    CHECK(run_shell("no-such-command-here").status == 127);
    CHECK(run_shell("kill -9 $$").status == 128 + 9);
}

TEST_CASE("of much output the end is kept", "[shell]") {
    const ShellResult result = run_shell("head -c 100000 /dev/zero | tr '\\0' x; echo end");
    CHECK(result.output.size() == 4096);
    CHECK(result.output.ends_with("xend\n"));
}

TEST_CASE("a command has no input", "[shell]") {
    CHECK(run_shell("cat").output.empty());
}

TEST_CASE("what goes on in the background is not waited for", "[shell]") {
    const auto began = std::chrono::steady_clock::now();
    const ShellResult result = run_shell("sleep 60 & echo $!");
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(30));
    CHECK(run_shell("kill " + result.output).status == 0);
}

TEST_CASE("a limit ends a command and all that it started, stopped or not", "[shell]") {
    for (const char* command :
         {"sleep 600", "trap '' TERM; sleep 600; sleep 600", "kill -STOP $$", "sleep 600 | cat"}) {
        INFO(command);
        const auto began = std::chrono::steady_clock::now();
        const ShellResult result = run_shell(command, std::chrono::milliseconds(50));
        CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(30));
        CHECK(result.ended_by == ShellEnd::limit);
        CHECK(result.status > 128);
    }
}
