#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/nodes.hpp"
#include "tests/support/servers.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

using namespace roacache::test;
using nlohmann::json;

namespace {

void fill(NodeServer& server, int count) {
    RunOptions options;
    for (int number = 0; number < count; ++number)
        for (const char* resource : {"victims", "others"})
            options.input += fmt::format("SET cache:t:{}:{:012x} v EX 100000\n", resource, number);
    run({"redis-cli", "-p", std::to_string(server.port())}, options);
}

} // namespace

TEST_CASE("the primary that Sentinels name is served, and followed through a failover", "[sentinel]") {
    SentinelGroup group;
    NodeServer& first = group.primary();
    fill(first, 3000);
    CHECK(run_at(group.url(), {"keys", "--count"}).out == "6000\n");

    const Finished ping = run_at(group.url(), {"ping", "-o", "json"});
    CHECK(ping.exit_code == 0);
    const json pong = json::parse(ping.out);
    CHECK(pong.at("topology") == "sentinel");
    CHECK(pong.at("members").size() == 3);
    CHECK(pong.at("members")[0].at("node") == first.address());
    CHECK(ping.err.empty());

    std::thread killer([&] {
        eventually([&] {
            return first.cli({"INFO", "commandstats"}).find("cmdstat_unlink:") != std::string::npos;
        });
        first.kill();
    });
    // So slow that the kill comes before the last removal.
    const Finished finished = run_at(group.url(), {"invalidate", "-t", "t", "-r", "victims", "--max-rate",
                                                   "2000", "-o", "json", "--timeout", "10s"});
    killer.join();
    INFO(finished.err << finished.out);
    CHECK(finished.exit_code == 0);
    group.wait_until_agreed();
    CHECK(&group.primary() != &first);
    const json after = json::parse(run_at(group.url(), {"ping", "-o", "json"}).out).at("members")[0];
    CHECK(after.at("node") == group.primary().address());
    CHECK(after.at("primary").is_null());
    const Finished left = run_at(group.url(), {"keys", "-r", "victims", "--count"});
    CHECK(left.out == "0\n");
    group.sentinel(0).kill(); // the others are asked
    CHECK(run_at(group.url(), {"keys", "--count"}).out == "3000\n");
}

TEST_CASE("a removal waits for the failover of a primary that nobody has found away yet", "[sentinel]") {
    SentinelGroup group;
    NodeServer& first = group.primary();
    fill(first, 50);
    const auto has_all = [&](std::size_t number) {
        return group.server(number).cli({"dbsize"}) == first.cli({"dbsize"});
    };
    REQUIRE(eventually([&] { return has_all(1) && has_all(2); }));
    first.kill();
    const Finished finished =
        run_at(group.url(), {"invalidate", "-t", "t", "-r", "victims", "-o", "json", "--timeout", "10s"});
    INFO(finished.err << finished.out);
    REQUIRE(finished.exit_code == 0);
    CHECK(json::parse(finished.out).at("removed") >= 50);
    group.wait_until_agreed();
    CHECK(run_at(group.url(), {"keys", "--count"}).out == "50\n");
}

