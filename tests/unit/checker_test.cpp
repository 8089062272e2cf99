#include "src/bench/answers/checker.hpp"
#include "tests/support/catch.hpp"

using namespace roacache::bench;

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
    explicit Threads(const Plan& plan) : references(1), one(plan, references), other(plan, references) {}
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
