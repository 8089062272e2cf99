#include "src/store/redis/cursor.hpp"
#include "src/store/redis/first_steps.hpp"
#include "src/store/redis/pace.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace roacache::store::redis;

namespace {

/// The next cursor of Redis's walk over a table of 2^bits buckets, `steps` buckets on (dict.c, dictScan).
std::uint64_t walked(std::uint64_t cursor, unsigned bits, std::uint64_t steps) {
    const auto reversed = [&](std::uint64_t value) {
        std::uint64_t result = 0;
        for (unsigned bit = 0; bit < bits; ++bit)
            if (value >> bit & 1) result |= std::uint64_t{1} << (bits - 1 - bit);
        return result;
    };
    const std::uint64_t next = reversed(cursor) + steps;
    return next >> bits ? 0 : reversed(next);
}

} // namespace

TEST_CASE("a cursor shows how far the walk is, whatever the size of the table", "[cursor]") {
    for (const unsigned bits : {12u, 16u, 20u}) {
        CursorWatch watch;
        const std::uint64_t buckets = std::uint64_t{1} << bits;
        std::uint64_t done = 0;
        for (std::uint64_t cursor = 0;;) {
            const std::uint64_t steps = buckets / 200 + 1 + done % 3;
            cursor = walked(cursor, bits, steps);
            if (cursor == 0) break;
            done += steps;
            watch.see(std::to_string(cursor));
            REQUIRE(*place_of(std::to_string(cursor)) >> (64 - bits) == done);
        }
        CHECK_FALSE(watch.resized());
        CHECK(watch.table_bits() == bits);
    }
}

TEST_CASE("a table that grows or shrinks during the walk is noticed", "[cursor]") {
    for (const unsigned later : {15u, 17u}) {
        CursorWatch watch;
        std::uint64_t cursor = 0;
        for (int step = 0; step < 100; ++step)
            watch.see(std::to_string(cursor = walked(cursor, 16, 101 + static_cast<unsigned>(step) % 7)));
        CHECK_FALSE(watch.resized());
        for (int step = 0; step < 100; ++step)
            watch.see(std::to_string(
                cursor = walked(cursor % (1u << later), later, 101 + static_cast<unsigned>(step) % 7)));
        CHECK(watch.resized());
    }
}

TEST_CASE("cursors beyond the signed range and odd ones are taken as they come", "[cursor]") {
    CHECK(place_of("18446744073709551615") == 18446744073709551615u);
    CHECK(place_of("18446744073709551614") == 9223372036854775807u);
    CHECK(place_of("0") == 0u);
    for (const char* odd : {"rubbish", "", "12x", "-1", "18446744073709551616"})
        CHECK_FALSE(place_of(odd));
    CursorWatch watch;
    for (int i = 0; i < 100; ++i)
        watch.see(i % 2 == 0 ? "rubbish" : "0");
    CHECK_FALSE(watch.table_bits());
}

TEST_CASE("a step ends before the place that it must not pass, however far it reaches", "[cursor]") {
    const unsigned bits = 16;
    const std::uint64_t middle = std::uint64_t{1} << 63;
    const auto before = [&](std::uint64_t buckets) { return middle - (buckets << (64 - bits)); };
    CHECK(longest_step(0, middle, bits) == (1u << 15) / 10);
    CHECK(longest_step(before(1000), middle, bits) == 100);
    CHECK(longest_step(before(25), middle, bits) == 2);
    CHECK(longest_step(before(9), middle, bits) == 1);
    CHECK(longest_step(middle, middle, bits) == 1);
    CHECK(longest_step(~std::uint64_t{0}, middle, bits) == 1);
}

TEST_CASE("a place's cursor is at that place", "[cursor]") {
    const std::uint64_t eighth = std::uint64_t{1} << 61;
    CHECK(cursor_at(0) == "0");
    CHECK(cursor_at(4 * eighth) == "1");
    CHECK(cursor_at(1 * eighth) == "4");
    CHECK(cursor_at(3 * eighth) == "6");
    for (std::uint64_t number = 0; number < 8; ++number)
        CHECK(place_of(cursor_at(number * eighth)) == number * eighth);
}

TEST_CASE("steps grow until one takes a third of the time allowed, and shrink on a slower server", "[pace]") {
    using std::chrono::microseconds;
    Pace pace(microseconds(1000), microseconds(50));
    const auto serve = [&](double us_for_each) {
        const auto size = pace.size();
        pace.measured(size, microseconds(50 + static_cast<int>(us_for_each * static_cast<double>(size))));
    };
    for (int step = 0; step < 20; ++step)
        serve(1);
    CHECK(pace.size() == Approx(350).epsilon(0.05));
    pace.measured(pace.size(), std::chrono::milliseconds(80)); // one hiccup moves nothing
    CHECK(pace.size() == Approx(350).epsilon(0.05));
    for (int step = 0; step < 20; ++step) // that were there before they were looked for
        pace.measured(pace.size(), std::chrono::milliseconds(80), true);
    CHECK(pace.size() == Approx(350).epsilon(0.05));
    for (int step = 0; step < 20; ++step)
        serve(10);
    CHECK(pace.size() == Approx(35).epsilon(0.05));
    Pace busy(microseconds(1000), microseconds(10'000)); // as if a round trip took so long
    for (int step = 0; step < 40; ++step)
        busy.measured(busy.size(), microseconds(50 + busy.size()));
    CHECK(busy.size() > 200);
    CHECK(busy.size() < 400);
    for (int step = 0; step < 40; ++step)
        serve(1000);
    CHECK(pace.size() == 16);
}
