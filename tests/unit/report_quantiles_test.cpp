#include "src/bench/verdict/format.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/reported.hpp"

#include <nlohmann/json.hpp>

using namespace roacache;
using bench::ArmKind;
using nlohmann::json;
using roacache::test::Contains;
using test::made_result;
using test::MadeRun;
using test::Reported;

namespace {

/// A quantile of an arm as people read it.
std::string report_duration(const Reported& reported, ArmKind arm, const char* field) {
    const double ms = reported.as_json()["arms"][bench::name_of(arm)]["latency_ms"][field];
    return bench::format_ns(ms * 1e6);
}

} // namespace

TEST_CASE("A quantile of too few responses is shown in no form, and what it needs is") {
    const Reported reported(made_result({})); // 1,020 an arm
    const json document = reported.as_json();
    REQUIRE(document["arms"]["cached"]["latency_ms"]["p95"].is_number());
    REQUIRE(document["arms"]["cached"]["latency_ms"]["p99"].is_null());
    REQUIRE(document["comparison"]["p99"].is_null());
    REQUIRE(document["quantile_needs"] ==
            json{{"p99", 5000}, {"p999", 50'000}, {"p9999", 500'000}, {"p99999", 5'000'000}});
    const std::string needs = "p99 needs 5,000 good responses in each arm, p99.9 50,000";
    REQUIRE_THAT(reported.markdown(), Contains("| p99 | n/a | n/a |  |  |") && Contains(needs));
    REQUIRE_THAT(report::to_text(reported.document, 200, false), Contains(needs));
    REQUIRE_THAT(report::latency_svg(reported.document, report::Theme::light),
                 Contains("bar p10–p90") && !Contains("tick p99"));
    MadeRun small;
    small.requests = 3; // 90 an arm
    REQUIRE_THAT(report::latency_svg(Reported(made_result(small)).document, report::Theme::light),
                 !Contains("cached median") && !Contains("p90"));
}

TEST_CASE("The ladder of percentiles goes as far as the answers allow") {
    MadeRun made;
    made.requests = 17'000; // 510,000 an arm
    const Reported many(made_result(made));
    const json arms = many.as_json()["arms"];
    for (const char* arm : {"cached", "uncached"}) {
        double before = 0;
        for (const char* field : {"p50", "p75", "p90", "p95", "p99", "p999", "p9999"}) {
            const double ms = arms[arm]["latency_ms"][field];
            REQUIRE(ms > before);
            before = ms;
        }
        REQUIRE(arms[arm]["latency_ms"]["p99999"].is_null());
    }
    const std::string markdown = many.markdown();
    for (const char* row : {"\n| p75 | ", "\n| p99.9 | ", "\n| p99.99 | "}) {
        const std::size_t at = markdown.find(row);
        REQUIRE(at != std::string::npos);
        REQUIRE_THAT(markdown.substr(at + 1, markdown.find('\n', at + 1) - at), Contains(" × faster |"));
    }
    REQUIRE_THAT(markdown, !Contains("p99.999") && !Contains(" needs "));
    REQUIRE_THAT(report::to_text(many.document, 100, false), Contains("\np99.99 "));
    const std::string picture = report::percentiles_svg(many.document, report::Theme::light);
    REQUIRE_THAT(picture, Contains(">p99.99</text>") && !Contains("p99.999") && Contains(">p75</text>"));

    INFO("each arm's curve ends where its own answers do");
    auto result = made_result({});
    for (std::size_t i = 0; i < result.blocks.size(); ++i)
        if (result.blocks[i].arm == ArmKind::uncached && i >= 20)
            result.blocks[i].endpoints.front().latency.clear();
    result.sum_up_blocks();
    const Reported uneven(result);
    const std::string curves = report::percentiles_svg(uneven.document, report::Theme::light);
    REQUIRE_THAT(curves, Contains(">p95 " + report_duration(uneven, ArmKind::cached, "p95")) &&
                             Contains(">p75 " + report_duration(uneven, ArmKind::uncached, "p75")));

    MadeRun small;
    small.requests = 3; // 90 an arm
    REQUIRE_THAT(report::percentiles_svg(Reported(made_result(small)).document, report::Theme::light),
                 Contains("no percentile can be told of so few answers"));
}

TEST_CASE("Endpoints are shown with the furthest quantile that is known of all of them") {
    MadeRun made;
    made.endpoints = 2;
    REQUIRE_THAT(Reported(made_result(made)).markdown(),
                 Contains("| cached mean | p95 | uncached mean | p95 |"));
    made.requests = 10;
    REQUIRE_THAT(Reported(made_result(made)).markdown(),
                 Contains("| cached mean | p75 | uncached mean | p75 |"));
    made.requests = 3;
    REQUIRE_THAT(Reported(made_result(made)).markdown(), Contains("| cached mean | uncached mean | mean: "));
}
