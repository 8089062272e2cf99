#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

using namespace roacache::test;
using nlohmann::json;

namespace {

const std::string k_token = "s3cret-bearer";

/// The ledger is made once for all tests of a run.
std::string toggled_cache_folder() {
    static const TempDir k_folder;
    return k_folder.path().string();
}

/// The reference service with a management API that wants a token.
class ToggledService {
  public:
    ToggledService() {
        RunOptions options;
        options.env = {{"XDG_CACHE_HOME", toggled_cache_folder()}, {"ROACACHE_TOKEN", k_token}};
        service_.emplace(
            std::vector<std::string>{program(), "demo", "--listen", "127.0.0.1:0", "--rows", "2000"},
            options);
        REQUIRE(service_->wait_for("listening on "));
        const std::string log = service_->log();
        const std::size_t begin = log.find("http://");
        url_ = log.substr(begin, log.find_first_of("\r\n", begin) - begin);
    }

    std::string api() const { return url_ + "/api/cache"; }
    std::string endpoint() const { return url_ + "/api/companies"; }
    json stats() const {
        return json::parse(
            run({"curl", "-fsS", "-H", "Authorization: Bearer " + k_token, api() + "/stats"}).out);
    }
    void toggle(const std::string& which, bool on) const {
        REQUIRE(run({"curl", "-fsS", "-H", "Authorization: Bearer " + k_token, "--json",
                     std::string("{\"enabled\": ") + (on ? "true}" : "false}"), api() + "/toggle-" + which})
                    .exit_code == 0);
    }

