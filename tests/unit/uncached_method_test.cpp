#include "src/bench/model/plan.hpp"
#include "src/core/error.hpp"
#include "tests/support/catch.hpp"

#include <set>

using namespace roacache;
using namespace roacache::bench;
using roacache::core::Error;

namespace {

http::RequestSpec request(const std::string& url) {
    http::RequestSpec spec;
    spec.url = roacache::net::parse_url(url);
    spec.headers = {{"accept", "*/*"}, {"X-Other", "1"}};
    return spec;
}

ChangedRequest by_header(const std::string& name, const std::string& value) {
    ChangedRequest change;
    change.headers = {{name, value}};
    return change;
}

ChangedRequest by_query(const std::string& query) {
    ChangedRequest change;
    change.queries = {query};
    return change;
}

ChangedRequest by_url(const std::string& url) {
    ChangedRequest change;
    change.url = roacache::net::parse_url(url);
    return change;
}

SwitchedCache by_hooks(const std::string& off) {
    return {ShellHooks{"true", off}};
}

SwitchedCache by_api(store::ManagementSwitch::Scope scope) {
    store::ManagementSwitch by;
    by.base = roacache::net::parse_url("http://ann:hunter2@h/api/cache");
    by.scope = scope;
    by.token = "hunter2";
    return {by};
}

EndpointSpec endpoint(const UncachedMethods& methods, HitHeaders hit_headers = {}) {
    EndpointSpec spec;
    spec.request = request("http://ann:hunter2@h/a?b=1");
    spec.uncached = methods;
    spec.hit_headers = std::move(hit_headers);
    return spec;
}

} // namespace

TEST_CASE("a changed request asks otherwise, and nothing else of it changes", "[uncached]") {
    const http::RequestSpec given = request("http://h/a?b=1");
    const http::RequestSpec unchanged = prepare_request({by_hooks("x"), RemovedEntries{}}, given);
    CHECK(unchanged.url.target == given.url.target);
    CHECK(unchanged.headers == given.headers);

    ChangedRequest change = by_header("Accept", "text/plain");
    change.queries = {"nocache=1", "x"};
    const http::RequestSpec changed = prepare_request({change}, given);
    CHECK(changed.url.target == "/a?b=1&nocache=1&x");
    CHECK(changed.headers == http::Headers{{"X-Other", "1"}, {"Accept", "text/plain"}});
    CHECK(prepare_request({by_query("c=2")}, request("http://h/a")).url.target == "/a?c=2");

    change.url = roacache::net::parse_url("http://other/z");
    CHECK(prepare_request({change}, given).url.target == "/z?nocache=1&x");
    CHECK(prepare_request({change}, given).url.hosts.front().host == "other");
}

TEST_CASE("of several changed headers of one name all are sent, in place of the request's", "[uncached]") {
    http::RequestSpec given = request("http://h/a");
    given.headers = {{"cache-control", "max-stale"}, {"X-Other", "1"}, {"Cache-Control", "only-if-cached"}};
    ChangedRequest change;
    change.headers = {{"Cache-Control", "no-cache"}, {"X-Bypass", "1"}, {"CACHE-control", "max-age=0"}};
    const http::Headers expected{
        {"X-Other", "1"}, {"Cache-Control", "no-cache"}, {"X-Bypass", "1"}, {"CACHE-control", "max-age=0"}};
    CHECK(prepare_request({change}, given).headers == expected);
    given.headers = {{"X-Other", "1"}};
    CHECK(prepare_request({change}, given).headers == expected);
}

