#include "src/core/error.hpp"
#include "src/layout/params_hash.hpp"
#include "tests/support/catch.hpp"

#include <limits>

using namespace roacache;
using layout::Parameters;

namespace {

std::string dumps(std::string_view json) {
    std::string out;
    layout::append_canonical(json, out);
    return out;
}

std::string real(double value) {
    std::string out;
    layout::append_real(value, out);
    return out;
}

} // namespace

TEST_CASE("JSON comes out as Python writes it", "[python_json]") {
    CHECK(dumps("{}") == "{}");
    CHECK(dumps(" [ ] ") == "[]");
    CHECK(dumps(R"({"b":1,"a":[1,2.0,"x",null,true,false]})") ==
          R"({"a": [1, 2.0, "x", null, true, false], "b": 1})");
    CHECK(dumps(R"("\u00e9\/\ud83d\ude00")") == R"("\u00e9/\ud83d\ude00")");
    CHECK(dumps("\"\xC3\xA9\xF0\x9F\x98\x80\x7F\"") == R"("\u00e9\ud83d\ude00\u007f")");
    CHECK(dumps(R"("\ud800x")") == R"("\ud800x")");
    CHECK(dumps("-0") == "0");
    CHECK(dumps("-0.0") == "-0.0");
    CHECK(dumps("123456789012345678901234567890") == "123456789012345678901234567890");
    CHECK(dumps("1e400") == "Infinity");
    CHECK(dumps("-1e400") == "-Infinity");
    CHECK(dumps("0.1e-99999999999999999999") == "0.0");
    CHECK(dumps("123e99999999999999999999") == "Infinity");
    CHECK(dumps("[NaN, Infinity, -Infinity]") == "[NaN, Infinity, -Infinity]");
}

TEST_CASE("keys are sorted by code point and the last of equal keys holds", "[python_json]") {
    CHECK(dumps(R"({"a":1,"b":2,"a":{"z":1,"y":2,"z":3}})") == R"({"a": {"y": 2, "z": 3}, "b": 2})");
    // U+FFFD sorts before U+1F600, though its UTF-16 unit is greater than a surrogate.
    CHECK(dumps(R"({"\ud83d\ude00":1,"\ufffd":2,"\ud800":3})") ==
          R"({"\ud800": 3, "\ufffd": 2, "\ud83d\ude00": 1})");
}

TEST_CASE("floats are spelt as Python's repr spells them", "[python_json]") {
    CHECK(real(1) == "1.0");
    CHECK(real(-1.5) == "-1.5");
    CHECK(real(1e15) == "1000000000000000.0");
    CHECK(real(1e16) == "1e+16");
    CHECK(real(1e22) == "1e+22");
    CHECK(real(0.0001) == "0.0001");
    CHECK(real(0.00001) == "1e-05");
    CHECK(real(1234.5678) == "1234.5678");
    CHECK(real(123456789012345680.0) == "1.2345678901234568e+17");
    CHECK(real(5e-324) == "5e-324");
    CHECK(real(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
    CHECK(real(0.0) == "0.0");
}

TEST_CASE("what Python's json refuses is refused with the place", "[python_json]") {
    for (const char* wrong : {"",
                              " ",
                              "{",
                              "[1,]",
                              "{\"a\":1,}",
                              "{a:1}",
                              "{\"a\" 1}",
                              "01",
                              "1.",
                              "-",
                              "+1",
                              ".5",
                              "1e",
                              "nul",
                              "tru",
                              "\"",
                              "\"\\",
                              "\"\\x\"",
                              "\"\\u12\"",
                              "\"\\u12g4\"",
                              "\"\x01\"",
                              "\"\xff\"",
                              "\"\xc0\x80\"",
                              "\"\xed\xa0\x80\"",
                              "[1 2]",
                              "1 2",
                              "-NaN",
                              "'a'",
                              "\xEF\xBB\xBF{}"}) {
        INFO(wrong);
        CHECK_THROWS_AS(dumps(wrong), core::Error);
    }
    CHECK_THROWS_WITH(dumps("{\"a\" 1}"), "not JSON: byte 6: expected ':'");
    CHECK_THROWS_WITH(dumps(std::string(5000, '[')), roacache::test::Contains("nested too deeply"));
    CHECK(dumps(std::string(900, '[') + std::string(900, ']')).size() == 1800);
}

TEST_CASE("parameters give the hash that the service computes", "[params_hash]") {
    Parameters none;
    CHECK(layout::params_hash(none) == "99914b932bd3"); // MD5 of {}
    Parameters built;
    built.set_string("period", "30d");
    built.set_integer("company", 123);
    built.set_bool("compare", true);
    built.set_null("partner");
    built.set_real("limit", 50);
    built.set_string("username", "ana");
    Parameters read;
    read.parse(
        R"({"username": "bob", "partner": null, "period": "30d", "limit": 50.0, "compare": true, "company": 123})");
    const layout::HashRule rule{"md5", 12, {"username", "current_user", "tenant_id"}};
    CHECK(layout::params_hash(built, rule) == layout::params_hash(read, rule));
    CHECK(layout::params_hash(built) != layout::params_hash(read));
    std::string text;
    built.append_dumps(rule.excluded, text);
    CHECK(text == R"({"company": 123, "compare": true, "limit": 50.0, "partner": null, "period": "30d"})");
    CHECK(built.find("partner") == "null");
    CHECK_FALSE(built.find("absent"));
}

TEST_CASE("a parameter set twice keeps its last value", "[params_hash]") {
    Parameters parameters;
    parameters.set_integer("a", 1);
    parameters.set_json("a", R"({"y": 1, "x": [1e5]})");
    CHECK(parameters.find("a") == R"({"x": [100000.0], "y": 1})");
    CHECK_THROWS_AS(parameters.set_json("a", "{"), core::Error);
    CHECK_THROWS_AS(parameters.set_string("a", "\xff"), core::Error);
    CHECK_THROWS_AS(parameters.parse("[]"), core::Error);
}

TEST_CASE("a hash rule that cannot be is refused", "[params_hash]") {
    CHECK_THROWS_AS(layout::ParamsHasher({"md6", 12, {}}), core::Error);
    CHECK_THROWS_AS(layout::ParamsHasher({"md5", 33, {}}), core::Error);
    CHECK_THROWS_AS(layout::ParamsHasher({"md5", 0, {}}), core::Error);
    CHECK(layout::params_hash({}, {"sha256", 64, {}}).size() == 64);
}
