#include "src/bench/load/origin_counter.hpp"
#include "src/bench/load/origin_watcher.hpp"
#include "src/bench/stats/origin_queries.hpp"
#include "src/core/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/made_result.hpp"

#include <limits>

using namespace roacache;
using bench::ArmKind;
using roacache::test::Contains;
using test::made_result;

namespace {

/// A run whose cached arm missed in every tenth request, of which each takes so many queries.
bench::Result counted_run(std::uint64_t queries, std::uint64_t fillers = 0) {
    bench::Result result = made_result({});
    result.plan.origin_counter = "counter";
    result.origin.emplace();
    for (bench::Block& block : result.blocks) {
        bench::Tally& tally = block.endpoints.front();
        tally.fillers = fillers;
        const std::uint64_t sent = tally.requests + fillers;
        block.origin_queries = queries * (block.arm == ArmKind::cached ? sent / 10 : sent);
    }
    result.sum_up_blocks();
    return result;
}

/// Tells what it was given, in turn.
class ToldCounter final : public bench::OriginCounter {
  public:
    explicit ToldCounter(std::vector<std::uint64_t> told) : told_(std::move(told)) {}
    std::optional<std::uint64_t> read() override {
        if (at_ == told_.size()) throw core::Error(core::ExitCode::unreachable, "it is gone");
        return told_[at_++];
    }
    std::string name() const override { return "told"; }

  private:
    std::vector<std::uint64_t> told_;
    std::size_t at_ = 0;
};

} // namespace

TEST_CASE("queries are divided by all requests that were sent", "[origin]") {
    for (const std::uint64_t fillers : {0U, 66U}) {
        const bench::Result result = counted_run(12, fillers);
        const auto rates = bench::origin_rates(result);
        CHECK(rates.at(ArmKind::uncached).per_request() == 12);
        CHECK(rates.at(ArmKind::uncached).requests == 30 * (34 + fillers));
        const auto reduction = bench::origin_reduction(result);
        REQUIRE(reduction);
        CHECK(reduction->value == Approx(1 - rates.at(ArmKind::cached).per_request() / 12));
        REQUIRE(reduction->interval);
        CHECK(reduction->interval->low < reduction->value);
        CHECK(reduction->interval->high > reduction->value);
        CHECK(reduction->interval->blocks >= bench::k_least_blocks);
    }
}

TEST_CASE("no query at all is no certainty, however many queries a request takes", "[origin]") {
    for (const std::uint64_t queries : {1U, 12U, 1000U}) {
        bench::Result result = counted_run(queries);
        for (bench::Block& block : result.blocks)
            if (block.arm == ArmKind::cached) block.origin_queries = 0;
        const auto reduction = bench::origin_reduction(result);
        REQUIRE(reduction);
        CHECK(reduction->value == 1);
        // As of no miss in 1,020 requests: at most 3.84 of them, the upper end of Wilson's interval.
        CHECK(1 - reduction->interval->low == Approx(3.84 / 1020).epsilon(0.01));
    }
}

TEST_CASE("more queries with the cache than without are no reduction", "[origin]") {
    bench::Result result = counted_run(2);
    for (bench::Block& block : result.blocks)
        if (block.arm == ArmKind::cached) *block.origin_queries = 34 * 3;
    CHECK(bench::origin_reduction(result)->value == Approx(-0.5));
}

TEST_CASE("there are no figures where the counter cannot be relied on", "[origin]") {
    bench::Result result = counted_run(12);
    CHECK(bench::why_no_origin_figures(result).empty());
    SECTION("it failed") {
        result.origin->failure = "it went back";
        CHECK(bench::why_no_origin_figures(result) == "it went back");
    }
    SECTION("it did not move in the uncached arm") {
        for (bench::Block& block : result.blocks)
            if (block.arm == ArmKind::uncached) block.origin_queries = 0;
        CHECK_THAT(bench::why_no_origin_figures(result), Contains("did not move"));
    }
    SECTION("it moved while nothing was asked") {
        result.origin->between = 1000;
        CHECK_THAT(bench::why_no_origin_figures(result), Contains("moved by 1,000 between the blocks"));
    }
    SECTION("no block was counted") {
        for (bench::Block& block : result.blocks)
            block.origin_queries.reset();
        CHECK_THAT(bench::why_no_origin_figures(result), Contains("no block of the uncached arm"));
    }
    CHECK(bench::origin_rates(result).empty());
    CHECK_FALSE(bench::origin_reduction(result));
}

TEST_CASE("what reading a counter does to it is left out", "[origin]") {
    ToldCounter counter(
        {10, 13, 16, 19, /* begins at */ 22, 22 + 40 + 3, 68, 68 + 3, /* a gap of 7 */ 81, 90});
    bench::OriginWatcher watcher(counter, true);
    watcher.begin();
    CHECK(watcher.end() == 40);
    watcher.begin();
    CHECK(watcher.end() == 0);
    watcher.begin();
    CHECK(watcher.end() == 6);
    CHECK(watcher.watch().own == 3);
    CHECK(watcher.watch().between == 7);
    CHECK(watcher.watch().failure.empty());
    watcher.begin(); // it is gone
    CHECK_FALSE(watcher.end());
    CHECK(watcher.watch().failure == "it is gone");
}

TEST_CASE("a counter that goes back is given up", "[origin]") {
    ToldCounter counter({10, 10, 10, 10, 10, 5, 6, 7});
    bench::OriginWatcher watcher(counter, true);
    watcher.begin();
    CHECK_FALSE(watcher.end());
    CHECK_THAT(watcher.watch().failure, Contains("went back"));
    watcher.begin();
    CHECK_FALSE(watcher.end());
}

TEST_CASE("what a hook does between two blocks is nobody's", "[origin]") {
    ToldCounter counter({1, 1, 1, 1, 5, 9, 100, 110});
    bench::OriginWatcher watcher(counter, false);
    watcher.begin();
    CHECK(watcher.end() == 4);
    watcher.begin();
    CHECK(watcher.end() == 10);
    CHECK(watcher.watch().between == 0);
}

TEST_CASE("a count is a whole number from 0 on", "[origin]") {
    CHECK(bench::count_from_text(" 12\n") == 12);
    CHECK(bench::count_from_text("0") == 0);
    CHECK(bench::count_from_text("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
    CHECK(bench::count_from_text("1.5e3") == 1500);
    CHECK(bench::count_from_text("12.0") == 12);
    for (const char* text : {"", " ", "-1", "1.5", "12 13", "12x", "x", "inf", "nan", "1e300", "0x10", "+"})
        CHECK_FALSE(bench::count_from_text(text));
}
