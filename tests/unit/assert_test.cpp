#include "src/bench/verdict/verdict.hpp"
#include "src/core/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/made_result.hpp"

using namespace roacache;
using bench::ArmKind;
using bench::Assert;
using bench::parse_assert;
using roacache::test::Contains;
using test::made_result;

namespace {

std::string message_of(const std::string& expr) {
    try {
        parse_assert(expr);
    } catch (const core::Error& error) {
        REQUIRE(error.code() == core::ExitCode::usage);
        return error.what();
    }
    return "parsed";
}

std::string refusal_of(const std::string& expr, const bench::Plan& plan) {
    try {
        check_answerable(parse_assert(expr), plan);
    } catch (const core::Error& error) {
        REQUIRE(error.code() == core::ExitCode::usage);
        REQUIRE_THAT(error.what(), Contains("assert cannot be answered: " + expr));
        return error.what();
    }
    return "";
}

std::string remedy_of(const std::string& expr, const bench::Plan& plan) {
    try {
        check_answerable(parse_assert(expr), plan);
    } catch (const core::Error& error) {
        return error.remedy();
    }
    return "answerable";
}

} // namespace

TEST_CASE("An assert is read with and without blanks, its percentages in any form") {
    for (const char* expr :
         {"mean_reduction >= 60%", "mean_reduction>=60%", "mean_reduction >= 60 %", "mean_reduction >= 0.6",
          "  mean_reduction\t>=  0.60  ", "mean_reduction>=60.0%"}) {
        INFO(expr);
        const Assert assertion = parse_assert(expr);
        REQUIRE(assertion.quantity == "mean_reduction");
        REQUIRE(assertion.op == Assert::Op::greater_equal);
        REQUIRE(assertion.unit == Assert::Unit::fraction);
        REQUIRE(assertion.threshold == Approx(0.6));
    }
    REQUIRE(parse_assert("hit_rate >= 90%").threshold == Approx(0.9));
    REQUIRE(parse_assert("mean_reduction >= -5%").threshold == Approx(-0.05));
    REQUIRE(parse_assert("p99_ratio <= 0.4").threshold == Approx(0.4));
    REQUIRE(parse_assert("p99_ratio < 40%").threshold == Approx(0.4));
    REQUIRE(parse_assert("p99_ratio < 1.5").threshold == Approx(1.5));
    REQUIRE(parse_assert("cached.p99 <= 20ms").threshold == 20e6);
    REQUIRE(parse_assert("cached.p999 <= 1.5 s").threshold == 1.5e9);
    REQUIRE(parse_assert("uncached.max<2m").threshold == 120e9);
    REQUIRE(parse_assert("single.rps > 1000").threshold == 1000);
    REQUIRE(parse_assert("store.memory_delta <= 200MB").threshold == 200e6);
    REQUIRE(parse_assert("store.memory_delta > -1KiB").threshold == -1024);
    REQUIRE(parse_assert("store.memory_delta > 0").unit == Assert::Unit::bytes);
    REQUIRE(parse_assert("tier.L1.p50 <= 1ms").unit == Assert::Unit::nanoseconds);
    REQUIRE(parse_assert("tier.a.b c.share >= 5%").unit == Assert::Unit::fraction);
    REQUIRE(parse_assert("errors == 0").op == Assert::Op::equal);
    REQUIRE(parse_assert("errors != 0").op == Assert::Op::not_equal);
    REQUIRE(parse_assert("error_rate<1%").op == Assert::Op::less);
    REQUIRE(parse_assert("  errors==0 ").expr == "errors==0");
}

TEST_CASE("A bad assert says what is wrong with it") {
    REQUIRE(message_of("mean_reducton >= 60%") ==
            "bad assert: mean_reducton >= 60%: no such quantity: mean_reducton");
    REQUIRE_THAT(message_of(""), Contains("the quantity is missing"));
    REQUIRE_THAT(message_of(">= 5"), Contains("the quantity is missing"));
    REQUIRE_THAT(message_of("errors"), Contains("an operator is missing"));
    REQUIRE_THAT(message_of("errors = 0"), Contains("no such operator: ="));
    REQUIRE_THAT(message_of("errors => 0"), Contains("no such operator: =>"));
    REQUIRE_THAT(message_of("errors === 0"), Contains("no such operator: ==="));
    REQUIRE_THAT(message_of("errors =="), Contains("the threshold is missing"));
    REQUIRE_THAT(message_of("errors == none"), Contains("'none' is no number"));
    REQUIRE_THAT(message_of("errors == -1"), Contains("'-1' is no number"));
    REQUIRE_THAT(message_of("errors == 0.5"), Contains("no whole number"));
    REQUIRE_THAT(message_of("errors == 0%"), Contains("no number"));
    REQUIRE_THAT(message_of("hit_rate >= 90"), Contains("never above 100 %"));
    REQUIRE_THAT(message_of("hit_rate >= 190%"), Contains("never above 100 %"));
    REQUIRE_THAT(message_of("hit_rate >= -1%"), Contains("never below"));
    REQUIRE_THAT(message_of("hit_rate >= ten%"), Contains("no percentage"));
    REQUIRE_THAT(message_of("hit_rate >= nan"), Contains("no percentage"));
    REQUIRE_THAT(message_of("hit_rate >= inf%"), Contains("no percentage"));
    REQUIRE_THAT(message_of("hit_rate >= 1e-1"), Contains("no percentage"));
    REQUIRE_THAT(message_of("cached.p99 <= 20"), Contains("no duration"));
    REQUIRE_THAT(message_of("cached.p99 <= 20 parsecs"), Contains("no duration"));
    REQUIRE_THAT(message_of("cached.p99 == 20ms"), Contains("never exactly equal"));
    REQUIRE_THAT(message_of("mean_reduction == 60%"), Contains("never exactly equal"));
    REQUIRE_THAT(message_of("cached.p42 <= 20ms"), Contains("no such quantity"));
    REQUIRE_THAT(message_of("warm.p99 <= 20ms"), Contains("no such quantity"));
    REQUIRE_THAT(message_of("errors\n\x1b[2J == 0"), !Contains("\n") && !Contains("\x1b"));
    REQUIRE(message_of(std::string(5000, 'x') + " == 0").size() < 400);
}

