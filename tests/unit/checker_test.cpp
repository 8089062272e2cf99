#include "src/bench/answers/checker.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/encoded.hpp"

using namespace roacache::bench;
using roacache::test::brotlied;
using roacache::test::deflated;
using roacache::test::Format;
using roacache::test::zstded;

namespace {

Plan compared_plan(const std::vector<std::string>& ignored = {}) {
    Plan plan;
    plan.endpoints.resize(1);
    for (const std::string& path : ignored)
        plan.endpoints[0].ignored.push_back(parse_json_path(path, ""));
    return plan;
}

void answer(Observation& observation, std::string_view body) {
    observation.on_head({200, "application/json", {}});
    observation.on_body(body.substr(0, body.size() / 2));
    observation.on_body(body.substr(body.size() / 2));
}

struct Threads {
    explicit Threads(const Plan& plan) : references({1}), one(plan, references), other(plan, references) {}
    References references;
    Checker one, other;
};

} // namespace

TEST_CASE("of two threads that have a first answer one settles it, and the other's is compared",
          "[bench][checker]") {
    const Plan plan = compared_plan();
    for (const bool equal : {true, false}) {
        Threads threads(plan);
        Observation first, second;
        threads.one.begin(first, 0, ArmKind::uncached);
        threads.other.begin(second, 0, ArmKind::uncached);
        answer(first, "{\"total\": 1}");
        answer(second, equal ? "{\"total\": 1}" : "{\"total\": 2}");
        threads.other.finish(second, 0, ArmKind::uncached);
        threads.one.finish(first, 0, ArmKind::uncached);
        threads.one.merge(threads.other);
        CHECK(threads.one.equality(0).compared == 1);
        CHECK(threads.one.equality(0).mismatched == (equal ? 0 : 1));
        CHECK(threads.references.of(0).head == (equal ? "{\"total\": 1}" : "{\"total\": 2}"));
    }
}

TEST_CASE("an answer that began before there was another is read as JSON all the same", "[bench][checker]") {
    const Plan plan = compared_plan({"/at"});
    Threads threads(plan);
    Observation first, second, cached;
    threads.one.begin(first, 0, ArmKind::uncached);
    threads.other.begin(second, 0, ArmKind::uncached);
    threads.other.begin(cached, 0, ArmKind::cached);
    answer(first, R"({"at": 1, "total": 7})");
    answer(second, R"({"at": 2, "total": 7})");
    answer(cached, R"({"at": 3, "total": 8})");
    threads.one.finish(first, 0, ArmKind::uncached);
    threads.other.finish(second, 0, ArmKind::uncached);
    threads.other.finish(cached, 0, ArmKind::cached);
    threads.one.merge(threads.other);
    const Equality& equality = threads.one.equality(0);
    CHECK(equality.compared == 2);
    CHECK(equality.mismatched == 1);
    REQUIRE(equality.mismatches.size() == 1);
    REQUIRE(equality.mismatches[0].difference);
    CHECK(equality.mismatches[0].difference->path == "/total");
}

TEST_CASE("mismatches of several threads are counted together", "[bench][checker]") {
    const Plan plan = compared_plan();
    Threads threads(plan);
    const auto seen = [](Checker& checker, ArmKind arm, std::string_view body, int status = 200) {
        Observation observation;
        checker.begin(observation, 0, arm);
        observation.on_head({status, "application/json", {}});
        observation.on_body(body);
        checker.finish(observation, 0, arm);
    };
    seen(threads.one, ArmKind::uncached, "right");
    for (int i = 0; i < 3; ++i)
        seen(threads.one, ArmKind::cached, "wrong");
    for (int i = 0; i < 4; ++i)
        seen(threads.other, ArmKind::cached, "wrong too");
    seen(threads.other, ArmKind::uncached, "right", 203);
    threads.one.merge(threads.other);
    const Equality& equality = threads.one.equality(0);
    CHECK(equality.compared == 8);
    CHECK(equality.mismatched == 8);
    REQUIRE(equality.mismatches.size() == 2);
    CHECK(equality.mismatches[0].what == "body");
    CHECK(equality.mismatches[0].arm == ArmKind::cached);
    CHECK(equality.mismatches[0].count == 7);
    CHECK(equality.mismatches[0].difference->offset == 0);
    CHECK(equality.mismatches[1].what == "status");
    CHECK(equality.mismatches[1].arm == ArmKind::uncached);
    CHECK(equality.mismatches[1].count == 1);
}

