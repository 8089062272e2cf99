#include "src/bench/verdict/warnings.hpp"
#include "src/output/text.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/reported.hpp"

#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

using namespace roacache;
using bench::ArmKind;
using nlohmann::json;
using roacache::test::Contains;
using test::empty_result;
using test::made_result;
using test::MadeRun;
using test::Reported;
using test::single_result;

namespace {

const std::vector<std::string> k_targets{"hit_rate >= 90%", "mean_reduction >= 60%",
                                         "total_time_reduction >= 75%", "errors == 0"};

} // namespace

TEST_CASE("The JSON has the fields of the contract") {
    MadeRun made;
    made.endpoints = 2;
    made.requests = 170;
    const Reported reported(made_result(made), k_targets);
    const json document = reported.as_json();
    REQUIRE(report::to_json(reported.document).rfind("{\n  \"schema\": \"roacache.bench/1\"", 0) == 0);
    REQUIRE(document["environment"]["cpu"] == "a processor");
    REQUIRE(document["command"] == "roacache bench --demo");
    REQUIRE(document["verdict"] == "pass");
    REQUIRE(document["partial"] == false);
    REQUIRE(document["store"].is_null());
    REQUIRE(document["noise_floor_percent"].is_number());
    REQUIRE(document["endpoints"].size() == 2);
    REQUIRE(document["endpoints"][1]["url"] == reported.result.endpoints[1].name);
    for (const json& holder : {document, document["endpoints"][0]}) {
        REQUIRE(holder["arms"].size() == 2);
        for (const char* name : {"cached", "uncached"}) {
            const json& arm = holder["arms"][name];
            for (const char* field :
                 {"requests", "seconds", "rps", "first_ms", "proven_hits", "proven_misses", "bytes"})
                REQUIRE(arm[field].is_number());
            REQUIRE(arm["errors"].is_object());
            for (const char* field : {"min", "mean", "stddev", "p50", "p90", "p95", "p99", "max"})
                REQUIRE(arm["latency_ms"][field].is_number());
            REQUIRE(arm["latency_ms"]["p999"].is_null());
        }
        for (const char* quantity : {"mean", "p50", "p90", "p95", "p99"})
            for (const char* field : {"ratio", "ci_low", "ci_high", "reduction_percent"})
                REQUIRE(holder["comparison"][quantity][field].is_number());
        for (const char* quantity : {"mean", "p50"}) {
            for (const char* field : {"hodges_lehmann_ratio", "signed_rank_p"})
                REQUIRE(holder["comparison"][quantity]["check"][field].is_number());
            for (const char* field : {"pairs", "analysed", "lag1", "design_effect"})
                REQUIRE(holder["comparison"][quantity]["blocks"][field].is_number());
        }
        REQUIRE(holder["comparison"]["p99"]["check"].is_null());
        REQUIRE(holder["equality"]["compared"].is_number());
        REQUIRE(holder["equality"]["mismatches"].is_array());
    }
    REQUIRE(document["comparison"]["total_time"]["ratio"].is_number());
    REQUIRE(document["endpoints"][0]["comparison"]["total_time"].is_null());
    REQUIRE(document["asserts"].size() == 4);
    REQUIRE(document["asserts"][1]["expr"] == "mean_reduction >= 60%");
    REQUIRE(document["asserts"][1]["verdict"] == "pass");
    REQUIRE(document["asserts"][1]["value"].get<double>() == Approx(0.975).margin(0.01));
    REQUIRE(document["asserts"][1]["ci"].size() == 2);
    REQUIRE(document["asserts"][3]["ci"].is_null());
    REQUIRE(document["asserts"][1]["p_adjusted"].is_number());
    REQUIRE(document["asserts"][3]["p"].is_null());
    REQUIRE(document["quantile_needs"] == json{{"p999", 50'000}, {"p9999", 500'000}, {"p99999", 5'000'000}});
    REQUIRE(document["warnings"].is_array());
    const auto cached = reported.result.pooled(ArmKind::cached);
    REQUIRE(document["arms"]["cached"]["latency_ms"]["mean"].get<double>() ==
            Approx(cached.latency.mean_ns() / 1e6));
    REQUIRE(document["arms"]["cached"]["requests"] == cached.requests);
}

