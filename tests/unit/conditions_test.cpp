#include "src/report/conditions.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/reported.hpp"

#include <string>
#include <vector>

using namespace roacache;
using bench::ArmKind;
using bench::Quantity;
using bench::Verdict;
using roacache::test::Contains;
using test::made_result;
using test::MadeRun;
using test::Reported;

namespace {

const report::Environment k_machine{
    {"roacache", "1.0"}, {"cpu", "a processor"}, {"cores", "2"}, {"date", "x"}};

report::SavedRun run_of(bench::Result result) {
    return {std::move(result), k_machine, {}, "the request header Cache-Control: no-cache", false, {}};
}

bench::Plan asking(const std::string& url) {
    bench::Plan plan = made_result({}).plan;
    plan.endpoints.front().name = url;
    return plan;
}

std::string question(const std::string& before, const std::string& now) {
    report::SavedRun run = run_of(made_result({}));
    run.result.plan.endpoints.front().name = before;
    return other_question(run, asking(now), run.uncached_by);
}

/// Each latency of the arm times `factor`, but by `spread` more or less from pair to pair.
bench::Result scaled(ArmKind arm, double factor, double spread) {
    MadeRun made;
    made.seed = 7;
    made.pair_effect = 0.02;
    made.block_effect = spread;
    bench::Result result = made_result(made);
    for (bench::Block& block : result.blocks) {
        if (block.arm != arm) continue;
        bench::Histogram& latency = block.endpoints.front().latency;
        bench::Histogram other;
        for (const auto& bucket : latency.buckets())
            other.record(static_cast<std::int64_t>(static_cast<double>(bucket.low_ns) * factor),
                         bucket.count);
        latency = other;
    }
    result.sum_up_blocks();
    return result;
}

bench::Assessment held_against(double factor, double spread, double tolerance,
                               const std::vector<std::string>& conditions, ArmKind arm = ArmKind::cached) {
    bench::Assessment assessment;
    assessment.verdict = Verdict::pass;
    bench::hold_against(assessment, scaled(arm, 1, spread), scaled(arm, factor, spread), "old.json",
                        tolerance, conditions);
    return assessment;
}

} // namespace

TEST_CASE("another question is told from another place of the same", "[conditions]") {
    const std::string here = "http://127.0.0.1:8000/api/x?company=1";
    CHECK(question(here, here).empty());
    CHECK(question(here, "http://127.0.0.1:9123/api/x?company=1").empty());
    CHECK(question(here, "https://example.com/api/x?company=1").empty());
    CHECK(question("http://[::1]:1/a", "http://[::1]:2/a").empty());
    CHECK(question(here, "http://127.0.0.1:8000/api/x?company=2") ==
          "it asked for /api/x?company=1 instead of /api/x?company=2");
    CHECK(question("http://h/", "http://h/\x1b[2J").find('\x1b') == std::string::npos);

    report::SavedRun run = run_of(made_result({}));
    CHECK_THAT(other_question(run, run.result.plan, "the query nocache=1"),
               Contains("its uncached arm was made by the request header"));
    CHECK(other_question(run, run.result.plan, "").empty());
    CHECK(other_question(run, test::single_result().plan, "") == "it measured other arms");
    MadeRun two;
    two.endpoints = 2;
    CHECK(other_question(run, made_result(two).plan, "") == "its endpoints were 1 instead of 2");
}

TEST_CASE("load, machine, host and version are told where they differ", "[conditions]") {
    const report::SavedRun run = run_of(made_result({}));
    const auto told = [&](const bench::Plan& plan, const report::Environment& machine = k_machine) {
        std::string all;
        bench::Result now = made_result({});
        now.plan = plan;
        for (const std::string& condition : other_conditions(run, now, machine))
            all += condition + "; ";
        return all;
    };
    CHECK(told(run.result.plan).empty());
    bench::Plan plan = run.result.plan;
    plan.concurrency = 20;
    CHECK(told(plan) == "concurrency 10, now 20; ");
    plan = run.result.plan;
    plan.rate = 500;
    CHECK_THAT(told(plan), Contains("load \"closed\", now \"open\"") && Contains("rate none, now 500"));
    CHECK_THAT(told(asking("http://elsewhere.example/")), Contains("now elsewhere.example"));
    CHECK(told(asking("https://127.0.0.1:9/")) == "scheme http, now https; ");
    CHECK(told(asking("http://ann:***@127.0.0.1/")).empty());
    CHECK(told(run.result.plan, {{"roacache", "1.1"}, {"cpu", "another"}, {"cores", "2"}, {"date", "y"}}) ==
          "cpu a processor, now another; roacache 1.0, now 1.1; ");
}

