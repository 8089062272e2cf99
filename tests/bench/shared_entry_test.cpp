#include "src/bench/verdict/verdict.hpp"
#include "tests/bench/engine_support.hpp"

using namespace roacache;
using test::measure;
using test::pair_plan;

namespace {

class CollidingApp : public test::PythonServer {
  public:
    CollidingApp() : PythonServer("tests/bench/colliding_app.py") {}
};

bench::Result asked(const CollidingApp& app, const std::vector<std::string>& targets,
                    const std::vector<std::string>& ignored = {}) {
    std::vector<std::string> urls;
    for (const std::string& target : targets)
        urls.push_back(app.url(target));
    bench::Plan plan = pair_plan(urls, 12);
    for (bench::EndpointPlan& endpoint : plan.endpoints)
        for (const std::string& path : ignored)
            endpoint.ignored.push_back(bench::parse_json_path(path, ""));
    return measure(plan);
}

} // namespace

TEST_CASE("a cache whose key forgets the query is found out, and both URLs are named", "[bench][equality]") {
    CollidingApp app;
    const bench::Result result = asked(
        app, {"/rows-shared?company=1", "/rows?company=3", "/rows-shared?company=2", "/rows?company=4"});
    REQUIRE(result.shared_entries.size() == 1);
    CHECK(result.shared_entries[0].endpoints == std::vector<std::size_t>{0, 2});
    CHECK(bench::names_of(result.shared_entries[0], result) ==
          app.url("/rows-shared?company=1") + " and " + app.url("/rows-shared?company=2"));
    const bench::Assessment assessment = bench::assess(result, {});
    CHECK(assessment.verdict == bench::Verdict::fail);
    CHECK(assessment.reasons.front() ==
          bench::names_of(result.shared_entries[0], result) +
              " share a cache entry: their uncached answers differ, their cached ones are the same.");
}

TEST_CASE("it is found out behind a time that every answer carries", "[bench][equality]") {
    CollidingApp app;
    const std::vector<std::string> targets{"/stamped-shared?company=1", "/stamped-shared?company=2"};
    CHECK(asked(app, targets, {"/at"}).shared_entries.size() == 1);
    INFO("without a word on the time, the answers vary of themselves");
    CHECK(asked(app, targets).shared_entries.empty());
}

TEST_CASE("answers that are rightly the same share no entry", "[bench][equality]") {
    CollidingApp app;
    CHECK(
        asked(app, {"/currencies?company=1", "/currencies-shared?company=2", "/currencies-shared?company=3"})
            .shared_entries.empty());
    CHECK(asked(app, {"/none-shared?company=1", "/none-shared?company=2", "/rows?company=1"})
              .shared_entries.empty());
    CHECK(asked(app, {"/clock-shared?company=1", "/clock-shared?company=2"}).shared_entries.empty());
    CHECK(asked(app, {"/clock-shared?company=1", "/clock-shared?company=2"}, {"at"}).shared_entries.empty());
    const bench::Result right = asked(app, {"/stamped?company=1", "/stamped?company=2"}, {"at"});
    CHECK(right.shared_entries.empty());
    CHECK(right.endpoints[0].equality.mismatched + right.endpoints[1].equality.mismatched == 0);
}
