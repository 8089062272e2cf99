#include "src/bench/model/question.hpp"
#include "src/core/error.hpp"
#include "src/report/conditions.hpp"
#include "src/report/merge.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/reported.hpp"

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

using namespace roacache;
using roacache::test::Contains;

namespace {

/// One run of one endpoint, as it would be planned.
struct AskedRun {
    bench::EndpointSpec spec;
    bench::LoadSpec load;
};

AskedRun run_with_headers(const http::Headers& headers, const std::string& url = "http://h/a") {
    AskedRun run;
    run.spec.request.url = net::parse_url(url);
    run.spec.request.headers = headers;
    bench::ChangedRequest past;
    past.headers = {{"Cache-Control", "no-cache"}};
    run.spec.uncached = {past};
    return run;
}

AskedRun run_past_by(const bench::UncachedMethods& methods) {
    AskedRun run = run_with_headers({});
    run.spec.uncached = methods;
    return run;
}

bench::ChangedRequest past_at(const std::string& url) {
    bench::ChangedRequest change;
    change.url = net::parse_url(url);
    return change;
}

bench::SwitchedCache past_by_api(const std::string& base, store::ManagementSwitch::Scope scope) {
    store::ManagementSwitch by;
    by.base = net::parse_url(base);
    by.scope = scope;
    return {by};
}

nlohmann::json json_of_run(const AskedRun& asked) {
    bench::Result result = test::made_result({});
    result.plan = bench::make_plan({asked.spec}, asked.load);
    result.endpoints.front().name = result.plan.endpoints.front().name;
    test::Reported reported(std::move(result));
    reported.document.uncached_by = bench::describe(asked.spec.uncached);
    return reported.as_json();
}

report::SavedRun saved_run(const nlohmann::json& run, const std::string& name) {
    return report::read_run(run.dump(), name);
}

std::string why_other(const report::SavedRun& before, const AskedRun& now) {
    return report::other_question(before, bench::make_plan({now.spec}, now.load),
                                  bench::describe(now.spec.uncached));
}

std::string why_other(const nlohmann::json& before, const AskedRun& now) {
    return why_other(saved_run(before, "old.json"), now);
}

/// As a version saved it that did not know of headers, rows and ways past the cache.
nlohmann::json as_older(nlohmann::json run) {
    for (const char* field : {"headers", "keep_alive", "uncached_by", "expected_text"})
        run.at("endpoints").at(0).erase(field);
    for (const char* field : {"demo_rows", "expect"})
        run.at("plan").erase(field);
    return run;
}

/// Empty where they merge.
std::string why_not_merged(const report::SavedRun& one, const report::SavedRun& other) {
    try {
        report::merged({one, other});
        return {};
    } catch (const core::Error& error) {
        CHECK(error.code() == core::ExitCode::usage);
        return error.what();
    }
}

std::string why_not_merged(const nlohmann::json& one, const nlohmann::json& other) {
    return why_not_merged(saved_run(one, "one.json"), saved_run(other, "other.json"));
}

/// Each of the runs is another question than each of the others, and the same as itself: as a baseline and to
/// be merged with. Where `older`, none is refused of which a file does not know.
void check_all_differ(const std::vector<AskedRun>& runs, bool older = true) {
    std::vector<report::SavedRun> saved, saved_as_older; // a run is long to read
    for (const AskedRun& run : runs) {
        const nlohmann::json json = json_of_run(run);
        saved.push_back(saved_run(json, "run.json"));
        saved_as_older.push_back(saved_run(as_older(json), "older.json"));
    }
    for (std::size_t i = 0; i < runs.size(); ++i)
        for (std::size_t j = 0; j < runs.size(); ++j) {
            INFO(i << " held against " << j << ": " << why_other(saved[i], runs[j]));
            CHECK(why_other(saved[i], runs[j]).empty() == (i == j));
            CHECK(why_not_merged(saved[i], saved[j]).empty() == (i == j));
            if (!older) continue;
            CHECK(why_other(saved_as_older[i], runs[j]).empty());
            CHECK(why_not_merged(saved_as_older[i], saved[j]).empty());
            CHECK(why_not_merged(saved[i], saved_as_older[j]).empty());
        }
}

} // namespace

