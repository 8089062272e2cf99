#include "src/config/suite.hpp"
#include "src/core/error.hpp"
#include "tests/support/catch.hpp"

using namespace roacache;
using roacache::test::Contains;
using roacache::test::StartsWith;

namespace {

std::optional<std::string> suite_variable(const std::string& name) {
    if (name == "HOST") return "db.internal";
    if (name == "API_TOKEN") return "hunter2";
    if (name == "EMPTY") return "";
    return {};
}

config::Suite suite_of(const std::string& text) {
    return config::parse_suite(text, "s.toml", suite_variable);
}

/// The message without its beginning `bad suite: s.toml:`.
std::string wrong_suite(const std::string& text) {
    try {
        suite_of(text);
    } catch (const core::Error& error) {
        CHECK(error.code() == core::ExitCode::usage);
        const std::string message = error.what();
        REQUIRE_THAT(message, StartsWith("bad suite: s.toml:"));
        return message.substr(std::string("bad suite: s.toml:").size());
    }
    return "read";
}

const std::string k_endpoint = "[[endpoints]]\nname = \"a\"\nurl = \"/a\"\n";

} // namespace

TEST_CASE("a suite is read as it is", "[suite]") {
    const config::Suite suite = suite_of(R"(
base_url = "http://${HOST}:8080"
headers = { X-Tenant = "client-1", X-Version = 2 }
uncached_header = "Cache-Control: no-cache"
hit_header = "X-Cache: HIT"
ignore_json = ["/meta/at"]
asserts = ["errors == 0"]
profile = "roa2web"
concurrency = 4
threads = 2
http2 = true
streams = 5
both_loops = 20
requests = 100
duration = "2s"
rate = 12.5
blocks = 5
warmup = 0
seed = 7
timeout = "30s"
as = ["@ana.token", "${HOST}"]
drill = true

[[endpoints]]
name = "one"
url = "/one?x=1"
method = "POST"
headers = { Authorization = "Bearer ${API_TOKEN}" }
params = { company = 123, from = 2026-01-31, ids = [1, 2], all = true, share = 0.5, "a b" = "c&d" }
body = "{\"x\": \"$${y}\"}"
type = "text/plain"
weight = 3
uncached_query = ["a=1", "b=2"]
uncached_url = "/two"
hit_header = "X-Other: yes"
ignore_json = ["items.*.id"]
asserts = ["mean_reduction >= 60%", "cached.p99 <= 20ms"]
tenant = "client-1"
resource = ["invoices_list", "invoices_summary"]
where = { company = 123 }

[[endpoints]]
name = "two"
url = "http://other/two"
key = "cache:x"
)");
    CHECK(suite.base_url == "http://db.internal:8080");
    CHECK(suite.headers == config::NamedTexts{{"X-Tenant", "client-1"}, {"X-Version", "2"}});
    CHECK(suite.uncached.headers == std::vector<std::string>{"Cache-Control: no-cache"});
    CHECK(suite.ignore_json.at(0).text == "/meta/at");
    CHECK(suite.asserts.at(0).origin == "s.toml:7:12");
    CHECK(suite.concurrency == 4U);
    CHECK(suite.threads == 2U);
    CHECK(suite.http2);
    CHECK(suite.streams == 5U);
    CHECK(suite.both_loops == 20U);
    CHECK(suite.requests == 100U);
    CHECK(suite.duration == "2s");
    CHECK(suite.rate == 12.5);
    CHECK(suite.warmup == 0U);
    CHECK(suite.seed == 7U);
    CHECK(suite.secrets == std::vector<std::string>{"hunter2"});
    REQUIRE(suite.users.size() == 2);
    CHECK(suite.users.at(0).text == "@ana.token");
    CHECK(suite.users.at(1).text == "db.internal");
    CHECK(suite.drill);
    REQUIRE(suite.endpoints.size() == 2);
    const config::SuiteEndpoint& one = suite.endpoints[0];
    CHECK(one.headers == config::NamedTexts{{"Authorization", "Bearer hunter2"}});
    CHECK(one.params == config::NamedTexts{{"company", "123"},
                                           {"from", "2026-01-31"},
                                           {"ids", "1"},
                                           {"ids", "2"},
                                           {"all", "true"},
                                           {"share", "0.5"},
                                           {"a b", "c&d"}});
    CHECK(one.body == "{\"x\": \"${y}\"}");
    CHECK(one.weight == 3);
    CHECK(one.uncached.queries == std::vector<std::string>{"a=1", "b=2"});
    CHECK(one.uncached.url == "/two");
    CHECK(one.asserts.at(1).text == "cached.p99 <= 20ms");
    CHECK(one.selector.resources == std::vector<std::string>{"invoices_list", "invoices_summary"});
    CHECK(one.selector.where == config::NamedTexts{{"company", "123"}});
    CHECK(suite.endpoints[1].weight == 1);
    CHECK(suite.endpoints[1].selector.keys == std::vector<std::string>{"cache:x"});
}