namespace {

void answer_as(Observation& observation, std::string_view body, std::string_view encoding) {
    observation.on_head({200, "application/json", {}, encoding});
    observation.on_body(body);
}

/// What becomes of a cached answer, after an uncached one.
Equality compared(const std::string& uncached, std::string_view encoding, const std::string& cached,
                  std::string_view its_encoding) {
    const Plan plan = compared_plan();
    Threads threads(plan);
    Observation observation;
    threads.one.begin(observation, 0, ArmKind::uncached);
    answer_as(observation, uncached, encoding);
    threads.one.finish(observation, 0, ArmKind::uncached);
    for (int i = 0; i < 3; ++i) {
        threads.one.begin(observation, 0, ArmKind::cached);
        answer_as(observation, cached, its_encoding);
        threads.one.finish(observation, 0, ArmKind::cached);
    }
    return threads.one.equality(0);
}

} // namespace

TEST_CASE("what is encoded is compared by its content", "[bench][checker]") {
    const std::string text = R"({"total": 7, "rows": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]})";
    const std::string other = R"({"total": 8, "rows": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]})";
    const std::string fast = deflated(text, Format::gzip, 1), small = deflated(text, Format::gzip, 9);
    REQUIRE(fast != small);
    for (const auto& [cached, encoding] : {std::pair<std::string, const char*>{small, "gzip"},
                                           {text, ""},
                                           {brotlied(text), "br"},
                                           {zstded(text), "zstd"},
                                           {deflated(text, Format::zlib), "deflate"}}) {
        INFO(encoding);
        CHECK(compared(fast, "gzip", cached, encoding).mismatched == 0);
        CHECK(compared(cached, encoding, fast, "gzip").mismatched == 0);
        CHECK(compared(fast, "gzip", cached, encoding).equal_as_json == 0);
        const Equality differs = compared(cached, encoding, deflated(other, Format::gzip), "gzip");
        CHECK(differs.mismatched == 3);
        REQUIRE(differs.mismatches.size() == 1);
        REQUIRE(differs.mismatches[0].difference);
        CHECK(differs.mismatches[0].difference->path == "/total");
        CHECK(differs.mismatches[0].difference->found == "8");
    }
    // What is no JSON is shown decoded, too.
    const Equality plain = compared("one two three", "", deflated("one 2 three", Format::gzip), "gzip");
    REQUIRE(plain.mismatches.at(0).difference);
    CHECK(plain.mismatches[0].difference->expected == "one two three");
    CHECK(plain.mismatches[0].difference->found == "one 2 three");
    const Equality damaged = compared(text, "", "\x1f\x8b no gzip", "gzip");
    CHECK(damaged.mismatches.at(0).found.find("could not be decoded") != std::string::npos);
    CHECK_FALSE(damaged.mismatches[0].difference);
}

TEST_CASE("bytes that a client would read as something else are not equal", "[bench][checker]") {
    const std::string text = R"({"total": 7})", zipped = deflated(text, Format::gzip);
    struct Case {
        std::string uncached, encoding, cached, its_encoding, expected, found;
    };
    for (const Case& one :
         {Case{zipped, "gzip", zipped, "", "gzip", "none"}, Case{zipped, "", zipped, "gzip", "none", "gzip"},
          Case{text, "", text, "gzip", "none", "gzip, which the body is not"},
          Case{zipped, "gzip", text, "gzip", "gzip", "gzip, which the body is not"},
          Case{text, "zstd", text, "", "zstd, which the body is not", "none"},
          Case{zstded(text), "zstd", zstded(text), "br", "zstd", "br"}}) {
        INFO(one.encoding << " | " << one.its_encoding);
        const Equality equality = compared(one.uncached, one.encoding, one.cached, one.its_encoding);
        CHECK(equality.mismatched == 3);
        CHECK(equality.differ_in_content == 0);
        REQUIRE(equality.mismatches.size() == 1);
        CHECK(equality.mismatches[0].what == "content-encoding");
        CHECK(equality.mismatches[0].expected == one.expected);
        CHECK(equality.mismatches[0].found == one.found);
    }
    for (const auto& [encoding, same] :
         {std::pair("gzip", "X-GZIP"), std::pair("", "identity"), std::pair("gzip", "utf-8, gzip")})
        CHECK(compared(zipped, encoding, zipped, same).mismatched == 0);
    CHECK(compared(text, "gzip", text, "gzip").mismatched == 0); // both arms are wrong alike
    CHECK(compared("", "", "", "gzip").mismatched == 0);
    // What was equal under one coding is not under another.
    const Plan plan = compared_plan();
    Threads threads(plan);
    Observation observation;
    const std::string other = deflated(text, Format::gzip, 1) + deflated("", Format::gzip);
    for (const auto& [arm, body, encoding] :
         {std::tuple(ArmKind::uncached, zipped, "gzip"), std::tuple(ArmKind::cached, other, "gzip"),
          std::tuple(ArmKind::cached, other, "")}) {
        threads.one.begin(observation, 0, arm);
        answer_as(observation, body, encoding);
        threads.one.finish(observation, 0, arm);
    }
    CHECK(threads.one.equality(0).mismatched == 1);
}

