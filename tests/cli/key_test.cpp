#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// What the service itself would compute, by Python.
std::string python_key(const std::string& tenant, const std::string& resource, const std::string& params) {
    const Finished python = run(
        {"/usr/bin/python3", "-c",
         "import sys, json, hashlib\n"
         "params = json.loads(sys.argv[3])\n"
         "for name in ('username', 'current_user', 'tenant_id'): params.pop(name, None)\n"
         "text = json.dumps(params, sort_keys=True)\n"
         "print('cache:%s:%s:%s' % (sys.argv[1], sys.argv[2], hashlib.md5(text.encode()).hexdigest()[:12]))",
         tenant, resource, params});
    REQUIRE(python.exit_code == 0);
    return python.out;
}

} // namespace

TEST_CASE("the key of a call is the one that the service computes", "[key]") {
    CHECK(run_roacache({"key", "dashboard_summary", "company:=1"}).out ==
          python_key("default", "dashboard_summary", R"({"company": 1})"));
    CHECK(run_roacache({"key", "dashboard_summary", "company=1"}).out ==
          python_key("default", "dashboard_summary", R"({"company": "1"})"));
    CHECK(run_roacache({"key", "x"}).out == python_key("default", "x", "{}"));
    CHECK(run_roacache({"key", "invoices_list", "-t", "client-1", "partner=CLIEN\xc8\x9aI \xf0\x9f\x99\x82",
                        "amount:=1e22", "big:=123456789012345678901234567890",
                        "nested:={\"b\": [1.0, null], \"a\": false}", "username=me"})
              .out == python_key("client-1", "invoices_list",
                                 "{\"partner\": \"CLIEN\xc8\x9aI \xf0\x9f\x99\x82\", \"amount\": 1e22, "
                                 "\"big\": 123456789012345678901234567890, "
                                 "\"nested\": {\"b\": [1.0, null], \"a\": false}, \"username\": \"me\"}"));
    CHECK(run_roacache({"key", "empty="}).exit_code == 2);
}

TEST_CASE("a system that does not hash has its parameters in the key", "[key]") {
    CHECK(run_roacache({"key", "user", "id=42", "-p", "hr-portal"}).out == "user:42\n");
    CHECK(run_roacache({"key", "companies_all_synced", "-p", "tally-portal"}).out ==
          "companies_all_synced\n");
    CHECK(run_roacache({"key", "user", "-p", "hr-portal"}).exit_code == 2);
}

TEST_CASE("calls on standard input are answered line by line", "[key]") {
    RunOptions options;
    options.input = "{\"tenant\": \"t\", \"resource\": \"a\", \"params\": {\"x\": 1}}\n"
                    "{\"resource\": \"b\"}\n"
                    "{\"params\": {\"x\": \"\\u00e9\"}, \"resource\": \"c\", \"tenant\": \"t\\u00e9\"}";
    const Finished finished = run_roacache({"key", "--stdin"}, options);
    CHECK(finished.exit_code == 0);
    CHECK(finished.out == python_key("t", "a", R"({"x": 1})") + python_key("default", "b", "{}") +
                              python_key("t\xc3\xa9", "c", R"({"x": "\u00e9"})"));

    options.input = "{\"resource\": \"a\"}\nrubbish\n{\"resource\": \"b\"}\n";
    const Finished wrong = run_roacache({"key", "--stdin"}, options);
    CHECK(wrong.exit_code == 2);
    CHECK(lines_in(wrong.out) == 1);
    CHECK(wrong.err.find("roacache: bad line: standard input:2: ") == 0);
}

TEST_CASE("a key is given to programs with its parts", "[key]") {
    const json answer =
        json::parse(run_roacache({"key", "dashboard_summary", "company:=1", "-o", "json"}).out);
    CHECK(answer.at("schema") == "roacache.key/1");
    CHECK(answer.at("tenant") == "default");
    CHECK(answer.at("key").get<std::string>().ends_with(answer.at("hash").get<std::string>()));
    CHECK(run_roacache({"key", "a", "b:=["}).exit_code == 2);
    CHECK(run_roacache({"key", "a", "b:=1", "c:=["}).err.find("'c:=['") != std::string::npos);
    CHECK(run_roacache({"key", "a:b"}).exit_code == 2);
    CHECK(run_roacache({"key"}).exit_code == 2);
    CHECK(run_roacache({"key", "a", "--stdin"}).exit_code == 2);
}