  private:
    std::optional<Process> service_;
    std::string url_;
};

RunOptions with_token(const std::string& token = k_token) {
    RunOptions options;
    options.env = {{"ROACACHE_TOKEN", token}};
    return options;
}

std::vector<std::string> toggled(const ToggledService& service, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"bench",  service.endpoint(), "--uncached-by",
                                       "toggle", "--toggle-url",     service.api()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

} // namespace

TEST_CASE("the service's own switch makes the uncached arm, and is put back", "[bench][toggle]") {
    const ToggledService service;
    for (const char* scope : {"user", "global"}) {
        const Finished finished =
            run_roacache(toggled(service, {"--toggle", scope, "--hit-header", "X-Cache: HIT", "-n", "60",
                                           "--blocks", "6", "-o", "json", "--assert", "errors == 0"}),
                         with_token());
        INFO(finished.err + finished.out);
        CHECK(finished.exit_code == 0);
        const json result = json::parse(finished.out);
        CHECK(result.at("arms").at("cached").at("proven_hits") == 60);
        CHECK(result.at("arms").at("uncached").at("proven_hits") == 0);
        CHECK(result.at("uncached_by") ==
              std::string("the ") + scope + " switch of the management API at " + service.api());
        CHECK((finished.out + finished.err).find(k_token) == std::string::npos);
        CHECK(service.stats().at("user_enabled") == true);
        CHECK(service.stats().at("global_enabled") == true);
    }

    INFO("as it was before: off");
    service.toggle("user", false);
    const Finished off = run_roacache(toggled(service, {"-n", "20", "--blocks", "2"}), with_token());
    CHECK(service.stats().at("user_enabled") == false);

    INFO("a user's switch does nothing while the cache is off for everybody");
    service.toggle("global", false);
    const Finished everybody = run_roacache(toggled(service, {"-n", "20"}), with_token());
    CHECK(everybody.exit_code == 4);
    CHECK(everybody.out.empty());
    CHECK(everybody.err.find("roacache: cannot toggle the cache: GET " + service.api() +
                             "/stats: the cache is off for "
                             "everybody") == 0);
}

TEST_CASE("Ctrl-C puts the switch back", "[bench][toggle]") {
    const ToggledService service;
    for (const int signal : {SIGINT, SIGTERM}) {
        RunOptions options = with_token();
        options.pty = true; // the progress line says when the blocks run
        std::vector<std::string> arguments = toggled(service, {"-z", "100s", "--blocks", "10000"});
        arguments.insert(arguments.begin(), program());
        Process bench(arguments, options);
        REQUIRE(bench.wait_for("uncached  block "));
        bench.signal(signal);
        REQUIRE(eventually([&] { return !bench.running(); }));
        CHECK(bench.stop() == 130);
        CHECK(service.stats().at("user_enabled") == true);
    }
}

TEST_CASE("a service that switches slowly is switched back after a signal, too", "[bench][toggle]") {
    const PythonServer server("tests/cli/odd_api.py");
    const TempDir runtime;
    const auto is_on = [&] {
        return json::parse(run({"curl", "-fsS", server.url("/state")}).out).at("user");
    };
    for (const int signal : {SIGINT, SIGTERM}) {
        RunOptions options = with_token();
        options.env["XDG_RUNTIME_DIR"] = runtime.path().string();
        Process bench({program(), "bench", server.url("/text/api/cache/page"), "--uncached-by", "toggle",
                       "--toggle-url", server.url("/back-900/api/cache"), "-z", "100s", "--blocks", "20",
                       "--warmup", "0"},
                      options);
        REQUIRE(eventually([&] { return is_on() == false; }));
        bench.signal(signal);
        REQUIRE(eventually([&] { return !bench.running(); }));
        CHECK(bench.stop() == 130);
        CHECK(is_on() == true);
        CHECK(bench.log().find("could not be switched on again") == std::string::npos);
        CHECK(std::filesystem::is_empty(runtime.path()));
    }
}

TEST_CASE("a switch that does not switch ends the run with one line", "[bench][toggle]") {
    const ToggledService service;
    const auto refused = [](const Finished& finished, int code) {
        INFO(finished.err);
        CHECK(finished.exit_code == code);
        CHECK(finished.out.empty());
        CHECK(lines_in(finished.err) <= 2);
        CHECK(finished.err.find(k_token) == std::string::npos);
        return finished.err;
    };
    CHECK(refused(run_roacache(toggled(service, {}), with_token("wrong")), 4)
              .find("roacache: cannot toggle the cache: GET " + service.api() +
                    "/stats: 401: the management API wants its token\n") == 0);
    CHECK(refused(run_roacache({"bench", service.endpoint(), "--uncached-by", "toggle", "--toggle-url",
                                service.endpoint()},
                               with_token()),
                  4)
              .find("/stats: 404") != std::string::npos);
    CHECK(refused(run_roacache({"bench", service.endpoint(), "--uncached-by", "toggle", "--toggle-url",
                                "http://127.0.0.1:1/api/cache"}),
                  3)
              .find("connection refused") != std::string::npos);

    INFO("services whose switch is not what it seems");
    PythonServer server("tests/bench/odd_server.py");
    const auto odd = [&](const std::string& kind) {
        return run_roacache({"bench", server.url("/ok"), "--uncached-by", "toggle", "--toggle-url",
                             server.url("/toggle/" + kind), "-n", "20", "--blocks", "2"},
                            with_token());
    };
    CHECK(refused(odd("stuck"), 4).find("/toggle-user: it answers that the cache is still on\n") !=
          std::string::npos);
    CHECK(refused(odd("silent"), 4).find("/stats: the answer has no user_enabled\n") != std::string::npos);
    CHECK(refused(odd("text"), 4).find("/stats: the answer is no JSON\n") != std::string::npos);
    CHECK(refused(odd("fails"), 4).find("/toggle-user: not today, Bearer ***\n") != std::string::npos);

    INFO("one that fails later ends the run with what was measured, and is put back");
    const Finished later = odd("later");
    CHECK(later.exit_code == 3);
    CHECK(later.out.find("partial run") != std::string::npos);
    CHECK(later.err.find("/toggle-user: 503") != std::string::npos);
    CHECK(run({"curl", "-fsS", server.url("/toggle/later/stats")}).out ==
          R"({"data": {"user_enabled": true}})");
}

TEST_CASE("a switch that is not put back at the end makes the run partly done", "[bench][toggle]") {
    const PythonServer server("tests/cli/odd_api.py");
    const TempDir runtime;
    RunOptions options = with_token();
    options.env["XDG_RUNTIME_DIR"] = runtime.path().string();
    const auto bench = [&](const std::string& kind, const std::string& seed, const std::string& scope,
                           const std::string& expr) {
        return run_roacache({"bench",
                             server.url("/text/api/cache/page"),
                             "--uncached-by",
                             "toggle",
                             "--toggle-url",
                             server.url("/" + kind + "/api/cache"),
                             "--toggle",
                             scope,
                             "-n",
                             "20",
                             "--blocks",
                             "2",
                             "--warmup",
                             "0",
                             "--timeout",
                             "1s",
                             "--seed",
                             seed,
                             "--assert",
                             expr,
                             "-o",
                             "json"},
                            options);
    };
    const auto is_on = [&](const std::string& scope) {
        return json::parse(run({"curl", "-fsS", server.url("/state")}).out).at(scope).get<bool>();
    };
    const auto times_on = [&](const std::string& kind) {
        const std::string asked = run({"curl", "-fsS", server.url("/asked")}).out;
        int times = 0;
        for (std::size_t at = asked.find("POST /" + kind + "/"); at != std::string::npos;
             at = asked.find("POST /" + kind + "/", at + 1))
            if (asked.substr(at, asked.find('\n', at) - at).find("true") != std::string::npos) ++times;
        return times;
    };

    std::string seed; // of a run whose last block has the cache off
    int last = 0;
    for (int i = 1; i <= 20 && seed.empty(); ++i) {
        const std::string kind = "at-0-seed" + std::to_string(i);
        const Finished sound = bench(kind, std::to_string(i), "user", "errors == 0");
        INFO(sound.err);
        REQUIRE(sound.exit_code == 0);
        const json result = json::parse(sound.out);
        CHECK(result.at("not_restored").is_null());
        if (result.at("blocks").back().at("arm") != "uncached") continue;
        seed = std::to_string(i);
        last = times_on(kind);
    }
    REQUIRE(last > 0);
    const std::string at_last = "at-" + std::to_string(last) + "-";
    for (const std::string how : {"401", "403", "500", "503", "slow", "closed", "other"})
        for (const std::string scope : {"user", "global"}) {
            INFO(how << ", " << scope);
            const Finished finished = bench(at_last + how, seed, scope, "errors == 0");
            INFO(finished.err + finished.out);
            CHECK(finished.exit_code == 5);
            CHECK_FALSE(is_on(scope));
            CHECK(
                finished.err.find("roacache: warning: the service's cache could not be switched on again") !=
                std::string::npos);
            const json result = json::parse(finished.out);
            CHECK(result.at("verdict") == "pass");
            CHECK(result.at("partial") == false);
            CHECK(result.at("not_restored").at("state") == "on");
            CHECK(result.at("not_restored")
                      .at("remedy")
                      .get<std::string>()
                      .find("roacache toggle " + scope + " on -u " + server.url("/" + at_last + how)) !=
                  std::string::npos);
            CHECK(result.at("notes").dump().find("could not be switched on again") != std::string::npos);
            CHECK((finished.out + finished.err).find(k_token) == std::string::npos);
            REQUIRE(
                run_roacache({"toggle", scope, "on", "-u", server.url("/" + at_last + how + "/api/cache")},
                             options)
                    .exit_code == 0);
            CHECK(is_on(scope));
        }

    INFO("the verdict is told, but what is left switched off matters more");
    const Finished failing = bench(at_last + "502", seed, "user", "errors >= 1");
    CHECK(failing.exit_code == 5);
    CHECK(json::parse(failing.out).at("verdict") == "fail");
}

TEST_CASE("the reference service is toggled within bench as well", "[bench][toggle]") {
    RunOptions options;
    options.env = {{"XDG_CACHE_HOME", toggled_cache_folder()}};
    const Finished finished =
        run_roacache({"bench", "--demo", "--rows", "2000", "--uncached-by", "toggle", "-n", "20", "--blocks",
                      "2", "-o", "json", "--assert", "errors == 0"},
                     options);
    INFO(finished.err);
    CHECK(finished.exit_code == 0);
    CHECK(json::parse(finished.out).at("arms").at("uncached").at("proven_hits") == 0);
    CHECK(json::parse(finished.out).at("arms").at("cached").at("proven_hits") == 80);
}

TEST_CASE("what does not go with a switch is found before the run", "[bench][toggle]") {
    const std::string url = "http://127.0.0.1:1/x", api = "http://127.0.0.1:1/api/cache";
    const auto usage = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"bench", url});
        const Finished finished = run_roacache(more);
        INFO(finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(lines_in(finished.err) <= 2);
        return finished.err;
    };
    CHECK(usage({"--uncached-by", "toggle"}).find("--toggle-url") != std::string::npos);
    CHECK(usage({"--uncached-header", "A: b", "--toggle-url", api}).find("--uncached-by toggle") !=
          std::string::npos);
    CHECK(usage({"--uncached-header", "A: b", "--toggle", "user"}).find("--uncached-by toggle") !=
          std::string::npos);
    usage({"--uncached-by", "toggle", "--toggle-url", api, "--toggle", "nobody"});
    usage({"--uncached-by", "toggle", "--toggle-url", api + "?a=b"});
    usage({"--uncached-by", "toggle", "--toggle-url", "redis://127.0.0.1"});
    usage({"--uncached-by", "toggle", "--toggle-url", api, "--uncached-header", "A: b"});
    usage(
        {"--uncached-by", "toggle", "--toggle-url", api, "--hook-cached", "true", "--hook-uncached", "true"});
    usage({"--uncached-by", "toggle", "--toggle-url", api, "--single"});
    usage({"--uncached-by", "toggle", "--toggle-url", api, "--stampede"});
    CHECK(usage({"--uncached-by", "toggle", "--toggle-url", api, "--rate", "5"}).find("--rate") !=
          std::string::npos);
}