TEST_CASE("An assert on a duration is reported in milliseconds") {
    MadeRun made;
    made.requests = 170;
    const Reported reported(made_result(made), {"uncached.p99 <= 2s"});
    const json answer = reported.as_json()["asserts"][0];
    REQUIRE(answer["unit"] == "ms");
    REQUIRE(answer["threshold"] == 2000.0);
    REQUIRE(answer["value"].get<double>() > 40);
    REQUIRE(answer["value"].get<double>() < 1000);
}

TEST_CASE("Figures that are missing are null, empty or n/a, never 0") {
    const Reported reported(empty_result(), k_targets);
    const json document = reported.as_json();
    REQUIRE(document["verdict"] == "inconclusive");
    for (const char* name : {"cached", "uncached"}) {
        const json& arm = document["arms"][name];
        REQUIRE(arm["requests"] == 0);
        for (const char* field : {"seconds", "rps", "first_ms", "proven_hits", "proven_misses"})
            REQUIRE(arm[field].is_null());
        for (const auto& [field, value] : arm["latency_ms"].items())
            REQUIRE(value.is_null());
    }
    REQUIRE(document["comparison"]["mean"].is_null());
    REQUIRE(document["noise_floor_percent"].is_null());
    REQUIRE(document["asserts"][1]["value"].is_null());
    for (const std::string& text :
         {report::to_json(reported.document), reported.markdown(),
          report::to_text(reported.document, 80, false), report::to_csv(reported.document)}) {
        REQUIRE_THAT(text, !Contains("nan") && !Contains("NaN") && !Contains("inf\n"));
    }
    REQUIRE_THAT(reported.markdown(), Contains("| mean | n/a | n/a |"));
    REQUIRE_THAT(reported.markdown(), Contains("**unproven**"));
    REQUIRE_THAT(report::to_csv(reported.document), Contains("*,cached,0,0,0,,,,,,,,,,,,,,,,,,0,closed\n"));
}

TEST_CASE("The Markdown opens with the verdict in plain words") {
    const Reported good(made_result({}), k_targets);
    REQUIRE_THAT(good.markdown(), Contains("\n✅ **PASS: with the cache the mean answer takes ") &&
                                      Contains(" × faster (") && Contains("% less, 95 % CI "));
    REQUIRE(good.markdown().find("PASS") < good.markdown().find("##"));
    for (const char* part :
         {"## Target against measured", "| ✅ | `hit_rate` | ≥ 90 % | 100 % |", "<picture>",
          "srcset=\"report.latency.dark.svg\"", "src=\"report.timeline.light.svg\"", "## Latency",
          "| p99.9 | n/a | n/a |", "## What proves the hits", "`X-Cache: HIT`", "Yes: 2,040 responses",
          "## Errors\n\nNone.", "closed loop, 10 connections", "seed 1", "```sh\nroacache bench --demo\n```",
          "| cpu | a processor |", "- A note.", "Cache-Control: no-cache"})
        REQUIRE_THAT(good.markdown(), Contains(part));

    const Reported bad(made_result({}), {"mean_reduction >= 99.9%"});
    REQUIRE_THAT(bad.markdown(),
                 Contains("\n❌ **FAIL: mean_reduction is ") && Contains("\nWith the cache the mean answer"));
    MadeRun same;
    same.cached_ms = same.uncached_ms;
    REQUIRE_THAT(Reported(made_result(same)).markdown(),
                 Contains("the cache makes no difference that this run can see"));
    MadeRun slower;
    slower.cached_ms = 80;
    REQUIRE_THAT(Reported(made_result(slower)).markdown(), Contains(" × slower ("));
}

