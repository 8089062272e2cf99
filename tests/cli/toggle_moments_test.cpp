// A switch that a run has turned is as it was found, whatever moment the run is told to end at.

#include "tests/cli/api_services.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitized.hpp"

#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <random>
#include <thread>

using namespace roacache::test;
using nlohmann::json;

namespace {

constexpr int k_moments = k_sanitized ? 8 : 20;

/// A service with switches and a page whose answers they change.
class SwitchedService {
  public:
    std::string api() const { return server_.url("/switched/api/cache"); }
    bool is_on() const { return json::parse(got(server_.url("/state"))).at("user").get<bool>(); }
    void turn(bool on) const {
        REQUIRE(run_roacache({"toggle", "user", on ? "on" : "off", "-u", api(), "-q"}, options()).exit_code ==
                0);
    }
    bool has_record() const { return !std::filesystem::is_empty(runtime_.path()); }
    /// What ping says of the switch, without the rest.
    std::string told(const char* command) const {
        return run_roacache({command, "-u", api()}, options()).err;
    }
    RunOptions options() const {
        RunOptions made;
        made.env = {{"ROACACHE_TOKEN", "token-ana"}, {"XDG_RUNTIME_DIR", runtime_.path().string()}};
        return made;
    }
    std::vector<std::string> toggle() const {
        return {program(), "toggle", "user", "off", "--for", "1h", "-u", api(), "-q"};
    }
    std::vector<std::string> bench() const {
        return {program(),
                "bench",
                server_.url("/state"),
                "--uncached-by",
                "toggle",
                "--toggle-url",
                api(),
                "-z",
                "60s",
                "-c",
                "2",
                "--blocks",
                "1000",
                "-q"};
    }

  private:
    TempDir runtime_;
    PythonServer server_{"tests/cli/odd_api.py"};
};

/// Begins the command and ends it at a moment of its first `most`, begun anew at each.
void end_at(const SwitchedService& service, const std::vector<std::string>& command, int signal,
            std::chrono::microseconds moment) {
    Process process(command, service.options());
    std::this_thread::sleep_for(moment); // what is waited for is no condition, but any moment
    process.signal(signal);
    REQUIRE(eventually([&] { return !process.running(); }));
    process.stop();
}

} // namespace

TEST_CASE("a switch is as it was found after a signal at any moment", "[toggle][moments]") {
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    std::uniform_int_distribution<int> moment_us(0, 400'000);
    const SwitchedService service;
    for (const bool benches : {false, true})
        for (const int signal : {SIGINT, SIGTERM})
            for (int i = 0; i < k_moments; ++i) {
                const bool found = i % 2 == 0;
                service.turn(found);
                const std::chrono::microseconds moment(moment_us(random));
                INFO((benches ? "bench" : "toggle") << ", signal " << signal << " after " << moment.count()
                                                    << " us, found " << (found ? "on" : "off"));
                end_at(service, benches ? service.bench() : service.toggle(), signal, moment);
                REQUIRE(service.is_on() == found);
                REQUIRE_FALSE(service.has_record());
            }
}

TEST_CASE("what a killed run could not put back is said, at any moment", "[toggle][moments]") {
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    std::uniform_int_distribution<int> moment_us(0, 400'000);
    const SwitchedService service;
    int left = 0;
    for (const bool benches : {false, true})
        for (int i = 0; i < k_moments; ++i) {
            service.turn(true);
            const std::chrono::microseconds moment(moment_us(random));
            INFO((benches ? "bench" : "toggle") << ", killed after " << moment.count() << " us");
            end_at(service, benches ? service.bench() : service.toggle(), SIGKILL, moment);
            if (service.is_on()) continue;
            ++left;
            const std::string said = service.told(i % 2 == 0 ? "ping" : "stats");
            REQUIRE(said.find("before it could put the user switch back on") != std::string::npos);
            REQUIRE(said.find("roacache toggle user on -u " + service.api()) != std::string::npos);
        }
    CHECK(left > 0); // else nothing was looked at
}
