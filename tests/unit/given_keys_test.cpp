#include "src/store/redis/topology/given_keys.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>
#include <string>

using roacache::store::redis::GivenKeys;

TEST_CASE("keys that were given are known again, whenever they are asked for", "[cluster]") {
    GivenKeys given;
    CHECK_FALSE(given.contains(""));
    given.add("a");
    CHECK(given.contains("a"));
    CHECK_FALSE(given.contains(""));
    given.add("");
    given.add(std::string("a\0b", 3));
    CHECK(given.contains(""));
    CHECK(given.contains(std::string("a\0b", 3)));
    CHECK_FALSE(given.contains(std::string("a\0c", 3)));
    for (int i = 0; i < 10'000; ++i)
        given.add(fmt::format("key:{}", i));
    CHECK(given.contains("key:0"));
    CHECK(given.contains("key:9999"));
    CHECK_FALSE(given.contains("key:10000"));
    CHECK_FALSE(given.forgot());
}

TEST_CASE("of more keys than there is room for the first are known again", "[cluster]") {
    GivenKeys given;
    const std::string tail(1000, 'x');
    for (int i = 0; i < 40'000; ++i)
        given.add(fmt::format("{:05}{}", i, tail));
    CHECK(given.forgot());
    CHECK(given.contains("00000" + tail));
    CHECK(given.contains("15000" + tail));
    CHECK_FALSE(given.contains("39999" + tail));
}
