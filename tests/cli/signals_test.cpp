#include "tests/cli/held_up.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <csignal>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

using namespace roacache::test;
using Input = HeldUp::Input;

namespace {

/// A second, and what a busy machine takes to start and end a process.
constexpr std::chrono::milliseconds k_within{2000};

struct Wait {
    std::string name;
    std::vector<std::string> arguments;
    HeldUp::Streams streams = {};
};

/// Every wait that a person or another program can be the reason for.
std::vector<Wait> waits(const RedisServer& redis, const std::filesystem::path& folder) {
    const std::string pipe = (folder / "pipe").string();
    const std::string silent = (folder / "silent").string();
    const std::string at = redis.url();
    return {
        {"silent lines", {"key", "--stdin"}, {Input::pipe}},
        {"a silent terminal", {"key", "--stdin"}, {Input::terminal}},
        {"silent keys", {"keys", "--keys-from", "-", "-u", at}, {Input::pipe}},
        {"silent keys of a terminal", {"inspect", "--keys-from", "-", "-u", at}, {Input::terminal}},
        {"silent keys to remove", {"invalidate", "--keys-from", "-", "-y", "-u", at}, {Input::pipe}},
        {"keys of a pipe without a writer", {"keys", "--keys-from", pipe, "-u", at}},
        {"keys to remove of a pipe without a writer", {"invalidate", "-y", "--keys-from", pipe, "-u", at}},
        {"keys of a pipe with a silent writer", {"keys", "--keys-from", silent, "-u", at}},
        {"a password in a pipe", {"ping", "--password-file", pipe, "-u", at}},
        {"authorities in a pipe", {"ping", "--cacert", pipe, "-u", "rediss://127.0.0.1:1"}},
        {"a saved run in a pipe", {"bench", "compare", pipe, pipe}},
        {"a file that is a pipe without a reader", {"key", "invoices_list", "--output-file", pipe}},
        {"an answer that nobody reads", {"keys", "-u", at}, {Input::nothing, true}},
        {"a document that nobody reads", {"keys", "-o", "json", "-u", at}, {Input::nothing, true}},
        {"a value that nobody reads", {"inspect", "--raw", "big", "-u", at}, {Input::nothing, true}},
        {"a question", {"invalidate", "-t", "t", "-u", at}, {Input::terminal}},
        {"the next look", {"stats", "--watch=1h", "--no-scan", "-u", at}},
        {"a store that is not there", {"ping", "--wait", "1h", "-u", "redis://127.0.0.1:1"}},
        {"a store whose queue is full",
         {"ping", "--timeout", "1h", "-u", "unix://" + (folder / "full").string()}},
    };
}

/// Listens, never accepts, and has its queue full.
class FullQueue {
  public:
    explicit FullQueue(const std::filesystem::path& path) {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        path.string().copy(name.sun_path, sizeof name.sun_path - 1);
        listener_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
        REQUIRE(::listen(listener_.get(), 0) == 0);
        for (;;) {
            Fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            if (::connect(client.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) != 0) return;
            held_.push_back(std::move(client));
        }
    }

  private:
    Fd listener_;
    std::vector<Fd> held_;
};

} // namespace

TEST_CASE("a signal ends every wait within a second", "[signals]") {
    const RedisServer redis;
    redis.cli({"EVAL",
               "for i=1,20000 do redis.call('SET', 'cache:t:invoices_list:'..i, 'v') end "
               "redis.call('SETRANGE', 'big', 20000000, 'x')",
               "0"});
    const TempDir folder;
    REQUIRE(::mkfifo((folder.path() / "pipe").c_str(), 0600) == 0);
    REQUIRE(::mkfifo((folder.path() / "silent").c_str(), 0600) == 0);
    const Fd writer(::open((folder.path() / "silent").c_str(), O_RDWR | O_CLOEXEC));
    const FullQueue full(folder.path() / "full");
    std::size_t turn = 0;
    for (const Wait& wait : waits(redis, folder.path())) {
        const int number = std::vector{SIGTERM, SIGINT, SIGHUP}.at(turn++ % 3);
        INFO(wait.name << ", signal " << number);
        HeldUp held(wait.arguments, wait.streams);
        REQUIRE(held.wait_until_still());
        CHECK(held.ends_after(number) < k_within);
        CHECK(held.exit_code() == 130);
        INFO(held.err());
        CHECK(lines_in(held.err()) <= 3);
    }
    CHECK(redis.cli({"dbsize"}) == "20001");
}

