#include "src/bench/model/histogram.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <numeric>
#include <random>

using roacache::bench::Histogram;

namespace {

/// Values spread evenly over all magnitudes from 1 ns to 2^40 ns.
std::vector<std::int64_t> random_values(std::size_t count, unsigned seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> exponent(0, 40);
    std::vector<std::int64_t> values(count);
    for (auto& value : values)
        value = static_cast<std::int64_t>(std::exp2(exponent(random)));
    return values;
}

void require_same(const Histogram& one, const Histogram& other) {
    REQUIRE(one.count() == other.count());
    REQUIRE(one.min_ns() == other.min_ns());
    REQUIRE(one.max_ns() == other.max_ns());
    REQUIRE(one.sum_ns() == Approx(other.sum_ns()).epsilon(1e-12));
    REQUIRE(one.stddev_ns() == Approx(other.stddev_ns()).epsilon(1e-9));
    const auto left = one.buckets(), right = other.buckets();
    REQUIRE(left.size() == right.size());
    for (std::size_t i = 0; i < left.size(); ++i) {
        REQUIRE(left[i].low_ns == right[i].low_ns);
        REQUIRE(left[i].high_ns == right[i].high_ns);
        REQUIRE(left[i].count == right[i].count);
    }
}

} // namespace

TEST_CASE("Every value falls into a bucket that holds it and is at most 1/256 of it wide") {
    std::int64_t expected = 0;
    for (std::size_t bucket = 0; bucket < Histogram::k_buckets; ++bucket) {
        const std::int64_t low = Histogram::low_of(bucket), high = Histogram::high_of(bucket);
        REQUIRE(low == expected); // no gap, no overlap
        REQUIRE(Histogram::bucket_of(low) == bucket);
        REQUIRE(Histogram::bucket_of(high) == bucket);
        REQUIRE((high - low + 1 == 1 || (high - low + 1) * 256 <= low));
        expected = high + 1;
    }
    REQUIRE(expected == std::int64_t{1} << 40);
    REQUIRE(Histogram::bucket_of(-5) == 0);
    REQUIRE(Histogram::bucket_of(std::numeric_limits<std::int64_t>::max()) == Histogram::k_buckets - 1);
}

TEST_CASE("A quantile is the nearest-rank value within 0.4 %") {
    auto values = random_values(10007, 1);
    Histogram histogram;
    for (const auto value : values)
        histogram.record(value);
    std::sort(values.begin(), values.end());
    for (const double q : {0.0, 0.001, 0.07, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0}) {
        const double exact = static_cast<double>(values[Histogram::rank_of(q, values.size()) - 1]);
        INFO("q " << q);
        REQUIRE(std::abs(histogram.quantile_ns(q) - exact) <= exact * 0.004);
    }
    REQUIRE(histogram.quantile_ns(1) == Approx(static_cast<double>(values.back())).epsilon(0.004));
}

TEST_CASE("Values below 512 ns are exact") {
    for (std::int64_t ns = 0; ns < 512; ++ns) {
        Histogram histogram;
        histogram.record(ns);
        histogram.record(ns + 1000000);
        REQUIRE(histogram.quantile_ns(0.5) == static_cast<double>(ns));
    }
}

TEST_CASE("The rank of a quantile is whole where the product is whole") {
    REQUIRE(Histogram::rank_of(0.07, 100) == 7);
    REQUIRE(Histogram::rank_of(0.99, 100) == 99);
    REQUIRE(Histogram::rank_of(0.999, 1000) == 999);
    REQUIRE(Histogram::rank_of(0.5, 3) == 2);
    REQUIRE(Histogram::rank_of(0, 3) == 1);
    REQUIRE(Histogram::rank_of(1, 3) == 3);
    for (std::uint64_t n = 1; n < 3000; ++n)
        for (const std::uint64_t percent : {1U, 7U, 29U, 50U, 57U, 90U, 95U, 99U})
            REQUIRE(Histogram::rank_of(static_cast<double>(percent) / 100, n) == (percent * n + 99) / 100);
}

TEST_CASE("Mean, deviation, least and greatest value are exact") {
    const auto values = random_values(5000, 2);
    Histogram histogram;
    for (const auto value : values)
        histogram.record(value);
    const double n = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0;
    for (const auto value : values)
        squares += (static_cast<double>(value) - mean) * (static_cast<double>(value) - mean);
    REQUIRE(histogram.mean_ns() == Approx(mean).epsilon(1e-12));
    REQUIRE(histogram.stddev_ns() == Approx(std::sqrt(squares / (n - 1))).epsilon(1e-9));
    REQUIRE(histogram.min_ns() == *std::min_element(values.begin(), values.end()));
    REQUIRE(histogram.max_ns() == *std::max_element(values.begin(), values.end()));
}

TEST_CASE("Merging is the same as recording everything in one histogram") {
    const auto first = random_values(3000, 3), second = random_values(40, 4);
    Histogram all, one, other;
    for (const auto value : first)
        all.record(value), one.record(value);
    for (const auto value : second)
        all.record(value), other.record(value);
    SECTION("in one order") {
        one.merge(other);
        require_same(one, all);
    }
    SECTION("in the other order") {
        other.merge(one);
        require_same(other, all);
    }
    SECTION("into an empty one, and an empty one") {
        Histogram merged;
        merged.merge(all);
        merged.merge(Histogram{});
        require_same(merged, all);
    }
    SECTION("several times") {
        Histogram merged, recorded;
        merged.merge(other, 3);
        for (const auto value : second)
            recorded.record(value, 3);
        require_same(merged, recorded);
    }
}

TEST_CASE("An empty, a cleared and a one-value histogram have no invented figures") {
    Histogram histogram;
    REQUIRE(histogram.empty());
    REQUIRE(histogram.quantile_ns(0.5) == 0);
    REQUIRE(histogram.buckets().empty());
    histogram.record(1234567);
    REQUIRE(histogram.quantile_ns(0.5) == 1234567);
    REQUIRE(histogram.stddev_ns() == 0);
    histogram.clear();
    REQUIRE(histogram.empty());
    REQUIRE(histogram.buckets().empty());
    histogram.record(5);
    REQUIRE(histogram.max_ns() == 5);
    REQUIRE(histogram.buckets().size() == 1);
}

TEST_CASE("Values out of range are counted and keep their true extremes") {
    Histogram histogram;
    histogram.record(-7);
    histogram.record(std::int64_t{1} << 50);
    REQUIRE(histogram.count() == 2);
    REQUIRE(histogram.min_ns() == -7);
    REQUIRE(histogram.max_ns() == std::int64_t{1} << 50);
    REQUIRE(histogram.quantile_ns(1) == static_cast<double>(std::int64_t{1} << 50));
}
