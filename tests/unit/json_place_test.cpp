#include "src/bench/answers/json_place.hpp"
#include "src/core/error.hpp"
#include "tests/support/catch.hpp"

using namespace roacache;
using bench::parse_hit_json;

namespace {

std::optional<std::string> value(const std::string& document, const std::string& place) {
    return bench::value_at_place(document, bench::parse_json_path(place, "place"));
}

} // namespace

TEST_CASE("the value at a place is found wherever it stands", "[tiers]") {
    const std::string document = R"( {"data": {"source": "no", "list": [{"source": 1}, [2], "x"]},
        "metadata": {"other": {"source": "no"}, "source": "L1", "hit": true, "age": -3, "part": 1.50, "none": null}})";
    CHECK(value(document, "/metadata/source") == "L1");
    CHECK(value(document, "metadata.hit") == "true");
    CHECK(value(document, "/metadata/age") == "-3");
    CHECK(value(document, "/metadata/part") == "1.50");
    CHECK(value(document, "/metadata/none") == "null");
    CHECK(value(document, "/data/list/0/source") == "1");
    CHECK(value(document, "/data/list/2") == "x");
    for (const char* place : {"/source", "/data/list", "/data/list/1", "/data/list/3", "/metadata/source/x",
                              "/metadata/other", "/data/list/0/other"})
        CHECK_FALSE(value(document, place));
}

TEST_CASE("what is no JSON until the place has no value there", "[tiers]") {
    for (const char* document : {"", "<html>", "{", R"({"a" "b"})", R"({"b": 1, )", "[]", "7", "\"a\""})
        CHECK_FALSE(value(document, "/a"));
    CHECK(value("\xef\xbb\xbf{\"a\": 1}", "/a") == "1");
    std::string deep;
    for (int i = 0; i < 100'000; ++i)
        deep += '[';
    CHECK_FALSE(value(deep, "/0"));
}

TEST_CASE("what is told of a value is printable and short", "[tiers]") {
    CHECK(value("{\"a\": \"x\\u0007\"}", "/a") == "x\\x07");
    const auto longest = value("{\"a\": \"" + std::string(1000, 'y') + "\"}", "/a");
    CHECK(longest == std::string(bench::JsonPlace::k_longest - 3, 'y') + "...");
}

TEST_CASE("a body is read when it is whole, in whatever pieces it comes", "[tiers]") {
    const bench::HitJson at = parse_hit_json("/m/source=L1,L2", "--hit-json");
    const std::string body = R"({"m": {"source": "L2"}})";
    bench::JsonPlace place;
    place.watch(&at);
    for (std::size_t size = 1; size <= body.size(); ++size) {
        place.begin();
        for (std::size_t from = 0; from < body.size(); from += size)
            place.look(std::string_view(body).substr(from, size));
        CHECK(place.value() == "L2");
    }
    place.begin();
    CHECK_FALSE(place.value());
}

TEST_CASE("a proof in the answers has a place and the values that are hits", "[tiers]") {
    const bench::HitJson tiers = parse_hit_json("/metadata/source=L1, L2", "--hit-json");
    CHECK(tiers.text() == "/metadata/source=L1,L2");
    CHECK(tiers.is_hit("L2"));
    CHECK_FALSE(tiers.is_hit("Oracle"));
    for (const char* yes : {"true", "True", "TRUE"})
        CHECK(parse_hit_json("meta.cached", "--hit-json").is_hit(yes));
    CHECK(tiers.is_hit("l1"));
    for (const char* bad : {"", "=L1", "/a=", "/a=L1,", "/a/*=L1", "/a=,L1"})
        CHECK_THROWS_AS(parse_hit_json(bad, "--hit-json"), core::Error);
}