TEST_CASE("a name that is looked up in vain is given up", "[signals]") {
    RunOptions options;
    const TempDir folder;
    preload(options, folder, "held_lookup");
    for (const char* command : {"ping", "bench"}) {
        std::vector<std::string> arguments = {command, "--timeout", "1h"};
        const bool is_bench = std::string(command) == "bench";
        if (is_bench) arguments.insert(arguments.end(), {"http://cache.example/", "--single"});
        if (!is_bench) arguments.insert(arguments.end(), {"-u", "redis://cache.example"});
        INFO(command);
        HeldUp held(arguments, {}, options);
        REQUIRE(held.wait_until_still());
        CHECK(held.ends_after(SIGTERM) < k_within);
        CHECK(held.exit_code() == 130);
        arguments[2] = "100ms";
        HeldUp limited(arguments, {}, options);
        CHECK(limited.exit_code() == 3);
        INFO(limited.err());
        CHECK(limited.err().find("cannot resolve: cache.example: timed out\n") != std::string::npos);
    }
}

TEST_CASE("a command that a hook runs ends with the signal, also when it heeds none", "[signals]") {
    const TempDir folder;
    const std::string begun = (folder.path() / "begun").string();
    const NginxServer nginx("");
    for (const char* deaf : {"", "trap '' TERM; "}) {
        std::filesystem::remove(begun);
        HeldUp held({"bench", nginx.url(), "--hook-uncached",
                     deaf + std::string("echo $$ > ") + begun + "; sleep 600 & sleep 600; wait",
                     "--hook-cached", "true"},
                    {});
        REQUIRE(eventually(
            [&] { return std::filesystem::exists(begun) && std::filesystem::file_size(begun) > 0; }));
        CHECK(held.ends_after(SIGTERM) < k_within);
        CHECK(held.exit_code() == 130);
        pid_t hook = 0;
        std::ifstream(begun) >> hook;
        CHECK(eventually([&] { return ::kill(-hook, 0) != 0; }));
    }
}

TEST_CASE("the second signal ends the program at once, a repeated one does not", "[signals]") {
    const TempDir folder;
    const std::string file = (folder.path() / "told").string();
    const NginxServer nginx("");
    // A command that takes its time to end is waited for; that is what the second signal cuts short.
    const std::vector<std::string> arguments = {"bench",
                                                nginx.url(),
                                                "--hook-uncached",
                                                "trap 'echo told > " + file + "' TERM; echo begun > " + file +
                                                    "; while test -e " + file + "; do sleep 0.01; done",
                                                "--hook-cached",
                                                "true"};
    const auto file_says = [&](const std::string& word) {
        std::string line;
        std::getline(std::ifstream(file) >> std::ws, line);
        return line == word;
    };
    for (const bool twice : {false, true}) {
        std::filesystem::remove(file);
        HeldUp held(arguments, {});
        REQUIRE(eventually([&] { return file_says("begun"); }));
        held.signal(SIGTERM);
        held.signal(SIGTERM); // as timeout(1) does, to the process and to its group
        const auto first = std::chrono::steady_clock::now();
        REQUIRE(eventually([&] { return file_says("told"); }));
        if (twice) {
            eventually(
                [&] { return std::chrono::steady_clock::now() - first > std::chrono::milliseconds(60); });
            held.signal(SIGINT);
        }
        CHECK(held.exit_code() == 130);
        const auto took = std::chrono::steady_clock::now() - first;
        INFO(std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms");
        if (!twice) CHECK(took >= std::chrono::milliseconds(400));
        if (twice) CHECK(took < std::chrono::milliseconds(400));
    }
}

TEST_CASE("signals that the parent ignored or blocked mean what users expect", "[signals]") {
    struct Parent {
        const char* prepare; ///< in Python, before exec
        int number;
        bool ends;
    };
    const std::string python = R"(
import os, signal, sys
exec(sys.argv[1])
os.execv(sys.argv[2], sys.argv[2:]))";
    const TempDir folder;
    for (const Parent& parent :
         {Parent{"signal.signal(signal.SIGHUP, signal.SIG_IGN)", SIGHUP, false}, // nohup
          Parent{"signal.signal(signal.SIGINT, signal.SIG_IGN)", SIGINT, true},  // cmd &, kill
          Parent{"signal.signal(signal.SIGTERM, signal.SIG_IGN)", SIGTERM, true},
          Parent{"signal.pthread_sigmask(signal.SIG_BLOCK, {1, 2, 15})", SIGTERM, true},
          Parent{"signal.pthread_sigmask(signal.SIG_BLOCK, {1, 2, 15})", SIGINT, true}}) {
        INFO(parent.prepare << ", signal " << parent.number);
        Process process({"/usr/bin/python3", "-c", python, parent.prepare, program(), "ping", "--wait", "1h",
                         "-u", "redis://127.0.0.1:1"});
        REQUIRE(process.wait_for("; waiting"));
        process.signal(parent.number);
        if (!parent.ends) {
            process.signal(SIGTERM);
            CHECK(process.stop() == 130);
            continue;
        }
        CHECK(eventually([&] { return !process.running(); }, k_within));
        CHECK(process.stop() == 130);
    }
}