TEST_CASE("a Sentinel that has missed a failover is not believed", "[sentinel]") {
    SentinelGroup group;
    NodeServer& first = group.primary();
    fill(first, 50);
    const std::vector<std::pair<std::string, std::string>> fields{
        {"name", SentinelGroup::k_service},
        {"ip", "127.0.0.1"},
        {"port", std::to_string(first.port())},
        {"runid", "0123456789012345678901234567890123456789"},
        {"flags", "master"},
        {"config-epoch", "0"}};
    std::string before = fmt::format("*{}\r\n", 2 * fields.size());
    for (const auto& [name, value] : fields)
        for (const std::string& word : {name, value})
            before += fmt::format("${}\r\n{}\r\n", word.size(), word);
    const PythonServer stale("tests/cli/meddler.py",
                             {std::to_string(group.sentinel(0).port()), "SENTINEL=" + in_hex(before)});

    CHECK(group.sentinel(1).cli({"SENTINEL", "FAILOVER", SentinelGroup::k_service}) == "OK");
    // The old primary is told last, some seconds later.
    const auto settled = [&] {
        const std::string known = group.sentinel(1).cli({"SENTINEL", "MASTER", SentinelGroup::k_service});
        return &group.primary() != &first && first.cli({"ROLE"}).starts_with("slave") &&
               known.find("failover_in_progress") == std::string::npos;
    };
    REQUIRE(eventually(settled, std::chrono::seconds(40)));
    const std::string one = fmt::format("127.0.0.1:{}", stale.port());
    const std::string both =
        fmt::format("redis+sentinel://{},{}/{}", one, group.sentinel(1).address(), SentinelGroup::k_service);
    const Finished ping = run_at(both, {"ping", "-o", "json"});
    INFO(ping.err << ping.out);
    CHECK(ping.exit_code == 0);
    CHECK(json::parse(ping.out).at("members")[0].at("node") == group.primary().address());
    CHECK(ping.err.find("the Sentinel " + one + " names another primary: " + first.address()) !=
          std::string::npos);
    const Finished removed = run_at(both, {"invalidate", "-t", "t", "-r", "victims", "-o", "json"});
    INFO(removed.err << removed.out);
    CHECK(removed.exit_code == 0);
    CHECK(json::parse(removed.out).at("removed") == 50);

    // Alone it leads to a replica, which is neither read nor written as if it were the primary.
    const std::string alone = fmt::format("redis+sentinel://{}/{}", one, SentinelGroup::k_service);
    const Finished refused = run_at(alone, {"invalidate", "-t", "t", "-r", "others", "--timeout", "1s"});
    CHECK(refused.exit_code == 3);
    CHECK(refused.err.find("it is a replica") != std::string::npos);
    CHECK(run_at(both, {"keys", "--count"}).out == "50\n");
}

TEST_CASE("of two primaries that Sentinels name the one that is a primary is right, and it is said",
          "[sentinel]") {
    SentinelGroup group;
    NodeServer& primary = group.primary();
    fill(primary, 50);
    NodeServer& replica = &primary == &group.server(0) ? group.server(1) : group.server(0);
    NodeServer& odd = group.sentinel(2);
    REQUIRE(odd.cli({"SENTINEL", "REMOVE", SentinelGroup::k_service}) == "OK");
    REQUIRE(odd.cli({"SENTINEL", "MONITOR", SentinelGroup::k_service, "127.0.0.1",
                     std::to_string(replica.port()), "2"}) == "OK");
    const std::string even = group.sentinel(0).address();
    for (const std::string& sentinels : {odd.address() + "," + even, even + "," + odd.address()}) {
        const std::string url = fmt::format("redis+sentinel://{}/{}", sentinels, SentinelGroup::k_service);
        const Finished listed = run_at(url, {"keys", "--count", "--timeout", "1s"});
        INFO(sentinels << ": " << listed.err);
        CHECK(listed.exit_code == 0);
        CHECK(listed.out != "0\n");
        const Finished removed = run_at(url, {"invalidate", "-k", "cache:t:victims:none", "--timeout", "1s"});
        INFO(removed.err);
        CHECK(removed.exit_code == 5);
        CHECK_THAT(removed.err, Contains("the Sentinel " + odd.address() + " names another primary, " +
                                         replica.address()) &&
                                    Contains("SENTINEL MONITOR"));
    }
}

TEST_CASE("what is wrong with Sentinels is named", "[sentinel]") {
    SentinelGroup group;
    std::string url = group.url();
    const Finished unknown = run_at(url.substr(0, url.rfind('/')) + "/nothing", {"keys"});
    CHECK(unknown.exit_code == 4);
    CHECK(unknown.err.find("watches over no service nothing") != std::string::npos);

    const Finished no_sentinel = run_at("redis+sentinel://" + group.server(0).address() + "/cache", {"keys"});
    CHECK(no_sentinel.exit_code == 4);
    CHECK(no_sentinel.err.find("no Sentinel") != std::string::npos);

    for (std::size_t number = 0; number < 3; ++number)
        group.sentinel(number).cli({"ACL", "SETUSER", "default", "-sentinel|master"});
    const Finished barred = run_at(url, {"keys"});
    CHECK(barred.exit_code == 4);
    CHECK(barred.err.find("+sentinel|master") != std::string::npos);
    for (std::size_t number = 0; number < 3; ++number)
        group.sentinel(number).cli(
            {"ACL", "SETUSER", "default", "+sentinel|master", "resetpass", ">of-sentinels"});
    const TempDir folder;
    const std::string file = folder.path() / "password";
    REQUIRE(run({"sh", "-c", "printf of-sentinels >" + file}).exit_code == 0);
    CHECK(run_at(url, {"keys"}).exit_code == 4);
    CHECK(run_at(url, {"keys", "--count", "--sentinel-password-file", file}).out == "0\n");
}
