#include "src/bench/stats/holm.hpp"
#include "tests/support/catch.hpp"

#include <random>

using namespace roacache;

TEST_CASE("Student's distribution has the values of the tables") {
    for (const unsigned degrees : {1U, 2U, 3U, 4U, 5U, 9U, 10U, 29U, 120U, 9999U})
        REQUIRE(bench::student_p(bench::t_975(degrees), degrees) == Approx(0.05).epsilon(1e-4));
    REQUIRE(bench::student_p(31.821, 1) == Approx(0.02).epsilon(1e-4));
    REQUIRE(bench::student_p(3.2498, 9) == Approx(0.01).epsilon(1e-3));
    REQUIRE(bench::student_p(1.3722, 10) == Approx(0.2).epsilon(1e-3));
    REQUIRE(bench::student_p(2.5758, 0) == Approx(0.01).epsilon(1e-4));
    REQUIRE(bench::student_p(0, 7) == 1);
    REQUIRE(bench::student_p(1e30, 7) == Approx(0).margin(1e-12));
}

TEST_CASE("p is at most 5 % just where the interval leaves the value out") {
    const bench::Interval interval{-2, 1, 30};
    REQUIRE(bench::p_of(0, interval, 1.001) <= 0.05);
    REQUIRE(bench::p_of(0, interval, 0.999) >= 0.05);
    REQUIRE(bench::p_of(0, interval, -2.001) <= 0.05);
    REQUIRE(bench::p_of(0, interval, -1.999) >= 0.05);
    REQUIRE(bench::p_of(0, interval, 0) == 1);
    REQUIRE(bench::p_of(0, interval, 2) < bench::p_of(0, interval, -3)); // each half by its own length
    REQUIRE(bench::p_of(0, interval, 1.4) == Approx(bench::student_p(1.4 * bench::t_975(29), 29)));
    REQUIRE(bench::p_of(0, {0, 0, 30}, 0.1) == 0);
    REQUIRE(bench::p_of(0, {-1, 1, 0}, 1.5) == Approx(bench::student_p(1.5 * 1.959964, 0)));
}

TEST_CASE("Holm's correction is that of the paper's procedure") {
    // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
    const auto adjusted = bench::holm_adjusted({0.01, 0.04, 0.03, 0.005});
    REQUIRE(adjusted[0] == Approx(0.03));
    REQUIRE(adjusted[1] == Approx(0.06));
    REQUIRE(adjusted[2] == Approx(0.06));
    REQUIRE(adjusted[3] == Approx(0.02));
    REQUIRE(bench::holm_adjusted({}).empty());
    REQUIRE(bench::holm_adjusted({0.05}).front() == 0.05);
    REQUIRE(bench::holm_adjusted({0.9, 0.8}).front() == 1);
}

TEST_CASE("Of twenty questions that are all to be denied any is affirmed in one run of twenty") {
    std::mt19937_64 random(3);
    std::uniform_real_distribution<double> chance;
    unsigned mistaken = 0;
    constexpr unsigned k_runs = 4000;
    for (unsigned run = 0; run < k_runs; ++run) {
        std::vector<double> p(20);
        for (double& one : p)
            one = chance(random);
        const auto adjusted = bench::holm_adjusted(p);
        mistaken += *std::min_element(adjusted.begin(), adjusted.end()) <= bench::k_error_rate ? 1 : 0;
    }
    REQUIRE(mistaken <= k_runs * 6 / 100);
    REQUIRE(mistaken >= k_runs * 4 / 100);
}