TEST_CASE("Warnings are named in every form that people read") {
    MadeRun made;
    made.pairs = 6;
    const Reported reported(made_result(made));
    REQUIRE(reported.as_json()["warnings"][0]["name"] == "few-blocks");
    REQUIRE_THAT(reported.markdown(), Contains("> [!WARNING]\n> **few-blocks**: 6 pairs of blocks are few"));
    REQUIRE_THAT(report::to_text(reported.document, 200, false),
                 Contains("warning   few-blocks: 6 pairs of blocks are few"));
    const auto names = [](const bench::Comparison& comparison, std::optional<double> floor) {
        std::vector<std::string> found;
        for (const auto& warning : bench::warnings_of(comparison, floor, 30))
            found.push_back(warning.name);
        return found;
    };
    using Names = std::vector<std::string>;
    const bench::Dependence alike{0.5, 3, true}, free{0.1, 1.2, false};
    bench::Ratio ratio{0.97, 0.95, 0.99, 30, bench::Check{0.97, 0.001, 30, free, false}};
    REQUIRE(names({{bench::Quantity::mean, ratio}}, {}).empty());
    REQUIRE(names({{bench::Quantity::mean, ratio}}, 1.02).empty());
    REQUIRE(names({{bench::Quantity::mean, ratio}}, 1.04) == Names{"below-noise-floor"});
    for (const double far : {0.07, 1 / 0.07}) { // a floor of 405 % is far below a difference by 93 %
        const bench::Ratio clear{far, far / 1.1, far * 1.1, 30, bench::Check{far, 0.001, 30, free, false}};
        REQUIRE(names({{bench::Quantity::mean, clear}}, 5.05).empty());
        REQUIRE(names({{bench::Quantity::mean, clear}}, 15.0) == Names{"below-noise-floor"});
    }
    REQUIRE_THAT(bench::warnings_of({{bench::Quantity::mean, ratio}}, 2.5, 30).front().text,
                 Contains("differs by 3.1 %, and this machine cannot resolve less than a factor of 2.5"));
    ratio.check->signed_rank_p = 0.3;
    REQUIRE(names({{bench::Quantity::p50, ratio}}, {}) == Names{"check-disagrees"});
    ratio.blocks = 15;
    ratio.check->dependence = alike;
    REQUIRE(names({{bench::Quantity::p50, ratio}}, {}) == Names{"dependent-blocks", "check-disagrees"});
    REQUIRE_THAT(bench::warnings_of({{bench::Quantity::p50, ratio}}, {}, 30).front().text,
                 Contains("30 pairs were taken together as 15 longer ones") && Contains("--blocks 15"));
}

TEST_CASE("A partial run is marked at the top of every form") {
    auto result = made_result({});
    result.partial = true;
    const Reported reported(std::move(result));
    REQUIRE(reported.markdown().find("**Partial run**") < reported.markdown().find("INCONCLUSIVE"));
    REQUIRE(report::to_text(reported.document, 80, false).rfind("partial run", 0) == 0);
    REQUIRE(reported.as_json()["partial"] == true);
    REQUIRE_THAT(report::latency_svg(reported.document, report::Theme::light), Contains("partial run"));
}

TEST_CASE("Endpoints with hit headers of their own have each one named") {
    MadeRun made;
    made.endpoints = 3;
    auto result = made_result(made);
    result.endpoints[0].label = "summary";
    result.endpoints[2].label = "list";
    REQUIRE_THAT(Reported(result).markdown(), Contains("The response header `X-Cache: HIT`: 3,060 of "));
    result.plan.endpoints[1].hit_headers = {{"CF-Cache-Status", "HIT"}};
    const Reported reported(result);
    const std::string headers =
        "`X-Cache: HIT` (`summary`, `list`), `CF-Cache-Status: HIT` (`" + result.endpoints[1].name + "`)";
    REQUIRE_THAT(reported.markdown(), Contains("The response headers " + headers + ": 3,060 of "));
    const json endpoints = reported.as_json()["endpoints"];
    REQUIRE(endpoints[0]["hit_header"] == "X-Cache: HIT");
    REQUIRE(endpoints[1]["hit_header"] == "CF-Cache-Status: HIT");
    for (auto& block : result.blocks)
        for (auto& tally : block.endpoints)
            tally.proven_misses += std::exchange(tally.proven_hits, 0);
    result.sum_up_blocks();
    REQUIRE_THAT(Reported(result).assessment.reasons.front(),
                 Contains("good responses carried X-Cache: HIT (summary, list), CF-Cache-Status: HIT ("));
}

TEST_CASE("What is said of three arms is true of three") {
    auto result = made_result({});
    REQUIRE_THAT(Reported(result).markdown(), Contains("responses of both arms, compared") &&
                                                  Contains("Latency distribution of both arms") &&
                                                  !Contains("to find its entries"));
    result.plan.forced = ArmKind::miss;
    for (bench::Block block : std::vector(result.blocks))
        if (block.arm == ArmKind::uncached) {
            block.arm = ArmKind::miss;
            result.blocks.push_back(block);
        }
    result.sum_up_blocks();
    REQUIRE_THAT(Reported(result).markdown(), Contains("responses of all three arms, compared") &&
                                                  Contains("Latency distribution of all three arms") &&
                                                  Contains("interleaved in threes") &&
                                                  Contains("each endpoint was asked once before that") &&
                                                  !Contains("very first"));
}

