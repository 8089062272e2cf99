#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <unistd.h>

using namespace roacache::test;

namespace {

bool alive(pid_t pid) {
    return ::kill(pid, 0) == 0;
}

} // namespace

TEST_CASE("a run gives both streams and the exit code") {
    const auto finished = run({"sh", "-c", "echo out; echo err >&2; exit 7"});
    CHECK(finished.out == "out\n");
    CHECK(finished.err == "err\n");
    CHECK(finished.exit_code == 7);
    CHECK(finished.signal == 0);
    CHECK_FALSE(finished.timed_out);
}

TEST_CASE("a run feeds its input while it reads the output") {
    RunOptions options;
    options.input = std::string(3'000'000, 'x');
    CHECK(run({"cat"}, options).out == options.input);
    CHECK(run({"true"}, options).exit_code == 0);
}

TEST_CASE("a run that is ended by a signal says by which") {
    const auto finished = run({"sh", "-c", "kill -TERM $$"});
    CHECK(finished.signal == SIGTERM);
    CHECK(finished.exit_code == -1);
}

TEST_CASE("a run that takes too long is killed with all it started") {
    RunOptions options;
    options.timeout = std::chrono::seconds(1);
    const auto finished = run({"sh", "-c", "sleep 600 & echo $!; wait"}, options);
    CHECK(finished.timed_out);
    CHECK(finished.signal == SIGKILL);
    const auto grandchild = static_cast<pid_t>(std::stoi(finished.out));
    CHECK(eventually([&] { return !alive(grandchild); }));
}

TEST_CASE("what a run leaves behind does not keep it from ending") {
    const auto finished = run({"sh", "-c", "sleep 600 & echo $!"});
    CHECK(finished.exit_code == 0);
    const auto grandchild = static_cast<pid_t>(std::stoi(finished.out));
    CHECK(eventually([&] { return !alive(grandchild); }));
}

TEST_CASE("a run has a clean environment and the folder it is given") {
    ::setenv("ROACACHE_URL", "redis://not-for-tests", 1);
    const TempDir folder;
    RunOptions options;
    options.env["GIVEN"] = "value";
    options.cwd = folder.path();
    const auto finished = run({"sh", "-c", "pwd; echo \"$GIVEN,$ROACACHE_URL,$LANG\""}, options);
    ::unsetenv("ROACACHE_URL");
    CHECK(finished.out == folder.path().string() + "\nvalue,,C.UTF-8\n");
}

TEST_CASE("a run that ignores interrupts by inheritance is interrupted all the same") {
    const auto before = std::signal(SIGINT, SIG_IGN);
    const auto finished = run({"sh", "-c", "kill -INT $$; sleep 600"});
    std::signal(SIGINT, before);
    CHECK(finished.signal == SIGINT);
}

TEST_CASE("a run on a terminal has one of 120 x 40") {
    RunOptions options;
    options.pty = true;
    CHECK(run({"sh", "-c", "test -t 0 && test -t 1 && test -t 2 && stty size"}, options).out == "40 120\n");
    options.input = "answer\nrest";
    CHECK(run({"sh", "-c", "read a; echo \"got $a\"; cat; echo \" end\" >&2"}, options).out ==
          "got answer\nrest end\n");
    CHECK(run({"sh", "-c", "echo in a pipe; test -t 1"}).exit_code == 1);
}

TEST_CASE("a program that does not exist is said to be missing") {
    CHECK_THROWS_WITH(run({"no-such-program"}), "cannot run: no-such-program: not installed");
    CHECK_THROWS_WITH(run({"/no/such/program"}), roacache::test::Contains("No such file"));
}

TEST_CASE("a process runs during the test and is ended by TERM") {
    Process process({"sh", "-c", "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.01; done"});
    REQUIRE(process.wait_for("ready"));
    CHECK(process.running());
    CHECK(process.stop() == 3);
    CHECK_FALSE(process.running());
    CHECK(process.log() == "ready\nbye\n");
    CHECK(process.stop() == 3);
}

TEST_CASE("a process is gone with its object, and what it started too") {
    pid_t pid = 0;
    pid_t grandchild = 0;
    {
        Process process({"sh", "-c", "sleep 600 & echo \"$! ready\"; wait"});
        REQUIRE(process.wait_for("ready"));
        pid = process.pid();
        grandchild = static_cast<pid_t>(std::stoi(process.log()));
    }
    CHECK_FALSE(alive(pid));
    CHECK(eventually([&] { return !alive(grandchild); }));
}

TEST_CASE("waiting for a text ends when the process does") {
    Process process({"sh", "-c", "echo last words"});
    CHECK_FALSE(process.wait_for("never said", std::chrono::seconds(600)));
    CHECK(process.wait_for("last words"));
    CHECK(process.stop() == 0);
}

TEST_CASE("a process on a terminal is read all the time and can be interrupted") {
    RunOptions options;
    options.pty = true;
    Process process({"sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x; echo filled; exec sleep 600"},
                    options);
    REQUIRE(process.wait_for("filled"));
    CHECK(process.log().size() == 1'000'007);
    process.signal(SIGINT);
    REQUIRE(eventually([&] { return !process.running(); }));
    CHECK(process.stop() == -SIGINT);
}

TEST_CASE("a temporary folder has a short path and is removed with what is in it") {
    std::filesystem::path path;
    {
        const TempDir folder;
        path = folder.path();
        std::ofstream(path / "file") << "text";
        CHECK(std::filesystem::exists(path / "file"));
        CHECK(path.string().size() < 80);
    }
    CHECK_FALSE(std::filesystem::exists(path));
}
