#include "src/bench/answers/json_body.hpp"
#include "src/core/error.hpp"
#include "tests/support/catch.hpp"

using namespace roacache;
using roacache::test::StartsWith;

namespace {

std::string difference_of(const std::string& expected, const std::string& found,
                          const std::vector<std::string>& ignored = {}) {
    std::vector<bench::JsonPath> paths;
    for (const std::string& path : ignored)
        paths.push_back(bench::parse_json_path(path, "--ignore-json"));
    const auto one = bench::read_json_body(expected), other = bench::read_json_body(found);
    REQUIRE(one);
    REQUIRE(other);
    const auto difference = bench::first_difference(*one, *other, paths);
    return difference ? difference->path + ": " + difference->expected + " | " + difference->found : "equal";
}

std::string refusal_of_path(const std::string& text) {
    try {
        bench::parse_json_path(text, "--ignore-json");
    } catch (const core::Error& error) {
        CHECK(error.code() == core::ExitCode::usage);
        CHECK_FALSE(error.remedy().empty());
        return error.what();
    }
    return "taken";
}

using Parts = std::vector<std::optional<std::string>>;

Parts parts_of(const std::string& text) {
    return bench::parse_json_path(text, "--ignore-json").parts;
}

} // namespace

TEST_CASE("a path is a JSON Pointer when it begins with a slash, else names with dots", "[json]") {
    CHECK(parts_of("/meta/generated_at") == Parts{"meta", "generated_at"});
    CHECK(parts_of("meta.generated_at") == Parts{"meta", "generated_at"});
    CHECK(parts_of("/items/*/id") == Parts{"items", std::nullopt, "id"});
    CHECK(parts_of("items.*.id") == Parts{"items", std::nullopt, "id"});
    CHECK(parts_of("/a.b/c~1d/e~0f/") == Parts{"a.b", "c/d", "e~f", ""});
    CHECK(parts_of("cached") == Parts{"cached"});
    CHECK(parts_of("/items/0") == Parts{"items", "0"});
}

TEST_CASE("a path that another notation would have is refused", "[json]") {
    CHECK(refusal_of_path("") == "--ignore-json: '': it names the whole body");
    CHECK(refusal_of_path("a..b") == "--ignore-json: 'a..b': a name is missing beside a dot");
    for (const char* wrong : {".a", "a.", "$.meta.at", "items[0].id", "/a~2", "/a~"})
        CHECK_THAT(refusal_of_path(wrong), StartsWith("--ignore-json: '"));
    CHECK(refusal_of_path("\x1b[2J").find('\x1b') == std::string::npos);
}

TEST_CASE("documents are compared by their values, and the first difference is named", "[json]") {
    CHECK(difference_of(R"({"a":1,"b":[1,2]})", R"( { "b" : [1, 2.0], "a" : 1 } )") == "equal");
    CHECK(difference_of(R"({"a":1,"b":[1,2]})", R"({"a":1,"b":[1,3]})") == "/b/1: 2 | 3");
    CHECK(difference_of(R"({"a":1})", R"({"a":1,"b":"x"})") == "/b: nothing | \"x\"");
    CHECK(difference_of(R"({"a":1,"b":null})", R"({"a":1})") == "/b: null | nothing");
    CHECK(difference_of("[1,2,3]", "[1,2]") == "/2: 3 | nothing");
    CHECK(difference_of("[{}]", "[[]]") == "/0: an object of 0 | an array of 0");
    CHECK(difference_of("1", "\"1\"") == ": 1 | \"1\"");
    CHECK(difference_of(R"({"a/b":{"c~d":1}})", R"({"a/b":{"c~d":2}})") == "/a~1b/c~0d: 1 | 2");
    CHECK(difference_of("9007199254740993", "9007199254740992") == ": 9007199254740993 | 9007199254740992");
    CHECK(difference_of("true", "1") == ": true | 1");
    CHECK_FALSE(bench::read_json_body("{\"a\":1} x"));
    CHECK_FALSE(bench::read_json_body(""));
}

TEST_CASE("ignored fields may differ, be there or not", "[json]") {
    const std::string one =
        R"({"cached":false,"meta":{"at":1,"by":"a"},"items":[{"id":1,"v":7},{"id":2,"v":8}]})";
    const std::string other = R"({"meta":{"at":2,"by":"a"},"items":[{"id":8,"v":7},{"id":9,"v":8}]})";
    CHECK(difference_of(one, other, {"/cached", "/meta/at", "/items/*/id"}) == "equal");
    CHECK(difference_of(one, other, {"cached", "meta.at", "items.*.id"}) == "equal");
    CHECK(difference_of(one, other, {"cached", "meta"}) == "/items/0/id: 1 | 8");
    CHECK(difference_of(one, other, {"cached", "meta", "items.1"}) == "/items/0/id: 1 | 8");
    CHECK(difference_of(one, other, {"cached", "meta", "items.0"}) == "/items/1/id: 2 | 9");
    CHECK(difference_of(one, other, {"cached", "items", "meta.by"}) == "/meta/at: 1 | 2");
    CHECK(difference_of(one, other, {"*"}) == "equal");
    CHECK(difference_of("[1,2,3]", "[1]", {"/*"}) == "equal");
    CHECK(difference_of("[1,2,3]", "[1,2]", {"/2"}) == "equal");
    CHECK(difference_of(R"({"a":{"b":1}})", R"({"a":1})", {"a.b"}) == "/a: an object of 1 | 1");
}

