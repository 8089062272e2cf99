#include "src/bench/stats/signed_rank.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <random>

using namespace roacache;

namespace {

/// Differences of the depression scale of 9 patients, Hollander & Wolfe 1973, table 3.1.
const std::vector<double> k_patients{0.952, -0.147, 1.022, 0.430, 0.620, 0.590, 0.490, -0.080, 0.010};

std::vector<double> normal_values(std::size_t n, double centre, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal(centre, 1);
    std::vector<double> values(n);
    for (double& value : values)
        value = normal(random);
    return values;
}

/// The definition: the sum of the ranks above 0 under every way to give signs.
double p_by_all_signs(const std::vector<double>& values) {
    std::vector<double> distances, ranks;
    for (const double value : values)
        if (value != 0) distances.push_back(std::abs(value));
    for (const double one : distances) {
        const auto less =
            std::count_if(distances.begin(), distances.end(), [&](double d) { return d < one; });
        const auto same = std::count(distances.begin(), distances.end(), one);
        ranks.push_back(static_cast<double>(less) + static_cast<double>(same + 1) / 2);
    }
    double found = 0, all = 0;
    for (std::size_t i = 0, k = 0; i < values.size(); ++i) {
        if (values[i] == 0) continue;
        found += values[i] > 0 ? ranks[k] : 0;
        all += ranks[k++];
    }
    const std::size_t ways = std::size_t{1} << ranks.size();
    std::size_t as_far = 0;
    for (std::size_t signs = 0; signs < ways; ++signs) {
        double sum = 0;
        for (std::size_t k = 0; k < ranks.size(); ++k)
            if ((signs >> k) % 2 == 1) sum += ranks[k];
        as_far += std::abs(sum - all / 2) >= std::abs(found - all / 2) - 1e-9 ? 1 : 0;
    }
    return static_cast<double>(as_far) / static_cast<double>(ways);
}

double median_of_all_pairs(const std::vector<double>& values) {
    std::vector<double> means;
    for (std::size_t i = 0; i < values.size(); ++i)
        for (std::size_t j = i; j < values.size(); ++j)
            means.push_back((values[i] + values[j]) / 2);
    std::sort(means.begin(), means.end());
    const std::size_t half = means.size() / 2;
    return means.size() % 2 == 1 ? means[half] : (means[half - 1] + means[half]) / 2;
}

} // namespace

TEST_CASE("The signed-rank test and its estimate have the values of the textbook") {
    REQUIRE(bench::signed_rank_p(k_patients) == Approx(0.0390625));
    REQUIRE(bench::hodges_lehmann(k_patients) == Approx(0.46));
}

TEST_CASE("The signed-rank test is that of all ways to give signs, with ties and zeros") {
    for (std::size_t n = 1; n <= 12; ++n)
        for (const double centre : {0.0, 0.5, -1.0}) {
            auto values = normal_values(n, centre, 100 * n);
            REQUIRE(bench::signed_rank_p(values) == Approx(p_by_all_signs(values)));
            for (double& value : values)
                value = std::round(value); // ties, and some zeros
            REQUIRE(bench::signed_rank_p(values) == Approx(p_by_all_signs(values)));
        }
    REQUIRE(bench::signed_rank_p(std::vector<double>{}) == 1);
    REQUIRE(bench::signed_rank_p(std::vector<double>{0, 0}) == 1);
    REQUIRE(bench::signed_rank_p(std::vector<double>(5, 1.0)) == Approx(2.0 / 32));
    REQUIRE(bench::signed_rank_p(std::vector<double>(5, -1.0)) == Approx(2.0 / 32));
}

TEST_CASE("Beyond fifty values the normal approximation goes on where the exact distribution ends") {
    for (const double centre : {0.0, 0.2, 0.4}) {
        const auto fifty = normal_values(50, centre, 7);
        auto more = fifty;
        more.push_back(1e-9); // the least of all ranks: next to nothing changes
        CHECK(bench::signed_rank_p(more) == Approx(bench::signed_rank_p(fifty)).margin(0.03).epsilon(0.1));
    }
    unsigned called = 0;
    for (std::uint64_t seed = 0; seed < 1000; ++seed)
        called += bench::signed_rank_p(normal_values(60, 0, seed)) < 0.05 ? 1 : 0;
    CHECK(called >= 30);
    CHECK(called <= 70);
}

TEST_CASE("The Hodges-Lehmann estimate is the median of the means of all pairs") {
    for (const std::size_t n : {1U, 2U, 3U, 10U, 31U, 200U}) {
        auto values = normal_values(n, 3, n);
        REQUIRE(bench::hodges_lehmann(values) == Approx(median_of_all_pairs(values)).epsilon(1e-12));
        for (double& value : values)
            value = std::round(value);
        REQUIRE(bench::hodges_lehmann(values) == Approx(median_of_all_pairs(values)).epsilon(1e-12));
    }
    auto many = normal_values(100'000, 3, 5);
    many.front() = 1e6; // an outlier moves the mean, not this
    REQUIRE(bench::hodges_lehmann(many) == Approx(3).epsilon(0.01));
}