TEST_CASE("What the plan can never answer is refused before the run") {
    bench::Plan plan;
    plan.endpoints.resize(1);
    REQUIRE_THAT(refusal_of("hit_rate >= 90%", plan), Contains("nothing proves hits"));
    plan.hit_headers = {{"X-Cache", "HIT"}};
    for (const char* expr : {"hit_rate >= 90%", "mean_reduction >= 60%", "p95_ratio <= 0.5", "errors == 0",
                             "mismatches == 0", "cached.p95 <= 20ms", "uncached.mean >= 5ms"})
        REQUIRE(refusal_of(expr, plan).empty());
    REQUIRE_THAT(refusal_of("single.rps >= 1000", plan), Contains("cached and uncached"));
    REQUIRE_THAT(refusal_of("cached.p99 <= 20ms", plan),
                 Contains("needs 5,000 requests an arm, 1,000 are planned"));
    plan.compare = false;
    REQUIRE_THAT(refusal_of("mismatches == 0", plan), Contains("not compared"));
    plan.blocks = 9;
    REQUIRE_THAT(refusal_of("mean_reduction >= 60%", plan), Contains("fewer than 10 blocks"));
    REQUIRE(refusal_of("cached.max <= 1s", plan).empty());
    plan.blocks = 30;
    plan.requests = 9;
    REQUIRE_THAT(refusal_of("mean_reduction >= 60%", plan), Contains("fewer than 10 requests"));
    plan.requests = 500;
    REQUIRE_THAT(refusal_of("p95_reduction >= 60%", plan), Contains("needs 1,000 requests"));
    REQUIRE(refusal_of("p90_reduction >= 60%", plan).empty());
    plan.endpoints.resize(2);
    REQUIRE(refusal_of("p95_reduction >= 60%", plan).empty());
    REQUIRE(remedy_of("p99_reduction >= 60%", plan) == "Make as many: -n 2500.");
    plan.endpoints.resize(1);
    plan.duration = std::chrono::seconds(5);
    REQUIRE(refusal_of("p99_reduction >= 60%", plan).empty());
    plan.duration_cap = 4999;
    REQUIRE_THAT(refusal_of("p99_reduction >= 60%", plan), Contains("4,999 are planned"));
    plan.duration_cap.reset();
    plan.rate = 2000; // 5 s of it are 5,000 for each arm
    REQUIRE(refusal_of("p99_reduction >= 60%", plan).empty());
    plan.rate = 1000;
    REQUIRE_THAT(refusal_of("p99_reduction >= 60%", plan), Contains("2,500 are planned"));
    REQUIRE(remedy_of("p99_reduction >= 60%", plan) == "Measure for longer.");
    plan.rate.reset();
    plan.stampede = bench::StampedePlan{12, 8};
    REQUIRE_THAT(refusal_of("stampede.p50 <= 1s", plan),
                 Contains("needs 100 waiting callers, 96 are planned"));
    REQUIRE(remedy_of("stampede.p50 <= 1s", plan) == "Let them loose more often: --stampede=13.");
    REQUIRE(refusal_of("stampede.mean <= 1s", plan).empty());
    REQUIRE(refusal_of("stampede.max <= 1s", plan).empty());
    plan.stampede->rounds = 13;
    REQUIRE(refusal_of("stampede.p50 <= 1s", plan).empty());
    plan.stampede.reset();
    plan.single = true;
    REQUIRE_THAT(refusal_of("mean_reduction >= 60%", plan), Contains("one arm only"));
    REQUIRE_THAT(refusal_of("cached.mean <= 5ms", plan), Contains("one arm only"));
    REQUIRE_THAT(refusal_of("mismatches == 0", plan), Contains("one arm only"));
    REQUIRE(refusal_of("single.rps >= 1000", plan).empty());
    REQUIRE(refusal_of("hit_rate >= 90%", plan).empty());
}