TEST_CASE("A single run has one arm and no talk of caching") {
    const Reported reported(single_result(), {"single.p95 <= 1s"});
    const json document = reported.as_json();
    REQUIRE(document["arms"].size() == 1);
    REQUIRE(document["arms"]["single"]["rps"].is_number());
    REQUIRE(document["comparison"].is_null());
    REQUIRE(document["equality"].is_null());
    REQUIRE_THAT(reported.markdown(), Contains("PASS: the mean answer takes") && Contains("| | measured |") &&
                                          !Contains("Are the answers the same"));
    REQUIRE_THAT(report::to_text(reported.document, 80, false), !Contains("improvement"));
}

TEST_CASE("Several endpoints have a table of their own") {
    MadeRun made;
    made.endpoints = 3;
    const Reported reported(made_result(made));
    REQUIRE_THAT(reported.markdown(), Contains("## Endpoints") &&
                                          Contains("All at `http://127.0.0.1:8000`.") &&
                                          Contains("| `/api/dashboard/summary?company=3` |"));
    const std::string csv = report::to_csv(reported.document);
    REQUIRE(std::count(csv.begin(), csv.end(), '\n') == 1 + 2 + 3 * 2);
    REQUIRE_THAT(report::to_text(reported.document, 120, false), Contains("company=3"));
}

TEST_CASE("Differing bodies are shown with their first difference") {
    auto result = made_result({});
    auto& equality = result.endpoints.front().equality;
    equality.mismatched = 7;
    equality.mismatches.push_back({0, ArmKind::cached, "body", "9 bytes, aa", "9 bytes, bb",
                                   bench::Difference{1204, "\"paid\": 1100", "\"paid\": 1150"}, 7});
    const Reported reported(std::move(result), k_targets);
    REQUIRE_THAT(reported.markdown(), Contains("❌ **FAIL: 7 of 2,040 compared responses differ") &&
                                          Contains("at byte 1,204:") &&
                                          Contains("```diff\n- \"paid\": 1100\n+ \"paid\": 1150\n```"));
    const json mismatch = reported.as_json()["equality"]["mismatches"][0];
    REQUIRE(mismatch["difference"]["offset"] == 1204);
    REQUIRE(mismatch["arm"] == "cached");
    REQUIRE_THAT(report::to_text(reported.document, 200, false),
                 Contains("first at byte 1204") && Contains("\"paid\": 1150 instead of \"paid\": 1100"));
}

TEST_CASE("A long URL stays short in tables and pictures") {
    auto result = made_result({});
    result.endpoints.front().name = "http://h/" + std::string(5000, 'x');
    const Reported reported(std::move(result));
    REQUIRE(report::latency_svg(reported.document, report::Theme::light).find(std::string(200, 'x')) ==
            std::string::npos);
    REQUIRE(reported.markdown().find(std::string(400, 'x')) == std::string::npos);
    REQUIRE(reported.as_json()["endpoints"][0]["url"].get<std::string>().size() == 5009);
}

TEST_CASE("The picture's name is encoded where Markdown refers to it") {
    const Reported reported(made_result({}));
    REQUIRE_THAT(report::to_markdown(reported.document, "my \"report\""),
                 Contains("src=\"my%20%22report%22.latency.light.svg\""));
    REQUIRE_THAT(report::to_markdown(reported.document, ""), !Contains("<picture>"));
    REQUIRE(report::pictures(reported.document, "my report").front().file == "my report.latency.light.svg");
}

TEST_CASE("Text is plain without colour and fits the width") {
    const Reported reported(made_result({}), k_targets);
    const std::string plain = report::to_text(reported.document, 80, false);
    REQUIRE(plain.rfind("PASS: with the cache", 0) == 0);
    REQUIRE(plain.find('\x1b') == std::string::npos);
    std::istringstream lines(plain);
    for (std::string line; std::getline(lines, line);)
        REQUIRE(output::display_width(line) <= 80);
    const std::string coloured = report::to_text(reported.document, 80, true);
    REQUIRE(coloured.find('\x1b') != std::string::npos);
    std::string stripped;
    for (std::size_t i = 0; i < coloured.size(); ++i) {
        if (coloured[i] == '\x1b')
            i = coloured.find('m', i);
        else
            stripped += coloured[i];
    }
    REQUIRE(stripped == plain);
}
