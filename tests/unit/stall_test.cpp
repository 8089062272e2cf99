#include "src/bench/load/stalls.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/reported.hpp"

#include <random>

using namespace roacache;
using bench::ArmKind;
using bench::ResponseGaps;
using bench::Stall;
using roacache::test::Contains;
using test::made_result;
using test::Reported;

namespace {

constexpr std::int64_t k_ms = 1'000'000;

/// ResponseGaps one after the other, from 5 s after the run began.
class Timeline {
  public:
    explicit Timeline(bool shared = true) : shared_(shared) {}
    void silent(double ms) {
        const auto length = static_cast<std::int64_t>(ms * static_cast<double>(k_ms));
        gaps_.record({now_, length, shared_});
        now_ += length;
    }
    void silent(double ms, int times) {
        for (int i = 0; i < times; ++i)
            silent(ms);
    }
    std::vector<Stall> stalls() const { return bench::stalls_of({{ArmKind::uncached, gaps_}}, 0); }
    const ResponseGaps& gaps() const { return gaps_; }

  private:
    bool shared_;
    ResponseGaps gaps_;
    std::int64_t now_ = 5000 * k_ms;
};

} // namespace

TEST_CASE("A typical silence is one of those that most of the silent time is made of", "[stall]") {
    Timeline timeline;
    REQUIRE(timeline.gaps().typical_ns() == 0);
    timeline.silent(0.01, 900);
    timeline.silent(50, 100);
    REQUIRE(timeline.gaps().typical_ns() == Approx(50 * k_ms).epsilon(0.01));
}

TEST_CASE("A silence out of all proportion is a stall", "[stall]") {
    Timeline timeline;
    timeline.silent(2, 1000);
    timeline.silent(1000);
    timeline.silent(2, 1000);
    timeline.silent(99, 1); // out of proportion, but the machine's own may be as long
    timeline.silent(2, 1000);
    const auto stalls = timeline.stalls();
    REQUIRE(stalls.size() == 1);
    CHECK(stalls[0].arm == ArmKind::uncached);
    CHECK(stalls[0].started_s == Approx(7));
    CHECK(stalls[0].seconds == Approx(1));
}

TEST_CASE("What one request alone waits for is no stall", "[stall]") {
    Timeline alone(false);
    alone.silent(2, 1000);
    alone.silent(1000);
    CHECK(alone.stalls().empty());
    INFO("but what one of each thread waits for is");
    Timeline other(false);
    other.silent(2, 1100);
    other.silent(1000);
    ResponseGaps both = alone.gaps();
    both.overlap(other.gaps());
    const auto stalls = bench::stalls_of({{ArmKind::cached, both}}, 0);
    REQUIRE(stalls.size() == 1);
    CHECK(stalls[0].started_s == Approx(7.2));
    CHECK(stalls[0].seconds == Approx(0.8));
    INFO("and what one thread alone waits for is none");
    Timeline busy;
    busy.silent(2, 2000);
    both.overlap(busy.gaps());
    CHECK(bench::stalls_of({{ArmKind::cached, both}}, 0).empty());
}

TEST_CASE("Requests under way show since when nothing came", "[stall]") {
    constexpr std::int64_t k_second = 1000 * k_ms;
    bench::ResponseGapWatch watch;
    using Oldest = bench::ResponseGapWatch::Oldest;
    const auto waiting = [](std::vector<std::int64_t> starts) {
        return [starts](Oldest& oldest) {
            for (const std::int64_t start : starts)
                oldest.add(start);
        };
    };
    watch.begin(0);
    const auto first = watch.end(k_ms, 0, waiting({}));
    CHECK(first.length_ns == k_ms);
    INFO("nothing was under way at first, then two were");
    const auto idle = watch.end(k_second, 300 * k_ms, waiting({300 * k_ms, 200 * k_ms, 900 * k_ms}));
    CHECK(idle.since_ns == 200 * k_ms);
    CHECK(idle.length_ns == 800 * k_ms);
    CHECK(idle.shared);
    INFO("one waited for most of it, others for the last part only");
    const auto one = watch.end(2 * k_second, k_second, waiting({k_second, 1900 * k_ms}));
    CHECK(one.length_ns == k_second);
    CHECK_FALSE(one.shared);
    INFO("what timed out had waited too");
    watch.give_up(2 * k_second);
    watch.give_up(2 * k_second + k_ms);
    CHECK(watch.gave_up_since_answer());
    const auto late = watch.end(8 * k_second, 7900 * k_ms, waiting({7900 * k_ms}));
    CHECK(late.length_ns == 6 * k_second);
    CHECK(late.shared);
    CHECK_FALSE(watch.gave_up_since_answer());
}

