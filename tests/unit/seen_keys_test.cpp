#include "src/store/seen_keys.hpp"
#include "tests/support/catch.hpp"

#include <string>

using roacache::store::SeenKeys;

TEST_CASE("a key that was seen is known again, also when there is no more room", "[plan]") {
    SeenKeys seen;
    const auto key = [](int number) { return "cache:t:r:" + std::to_string(number); };
    for (int pass = 0; pass < 2; ++pass)
        for (int number = 0; number < 100'000; ++number)
            REQUIRE(seen.is_new(key(number)) == (pass == 0));
    CHECK(seen.is_new(""));
    CHECK_FALSE(seen.is_new(""));
    CHECK(seen.remembers_all());

    for (const std::size_t most : {1U, 511U, 512U, 513U, 3'000U}) {
        SeenKeys small(most);
        for (std::size_t number = 0; number < most; ++number)
            CHECK(small.is_new(key(static_cast<int>(number))));
        CHECK(small.remembers_all());
        CHECK_FALSE(small.is_new(key(0)));
        CHECK(small.remembers_all());
        for (int again = 0; again < 2; ++again)
            CHECK(small.is_new("another"));
        CHECK_FALSE(small.remembers_all());
        CHECK_FALSE(small.is_new(key(static_cast<int>(most) - 1)));
    }
}
