#include "src/core/error.hpp"
#include "src/report/loops.hpp"
#include "src/report/merge.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/reported.hpp"
#include "tests/unit/well_formed.hpp"

using namespace roacache;
using bench::ArmKind;
using test::made_result;
using test::MadeRun;
using test::Reported;

namespace {

/// An open loop whose closed one takes `factor` of its latencies.
bench::Result both_loops(double factor, MadeRun run = {}) {
    bench::Result result = made_result(run);
    result.plan.rate = 500;
    result.plan.closed_loop = 4;
    run.seed += 1;
    run.cached_ms *= factor;
    run.uncached_ms *= factor;
    result.closed_loop = std::make_shared<bench::Result>(made_result(run));
    result.closed_loop->plan = result.plan.as_closed_loop();
    for (bench::EndpointResult& endpoint : result.closed_loop->endpoints) {
        endpoint.first_ms.clear();
        endpoint.equality = {};
    }
    return result;
}

bench::Result single_both_loops(double factor) {
    bench::Result result = both_loops(factor);
    for (bench::Result* loop : {&result, result.closed_loop.get()}) {
        loop->plan.single = true;
        std::erase_if(loop->blocks, [](const bench::Block& block) { return block.arm == ArmKind::uncached; });
        for (bench::Block& block : loop->blocks)
            block.arm = ArmKind::single;
        loop->sum_up_blocks();
    }
    return result;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("what a closed loop hides is reported with its interval", "[report][loops]") {
    const Reported reported(both_loops(0.1));
    const auto& cached = reported.assessment.loops->closed_by_open.at(ArmKind::cached);
    CHECK(cached.at(bench::Quantity::mean).ratio == Approx(0.1).epsilon(0.3));
    const auto lines = report::loop_lines(reported.document);
    REQUIRE(lines.size() == 4);
    CHECK(contains(lines[0], "the cached arm's "));
    CHECK(contains(lines[0], " × less (95 % CI "));
    CHECK(contains(lines[1], "the uncached arm's "));
    CHECK(contains(lines[2], "in the open loop and "));
    CHECK(contains(lines[3], "the closed loop was over in "));
    const std::string markdown = reported.markdown();
    CHECK(contains(markdown, "## Open loop and closed loop"));
    CHECK(contains(markdown, "| | cached, open | cached, closed | uncached, open | uncached, closed |"));
    CHECK(contains(markdown, "in turns with it a closed loop, 4 connections, each"));
    CHECK(contains(report::to_text(reported.document, 100, false), "cached, closed"));
}

TEST_CASE("a closed loop that shows no less hides nothing", "[report][loops]") {
    for (const double factor : {1.0, 3.0}) {
        MadeRun steady;
        steady.pair_effect = steady.block_effect = 0.01;
        const Reported reported(both_loops(factor, steady));
        CHECK(contains(report::loop_lines(reported.document)[0],
                       "are no longer for callers who come on a schedule than the closed loop tells"));
    }
    MadeRun one_pair;
    one_pair.pairs = 1;
    const Reported few(both_loops(0.1, one_pair));
    CHECK(contains(report::loop_lines(few.document)[0], "10 pairs of blocks are needed"));
}

TEST_CASE("a queue that grows with the run is not called what a closed loop hides", "[report][loops]") {
    bench::Result result = both_loops(0.1);
    result.plan.concurrency = 2;
    result.plan.rate = 1000; // of 1 ms in the cached arm, 40 ms in the other
    const Reported reported(result);
    REQUIRE(reported.assessment.warnings.size() == 1);
    CHECK(reported.assessment.warnings[0].name == "overload");
    CHECK(contains(reported.assessment.warnings[0].text,
                   "1,000 requests a second were more than the service carried 2 at a time (uncached arm)"));
    const auto lines = report::loop_lines(reported.document);
    CHECK(contains(lines[0], "of which the closed loop tells"));
    CHECK(contains(lines[1], "the uncached arm's latencies at the rate are those of a queue"));
    result.plan.rate.reset();
    CHECK_FALSE(result.overloaded(ArmKind::uncached));
}

TEST_CASE("what the closed loop shows of a latency that is only a bound is at least that",
          "[report][loops]") {
    bench::Result result = both_loops(0.1);
    for (bench::Block& block : result.blocks)
        block.endpoints[0].censored.record(20'000'000, 15); // beyond the p90
    result.sum_up_blocks();
    const Reported reported(result);
    REQUIRE(reported.assessment.loops->most_hidden.at(ArmKind::cached) != bench::Quantity::p50);
    const std::string line = report::loop_lines(reported.document)[0];
    CHECK(contains(line, " is ≥ 20.0 ms for callers"));
    CHECK(contains(line, "at least "));
}

TEST_CASE("what goes wrong in the closed loop alone is reported", "[report][loops]") {
    bench::Result result = both_loops(1);
    bench::Tally& tally = result.closed_loop->blocks[0].endpoints[0];
    tally.errors["http_5xx"] = 40;
    tally.statuses[503] = 40;
    tally.requests += 40;
    for (bench::Block& block : result.closed_loop->blocks)
        if (block.arm == ArmKind::cached) block.endpoints[0].proven_hits = 3;
    result.closed_loop->stalls.push_back({ArmKind::uncached, 0.5, 0.25});
    result.closed_loop->sum_up_blocks();
    const Reported reported(result);
    const std::string markdown = reported.markdown();
    CHECK(reported.assessment.verdict == bench::Verdict::inconclusive);
    CHECK(contains(markdown,
                   "In the closed loop: The cached arm was not cached: 90 of its 1,020 good responses"));
    CHECK(contains(markdown, "In the closed loop 40 of the 1,060 requests of the "));
    CHECK(contains(markdown, "in the closed loop the server stood still for 250 ms"));
    CHECK(contains(markdown, ", closed loop |"));
    CHECK(contains(report::to_text(reported.document, 100, false), ", closed loop)"));
    CHECK(reported.as_json()["closed_loop"]["stalls"][0]["at_ms"] == Approx(300)); // of the run's first block
    CHECK(contains(report::to_csv(reported.document), ",closed\n"));
}

TEST_CASE("a closed loop that was not reached says so, and nothing else", "[report][loops]") {
    bench::Result result = both_loops(1);
    result.closed_loop->blocks.clear();
    result.closed_loop->sum_up_blocks();
    const Reported reported(result);
    CHECK(report::loop_lines(reported.document).empty());
    CHECK(report::loop_rows(reported.document).empty());
    CHECK(contains(reported.markdown(), "it was not reached"));
}

TEST_CASE("one loop says nothing of two", "[report][loops]") {
    const Reported reported(made_result({}));
    CHECK(report::loop_lines(reported.document).empty());
    CHECK(report::loop_rows(reported.document).empty());
    CHECK(report::loops_section(reported.document).empty());
    CHECK(reported.as_json().at("closed_loop").is_null());
    CHECK(reported.as_json().at("plan").at("closed_beside").is_null());
}

TEST_CASE("every row has a cell for each arm in each loop", "[report][loops]") {
    const Reported two(both_loops(0.5)), one(single_both_loops(0.9));
    CHECK(report::loop_columns(one.document) == std::vector<std::string>{"open", "closed"});
    for (const Reported* reported : {&two, &one})
        for (const report::LoopRow& row : report::loop_rows(reported->document)) {
            INFO(row.label);
            CHECK(row.values.size() == report::loop_columns(reported->document).size());
        }
    CHECK(report::loop_lines(one.document).at(0).find("the ") == 0);
    CHECK(report::loop_lines(one.document).size() == 1);
}

TEST_CASE("what is known of only one of the loops is in its place", "[report][loops]") {
    bench::Result result = both_loops(0.5);
    for (bench::Block& block : result.closed_loop->blocks) {
        for (int more = 0; more < 10; ++more)
            block.endpoints[0].latency.merge(block.endpoints[0].latency);
        block.waiting_seconds = 0;
    }
    result.closed_loop->sum_up_blocks();
    const Reported reported(result);
    std::vector<std::string> labels;
    for (const report::LoopRow& row : report::loop_rows(reported.document)) {
        labels.push_back(row.label);
        if (row.label == "p99.99") CHECK(row.values[0] == "n/a");
    }
    CHECK(labels == std::vector<std::string>{"mean", "p50", "p75", "p90", "p95", "p99", "p99.9", "p99.99",
                                             "max", "requests/s", "good responses", "errors", "proven hits",
                                             "generator waited"});
}

TEST_CASE("the picture of the percentiles has the curves of both loops", "[report][loops]") {
    const Reported reported(both_loops(0.1));
    for (const report::Theme theme : {report::Theme::light, report::Theme::dark}) {
        const std::string svg = report::percentiles_svg(reported.document, theme);
        CHECK(contains(svg, "uncached, closed"));
        CHECK(contains(svg, "stroke-dasharray"));
        CHECK(test::xml_fault(svg).empty());
    }
    const Reported alone(made_result({}));
    CHECK_FALSE(contains(report::percentiles_svg(alone.document, report::Theme::light), ", open"));
}

TEST_CASE("both loops come back from the JSON, and are merged", "[saved][loops]") {
    const Reported before(both_loops(0.3));
    const auto saved = report::read_run(report::to_json(before.document), "run.json");
    REQUIRE(saved.result.closed_loop != nullptr);
    const Reported after(saved.result);
    CHECK(before.as_json().at("closed_loop") == after.as_json().at("closed_loop"));

    const bench::Result both = report::merged({saved, saved});
    REQUIRE(both.closed_loop != nullptr);
    CHECK(both.closed_loop->blocks.size() == 2 * saved.result.closed_loop->blocks.size());
    CHECK(both.closed_loop->blocks.back().pair == both.blocks.back().pair);
    CHECK(saved.result.closed_loop->blocks.size() ==
          before.result.closed_loop->blocks.size()); // not the merged one's

    report::SavedRun alone = saved;
    alone.result.closed_loop = nullptr;
    CHECK_THROWS_AS(report::merged({saved, alone}), core::Error);
    report::SavedRun faster = saved;
    faster.result.plan.rate = 1000;
    CHECK_THROWS_AS(report::merged({saved, faster}), core::Error);

    auto json = before.as_json();
    const auto refused = [&] { CHECK_THROWS_AS(report::read_run(json.dump(), "run.json"), core::Error); };
    for (const double callers : {-3.0, 0.0, 1e300}) {
        json["plan"]["closed_beside"] = callers;
        refused();
    }
    json["plan"]["closed_beside"] = 4;
    json["plan"]["rate"] = 1e300;
    refused();
    json["plan"]["rate"] = 500;
    json["closed_loop"] = nullptr;
    refused();
}
