// Hooks that switch the service's cache off and on: however a run ends, the cache is on again.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// A service whose cache is on or off as a file says, and the commands that write it.
class SwitchedService {
  public:
    SwitchedService() { set("on"); }

    std::string url() const { return nginx_.url(); }
    std::string state() const {
        std::string word;
        std::ifstream(file_) >> word;
        return word;
    }
    void set(const std::string& word) const { std::ofstream(file_) << word << "\n"; }
    std::string switches(const std::string& word) const { return "echo " + word + " > '" + file_ + "'"; }
    std::string counted(const std::string& word) const {
        return switches(word) + "; echo x >> '" + file_ + "." + word + "'";
    }
    /// Another command, behind one, that counts by a name; `count` of it.
    std::string notes(const std::string& name) const { return "; echo x >> '" + file_ + "." + name + "'"; }
    long count(const std::string& name) const {
        std::ifstream file(file_ + "." + name);
        return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
    }
    std::string times(const std::string& word) const { return "$(cat '" + file_ + "." + word + "' | wc -l)"; }

    std::vector<std::string> bench(const std::string& off, const std::string& on,
                                   const std::vector<std::string>& more) const {
        std::vector<std::string> arguments{"bench", url(), "--hook-uncached", off, "--hook-cached", on};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }

  private:
    TempDir folder_;
    std::string file_ = (folder_.path() / "state").string();
    NginxServer nginx_{"location / { return 200 'ok'; }"};
};

const std::vector<std::string> k_short{"-n", "20", "--blocks", "10", "--warmup", "0"};
const std::vector<std::string> k_long{"-z", "100s", "--blocks", "10000"};

} // namespace

TEST_CASE("hooks leave the cache on after a run, whatever its last block was", "[bench][hooks]") {
    const SwitchedService service;
    for (const char* seed : {"1", "2", "3", "4", "5", "6"}) {
        std::vector<std::string> load = k_short;
        load.insert(load.end(), {"--seed", seed, "--assert", "errors == 0"});
        const Finished finished =
            run_roacache(service.bench(service.switches("off"), service.switches("on"), load));
        INFO(finished.err);
        CHECK(finished.exit_code == 0);
        CHECK(finished.err.empty());
        CHECK(service.state() == "on");
    }
}

TEST_CASE("hooks leave the cache on when the run fails", "[bench][hooks]") {
    const SwitchedService service;
    const std::string off = service.switches("off"), on = service.switches("on");

    INFO("the command that switches it off fails, after it has done so");
    const Finished refused = run_roacache(service.bench(off + "; exit 7", on, k_short));
    CHECK(refused.exit_code == 2);
    CHECK(refused.err.find("the hook before the uncached arm failed") != std::string::npos);
    CHECK(service.state() == "on");

    INFO("it fails later, in the midst of the blocks");
    const Finished later = run_roacache(
        service.bench(service.counted("off") + "; test " + service.times("off") + " -lt 4", on, k_short));
    CHECK(later.exit_code == 2);
    CHECK(later.out.find("partial run") != std::string::npos);
    CHECK(service.state() == "on");

    INFO("the verdict fails");
    const Finished failing =
        run_roacache(service.bench(off, on, {"-n", "200", "--blocks", "10", "--assert", "errors >= 1"}));
    CHECK(failing.exit_code == 1);
    CHECK(service.state() == "on");
}

TEST_CASE("a cache that hooks cannot switch on again is warned of", "[bench][hooks]") {
    const SwitchedService service;
    const Finished finished = run_roacache(service.bench(
        service.counted("off") + "; test " + service.times("off") + " -lt 4",
        service.switches("on") + "; test " + service.times("off") + " -lt 4 || { echo broken; exit 3; }",
        k_short));
    INFO(finished.err);
    CHECK(finished.exit_code == 2);
    CHECK(finished.err.find("roacache: warning: the service's cache could not be switched on again") !=
          std::string::npos);
    CHECK(finished.err.find("exit 3") != std::string::npos);
}

