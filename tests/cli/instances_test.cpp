// Several workers of one service: named one by one, or found behind one address.

#include "tests/cli/api_services.hpp"

#include <csignal>

using namespace roacache::test;
using nlohmann::json;

namespace {

std::string both(const std::string& one, const std::string& other) {
    return one + "," + other;
}

RunOptions as_ana(const TempDir& runtime) {
    RunOptions options;
    options.env = {{"ROACACHE_TOKEN", "token-ana"}, {"XDG_RUNTIME_DIR", runtime.path().string()}};
    return options;
}

bool user_is_on(const PythonServer& server) {
    return json::parse(got(server.url("/state"))).at("user").get<bool>();
}

} // namespace

TEST_CASE("every instance is asked in turn, and each outcome is listed", "[api][instances]") {
    const PythonServer one("tests/cli/odd_api.py"), other("tests/cli/odd_api.py");
    const TempDir runtime;
    const std::string api = "/hr/api/cache", away = "http://127.0.0.1:1/api/cache";
    const auto invalidate = [&](const std::string& instances) {
        return run_roacache(
            {"invalidate", "-k", "user:1", "-p", "hr-portal", "-q", "-o", "json", "--instances", instances},
            as_ana(runtime));
    };
    const Finished all = invalidate(both(one.url(api), other.url(api)));
    const json document = document_of(all);
    CHECK(all.exit_code == 0);
    CHECK(document.at("outcome") == "done");
    CHECK(document.at("removed") == 2);
    CHECK(document.at("targets").size() == 2);
    CHECK(document.at("targets").at(1).at("store") == other.url(api));
    CHECK(document.at("targets").at(1).at("removed") == 1);
    CHECK(document.at("targets").at(1).at("error").is_null());
    CHECK(got(other.url("/asked")).find("POST") != std::string::npos);

    const Finished some = invalidate(both(away, one.url(api)));
    CHECK(some.exit_code == 5);
    CHECK(document_of(some).at("outcome") == "partial");
    CHECK(document_of(some).at("removed").is_null());
    CHECK(document_of(some).at("targets").at(0).at("outcome") == "unreachable");
    CHECK(document_of(some).at("targets").at(0).at("error").at("exit_code") == 3);
    CHECK(document_of(some).at("targets").at(1).at("outcome") == "done");
    CHECK(invalidate(both(away, "http://127.0.0.1:2/api/cache")).exit_code == 3);
    CHECK(invalidate(both(away, away)).exit_code == 2);
    CHECK(invalidate("redis://127.0.0.1").exit_code == 2);

    const Finished ping =
        run_roacache({"ping", "--instances", both(one.url(api), other.url("/fallback/api/cache")),
                      "--fail-on-fallback", "-o", "json"},
                     as_ana(runtime));
    CHECK(ping.exit_code == 1);
    CHECK(document_of(ping).at("targets").at(1).at("backend") == "in-memory");
    const Finished stats = run_roacache(
        {"stats", "--instances", both(one.url("/switched/api/cache"), other.url("/switched/api/cache"))},
        as_ana(runtime));
    CHECK(stats.exit_code == 0);
    CHECK(stats.out.find(other.url("/switched/api/cache") + ": done\n") != std::string::npos);
}

TEST_CASE("the switches of all instances are changed and put back together", "[api][instances]") {
    const PythonServer one("tests/cli/odd_api.py"), other("tests/cli/odd_api.py");
    const TempDir runtime;
    const std::string api = "/switched/api/cache";
    const std::string look = "curl -s " + one.url("/state") + " " + other.url("/state");
    const Finished finished = run_roacache(
        {"toggle", "user", "off", "--instances", both(one.url(api), other.url(api)), "--", "sh", "-c", look},
        as_ana(runtime));
    CHECK(finished.exit_code == 0);
    CHECK(finished.out.find("\"user\": true") == std::string::npos);
    CHECK(user_is_on(one));
    CHECK(user_is_on(other));

    INFO("where one cannot be switched the command is not run, and the other is put back");
    const Finished failed =
        run_roacache({"toggle", "user", "off", "-o", "json", "--instances",
                      both(one.url(api), "http://127.0.0.1:1/api/cache"), "--", "echo", "ran"},
                     as_ana(runtime));
    CHECK(failed.exit_code == 5);
    const json document = document_of(failed);
    CHECK(document.at("targets").at(0).at("restored") == true);
    CHECK(document.at("targets").at(1).at("outcome") == "unreachable");
    CHECK(user_is_on(one));
}