TEST_CASE("what is wrong in a suite is reported with its place", "[suite]") {
    CHECK(wrong_suite("") == "1:1: a suite needs an endpoint: [[endpoints]]");
    CHECK(wrong_suite("x = ").starts_with("1:"));
    CHECK(wrong_suite("base_ulr = \"http://h\"\n" + k_endpoint) ==
          "1:1: unknown key 'base_ulr'; did you mean 'base_url'?");
    CHECK(wrong_suite(k_endpoint + "wieght = 2\n") == "4:1: unknown key 'wieght'; did you mean 'weight'?");
    CHECK(wrong_suite(k_endpoint + "weight = 0\n") == "4:10: weight: expected a whole number from 1 to 1000");
    CHECK(wrong_suite(k_endpoint + "weight = \"2\"\n").starts_with("4:10: weight: expected a whole number"));
    CHECK(wrong_suite("[[endpoints]]\nurl = \"/a\"\n") == "1:1: an endpoint needs a name");
    CHECK(wrong_suite("[[endpoints]]\nname = \"a\"\n") == "1:1: endpoint 'a' needs a url");
    CHECK(wrong_suite(k_endpoint + k_endpoint) == "5:8: name: there is another endpoint 'a'");
    CHECK(wrong_suite("rate = 0\n" + k_endpoint).starts_with("1:8: rate: expected a number from "));
    CHECK(wrong_suite("rate = nan\n" + k_endpoint).starts_with("1:8: rate: expected a number from "));
    CHECK(wrong_suite("duration = \"5\"\n" + k_endpoint).starts_with("1:12: duration: '5': not a duration"));
    CHECK(wrong_suite("timeout = \"0\"\n" + k_endpoint) == "1:11: timeout: '0': it has to be above 0");
    CHECK(wrong_suite(k_endpoint + "hit_header = []\n") == "4:14: hit_header: the list is empty");
    CHECK(wrong_suite(k_endpoint + "headers = { \"a b\" = \"c\" }\n") ==
          "4:11: headers: 'a b': not a header's name");
    CHECK(wrong_suite(k_endpoint + "headers = { a = \"b\\nc\" }\n") ==
          "4:11: headers: a: a header's value has no line breaks");
    CHECK(wrong_suite(k_endpoint + "params = { a = { b = 1 } }\n") ==
          "4:16: a: expected a text, a number, true or false");
    CHECK(wrong_suite(k_endpoint + "params = { a = [] }\n") == "4:16: a: the list is empty");
    CHECK(wrong_suite(k_endpoint + "asserts = [1]\n") == "4:12: asserts: expected a text in quotes");
    CHECK(wrong_suite(k_endpoint + "key = \"k\"\ntenant = \"t\"\n") ==
          "4:7: key: it goes with no other selector");
    CHECK(wrong_suite("endpoints = 5\n").starts_with("1:13: endpoints: expected a list of tables"));
}

TEST_CASE("variables come from the environment, and secrets stay out of messages", "[suite]") {
    CHECK(wrong_suite(k_endpoint + "body = \"${UNSET}\"\n") ==
          "4:8: the environment variable UNSET is not set");
    CHECK(wrong_suite(k_endpoint + "params = { a = [\"x\", \"${UNSET}\"] }\n") ==
          "4:22: the environment variable UNSET is not set");
    CHECK(
        wrong_suite(k_endpoint + "body = \"a ${\"\n").starts_with("4:8: ${ without the name of a variable"));
    CHECK(wrong_suite(k_endpoint + "body = \"${a b}\"\n")
              .starts_with("4:8: ${ without the name of a variable"));
    CHECK(suite_of(k_endpoint + "body = \"<${HOST}${EMPTY}|$HOST|$${HOST}|$${HOST>\"\n").endpoints[0].body ==
          "<db.internal|$HOST|${HOST}|${HOST>");
    const std::string error = wrong_suite(k_endpoint + "uncached_header = \"${API_TOKEN}\"\n");
    CHECK_THAT(error, Contains("***"));
    CHECK_THAT(error, !Contains("hunter2"));
}
