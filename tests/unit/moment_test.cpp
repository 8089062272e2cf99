#include "src/store/sqlite/moment.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <random>

using roacache::store::sqlite::Moment;
using roacache::store::sqlite::NoZone;
using roacache::store::sqlite::text_like;

TEST_CASE("a number's size tells seconds, milliseconds and microseconds apart", "[sqlite]") {
    CHECK(Moment::of_number(1'800'000'000)->ms == 1'800'000'000'000);
    CHECK(Moment::of_number(1'800'000'000.25)->ms == 1'800'000'000'250);
    CHECK(Moment::of_number(1'800'000'000'123)->ms == 1'800'000'000'123);
    CHECK(Moment::of_number(1'800'000'000'123'456)->ms == 1'800'000'000'123);
    CHECK(Moment::of_number(0)->ms == 0);
    CHECK(Moment::of_number(-1)->ms == -1000);
    CHECK_FALSE(Moment::of_number(1e300));
    CHECK_FALSE(Moment::of_number(std::numeric_limits<double>::quiet_NaN()));
}

TEST_CASE("texts are moments as ISO 8601 has them", "[sqlite]") {
    constexpr std::int64_t k_noon = 1'798'718'400'000; // 2026-12-31T12:00:00Z
    for (const char* text :
         {"2026-12-31T12:00:00Z", "2026-12-31 12:00:00", "2026-12-31 12:00", "2026-12-31T12:00:00.000",
          "2026-12-31T14:00:00+02:00", "2026-12-31 06:30:00.000000-0530", "2026-12-31T14:00:00+02"})
        CHECK(Moment::of_text(text).value_or(Moment{}).ms == k_noon);
    CHECK(Moment::of_text("2026-12-31 12:00:00.25")->ms == k_noon + 250);
    CHECK(Moment::of_text("2026-12-31")->ms == k_noon - 12 * 3'600'000);
    for (const char* text :
         {"", "never", "2026-13-01", "2026-02-30 00:00:00", "2026-12-31 25:00:00", "2026-12-31 12:0",
          "-026-12-31", "2026-12-31 12:00:00 tomorrow", "2026-12-31T12:00:00.", "12:00:00"})
        CHECK_FALSE(Moment::of_text(text));
}

TEST_CASE("a moment is written in the shape of another", "[sqlite]") {
    std::mt19937_64 random(7); // NOLINT: the same each time
    for (const char* like : {"2026-12-31T12:00:00Z", "2026-12-31 12:00:00", "2026-12-31 12:00:00.123456",
                             "2026-12-31T14:00:00.1+02:00", "2026-12-31T14:00:00-0930"})
        for (int i = 0; i < 200; ++i) {
            const Moment moment{static_cast<std::int64_t>(random() % 4'000'000'000'000ULL)};
            const std::string text = text_like(moment, like);
            INFO(text);
            CHECK(text.size() == std::string(like).size());
            const auto read = Moment::of_text(text);
            REQUIRE(read);
            CHECK(read->ms <= moment.ms); // never later
            CHECK(read->ms > moment.ms - 1000);
        }
}

TEST_CASE("a text without a zone may be what the clocks of this machine show", "[sqlite]") {
    const char* const before = std::getenv("TZ"); // NOLINT(concurrency-mt-unsafe)
    const std::string zone = before != nullptr ? before : "";
    setenv("TZ", "EET-2EEST,M3.5.0/3,M10.5.0/4", 1); // NOLINT(concurrency-mt-unsafe)
    tzset();
    constexpr std::int64_t k_hour = 3'600'000;
    for (const auto& [text, ahead] :
         {std::pair("2026-12-31T12:00:00", 2), std::pair("2026-06-30 12:00:00.500", 3),
          std::pair("1969-01-20T20:17:00.123456", 2)}) {
        const auto utc = Moment::of_text(text), local = Moment::of_text(text, NoZone::local);
        REQUIRE(local);
        CHECK(local->ms == utc->ms - ahead * k_hour);
        CHECK(text_like(*local, text, NoZone::local).substr(0, 19) == std::string(text).substr(0, 19));
    }
    CHECK(Moment::of_text("2026-12-31T12:00:00Z", NoZone::local)->ms ==
          Moment::of_text("2026-12-31T12:00:00Z")->ms);
    CHECK(text_like(Moment{0}, "2026-12-31T12:00:00+01:00", NoZone::local) == "1970-01-01T01:00:00+01:00");
    if (before != nullptr)
        setenv("TZ", zone.c_str(), 1); // NOLINT(concurrency-mt-unsafe)
    else
        unsetenv("TZ"); // NOLINT(concurrency-mt-unsafe)
    tzset();
}
