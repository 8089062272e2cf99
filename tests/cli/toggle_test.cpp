// The switches of a service's management API, for good and for a time.

#include "tests/cli/api_services.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// A service with switches, and where locks are kept.
class Switched {
  public:
    std::string api(const std::string& kind = "switched") const {
        return server_.url("/" + kind + "/api/cache");
    }
    bool is_on(const std::string& which = "user") const {
        return json::parse(got(server_.url("/state"))).at(which).get<bool>();
    }
    bool asked(const std::string& what) const {
        return got(server_.url("/asked")).find(what) != std::string::npos;
    }
    Finished toggle(std::vector<std::string> arguments, const std::string& kind = "switched",
                    const std::string& token = "token-ana") const {
        arguments.insert(arguments.begin(), "toggle");
        return run_api(api(kind), arguments, token, &runtime);
    }
    /// roacache that goes on until it is told to end.
    Process begin(std::vector<std::string> arguments, const std::string& kind = "switched") const {
        arguments.insert(arguments.begin(), {program(), "toggle"});
        const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
        const std::vector<std::string> url{"-u", api(kind)};
        arguments.insert(dashes, url.begin(), url.end());
        RunOptions options;
        options.env = {{"ROACACHE_TOKEN", "token-ana"}, {"XDG_RUNTIME_DIR", runtime.path().string()}};
        return Process(arguments, options);
    }
    std::vector<std::filesystem::path> locks() const {
        std::vector<std::filesystem::path> files;
        for (const auto& entry : std::filesystem::directory_iterator(runtime.path()))
            files.push_back(entry.path());
        return files;
    }

    TempDir runtime;

  private:
    PythonServer server_{"tests/cli/odd_api.py"};
};

} // namespace

TEST_CASE("each switch is set for good", "[api][toggle]") {
    const Switched service;
    for (const char* which : {"user", "global", "auto-invalidate"}) {
        INFO(which);
        const Finished off = service.toggle({which, "off", "-o", "json"});
        const json document = document_of(off);
        CHECK(off.exit_code == 0);
        CHECK(document.at("schema") == "roacache.toggle/1");
        CHECK(document.at("switch") == which);
        CHECK(document.at("before") == true);
        CHECK(document.at("after") == false);
        CHECK(document.at("restored").is_null());
        CHECK_FALSE(service.is_on(which));
        CHECK(service.locks().empty());
        CHECK(service.toggle({which, "on"}).out.find("before\toff\nafter\ton\n") != std::string::npos);
        CHECK(service.is_on(which));
    }
    CHECK(service.toggle({"everything", "off"}).exit_code == 2);
    CHECK(service.toggle({"user", "perhaps"}).exit_code == 2);
    CHECK(service.toggle({"user", "off", "--for", "soon"}).exit_code == 2);
    CHECK(
        refused_api(run_api("redis://127.0.0.1:1", {"toggle", "user", "off"}), 4).find("only a service's") !=
        std::string::npos);
}

TEST_CASE("a switch is put back after a command, whose exit code is passed on", "[api][toggle]") {
    const Switched service;
    const std::string look = "curl -s " + service.api().substr(0, service.api().find("/switched")) + "/state";
    const Finished seen = service.toggle({"user", "off", "--", "sh", "-c", look + "; exit 7"});
    CHECK(seen.exit_code == 7);
    CHECK(json::parse(seen.out).at("user") == false);
    CHECK(seen.err.find("user switch: off, it was on; put back") != std::string::npos);
    CHECK(service.is_on());
    CHECK(service.locks().empty());

    const json document =
        document_of(service.toggle({"user", "off", "-o", "json", "--", "sh", "-c", "kill -9 $$"}));
    CHECK(document.at("restored") == true);
    CHECK(document.at("command_exit_code") == 137);
    CHECK(service.is_on());

    INFO("no such program; as it was before: off");
    CHECK(service.toggle({"user", "off", "--", "no-such-program-here"}).exit_code == 2);
    CHECK(service.is_on());
    service.toggle({"user", "off"});
    CHECK(service.toggle({"user", "off", "--", "true"}).exit_code == 0);
    CHECK_FALSE(service.is_on());

    INFO("the time is over before the command ends");
    service.toggle({"user", "on"});
    const std::string wait = "until " + look + " | grep -q '\"user\": true'; do sleep 0.05; done; exit 3";
    CHECK(service.toggle({"user", "off", "--for", "100ms", "--", "sh", "-c", wait}).exit_code == 3);
}

