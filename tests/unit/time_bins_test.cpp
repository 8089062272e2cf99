#include "src/bench/load/bin_recorder.hpp"
#include "tests/support/catch.hpp"

#include <random>

using namespace roacache::bench;

namespace {

constexpr std::int64_t k_ns_a_ms = 1'000'000;

void record(BinRecorder& recorder, std::int64_t ns, int status) {
    TimeBin& bin = recorder.at(ns);
    ++bin.requests;
    ++bin.proven_hits;
    bin.note_status(status);
    bin.latency.record(ns / 100);
}

TimeBin sum_of(const TimeBins& bins) {
    TimeBin sum;
    for (const TimeBin& bin : bins.bins)
        sum.merge(bin);
    return sum;
}

} // namespace

TEST_CASE("a block's time is in at most eight bins of equal length, however long it is", "[bins]") {
    CHECK(BinRecorder().bins(0) == TimeBins{});
    for (const std::int64_t length :
         {std::int64_t{1}, 10 * k_ns_a_ms, 999 * k_ns_a_ms, 3'600'000 * k_ns_a_ms}) {
        BinRecorder recorder;
        const std::int64_t begin = 123'456'789 * k_ns_a_ms + 321;
        constexpr int k_requests = 1000;
        for (int i = 0; i < k_requests; ++i)
            record(recorder, begin + length * i / k_requests, 200);
        const TimeBins bins = recorder.bins(begin);
        INFO(length);
        REQUIRE_FALSE(bins.bins.empty());
        CHECK(bins.bins.size() <= TimeBins::k_most);
        if (length >= 10 * k_ns_a_ms) CHECK(bins.bins.size() > TimeBins::k_most / 2);
        CHECK(bins.started_s <= 0);
        CHECK(bins.started_s > -bins.bin_seconds);
        CHECK(bins.bins.front().requests > 0);
        CHECK(bins.bins.back().requests > 0);
        CHECK(sum_of(bins).requests == k_requests);
        CHECK(sum_of(bins).proven_hits == k_requests);
        CHECK(sum_of(bins).latency.count() == k_requests);
    }
}

TEST_CASE("the bins of several threads are those of one, in whatever order they are merged", "[bins]") {
    std::mt19937 random(1);
    for (int round = 0; round < 50; ++round) {
        BinRecorder whole, parts[3];
        const std::int64_t length = std::int64_t{1} << (random() % 36);
        for (int i = 0; i < 40; ++i) {
            const std::int64_t ns =
                5'000 * k_ns_a_ms + static_cast<std::int64_t>(random() % 1000) * length / 1000;
            record(whole, ns, 200 + i % 3);
            record(parts[random() % 3], ns, 200 + i % 3);
        }
        BinRecorder forward, backward;
        for (int i = 0; i < 3; ++i) {
            forward.merge(parts[i]);
            backward.merge(parts[2 - i]);
        }
        CHECK(forward.bins(0) == whole.bins(0));
        CHECK(backward.bins(0) == whole.bins(0));
    }
}

TEST_CASE("statuses beyond the eighth are counted as others", "[bins]") {
    TimeBin bin;
    for (int status = 200; status < 220; ++status)
        bin.note_status(status);
    bin.note_status(203, 5);
    CHECK(bin.statuses.size() == TimeBin::k_most_statuses + 1);
    CHECK(bin.statuses.at(203) == 6);
    CHECK(bin.statuses.at(TimeBin::k_other_status) == 12);
    TimeBin both = bin;
    both.merge(bin);
    CHECK(both.statuses.size() == bin.statuses.size());
    CHECK(both.statuses.at(TimeBin::k_other_status) == 24);
}

TEST_CASE("a coarse bucket is four to the octave, and knows its least value", "[bins]") {
    for (std::uint32_t bucket = 0; bucket < CoarseHistogram::k_buckets; ++bucket)
        CHECK(CoarseHistogram::bucket_of(CoarseHistogram::low_of(bucket)) == bucket);
    CHECK(CoarseHistogram::bucket_of(8'000'000) + 4 == CoarseHistogram::bucket_of(16'000'000));
    CoarseHistogram histogram;
    for (const std::int64_t ns : {7, 5'000'000, 7, 5'000'001})
        histogram.record(ns);
    REQUIRE(histogram.cells().size() == 2);
    CHECK(histogram.cells()[0] == CoarseHistogram::Cell{0, 2});
    CHECK(histogram.count() == 4);
}
