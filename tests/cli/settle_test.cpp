// invalidate --settle: readers that were under way write back what they had read before.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

TEST_CASE("what is written back after a removal is removed once more", "[settle]") {
    const RedisServer redis;
    const std::string key = "cache:default:invoices_list:1", other = "cache:default:companies_list:1";
    redis.cli({"set", key, "old"});
    redis.cli({"set", other, "kept"});
    const bool named = GENERATE(false, true);
    std::vector<std::string> arguments{program(),  "-q", "invalidate", "-u", redis.url(),
                                       "--settle", "1s", "--verify",   "-o", "json"};
    for (const char* more : {named ? "-k" : "-r", named ? key.c_str() : "invoices_list"})
        arguments.emplace_back(more);
    Process removal(arguments);
    REQUIRE(eventually([&] { return redis.cli({"exists", key}) == "0"; }));
    redis.cli({"set", key, "old again"});
    REQUIRE(eventually([&] { return !removal.running(); }));
    const std::string log = removal.log();
    INFO(log);
    CHECK(removal.stop() == 0);
    const json answer = json::parse(log.substr(log.find('{')));
    CHECK(answer.at("removed") == 1);
    CHECK(answer.at("settled") == 1);
    CHECK(answer.at("remaining") == 0);
    CHECK(redis.cli({"exists", key}) == "0");
    CHECK(redis.cli({"get", other}) == "kept");
}

TEST_CASE("an invalidation that settles says when nothing was written back", "[settle]") {
    const RedisServer redis;
    redis.cli({"set", "cache:default:invoices_list:1", "old"});
    const Finished finished = run_roacache(
        {"invalidate", "-u", redis.url(), "-r", "invoices_list", "--settle", "50ms", "-o", "json"});
    INFO(finished.err);
    CHECK(finished.exit_code == 0);
    CHECK(json::parse(finished.out).at("settled") == 0);
    CHECK(
        run_roacache({"invalidate", "-u", redis.url(), "-r", "invoices_list", "--settle", "0s"}).exit_code ==
        2);
}