TEST_CASE("what a switch is after a run is what the instances said, not what was planned",
          "[api][instances]") {
    const PythonServer one("tests/cli/odd_api.py"), other("tests/cli/odd_api.py");
    const TempDir runtime;
    const std::string away = "http://127.0.0.1:1/api/cache", api = "/switched/api/cache";
    const auto toggle = [&](const char* state, const std::string& instances,
                            std::vector<std::string> more = {}) {
        more.insert(more.begin(), {"toggle", "user", state, "-o", "json", "--instances", instances});
        return run_roacache(more, as_ana(runtime));
    };
    INFO("all fail: nothing was switched");
    for (const std::string& kind : std::vector<std::string>{"echo", "forbidden", "gateway", "text"})
        for (const std::vector<std::string>& more :
             std::vector<std::vector<std::string>>{{}, {"--for", "50ms"}, {"--", "true"}}) {
            const Finished finished = toggle("off", both(one.url("/" + kind + "/api/cache"), away), more);
            INFO(kind << finished.err << finished.out);
            CHECK((finished.exit_code >= 3 && finished.exit_code <= 5));
            const json document = document_of(finished);
            CHECK(document.at("before").is_null());
            CHECK(document.at("after").is_null());
            CHECK(document.at("targets").at(0).at("after").is_null());
        }
    const Finished text = run_roacache(
        {"toggle", "user", "off", "--instances", both(away, one.url("/text/api/cache"))}, as_ana(runtime));
    CHECK(text.out.find("before\tn/a\nafter\tn/a\n") != std::string::npos);

    INFO("some fail");
    for (const char* state : {"off", "on"}) {
        const json document = document_of(toggle(state, both(one.url(api), away)));
        CHECK(document.at("after").is_null());
        CHECK(document.at("targets").at(0).at("after") == (state == std::string("on")));
        CHECK(document.at("targets").at(1).at("after").is_null());
        CHECK(document_of(toggle(state, both(one.url(api), other.url(api)))).at("after") ==
              (state == std::string("on")));
    }
    INFO("one says that it is still off; another fails, so that it may be either");
    const json still = document_of(toggle("on", both(one.url(api), other.url("/at-1-other/api/cache"))));
    CHECK(still.at("after").is_null());
    CHECK(still.at("targets").at(1).at("after") == false);
    const json either = document_of(toggle("on", both(one.url(api), other.url("/once/api/cache"))));
    CHECK(either.at("after").is_null());
    CHECK(either.at("targets").at(1).at("after").is_null());

    INFO("a signal before anything was switched");
    Process process({program(), "toggle", "user", "off", "-o", "json", "--instances",
                     both(one.url("/slow/api/cache"), other.url(api))},
                    as_ana(runtime));
    REQUIRE(eventually([&] { return got(one.url("/asked")).find("/slow/") != std::string::npos; }));
    process.signal(SIGINT);
    REQUIRE(eventually([&] { return !process.running(); }));
    CHECK(process.stop() == 130);
    const std::string log = process.log();
    const json interrupted = json::parse(log.substr(log.find('{'), log.rfind('}') + 1 - log.find('{')));
    CHECK(interrupted.at("outcome") == "interrupted");
    CHECK(interrupted.at("after").is_null());
    CHECK(interrupted.at("targets").at(1).at("outcome") == "not_tried");
}

TEST_CASE("several workers behind one address are noticed where their answers contradict one another",
          "[api][instances]") {
    const PythonServer portal("tests/systems/hybrid_service.py", {"--workers", "3"});
    const TempDir runtime;
    const auto toggle = [&](const char* state) {
        return run_roacache({"toggle", "global", state, "-u", portal.url("/api/cache")}, as_ana(runtime));
    };
    // Which worker a request reaches is the kernel's choice.
    CHECK(eventually([&] {
        return toggle("off").err.find("another worker of the service answers") != std::string::npos ||
               toggle("on").err.find("another worker of the service answers") != std::string::npos;
    }));
    const auto is_noticed = [&] {
        return run_roacache({"stats", "-u", portal.url("/api/cache")}, as_ana(runtime))
                   .err.find("several workers seem to be behind it") != std::string::npos;
    };
    bool on = false; // turned about, since all workers may come to have the same state
    CHECK(eventually([&] {
        toggle(on ? "on" : "off");
        on = !on;
        return is_noticed();
    }));
}
