#include "src/core/interrupt.hpp"
#include "tests/bench/engine_support.hpp"

#include <chrono>
#include <cstdlib>

using namespace roacache;

namespace {

using Clock = std::chrono::steady_clock;

/// An interrupt cannot be taken back: the run that gets one has a process of its own, this same program.
test::Finished run_part(const std::string& name, const std::string& url, unsigned threads) {
    test::RunOptions options;
    options.env["ROACACHE_TEST_URL"] = url;
    options.env["ROACACHE_TEST_THREADS"] = std::to_string(threads);
    return test::run({std::filesystem::read_symlink("/proc/self/exe"), name}, options);
}

bench::Plan endless_plan() {
    bench::Plan plan = test::single_plan(std::getenv("ROACACHE_TEST_URL"), 1'000'000'000);
    plan.blocks = 1;
    plan.threads = static_cast<unsigned>(std::atoi(std::getenv("ROACACHE_TEST_THREADS")));
    plan.timeout = std::chrono::minutes(5);
    return plan;
}

} // namespace

TEST_CASE("part: interrupted while it measures", "[.]") {
    core::Interrupt::install();
    std::optional<Clock::time_point> asked;
    const bench::Result result = bench::Run(endless_plan()).measure([&](const bench::Progress& progress) {
        if (progress.requests < 100 || asked) return;
        asked = Clock::now();
        core::Interrupt::request();
    });
    REQUIRE(asked);
    CHECK(Clock::now() - *asked < std::chrono::seconds(5));
    CHECK(result.partial);
    REQUIRE(result.blocks.size() == 1);
    CHECK(result.blocks[0].seconds > 0);
    CHECK(test::single_tally(result).requests >= 100);
    CHECK(test::single_tally(result).errors == bench::Errors{});
    test::check_sound(test::single_tally(result));
}

TEST_CASE("part: interrupted while nothing comes", "[.]") {
    core::Interrupt::install();
    std::optional<Clock::time_point> asked;
    const bench::Result result = bench::Run(endless_plan()).measure([&](const bench::Progress&) {
        if (!asked) asked = Clock::now();
        core::Interrupt::request();
    });
    REQUIRE(asked);
    CHECK(Clock::now() - *asked < std::chrono::seconds(5));
    CHECK(result.partial);
    CHECK(result.blocks.empty());
    CHECK(result.endpoints.size() == 1);
}

TEST_CASE("part: interrupted while it keeps a rate", "[.]") {
    core::Interrupt::install();
    bench::Plan plan = endless_plan();
    plan.requests = 1'000'000;
    plan.blocks = 100;
    plan.rate = 1000;
    const bench::Result result = bench::Run(plan).measure([&](const bench::Progress& progress) {
        if (progress.requests >= 100) core::Interrupt::request();
    });
    CHECK(result.partial);
    REQUIRE(result.blocks.size() == 1);
    CHECK(result.blocks[0].seconds >= 0.09);
    CHECK(test::single_tally(result).errors == bench::Errors{});
}

TEST_CASE("an interrupt ends a run at once and keeps what was measured", "[bench][interrupt]") {
    test::OddServer server;
    for (const unsigned threads : {1U, 3U}) {
        const test::Finished measuring =
            run_part("part: interrupted while it measures", server.url("/ok"), threads);
        INFO(measuring.out << measuring.err);
        CHECK(measuring.exit_code == 0);
        const test::Finished waiting =
            run_part("part: interrupted while nothing comes", server.url("/silent"), threads);
        INFO(waiting.out << waiting.err);
        CHECK(waiting.exit_code == 0);
        const test::Finished at_rate =
            run_part("part: interrupted while it keeps a rate", server.url("/ok"), threads);
        INFO(at_rate.out << at_rate.err);
        CHECK(at_rate.exit_code == 0);
    }
}
