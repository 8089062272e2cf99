#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
        ++count;
    return count;
}

int interrupted(Process& process) {
    process.signal(SIGINT);
    REQUIRE(eventually([&] { return !process.running(); }, std::chrono::seconds(60)));
    return process.stop();
}

} // namespace

TEST_CASE("stats --watch waits for a server that goes away, and says so once", "[stats]") {
    RedisServer redis;
    Process watching({program(), "stats", "-u", redis.url(), "--watch=100ms", "-o", "ndjson"});
    const std::string line = R"({"schema":"roacache.stats/1")";
    REQUIRE(watching.wait_for(line));
    redis.kill();
    REQUIRE(watching.wait_for("; trying on"));
    // A second look at the dead server is under way before the first has been reported twice.
    REQUIRE(run_roacache({"ping", "-u", redis.url(), "--wait", "400ms", "-q"}).exit_code == 3);
    const std::size_t before = count_of(watching.log(), line);
    redis.restart();
    REQUIRE(watching.wait_for("answers again"));
    REQUIRE(
        eventually([&] { return count_of(watching.log(), line) > before + 1; }, std::chrono::seconds(60)));
    CHECK(interrupted(watching) == 130);
    CHECK(count_of(watching.log(), "; trying on") == 1);
    CHECK(count_of(watching.log(), "roacache: warning: cannot ") == 1);
    CHECK(count_of(watching.log(), "answers again") == 1);
    CHECK(count_of(watching.log(), "a server was started again or another took over") == 1);
}

TEST_CASE("stats --watch keeps the last figures on the screen while the server is away", "[stats]") {
    RedisServer redis;
    RunOptions pty;
    pty.pty = true;
    Process drawing({program(), "stats", "-u", redis.url(), "--watch=100ms", "--no-scan"}, pty);
    REQUIRE(drawing.wait_for("hit rate"));
    redis.kill();
    REQUIRE(drawing.wait_for("; trying on"));
    const std::string log = drawing.log();
    const std::size_t screen = log.rfind("\x1b[H", log.find("; trying on"));
    CHECK(log.find("hit rate", screen) < log.find("; trying on"));
    CHECK(log.find("roacache: warning") == std::string::npos);
    redis.restart();
    const std::size_t away = drawing.log().rfind("; trying on");
    REQUIRE(eventually(
        [&] {
            return drawing.log().find("hit rate", drawing.log().rfind("; trying on")) != std::string::npos;
        },
        std::chrono::seconds(60)));
    CHECK(away != std::string::npos);
    CHECK(drawing.wait_for("a server was started again or another took over"));
    CHECK(interrupted(drawing) == 130);
}

TEST_CASE("stats --watch ends where waiting does not help", "[stats]") {
    CHECK(run_roacache({"stats", "-u", "redis://127.0.0.1:1", "--watch=100ms"}).exit_code == 3);
    const RedisServer redis;
    const MeddledServer refusing(redis, {{"INFO#6", "-NOAUTH Authentication required.\r\n"}});
    const Finished refused = run_at(refusing.url(), {"stats", "--watch=100ms", "-q", "--no-scan"});
    CHECK(refused.exit_code == 4);
    CHECK(is_one_error(refused.err));
    CHECK(lines_in(refused.out) == 1);
}

TEST_CASE(
    "stats --watch takes its own lookups out of counters that began anew only as far as they are in them",
    "[stats]") {
    const RedisServer redis;
    fill_entries(redis);
    Process watching({program(), "stats", "-u", redis.url(), "--watch=100ms", "-o", "ndjson"});
    const std::string line = R"({"schema":"roacache.stats/1")";
    const auto looks = [&] { return count_of(watching.log(), line); };
    REQUIRE(eventually([&] { return looks() > 20; }));
    redis.cli({"CONFIG", "RESETSTAT"});
    redis.cli({"EVAL", "for i = 1, 5000 do redis.call('GET', KEYS[1]) redis.call('GET', 'absent') end", "1",
               k_first_entry});
    const std::size_t before = looks();
    REQUIRE(eventually([&] { return looks() > before + 3; }));
    CHECK(interrupted(watching) == 130);
    const std::string log = watching.log();
    std::size_t many = 0;
    for (std::size_t at = log.find(line); at != std::string::npos; at = log.find(line, at + 1)) {
        const json reported = json::parse(log.substr(at, log.find('\n', at) - at));
        if (reported.at("hits") < 2500) continue;
        ++many;
        CHECK(reported.at("hits") >= 5000);
        CHECK(reported.at("hits") <= 5000 + 4); // at most of the walk that the reset came in between
        CHECK(reported.at("misses") == 5000);
    }
    CHECK(many >= 3);
    CHECK(log.find("was started again") == std::string::npos);
}