TEST_CASE("changed cookies join those of the request", "[uncached]") {
    const auto cookies = [](const http::Headers& given, const http::Headers& added) {
        http::RequestSpec spec = request("http://h/a");
        spec.headers = given;
        ChangedRequest change;
        change.headers = added;
        return prepare_request({change}, spec).headers;
    };
    const http::Headers given{{"Cookie", "session=abc; lang=fr"}};
    CHECK(cookies(given, {{"Cookie", "nocache=1"}}) ==
          http::Headers{{"Cookie", "session=abc; lang=fr; nocache=1"}});
    CHECK(cookies(given, {{"cookie", "nocache=1"}, {"Cookie", "x=2"}}) ==
          http::Headers{{"cookie", "session=abc; lang=fr; nocache=1; x=2"}});
    CHECK(cookies(given, {{"Cookie", "lang=en;session=;"}}) ==
          http::Headers{{"Cookie", "lang=en; session="}});
    CHECK(cookies(given, {{"Cookie", "LANG=en"}}) ==
          http::Headers{{"Cookie", "session=abc; lang=fr; LANG=en"}});
    CHECK(cookies({{"COOKIE", "a=1"}, {"X", "y"}, {"cookie", "b=2=3 ; a=4"}}, {{"Cookie", "b=5"}}) ==
          http::Headers{{"X", "y"}, {"Cookie", "a=1; a=4; b=5"}});
    CHECK(cookies({}, {{"Cookie", "nocache=1"}}) == http::Headers{{"Cookie", "nocache=1"}});
    CHECK(cookies({}, {{"Cookie", "flag"}}) == http::Headers{{"Cookie", "flag"}});
    CHECK(cookies(given, {{"Cookie", ""}}) == http::Headers{{"Cookie", ""}});
    CHECK(cookies(given, {{"X", "y"}}) == http::Headers{given[0], {"X", "y"}});
    CHECK(cookies({{"Cookie2", "a=1"}}, {{"Cookie", "a=2"}}) ==
          http::Headers{{"Cookie2", "a=1"}, {"Cookie", "a=2"}});
}

TEST_CASE("each way past the cache says what it allows", "[uncached]") {
    struct Case {
        UncachedMethods methods;
        std::optional<ArmKind> forced;
        bool rate;
        bool switched;
    };
    using Scope = store::ManagementSwitch::Scope;
    const Case cases[] = {
        {{}, {}, true, false},
        {{by_header("A", "b")}, {}, true, false},
        {{by_hooks("x")}, {}, false, true},
        {{by_header("A", "b"), by_hooks("x")}, {}, false, true},
        {{by_api(Scope::user)}, {}, false, true},
        {{RemovedEntries{}}, ArmKind::uncached, false, false},
        {{by_query("a=1"), RemovedEntries{}}, ArmKind::miss, false, false},
        {{by_hooks("x"), RemovedEntries{}}, ArmKind::miss, false, true},
    };
    for (const Case& each : cases) {
        INFO(describe(each.methods));
        CHECK(forced_arm(each.methods) == each.forced);
        CHECK(allows_rate(each.methods) == each.rate);
        CHECK(switched_cache(each.methods).has_value() == each.switched);
    }
}

TEST_CASE("ways past the cache are described, without their secrets", "[uncached]") {
    using Scope = store::ManagementSwitch::Scope;
    CHECK(describe(UncachedMethods{}).empty());
    CHECK(describe({by_header("Cache-Control", "no-cache")}) == "the request header Cache-Control: no-cache");
    CHECK(describe({by_header("Authorization", "Bearer hunter2")}) ==
          "the request header Authorization: ***");
    CHECK(describe({by_query("nocache=1")}) == "the query nocache=1");
    CHECK(describe({by_query("token=hunter2")}).find("hunter2") == std::string::npos);
    CHECK(describe({by_url("http://h")}) == "a URL of its own");
    CHECK(describe({by_url("http://h"), by_hooks("off.sh")}) == "the command off.sh at a URL of its own");
    CHECK(describe_with_url({by_url("http://ann:hunter2@h:81/a?b=%C3%A9&token=hunter2")}) ==
          "the URL http://ann:***@h:81/a?b=\u00e9&token=***");
    CHECK(describe_with_url({by_url("http://h"), by_hooks("off.sh")}) ==
          "the command off.sh at the URL http://h/");
    CHECK(describe_with_url({by_query("nocache=1")}) == "the query nocache=1");
    CHECK(describe_with_url({}).empty());
    CHECK(describe({by_hooks("curl -H 'Authorization: hunter2' h")}).find("hunter2") == std::string::npos);
    CHECK(describe({RemovedEntries{}}) == "removing its entries before each request");
    CHECK(describe({by_query("a=1"), RemovedEntries{}}) == "the query a=1");
    for (const Scope scope : {Scope::user, Scope::global}) {
        const std::string description = describe({by_api(scope)});
        CHECK(description.find(scope == Scope::user ? "the user switch" : "the global switch") == 0);
        CHECK(description.find("hunter2") == std::string::npos);
    }
}