TEST_CASE("other headers are another question", "[question]") {
    check_all_differ(
        {
            run_with_headers({}),
            run_with_headers({{"X-Tenant", "small"}}),
            run_with_headers({{"X-Tenant", "big"}}),
            run_with_headers({{"X-Tenant", "small"}, {"X-Tenant", "big"}}),
            run_with_headers({{"X-Tenant", "small"}, {"X-Tenant", "small"}}),
            run_with_headers({{"Accept", "text/html"}}),
            run_with_headers({{"Accept", "application/json"}}),
            run_with_headers({{"Accept-Encoding", "gzip"}}),
            run_with_headers({{"Accept-Encoding", "br"}}),
            run_with_headers({{"Authorization", "Bearer hunter2"}}),
            run_with_headers({{"Cookie", "session=hunter2"}}),
            run_with_headers({{"X-Api-Key", "hunter2"}}),
            run_with_headers({{"traceparent", "00-1"}}),
            run_with_headers({}, "http://ann:hunter2@h/a"),
            run_with_headers({}, "http://bob:hunter2@h/a"),
        },
        false); // a URL's user was always known
    const nlohmann::json small = json_of_run(run_with_headers({{"X-Tenant", "small"}}));
    CHECK(why_other(small, run_with_headers({{"x-tenant", "big"}})) ==
          "it asked with another value of the header x-tenant");
    CHECK(why_other(small, run_with_headers({})) == "it asked with the header x-tenant");
    CHECK(why_other(json_of_run(run_with_headers({})), run_with_headers({{"X-Tenant", "big"}})) ==
          "it asked with no header x-tenant");
    for (const AskedRun& now : {run_with_headers({}), run_with_headers({{"X-Tenant", "big"}}),
                                run_with_headers({{"Authorization", "Bearer x"}})})
        CHECK(why_other(as_older(small), now).empty());
}

TEST_CASE("secrets, ids of requests and how headers are written make no other question", "[question]") {
    const std::vector<std::pair<http::Headers, http::Headers>> alike{
        {{{"Authorization", "Bearer hunter2"}}, {{"authorization", "Bearer hunter3"}}},
        {{{"Cookie", "session=hunter2"}}, {{"Cookie", "session=hunter3"}}},
        {{{"X-Api-Key", "hunter2"}}, {{"X-API-KEY", "hunter3"}}},
        {{{"X-User", "Bearer hunter2"}}, {{"X-User", "Bearer hunter3"}}},
        {{{"traceparent", "00-1"}}, {{"traceparent", "00-2"}}},
        {{{"X-Request-ID", "1"}}, {{"X-Request-ID", "2"}}},
        {{{"X-Correlation-Id", "1"}}, {{"X-Correlation-Id", "2"}}},
        {{{"X-B3-SpanId", "1"}}, {{"X-B3-SpanId", "2"}}},
        {{{"X-Amzn-Trace-Id", "1"}}, {{"X-Amzn-Trace-Id", "2"}}},
        {{{"b3", "1"}}, {{"b3", "2"}}},
        {{}, {{"Accept", "*/*"}}},
        {{}, {{"Connection", "close"}}}, // told, not refused
        {{{"A", "1"}, {"B", "2"}}, {{"b", "2"}, {"a", "1"}}},
    };
    for (const auto& [was, is] : alike) {
        const nlohmann::json before = json_of_run(run_with_headers(was));
        INFO(before.at("endpoints").at(0).at("headers").dump());
        CHECK(why_other(before, run_with_headers(is)).empty());
        CHECK(before.dump().find("hunter") == std::string::npos);
    }
    CHECK(bench::headers_of(run_with_headers({{"X-Tenant", "small"}, {"Cookie", "a=b"}}).spec.request)
              .front() == "cookie");
}

TEST_CASE("connections that are not kept are another condition", "[question][conditions]") {
    const auto conditions = [](const http::Headers& was, const http::Headers& is) {
        bench::Result now = test::made_result({});
        const AskedRun asked = run_with_headers(is);
        now.plan = bench::make_plan({asked.spec}, asked.load);
        const report::SavedRun before = saved_run(json_of_run(run_with_headers(was)), "old.json");
        return report::other_conditions(before, now, before.environment);
    };
    const std::vector<std::string> closed{"kept connections yes, now no"},
        kept{"kept connections no, now yes"};
    CHECK(conditions({}, {{"Connection", "close"}}) == closed);
    CHECK(conditions({{"connection", " Close "}}, {{"Connection", "keep-alive"}}) == kept);
    CHECK(conditions({}, {{"Connection", "keep-alive"}}).empty());
    CHECK(conditions({{"Connection", "close"}}, {{"Connection", "close"}}).empty());
}

TEST_CASE("another way past the cache is another question, wherever the service is", "[question]") {
    using Scope = store::ManagementSwitch::Scope;
    bench::ChangedRequest query;
    query.queries = {"nocache=1"};
    check_all_differ(
        {
            run_past_by({past_by_api("http://h/api/cache", Scope::user)}),
            run_past_by({past_by_api("http://h/api/cache", Scope::global)}),
            run_past_by({past_by_api("http://h/other/cache", Scope::user)}),
            run_past_by({query}),
            run_past_by({bench::SwitchedCache{bench::ShellHooks{"on.sh", "off.sh"}}}),
            run_past_by(
                {past_at("http://h/old"), bench::SwitchedCache{bench::ShellHooks{"on.sh", "off.sh"}}}),
        },
        false);
    check_all_differ({
        run_past_by({past_at("http://old/a")}),
        run_past_by({past_at("http://old/b")}),
        run_past_by({past_at("http://old/a?nocache=1")}),
    });
    // Where it is may differ from run to run.
    CHECK(why_other(json_of_run(run_past_by({past_by_api("http://h:1/api/cache", Scope::user)})),
                    run_past_by({past_by_api("https://i:2/api/cache", Scope::user)}))
              .empty());
    CHECK(why_other(json_of_run(run_past_by({past_at("http://old:1/a")})),
                    run_past_by({past_at("http://old:2/a")}))
              .empty());
    CHECK(why_other(json_of_run(run_past_by({past_at("http://old/a")})),
                    run_past_by({past_at("http://old/b")})) ==
          "its uncached arm was made by the URL http://old/a instead of the URL http://old/b");
    // An older run knows of all its endpoints together.
    const nlohmann::json older =
        as_older(json_of_run(run_past_by({past_by_api("http://h:1/api/cache", Scope::user)})));
    CHECK(why_other(older, run_past_by({past_by_api("http://h:2/api/cache", Scope::user)})).empty());
    CHECK_THAT(why_other(older, run_past_by({query})),
               Contains("its uncached arm was made by the user switch"));
}