TEST_CASE("content types that say the same are the same", "[bench][checker]") {
    const std::string json = normalised_content_type("application/json");
    for (const char* same : {"Application/JSON", "application/json; charset=utf-8",
                             "application/json;charset=UTF8;", "application/json ; charset=\"UTF-8\""})
        CHECK(normalised_content_type(same) == json);
    CHECK(normalised_content_type("application/json; charset=latin1") != json);
    CHECK(normalised_content_type("text/html; charset=utf8") ==
          normalised_content_type("text/html;charset=UTF-8"));
    CHECK(normalised_content_type("text/html; charset=utf-8") != normalised_content_type("text/html"));
    CHECK(normalised_content_type("text/csv; header=present; charset=utf-8") ==
          normalised_content_type("text/csv; charset=utf-8; header=present"));
    CHECK(normalised_content_type("application/vnd.api+json; v=1") !=
          normalised_content_type("application/vnd.api+json; v=2"));
    CHECK(normalised_content_type("") == "");
    CHECK(normalised_content_type(";") == "");
}

TEST_CASE("the same JSON in other bytes is equal, and told apart", "[bench][checker]") {
    const std::string text = R"({"a": 1, "b": [1, 2], "c": null})";
    for (const char* same :
         {R"({"b": [1, 2], "c": null, "a": 1})", R"({"a":1,"b":[1,2],"c":null})",
          R"({"a": 1.0, "b": [1, 2], "c": null})", R"({"\u0061": 1, "b": [1, 2], "c": null})"}) {
        INFO(same);
        const Equality equality = compared(text, "", same, "");
        CHECK(equality.mismatched == 0);
        CHECK(equality.equal_as_json == 3);
    }
    CHECK(compared(text, "", text, "").equal_as_json == 0);
    CHECK(compared(text, "", R"({"a": 1, "b": [2, 1], "c": null})", "").mismatched == 3);
    CHECK(compared(text, "", R"({"a": 1, "b": [1, 2]})", "").mismatched == 3);
    CHECK(compared(text, "", R"({"a": "1", "b": [1, 2], "c": null})", "").mismatched == 3);
}

TEST_CASE("what varies without the cache is not blamed on it, and named", "[bench][checker]") {
    const auto body = [](int at, int id, int total) {
        return "{\"meta\": {\"at\": " + std::to_string(at) + "}, \"items\": [{\"id\": " + std::to_string(id) +
               "}, {\"id\": " + std::to_string(id + 1) + "}], \"total\": " + std::to_string(total) + "}";
    };
    const Plan plan = compared_plan();
    Threads threads(plan);
    Observation observation;
    const auto one = [&](ArmKind arm, const std::string& text) {
        threads.one.begin(observation, 0, arm);
        answer_as(observation, text, "");
        threads.one.finish(observation, 0, arm);
    };
    one(ArmKind::uncached, body(1, 1, 7));
    one(ArmKind::cached, body(2, 5, 7));
    CHECK(threads.one.equality(0).blamed_on_cache() == 1);
    CHECK_FALSE(threads.one.equality(0).varies);
    one(ArmKind::uncached, body(3, 9, 7));
    const Equality& equality = threads.one.equality(0);
    CHECK(equality.varies);
    CHECK(equality.varying_paths == std::set<std::string>{"/items/*/id", "/meta/at"});
    CHECK(equality.mismatched == 2);
    CHECK(equality.blamed_on_cache() == 0);
    // Another status is something else.
    threads.one.begin(observation, 0, ArmKind::cached);
    observation.on_head({204, "application/json", {}});
    threads.one.finish(observation, 0, ArmKind::cached);
    CHECK(equality.blamed_on_cache() == 1);
    // Those of several threads are put together.
    threads.other.merge(threads.one);
    CHECK(threads.other.equality(0).varies);
    CHECK(threads.other.equality(0).varying_paths.size() == 2);
}

TEST_CASE("text that could be read as a number is text", "[bench][checker]") {
    for (const char* type : {"text/plain", "application/octet-stream", ""}) {
        const Plan plan = compared_plan();
        References references({1});
        Checker checker(plan, references);
        for (const char* body : {"1.10", "1.1"}) {
            Observation observation;
            checker.begin(observation, 0, ArmKind::uncached);
            observation.on_head({200, type, {}});
            observation.on_body(body);
            checker.finish(observation, 0, ArmKind::uncached);
        }
        CHECK(checker.equality(0).mismatched == 1);
        CHECK(checker.equality(0).varying_paths.empty());
    }
}