TEST_CASE("a plan is made of endpoints that are measured alike", "[uncached]") {
    const HitHeaders hit{{"X-Cache", "HIT"}}, other{{"X-Cache", "2"}, {"Age", ""}};
    const UncachedMethods by_a{by_header("A", "b")}, forced{RemovedEntries{}}, third{by_a[0], forced[0]};
    const auto refused = [](const EndpointSpec& one, const EndpointSpec& two) {
        CHECK_THROWS_AS(make_plan({one, two}, LoadSpec{}), Error);
    };
    refused(endpoint({}), endpoint(by_a));
    refused(endpoint(by_a), endpoint({}));
    refused(endpoint(by_a), endpoint(third));
    refused(endpoint(forced), endpoint(third));
    refused(endpoint(by_a, hit), endpoint(by_a));
    refused(endpoint(by_a), endpoint(by_a, hit));

    LoadSpec load;
    load.requests = 77;
    const Plan single = make_plan({endpoint({}), endpoint({})}, load);
    CHECK(single.single);
    CHECK(single.requests == 77);
    CHECK_FALSE(single.compare);
    CHECK(single.arms() == std::vector{ArmKind::single});
    CHECK(single.endpoints[1].single);

    const Plan compared = make_plan({endpoint(by_a, hit), endpoint(by_a, hit)}, load);
    CHECK(compared.arms() == std::vector{ArmKind::cached, ArmKind::uncached});
    CHECK(compared.endpoints[0].name.find("hunter2") == std::string::npos);
    CHECK(compared.endpoints[0].cached->headers.size() == 2);
    CHECK(compared.endpoints[0].uncached->headers.size() == 3);
    CHECK(compared.hit_headers == hit);
    CHECK(compared.endpoints[0].hit_headers.empty());
    CHECK_FALSE(compared.counts_in_store);
    const Plan two_headers = make_plan({endpoint(by_a, hit), endpoint(by_a, other)}, load);
    CHECK(two_headers.hit_headers_of(0) == hit);
    CHECK(two_headers.hit_headers_of(1) == other);

    const Plan three_arms = make_plan({endpoint(third)}, load);
    CHECK(three_arms.arms() == std::vector{ArmKind::cached, ArmKind::uncached, ArmKind::miss});
    CHECK(three_arms.counts_in_store);
    CHECK(make_plan({endpoint(forced)}, load).forced == ArmKind::uncached);
}

TEST_CASE("a plan has the endpoint's parameters, and refuses those that cannot be", "[parameters]") {
    EndpointSpec spec = endpoint({by_query("nocache={company}")});
    spec.request = request("http://h/a?company={company}");
    CHECK_THROWS_WITH(make_plan({spec}, {}), "no value for {company}: http://h/a?company={company}");
    spec.parameters = {{"company", {"1", "2"}}};
    const Plan plan = make_plan({spec}, {});
    REQUIRE(plan.endpoints[0].parameters.size() == 1);
    CHECK(plan.endpoints[0].uncached->url.target == "/a?company={company}&nocache={company}");
    CHECK(plan.endpoints[0].varied == "{company}: 2 values in turn");

    spec.uncached = {RemovedEntries{}};
    CHECK_THROWS_AS(make_plan({spec}, {}), Error);
    spec.parameters = {{"company", {"1"}}};
    CHECK_NOTHROW(make_plan({spec}, {}));
    spec.parameters = {{"company", {}}};
    CHECK_THROWS_AS(make_plan({spec}, {}), Error);
    spec.parameters = {{"compny", {"1"}}};
    CHECK_THROWS_WITH(make_plan({spec}, {}), "no request has a place for the parameter compny");

    // What is asked is another question with other values.
    spec.uncached = {by_query("nocache=1")};
    std::set<std::string> asked;
    for (const char* value : {"1", "2"})
        for (const auto choice : {Parameter::Choice::turn, Parameter::Choice::zipf, Parameter::Choice::seq}) {
            spec.parameters = {{"company", {value, "3"}, choice}};
            asked.insert(make_plan({spec}, {}).endpoints[0].asked);
        }
    CHECK(asked.size() == 5);
}
