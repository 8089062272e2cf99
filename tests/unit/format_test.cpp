#include "src/bench/verdict/format.hpp"
#include "src/report/figures.hpp"
#include "tests/support/catch.hpp"

using namespace roacache;

TEST_CASE("a figure has no more digits than its interval bears", "[format]") {
    struct Case {
        double number, low, high;
        const char* shown;
    };
    for (const Case& one :
         {Case{4.3712, 3.73, 5.08, "4.4"}, Case{4.3712, 4.35, 4.39, "4.37"},
          Case{4.3712, 4.3711, 4.3713, "4.37"}, Case{4.3712, 1, 9, "4"}, Case{4.3712, 0, 400, "4"},
          Case{147.2, 120, 180, "150"}, Case{147.2, 147, 148, "147.2"},
          Case{14'720, 12'000, 18'000, "15,000"}, Case{-0.034, -0.05, -0.01, "-0.03"},
          Case{0.0004, 0.0001, 0.0007, "0.00"}, Case{0, -1, 1, "0"}, Case{7, 7, 7, "7.00"}}) {
        INFO(one.number << " of " << one.low << " to " << one.high);
        CHECK(bench::format_within(one.number, one.low, one.high, 2) == one.shown);
    }
    CHECK(bench::format_percent_within(0.7712, 0.732, 0.803) == "77 %");
    CHECK(bench::format_percent_within(0.7712, 0.769, 0.773) == "77.1 %");
    CHECK(bench::format_percent_within(0.9997, 0.9994, 0.9999) == "99.97 %");
}

TEST_CASE("how many times faster is rounded as its interval, and never to one", "[format]") {
    const auto shown = [](double ratio, double low, double high) {
        bench::Ratio interval;
        interval.ratio = ratio;
        interval.ci_low = low;
        interval.ci_high = high;
        return report::speed_text(interval);
    };
    CHECK(shown(0.2288, 0.197, 0.268) == "4.4 × faster");
    CHECK(shown(0.2288, 0.228, 0.2296) == "4.37 × faster");
    CHECK(shown(1 / 147.2, 1 / 180.0, 1 / 120.0) == "150 × faster");
    CHECK(shown(0.714, 0.32, 0.99) == "1.4 × faster");
    CHECK(shown(1.3, 1.1, 1.6) == "1.3 × slower");
    CHECK(shown(0.999, 0.9, 1.1) == "the same");
    CHECK(shown(0.5, 0, 1) == "2.00 × faster"); // an end that says nothing
}
