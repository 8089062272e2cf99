#include "src/bench/verdict/metrics.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/made_result.hpp"

#include <map>
#include <random>
#include <span>

using namespace roacache;
using bench::ArmKind;
using bench::Assert;
using bench::Verdict;
using test::made_result;
using test::MadeRun;

TEST_CASE("Every quantity of the table is read, answered and named in the help") {
    MadeRun made;
    made.requests = 5000;
    made.pairs = 12;
    std::vector<bench::Result> results{made_result(made), made_result(made), made_result(made)};
    results[0].plan.stampede = bench::StampedePlan{1, 50'000};
    bench::Stampede stampede{bench::ReachedBy::header, {}};
    bench::StampedeRound& round = stampede.rounds.emplace_back();
    round.latency.record(5'000'000, 50'000);
    round.reached = 1;
    results[0].endpoints[0].stampede = stampede;
    results[0].plan.forced = ArmKind::miss;
    results[1].plan.single = true;
    for (bench::Result& result : results)
        result.plan.endpoints[0].cached.emplace();
    for (bench::Block block : std::vector(results[0].blocks)) {
        if (block.arm != ArmKind::uncached) continue;
        block.arm = ArmKind::miss;
        results[0].blocks.push_back(block);
    }
    std::erase_if(results[1].blocks,
                  [](const bench::Block& block) { return block.arm == ArmKind::uncached; });
    for (bench::Block& block : results[1].blocks)
        block.arm = ArmKind::single;
    results[2].plan.single = results[2].plan.drill = true;
    for (bench::Block& block : results[2].blocks)
        block.arm = block.arm == ArmKind::cached ? ArmKind::up : ArmKind::down;
    for (bench::Block block : std::vector(results[2].blocks)) {
        if (block.arm != ArmKind::up) continue;
        block.arm = ArmKind::back;
        results[2].blocks.push_back(block);
    }
    for (bench::Result& result : results) {
        result.plan.origin_counter = "echo 1";
        result.origin.emplace();
        result.plan.endpoints[0].hit_json = bench::parse_hit_json("/source=NAME", "hit_json");
        result.plan.counts_in_store = true;
        result.store.emplace();
        result.store->memory_before = 1000;
        result.store->memory_after = 3000;
        for (bench::Block& block : result.blocks)
            block.endpoints[0].proven_hits = block.endpoints[0].latency.count() / 2;
        for (bench::Block& block : result.blocks)
            block.endpoints[0].tiers["NAME"] = block.endpoints[0].latency;
        for (bench::Block& block : result.blocks)
            block.origin_queries = block.arm == ArmKind::cached ? 500 : 5000;
        result.sum_up_blocks();
    }

    const auto result_for = [](const bench::Subject& subject) -> std::size_t {
        if (subject.arm == ArmKind::up || subject.arm == ArmKind::down || subject.arm == ArmKind::back)
            return 2;
        return subject.arm == ArmKind::single ? 1 : 0;
    };
    for (std::size_t i = 0; i < results.size(); ++i) {
        const bench::Result& result = results[i];
        std::vector<Assert> asserts;
        for (const auto& [name, subject] : bench::all_subjects()) {
            if (result_for(subject) != i) continue;
            INFO(name);
            const bool latency = subject.unit() == Assert::Unit::nanoseconds;
            asserts.push_back(bench::parse_assert(name + (latency ? " >= 0s" : " >= 0")));
            REQUIRE(asserts.back().unit == subject.unit());
            REQUIRE_NOTHROW(bench::check_answerable(asserts.back(), result.plan));
        }
        REQUIRE_FALSE(asserts.empty());
        for (const bench::AssertResult& answer : bench::assess(result, asserts).asserts) {
            INFO(answer.assertion.quantity);
            const bench::Subject& subject = *bench::find_subject(answer.assertion.quantity);
            REQUIRE(answer.value);
            REQUIRE_FALSE(answer.value_text.empty());
            REQUIRE(answer.verdict == Verdict::pass);
            REQUIRE(answer.ci_low.has_value() ==
                    (subject.needs_blocks() || subject.metric->basis == bench::Metric::Basis::share));
            REQUIRE(answer.p.has_value() == answer.ci_low.has_value());
        }
    }
    std::string help;
    for (const std::string& quantities : bench::quantities_help())
        help += quantities + "; ";
    REQUIRE(
        help ==
        "{mean,p50,p90,p95,p99,total_time}_{reduction,ratio}; hit_rate, origin_reduction, errors, "
        "error_rate, mismatches, store.memory_delta; "
        "{cached,uncached,miss,single,up,down,back}.{mean,p50,p90,p95,p99,p999,rps,max,min,hit_rate,errors,"
        "requests,origin_queries}; "
        "tier.NAME.{mean,p50,p90,p95,p99,p999,share}; "
        "stampede.{reached,mean,p50,p90,p95,p99,p999,max}; ");
}

TEST_CASE("Every figure of an arm is the same of the whole arm and of all its blocks") {
    MadeRun made;
    made.requests = 2000;
    const bench::Result result = made_result(made);
    const bench::Tally tally = result.pooled(ArmKind::cached);
    std::vector<bench::BlockFigures> figures;
    for (const bench::Block& block : result.blocks)
        if (block.arm == ArmKind::cached)
            figures.push_back(bench::figures_of(block.endpoints.front(), block.seconds));
    bench::ArmBlocks blocks(figures);
    blocks.draw_all();
    for (const bench::ArmFigure& figure : bench::arm_figures()) {
        INFO(figure.name);
        REQUIRE(&bench::arm_figure(figure.figure) == &figure);
        const auto whole = bench::value_of(figure, tally, result.seconds.at(ArmKind::cached));
        REQUIRE(whole);
        double of_blocks = 0;
        if (figure.q)
            blocks.quantiles(std::span(&*figure.q, 1), std::span(&of_blocks, 1));
        else
            of_blocks = figure.of_blocks(blocks.sums()).value();
        REQUIRE(of_blocks == Approx(*whole).epsilon(0.005));
    }
}

TEST_CASE("Quantiles of drawn blocks are those of all that was drawn, put into one histogram") {
    std::mt19937_64 random(7);
    const auto below = [&](std::uint64_t end) { return random() % end; };
    for (int round = 0; round < 60; ++round) {
        const std::size_t size = 1 + below(40);
        const std::uint64_t most = 1 + below(round % 3 == 0 ? 5 : 300),
                            spread = 1 + below(round % 2 == 0 ? 30 : 3000);
        std::vector<bench::BlockFigures> figures(size);
        for (bench::BlockFigures& block : figures) {
            std::map<std::uint32_t, double> cells;
            for (std::uint64_t i = 0; i < most; ++i)
                cells[static_cast<std::uint32_t>(100 + below(spread))] += 1;
            for (const auto& [bucket, count] : cells)
                block.latency.push_back({bucket, count});
            block.ranked = static_cast<double>(most);
        }
        bench::ArmBlocks blocks(figures);
        for (int draw = 0; draw < 20; ++draw) {
            std::vector<unsigned> times(size);
            for (std::size_t i = 0; i < size; ++i)
                ++times[below(size)];
            std::map<std::uint32_t, double> all;
            double ranked = 0;
            for (std::size_t i = 0; i < size; ++i)
                for (const auto& cell : figures[i].latency) {
                    all[cell.bucket] += times[i] * cell.count;
                    ranked += times[i] * cell.count;
                }
            const std::vector<double> q{0.001, 0.5, 0.5, 0.75, 0.9, 0.99, 0.9999};
            std::vector<double> values(q.size());
            blocks.draw(times);
            blocks.quantiles(q, values);
            for (std::size_t k = 0; k < q.size(); ++k) {
                const auto rank =
                    static_cast<double>(bench::Histogram::rank_of(q[k], static_cast<std::uint64_t>(ranked)));
                double sum = 0;
                auto at = all.begin();
                while (sum + at->second < rank)
                    sum += (at++)->second;
                const auto low = static_cast<double>(bench::Histogram::low_of(at->first)),
                           high = static_cast<double>(bench::Histogram::low_of(at->first + 1));
                REQUIRE(values[k] == low + (high - low) * (rank - sum - 0.5) / at->second);
            }
        }
    }
}