TEST_CASE("Silences with next to nothing between them are one stall", "[stall]") {
    Timeline timeline;
    timeline.silent(2, 1000);
    timeline.silent(400);
    timeline.silent(3, 10);
    timeline.silent(500);
    timeline.silent(2, 500);
    timeline.silent(300);
    const auto stalls = timeline.stalls();
    REQUIRE(stalls.size() == 2);
    CHECK(stalls[0].seconds == Approx(0.93));
    CHECK(stalls[1].seconds == Approx(0.3));
}

TEST_CASE("A slow service does not stand still", "[stall]") {
    Timeline steady;
    steady.silent(800, 50);
    CHECK(steady.stalls().empty());
    INFO("quick endpoints beside slow ones: many answers, but little of the time");
    Timeline mixed;
    for (int i = 0; i < 100; ++i) {
        mixed.silent(0.5, 20);
        mixed.silent(250);
    }
    CHECK(mixed.stalls().empty());
    INFO("one that is longer than all else together is out of proportion nevertheless");
    Timeline dead;
    dead.silent(1, 300);
    dead.silent(5000);
    CHECK(dead.stalls().size() == 1);
    INFO("of two answers nobody can tell what is usual");
    Timeline two;
    two.silent(1);
    two.silent(1000);
    CHECK(two.stalls().empty());
}

TEST_CASE("Silences by chance are no stalls", "[stall]") {
    std::mt19937_64 random(1);
    std::exponential_distribution<double> exponential(1);
    std::lognormal_distribution<double> heavy(0, 0.8);
    for (int run = 0; run < 100; ++run) {
        Timeline answers_by_chance, heavy_tail;
        for (int i = 0; i < 5000; ++i) {
            answers_by_chance.silent(20 * exponential(random));
            heavy_tail.silent(10 * heavy(random));
        }
        CHECK(answers_by_chance.stalls().empty());
        CHECK(heavy_tail.stalls().empty());
    }
}

TEST_CASE("Stalls are kept within bounds, the longest of them", "[stall]") {
    Timeline timeline;
    for (std::size_t i = 0; i < ResponseGaps::k_capacity + 10; ++i)
        timeline.silent(200 + static_cast<double>(i));
    REQUIRE(timeline.gaps().longest().size() == ResponseGaps::k_capacity);
    for (const bench::ResponseGap& gap : timeline.gaps().longest())
        REQUIRE(gap.length_ns >= 210 * k_ms);
}

TEST_CASE("Stalls are reported in every form, with when and how long", "[stall]") {
    bench::Result result = made_result({});
    const Reported quiet(result);
    REQUIRE(quiet.as_json()["stalls"].empty());
    REQUIRE(quiet.as_json()["warnings"].empty());
    REQUIRE_THAT(report::timeline_svg(quiet.document, report::Theme::light), !Contains("stood still"));

    const double begin = result.begin_of_blocks();
    result.stalls.push_back({ArmKind::uncached, begin + 1.2, 1});
    const Reported one(result);
    const auto stall = one.as_json()["stalls"][0];
    REQUIRE(stall == nlohmann::json{{"arm", "uncached"}, {"at_ms", 1200.0}, {"length_ms", 1000.0}});
    REQUIRE(one.as_json()["warnings"][0]["name"] == "stalls");
    const std::string sentence =
        "the server stood still for 1.00 s at 1.20 s of the run (uncached arm). Only ";
    REQUIRE_THAT(one.markdown(), Contains(sentence));
    REQUIRE_THAT(report::to_text(one.document, 200, false), Contains(sentence));
    REQUIRE_THAT(report::timeline_svg(one.document, report::Theme::dark),
                 Contains(">stood still 1.00 s</text>") && Contains(", 1 stalls<"));

    for (int i = 0; i < 5; ++i)
        result.stalls.push_back({ArmKind::cached, begin + 2.5 + i, 0.25});
    result.plan.rate = 500;
    const Reported many(result);
    REQUIRE_THAT(many.markdown(), Contains("the server stood still 6 times, 2.25 s in all: for 1.00 s at ") &&
                                      Contains(" and 3 more. What was due meanwhile"));
}