TEST_CASE("other expectations, and other rows of the reference service, are another question", "[question]") {
    std::vector<AskedRun> runs(7, run_with_headers({}));
    runs[1].spec.expected_text = "company";
    runs[2].spec.expected_text = "other";
    runs[3].load.expected = *http::StatusSet::parse("200");
    runs[4].load.expected = *http::StatusSet::parse("200-299,304,404");
    runs[5].load.demo_rows = 1000;
    runs[6].load.demo_rows = 60'000;
    // Whose service it is does not matter: the two that say rows are held against each other alone.
    check_all_differ({runs.begin(), runs.begin() + 5});
    check_all_differ({runs.begin() + 5, runs.end()});
    CHECK(why_other(json_of_run(runs[0]), runs[5]).empty());
    CHECK(why_other(json_of_run(runs[5]), runs[6]) == "its reference service had 1000 rows instead of 60000");
    CHECK(why_other(json_of_run(runs[3]), runs[0]) == "it expected the statuses 200 instead of 200-299,304");
    CHECK(why_other(json_of_run(runs[1]), runs[0]) == "it expected text in the answers");
    CHECK(why_other(json_of_run(runs[0]), runs[1]) == "it expected no text in the answers");
    CHECK(why_other(json_of_run(runs[1]), runs[2]) == "it expected another text in the answers");
}

TEST_CASE("other methods, bodies, parameters and weights are another question", "[question]") {
    std::vector<AskedRun> runs(9, run_with_headers({}, "http://h/a?company={company}"));
    for (AskedRun& run : runs)
        run.spec.parameters = {{"company", {"1", "2"}}};
    runs[1].spec.request.method = "POST";
    runs[2].spec.request.method = "POST";
    runs[2].spec.request.body = "{\"a\": 1}";
    runs[3].spec.request.method = "POST";
    runs[3].spec.request.body = "{\"a\": 2}";
    runs[4].spec.parameters = {{"company", {"1", "3"}}};
    runs[5].spec.parameters = {{"company", {"1", "2"}, bench::Parameter::Choice::zipf}};
    runs[6].spec.weight = 3;
    runs[7].spec.request.url.target = "/b?company={company}";
    runs[8].spec.uncached.clear();
    check_all_differ({runs.begin(), runs.end() - 1}, false);
    CHECK(why_not_merged(json_of_run(runs[0]), json_of_run(runs[3]))
              .starts_with("cannot merge: other.json, beside one.json: it asked by POST 8 bytes "));
    CHECK(why_other(json_of_run(runs[0]), runs[8]) == "it measured other arms");
}

TEST_CASE("of three runs each is held against each", "[question]") {
    const report::SavedRun small =
        saved_run(json_of_run(run_with_headers({{"X-Tenant", "small"}})), "small.json");
    const report::SavedRun big = saved_run(json_of_run(run_with_headers({{"X-Tenant", "big"}})), "big.json");
    const report::SavedRun older = saved_run(as_older(json_of_run(run_with_headers({}))), "older.json");
    CHECK_NOTHROW(report::merged({older, small, small}));
    CHECK_THROWS_WITH(report::merged({older, small, big}),
                      "cannot merge: big.json, beside small.json: it asked with another value of the header "
                      "x-tenant");
}

TEST_CASE("an older run whose URLs are percent-encoded is the same question as itself", "[question]") {
    nlohmann::json encoded = json_of_run(run_with_headers({}, "http://h/a?b=%C3%A9"));
    const AskedRun now = run_with_headers({}, "http://h/a?b=%C3%A9");
    CHECK(encoded.at("endpoints").at(0).at("url") == "http://h/a?b=\u00e9");
    encoded.at("endpoints").at(0).at("url") = "http://h/a?b=%C3%A9";
    CHECK(why_other(encoded, now).empty());
    CHECK(why_not_merged(encoded, encoded).empty());
    CHECK(why_not_merged(encoded, json_of_run(now)).empty());
    CHECK(why_not_merged(json_of_run(now), encoded).empty());
}