TEST_CASE("a switch is put back after its time, on Ctrl-C and on SIGTERM", "[api][toggle]") {
    const Switched service;
    const json document = document_of(service.toggle({"user", "off", "--for", "50ms", "-o", "json"}));
    CHECK(document.at("restored") == true);
    CHECK(service.is_on());
    for (const std::vector<std::string>& how : std::vector<std::vector<std::string>>{
             {"user", "off", "--for", "1h"}, {"user", "off", "--", "sleep", "1000"}})
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
            Process process = service.begin(how);
            REQUIRE(eventually([&] { return !service.is_on(); }));
            process.signal(signal);
            REQUIRE(eventually([&] { return !process.running(); }));
            CHECK(process.stop() == 130);
            CHECK(service.is_on());
            CHECK(service.locks().empty());
        }
}

TEST_CASE("a switch that cannot be put back is said to be so, and kept in mind", "[api][toggle]") {
    const Switched service;
    const Finished finished = service.toggle({"user", "off", "--", "true"}, "once");
    CHECK(finished.exit_code == 5);
    CHECK(finished.err.find("partly done: the user switch could not be put back on: ") != std::string::npos);
    CHECK(finished.err.find("roacache toggle user on -u ") != std::string::npos);
    CHECK(service.locks().size() == 1);
    const Finished ping = run_api(service.api("once"), {"ping"}, "token-ana", &service.runtime);
    CHECK(ping.err.find("was ended before it could put the user switch back on") != std::string::npos);
}

TEST_CASE("two that work the same switch lock each other out", "[api][toggle]") {
    const Switched service;
    Process process = service.begin({"user", "off", "--for", "1h"});
    REQUIRE(eventually([&] { return !service.is_on(); }));
    const std::string error = refused_api(service.toggle({"user", "on"}), 4);
    CHECK(error.find("in use by another roacache (process " + std::to_string(process.pid()) + ")") !=
          std::string::npos);
    CHECK(refused_api(run_api(service.api(),
                              {"bench", service.api(), "--uncached-by", "toggle", "--toggle-url",
                               service.api() + "/", "-n", "10"},
                              "token-ana", &service.runtime),
                      4)
              .find("in use by another roacache") != std::string::npos);
    CHECK(service.toggle({"global", "on"}).exit_code == 0); // another switch
    CHECK_FALSE(service.is_on());
    INFO("who only looks does not mind, and is not told of what is being worked");
    CHECK(run_api(service.api(), {"ping"}, "token-ana", &service.runtime).err.empty());
    process.stop();
    CHECK(service.is_on());
    CHECK(service.toggle({"user", "on"}).exit_code == 0);
}

TEST_CASE("what a killed run left behind is told and mended", "[api][toggle]") {
    const Switched service;
    const auto kill_one = [&] {
        Process process = service.begin({"user", "off", "--for", "1h"});
        REQUIRE(eventually([&] { return !service.is_on(); }));
        process.kill();
        REQUIRE(service.locks().size() == 1);
    };
    kill_one();
    for (const char* command : {"ping", "stats"}) {
        const Finished finished = run_api(service.api(), {command}, "token-ana", &service.runtime);
        INFO(finished.err);
        CHECK(finished.exit_code == 0);
        CHECK(finished.err.find("this does: roacache toggle user on -u " + service.api()) !=
              std::string::npos);
    }
    CHECK(service.toggle({"user", "on"}).exit_code == 0);
    CHECK(service.is_on());
    CHECK(service.locks().empty());
    CHECK(run_api(service.api(), {"ping"}, "token-ana", &service.runtime).err.empty());

    INFO("a run for a time puts back what was before the killed one");
    kill_one();
    CHECK(service.toggle({"user", "off", "--", "true"}).exit_code == 0);
    CHECK(service.is_on());
    CHECK(service.locks().empty());

    INFO("a file of somebody else's number, cut off, or that is no record, stops nobody");
    for (const char* content :
         {"{\"pid\": 1, \"switch\": \"user\"}\n", "{\"pid\": 1, \"bef", "", "[]", "\xff\x00"}) {
        kill_one();
        std::ofstream(service.locks().front()) << content;
        CHECK(service.toggle({"user", "on"}).exit_code == 0);
        CHECK(service.is_on());
        CHECK(service.locks().empty());
    }
    INFO("a link in its place is not followed");
    kill_one();
    const auto file = service.locks().front();
    std::filesystem::remove(file);
    std::ofstream(service.runtime.path() / "precious") << "precious";
    std::filesystem::create_symlink(service.runtime.path() / "precious", file);
    CHECK(service.toggle({"user", "on"}).exit_code == 2);
    CHECK(std::filesystem::file_size(service.runtime.path() / "precious") == 8);
}