TEST_CASE("a hook that fails at the very end makes the run partly done", "[bench][hooks]") {
    const SwitchedService service;
    int at_the_end = 0;
    for (const char* seed : {"1", "2", "3", "4", "5", "6"}) {
        std::vector<std::string> load = k_short;
        load.insert(load.end(), {"--seed", seed, "--assert", "errors == 0", "-o", "json"});
        const std::string off = service.switches("off");
        const auto bench = [&](const std::string& on) { return run_roacache(service.bench(off, on, load)); };
        const std::string log = std::string("on") + seed;
        const Finished sound = bench(service.switches("on") + service.notes(log));
        INFO(sound.err);
        REQUIRE(sound.exit_code == 0);
        if (json::parse(sound.out).at("blocks").back().at("arm") != "uncached") continue;
        ++at_the_end;
        const std::string last = service.times(log + "again") + " -lt " + std::to_string(service.count(log));
        const Finished finished =
            bench("true" + service.notes(log + "again") + "; test " + last + " && " + service.switches("on"));
        INFO(finished.err);
        CHECK(finished.exit_code == 5);
        CHECK(service.state() == "off");
        const json result = json::parse(finished.out);
        CHECK(result.at("verdict") == "pass");
        CHECK(result.at("not_restored").at("state") == "on");
        CHECK(result.at("notes").dump().find("could not be switched on again") != std::string::npos);
        service.set("on");
    }
    CHECK(at_the_end > 0);
}

TEST_CASE("hooks leave the cache on after a signal, during a block and during a hook", "[bench][hooks]") {
    const SwitchedService service;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        for (const bool within_hook : {false, true}) {
            INFO("signal " << signal << (within_hook ? ", within the hook" : ", within a block"));
            service.set("on");
            const std::string off = service.switches("off") + (within_hook ? "; sleep 600" : "");
            std::vector<std::string> arguments = service.bench(off, service.switches("on"), k_long);
            arguments.insert(arguments.begin(), program());
            Process bench(arguments);
            REQUIRE(eventually([&] { return service.state() == "off"; }));
            bench.signal(signal);
            REQUIRE(eventually([&] { return !bench.running(); }));
            CHECK(bench.stop() == 130);
            CHECK(service.state() == "on");
        }
    }
}

TEST_CASE("a hook that wants the terminal fails at once, and the cache is on", "[bench][hooks]") {
    const SwitchedService service;
    const std::string off = service.switches("off"), on = service.switches("on");
    for (const char* asks : {
             "read x </dev/tty",
             "printf 'Password: ' >/dev/tty; head -n 1 /dev/tty",
             "stty -echo </dev/tty",
             "stty raw </dev/tty; true",
             "(read x </dev/tty)",
             "head -n 1 /dev/tty | cat",
             "trap '' TERM; head -n 1 /dev/tty",
             "python3 -c 'import getpass; getpass.getpass()'",
         }) {
        INFO(asks);
        service.set("on");
        RunOptions options;
        options.pty = true;
        std::vector<std::string> arguments = service.bench(off + "; " + asks, on, k_short);
        const Finished finished = run_roacache(arguments, options);
        INFO(finished.out);
        CHECK_FALSE(finished.timed_out);
        CHECK(finished.exit_code == 2);
        CHECK(finished.out.find("the hook before the uncached arm failed: ") != std::string::npos);
        CHECK(finished.out.find("it asked for something on the terminal") != std::string::npos);
        CHECK(finished.out.find("sudo -v") != std::string::npos);
        CHECK(service.state() == "on");
    }

    INFO("the one that switches the cache on");
    RunOptions options;
    options.pty = true;
    const Finished restoring = run_roacache(service.bench(off, "read x </dev/tty; " + on, k_short), options);
    INFO(restoring.out);
    CHECK(restoring.exit_code == 2);
    CHECK(restoring.out.find("the hook before the cached arm failed: ") != std::string::npos);
    CHECK(restoring.out.find("could not be switched on again") != std::string::npos);

    INFO("without a terminal there is none to open");
    const Finished piped = run_roacache(service.bench("read x </dev/tty", on, k_short));
    CHECK(piped.exit_code == 2);
    CHECK(piped.err.find("/dev/tty") != std::string::npos);

    INFO("saying something there is no asking");
    const Finished says = run_roacache(
        service.bench(off + "; echo SWITCHED >/dev/tty", on, {"-n", "20", "--blocks", "2"}), options);
    INFO(says.out);
    CHECK(says.exit_code != 2);
    CHECK(says.out.find("SWITCHED") != std::string::npos);
}
