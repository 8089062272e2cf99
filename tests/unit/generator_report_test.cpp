#include "tests/support/catch.hpp"
#include "tests/unit/reported.hpp"

#include <nlohmann/json.hpp>

using namespace roacache;
using bench::ArmKind;
using nlohmann::json;
using roacache::test::Contains;
using test::made_result;
using test::Reported;
using test::single_result;

TEST_CASE("The load generator's own CPU time is reported for each arm, and that it was the bottleneck") {
    auto result = made_result({});
    REQUIRE(Reported(result).as_json()["arms"]["cached"]["generator"]["busy"].is_null());
    REQUIRE_THAT(Reported(result).markdown(), !Contains("generator"));
    for (auto& block : result.blocks)
        block.cpu_seconds = block.seconds * (block.arm == ArmKind::cached ? 0.5 : 0.01);
    const Reported fine(result);
    const json cached = fine.as_json()["arms"]["cached"]["generator"];
    REQUIRE(cached["busy"] == Approx(0.5));
    REQUIRE(cached["cpu_seconds"] == Approx(0.5 * result.seconds.at(ArmKind::cached)));
    REQUIRE(fine.as_json()["generator"]["cpu_seconds"] > cached["cpu_seconds"]);
    REQUIRE(fine.as_json()["warnings"].empty());
    REQUIRE_THAT(fine.markdown(), Contains("| generator busy | 50.0 % | 1.0 % |  |  |") &&
                                      Contains("the load generator itself used ") &&
                                      Contains(" of CPU time in "));
    REQUIRE_THAT(report::to_text(fine.document, 200, false), Contains("generator busy"));

    for (auto& block : result.blocks)
        if (block.arm == ArmKind::cached) block.cpu_seconds = block.seconds * 0.97;
    const Reported busy(result);
    REQUIRE(busy.as_json()["warnings"][0]["name"] == "generator-bound");
    REQUIRE_THAT(busy.markdown(),
                 Contains("**generator-bound**: the load generator itself was busy for 97.0 % of "
                          "the cached arm's time: "));
    REQUIRE(busy.as_json()["verdict"] == "pass");

    INFO("two threads have twice the time");
    result.plan.threads = 2;
    REQUIRE(Reported(result).as_json()["warnings"].empty());
    INFO("what spins is always busy, so nothing can be told");
    result.plan.threads = 1;
    result.plan.spin = true;
    const Reported spinning(result);
    REQUIRE(spinning.as_json()["warnings"].empty());
    REQUIRE(spinning.as_json()["arms"]["cached"]["generator"]["busy"].is_null());
    REQUIRE_THAT(spinning.markdown(), Contains("that does not tell whether it was the bottleneck"));
    auto single = single_result();
    for (auto& block : single.blocks)
        block.cpu_seconds = block.seconds;
    REQUIRE(Reported(single).as_json()["warnings"][0]["name"] == "generator-bound");
}

TEST_CASE("How many requests were under way is reported as it was, and that it was too few") {
    auto result = made_result({});
    result.plan.concurrency = 10;
    for (auto& block : result.blocks) {
        block.wall_seconds = 2 * block.seconds;
        block.under_way = block.arm == ArmKind::cached ? 9.75 : 9.625;
        block.endpoints.front().fillers = 7;
    }
    result.sum_up_blocks();
    const Reported fine(result);
    const json cached = fine.as_json()["arms"]["cached"];
    REQUIRE(cached["concurrency"] == Approx(9.75));
    REQUIRE(cached["sent"] == cached["requests"].get<std::uint64_t>() + 7 * result.blocks.size() / 2);
    REQUIRE(fine.as_json()["warnings"].empty());
    REQUIRE_THAT(fine.markdown(), Contains("; 9.75 busy on average (cached arm), 9.62 (uncached arm)"));

    for (auto& block : result.blocks)
        if (block.arm == ArmKind::uncached) block.under_way = 3.4;
    const Reported idle(result);
    REQUIRE(idle.as_json()["warnings"][0]["name"] == "idle-connections");
    REQUIRE_THAT(idle.markdown(),
                 Contains("of 10 requests at once only 3.40 of the uncached arm were under way"));
    REQUIRE(idle.as_json()["verdict"] == "pass");
    result.blocks.front().under_way.reset(); // an older run's
    REQUIRE(Reported(result).as_json()["arms"]["cached"]["concurrency"].is_null() !=
            Reported(result).as_json()["arms"]["uncached"]["concurrency"].is_null());
}

TEST_CASE("What the load generator waited for a core is reported, and that it is in the latencies") {
    auto result = made_result({});
    REQUIRE_THAT(Reported(result).markdown(), !Contains("generator waited"));
    for (auto& block : result.blocks) {
        block.cpu_seconds = block.seconds * 0.3;
        block.waiting_seconds = block.seconds * (block.arm == ArmKind::cached ? 0.02 : 0.09);
    }
    const Reported fine(result);
    REQUIRE(fine.as_json()["arms"]["cached"]["generator"]["waiting"] == Approx(0.02));
    REQUIRE(fine.as_json()["warnings"].empty());
    REQUIRE_THAT(fine.markdown(), Contains("| generator waited | 2.0 % | 9.0 % |  |  |"));
    for (auto& block : result.blocks)
        block.waiting_seconds = block.seconds * 0.25;
    result.plan.spin = true; // who spins can be made to wait as well
    const Reported crowded(result);
    REQUIRE(crowded.as_json()["warnings"][0]["name"] == "generator-waiting");
    REQUIRE_THAT(
        crowded.markdown(),
        Contains("for 25.0 % of the cached arm's time and 25.0 % of the uncached arm's time the load "
                 "generator was ready to go on and had to wait for a core"));
    REQUIRE(crowded.as_json()["verdict"] == "pass");
}