TEST_CASE("a switch of one user's is no other's", "[api][toggle]") {
    const Switched service;
    const auto as_bob = [&](const std::vector<std::string>& arguments) {
        return service.toggle(arguments, "switched", "token-bob");
    };
    Process process = service.begin({"user", "off", "--for", "1h"});
    REQUIRE(eventually([&] { return !service.is_on(); }));
    INFO("meanwhile");
    CHECK(as_bob({"user", "off"}).exit_code == 0);
    CHECK(service.toggle({"user", "off"}).exit_code == 4);
    process.kill();
    REQUIRE(service.locks().size() == 1);
    CHECK(service.locks().front().string().find("token") == std::string::npos);

    INFO("what the killed one left is not bob's to put back: his was found off");
    const Finished bobs = as_bob({"user", "off", "-o", "json", "--", "true"});
    INFO(bobs.err);
    CHECK(document_of(bobs).at("before") == false);
    CHECK(bobs.err.empty());
    CHECK_FALSE(service.is_on());
    CHECK(as_bob({"user", "on"}).exit_code == 0);
    REQUIRE(service.locks().size() == 1);

    INFO("it is told to both, and to who has no token, as what it is");
    for (const char* token : {"token-ana", "token-bob", ""}) {
        const Finished ping = run_api(service.api(), {"ping"}, token, &service.runtime);
        INFO(token << ": " << ping.err);
        CHECK(ping.exit_code == 0);
        CHECK(ping.err.find("this does: roacache toggle user on -u " + service.api()) != std::string::npos);
        CHECK((ping.err.find("the user switch of another token") == std::string::npos) ==
              (token == std::string("token-ana")));
        CHECK((ping.err.find("remove " + service.locks().front().string()) == std::string::npos) ==
              (token == std::string("token-ana")));
    }
    CHECK(service.toggle({"user", "off", "--", "true"}).exit_code == 0);
    CHECK(service.is_on());
    CHECK(service.locks().empty());

    INFO("a switch of everybody's is everybody's");
    Process other = service.begin({"global", "off", "--for", "1h"});
    REQUIRE(eventually([&] { return !service.is_on("global"); }));
    CHECK(as_bob({"global", "on"}).exit_code == 4);
    other.kill();
    CHECK(as_bob({"global", "off", "--", "true"}).exit_code == 0);
    CHECK(service.is_on("global"));
    CHECK(service.locks().empty());
}

TEST_CASE("a service may take its time to switch back, although a signal came", "[api][toggle]") {
    const Switched service;
    for (const char* kind : {"back-800", "back-2500"})
        for (const char* which : {"user", "global"})
            for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
                INFO(kind << " " << which << " " << signal);
                Process process = service.begin({which, "off", "--for", "1h", "-q"}, kind);
                REQUIRE(eventually([&] { return !service.is_on(which); }));
                process.signal(signal);
                REQUIRE(eventually([&] { return !process.running(); }));
                CHECK(process.stop() == 130);
                CHECK(service.is_on(which));
                CHECK(process.log().find("could not be put back") == std::string::npos);
                CHECK(service.locks().empty());
            }
    INFO("but no longer than --timeout, and a second signal ends it at once");
    Process slow = service.begin({"user", "off", "--for", "1h", "--timeout", "1s"}, "back-8000");
    REQUIRE(eventually([&] { return !service.is_on(); }));
    slow.signal(SIGINT);
    REQUIRE(eventually([&] { return !slow.running(); }, std::chrono::seconds(6)));
    CHECK(slow.stop() == 130);
    CHECK(slow.log().find("could not be put back on") != std::string::npos);
    CHECK(service.locks().size() == 1);

    CHECK(service.toggle({"user", "on"}).exit_code == 0); // another address
    Process twice = service.begin({"user", "off", "--for", "1h", "--timeout", "30s"}, "back-9000");
    REQUIRE(eventually([&] { return !service.is_on(); }));
    twice.signal(SIGINT);
    REQUIRE(eventually(
        [&] { return service.asked("POST /back-9000/api/cache/toggle-user {\"enabled\":true}"); }));
    REQUIRE(eventually(
        [&] {
            twice.signal(SIGINT);
            return !twice.running();
        },
        std::chrono::seconds(4)));
    CHECK(twice.stop() == 130);
}