TEST_CASE("answers of another size, in either arm, are told, and what varies a little is not",
          "[conditions]") {
    const auto told = [](ArmKind arm, std::uint64_t was, std::uint64_t is) {
        const auto with_size = [arm](std::uint64_t size) {
            MadeRun two;
            two.endpoints = 2;
            bench::Result result = made_result(two);
            for (bench::Block& block : result.blocks)
                if (block.arm == arm) block.endpoints[1].bytes = size * block.endpoints[1].requests;
            result.sum_up_blocks();
            return result;
        };
        std::string all;
        for (const std::string& condition :
             other_conditions(run_of(with_size(was)), with_size(is), k_machine))
            all += condition + "; ";
        return all;
    };
    for (const ArmKind arm : {ArmKind::cached, ArmKind::uncached}) {
        const std::string of = std::string("mean size of http://127.0.0.1:8000/api/dashboard/summary?company="
                                           "2's ") +
                               bench::name_of(arm) + " answers ";
        CHECK(told(arm, 2048, 204'800) == of + "2.00 KiB, now 200 KiB; ");
        CHECK(told(arm, 204'800, 2048) == of + "200 KiB, now 2.00 KiB; ");
        CHECK(told(arm, 2048, 2500).empty());
        CHECK(told(arm, 2500, 2048).empty());
        CHECK(told(arm, 0, 2048).empty()); // not known
        CHECK(told(arm, 2048, 0).empty());
    }
}

TEST_CASE("a regression that may be none makes a run inconclusive", "[conditions][change]") {
    CHECK(held_against(1.0, 0.05, 0.1, {}).verdict == Verdict::pass);
    CHECK(held_against(2.0, 0.05, 0.1, {}).verdict == Verdict::fail);
    // Worse by a third as measured, with an interval that reaches below what is tolerated.
    const bench::Assessment straddling = held_against(1.35, 1.2, 0.3, {});
    CHECK(straddling.verdict == Verdict::inconclusive);
    REQUIRE_FALSE(straddling.reasons.empty());
    CHECK_THAT(straddling.reasons.front(),
               Contains("a regression of up to ") && Contains("cannot be excluded"));
    CHECK_FALSE(straddling.baseline->regressions.possible.empty());
    CHECK(straddling.baseline->regressions.found.empty());
    // As measured it is tolerated.
    CHECK(held_against(1.05, 1.2, 0.3, {}).verdict == Verdict::pass);
    bench::Assessment failed;
    failed.verdict = Verdict::fail;
    bench::hold_against(failed, scaled(ArmKind::cached, 1, 1.2), scaled(ArmKind::cached, 1.35, 1.2),
                        "old.json", 0.3);
    CHECK(failed.verdict == Verdict::fail);
}

TEST_CASE("under other conditions only what one arm is beside the other is judged", "[conditions][change]") {
    const std::vector<std::string> other{"concurrency 10, now 20"};
    CHECK(held_against(2.0, 0.05, 0.1, other).verdict == Verdict::fail);
    CHECK_THAT(held_against(2.0, 0.05, 0.1, other).reasons.front(),
               Contains("Beside the uncached arm's, the cached arm's mean is "));
    CHECK(held_against(0.5, 0.05, 0.1, other, ArmKind::uncached).verdict == Verdict::fail);
    // Both twice as slow: another machine.
    bench::Result slow = scaled(ArmKind::cached, 2, 0.05);
    for (bench::Block& block : slow.blocks) {
        if (block.arm != ArmKind::uncached) continue;
        bench::Histogram twice;
        for (const auto& bucket : block.endpoints.front().latency.buckets())
            twice.record(bucket.low_ns * 2, bucket.count);
        block.endpoints.front().latency = twice;
    }
    slow.sum_up_blocks();
    bench::Assessment assessment;
    assessment.verdict = Verdict::pass;
    bench::hold_against(assessment, scaled(ArmKind::cached, 1, 0.05), slow, "old.json", 0.1, other);
    CHECK(assessment.verdict == Verdict::pass);
    // One arm alone has nothing beside it.
    const bench::Result single = test::single_result();
    assessment = {};
    assessment.verdict = Verdict::pass;
    bench::hold_against(assessment, single, single, "old.json", 0.1, other);
    CHECK(assessment.verdict == Verdict::inconclusive);
    CHECK_THAT(assessment.reasons.front(), Contains("other conditions (concurrency 10, now 20)"));
}

TEST_CASE("another method, body or weight is another question", "[report][baseline]") {
    report::SavedRun run = run_of(made_result({}));
    bench::Plan now = run.result.plan;
    const auto asked = [&](const char* before, const char* after) {
        run.result.plan.endpoints.front().asked = before;
        now.endpoints.front().asked = after;
        return other_question(run, now, run.uncached_by);
    };
    CHECK(asked("GET", "GET").empty());
    CHECK(asked("", "POST 3 bytes 12ab").empty()); // an older run
    CHECK(asked("GET", "POST 3 bytes 12ab") == "it asked by GET instead of POST 3 bytes 12ab");
    CHECK_FALSE(asked("POST 3 bytes 12ac", "POST 3 bytes 12ab").empty());
    CHECK(asked("GET", "GET").empty());
    now.endpoints.front().weight = 6;
    CHECK(other_question(run, now, run.uncached_by) == "it asked at a weight of 1 instead of 6");
}

TEST_CASE("nothing is held against an arm without good responses", "[report][baseline]") {
    for (const ArmKind arm : {ArmKind::cached, ArmKind::uncached})
        for (const bool before : {true, false}) {
            bench::Result broken = made_result({}), good = made_result({});
            for (bench::Block& block : broken.blocks)
                if (block.arm == arm) block.endpoints.front().latency.clear();
            broken.sum_up_blocks();
            bench::Assessment assessment;
            hold_against(assessment, before ? broken : good, before ? good : broken, "old.json", 0.1);
            CHECK(assessment.verdict == Verdict::inconclusive);
            CHECK_THAT(assessment.reasons.front(), Contains("has no good response") &&
                                                       Contains(before ? "there the" : "in this run the"));
        }
}