TEST_CASE("a document as deep as a mean server can make it is no JSON, and does no harm", "[json]") {
    for (const std::size_t depth : {257U, 100'000U, 500'000U}) {
        CHECK_FALSE(bench::read_json_body(std::string(depth, '[') + std::string(depth, ']')));
        std::string objects;
        for (std::size_t i = 0; i < depth; ++i)
            objects += "{\"a\":";
        CHECK_FALSE(bench::read_json_body(objects + "1" + std::string(depth, '}')));
    }
    const std::string deep = std::string(256, '[') + std::string(256, ']');
    REQUIRE(bench::read_json_body(deep));
    CHECK(difference_of(deep, std::string(255, '[') + "1" + std::string(255, ']'))
              .ends_with("/0: an array of 0 | 1"));
}

TEST_CASE("numbers are compared to the last digit, however they are written", "[json]") {
    for (const auto& [one, other] : std::vector<std::pair<std::string, std::string>>{
             {"42", "42.0"},
             {"42", "4.2e1"},
             {"100", "1E+2"},
             {"0.5", "5e-1"},
             {"0", "-0.0"},
             {"0", "0e999999999999"},
             {"-1.50", "-15e-1"},
             {"10000000000000000000", "1e19"},
             {"12345678901234567890123456", "12345678901234567890123456.000"},
             {"1.1", "1.10"}}) {
        INFO(one << " " << other);
        CHECK(difference_of("[" + one + "]", "[" + other + "]") == "equal");
        CHECK(difference_of(one, other) == "equal");
    }
    for (const auto& [one, other] : std::vector<std::pair<std::string, std::string>>{
             {"12345678901234567890123456", "12345678901234567890123457"},
             {"1234567890.1234567890123456", "1234567890.1234567890123457"},
             {"9007199254740993", "9007199254740992"},
             {"18446744073709551615", "18446744073709551614"},
             {"1e-400", "1e-401"},
             {"1e19", "-1e19"},
             {"0.1e-9223372036854775808", "0.1"},
             {"1e-99999999999999999999", "2e-99999999999999999999"},
             {"0.1", "0.10000000000000001"}}) {
        INFO(one << " " << other);
        CHECK(difference_of("[" + one + "]", "[" + other + "]") == "/0: " + one + " | " + other);
    }
    CHECK(difference_of("[9007199254740993]", "[9007199254740992.0]") ==
          "/0: 9007199254740993 | 9007199254740992");
    CHECK(difference_of("[1e20]", "[\"1e20\"]") == "/0: 1e20 | \"1e20\"");
}

TEST_CASE("a document in each line is an array of them", "[json]") {
    const std::string one = "{\"at\": 1, \"id\": 7}\r\n\n{\"at\": 1, \"id\": 8}\n";
    const std::string other = "{\"id\": 7, \"at\": 2}\n{\"id\": 8, \"at\": 3}";
    CHECK(difference_of(one, other, {"/*/at"}) == "equal");
    CHECK(difference_of(one, other) == "/0/at: 1 | 2");
    CHECK(difference_of(one, other + "\n{\"id\": 9}", {"/*/at"}) == "/2: nothing | an object of 1");
    CHECK_FALSE(bench::read_json_body("{\"id\": 7}\n{\"id\": 8"));
    CHECK_FALSE(bench::read_json_body("{\"id\": 7} {\"id\": 8}"));
    CHECK_FALSE(bench::read_json_body("{\n\"id\": 7,\n\"id\": 8\n}"));
}

TEST_CASE("an object that names a member twice means different things to different readers", "[json]") {
    CHECK_FALSE(bench::read_json_body(R"({"qty": 1, "qty": -1})"));
    CHECK_FALSE(bench::read_json_body(R"([{"a": {"b": 1, "c": 2, "\u0062": 1}}])"));
    CHECK(bench::read_json_body(R"([{"b": 1}, {"b": 1, "a": {"b": 1}}])"));
}

TEST_CASE("a place is given as --ignore-json takes it, or not at all", "[json]") {
    const auto place_of = [](const std::string& expected, const std::string& found) {
        const auto one = bench::read_json_body(expected), other = bench::read_json_body(found);
        const auto all = bench::differences(one.value(), other.value(), {}, 1);
        const std::string place = all.at(0).place;
        if (place.empty()) return place;
        CHECK(bench::differences(*one, *other, {bench::parse_json_path(place, "")}, 1).empty());
        return place;
    };
    CHECK(place_of("1", "2").empty());
    CHECK(place_of(R"({"*": 1})", R"({"*": 2})").empty());
    CHECK(place_of("{\"a\u202e\": 1}", "{\"a\u202e\": 2}").empty());
    CHECK(place_of(R"({"a\\b": 1})", R"({"a\\b": 2})").empty());
    CHECK(place_of(R"({"a/b": [1]})", R"({"a/b": [2]})") == "/a~1b/*");
    CHECK(place_of(R"({"it's": 1})", R"({"it's": 2})") == "/it's");
}
