// Requests that differ from one another: --param, --urls-from, and `vary` in suites.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fmt/format.h>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace roacache::test;
using nlohmann::json;

namespace {

using Arguments = std::vector<std::string>;

constexpr const char* k_server = "tests/cli/parameters_server.py";

// So that no noise decides.
constexpr const char* k_assert = "hit_rate >= 1%";

Finished bench(const Arguments& what, const std::string& input = {}) {
    Arguments all{"bench", "--hit-header", "X-Cache: HIT", "-n", "60", "-c",
                  "3",     "--assert",     k_assert,       "-q", "-o", "json"};
    all.insert(all.end(), what.begin(), what.end());
    RunOptions options;
    options.input = input;
    return run_roacache(all, options);
}

/// How often each was asked: `HIT /right?company=1 `.
std::map<std::string, int> asked(const PythonServer& server) {
    std::istringstream lines(run({"curl", "-s", server.url("/asked")}).out);
    std::map<std::string, int> times;
    for (std::string line; std::getline(lines, line);)
        ++times[line];
    return times;
}

void write_file(const std::filesystem::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
}

constexpr const char* k_past = "Cache-Control: no-cache";

} // namespace

TEST_CASE("each arm asks for each company alike, and answers are compared company by company",
          "[bench][parameters]") {
    const PythonServer server(k_server);
    const Finished finished = bench(
        {server.url("/right?company={company}"), "--param", "company=1,2,3", "--uncached-header", k_past});
    INFO(finished.out.substr(0, 3000) << finished.err);
    CHECK(finished.exit_code == 0);
    const json run = json::parse(finished.out);
    const auto times = asked(server);
    for (const char* company : {"1", "2", "3"}) {
        CHECK(times.at(fmt::format("MISS /right?company={} ", company)) <= 3); // at once
        CHECK(times.at(fmt::format("HIT /right?company={} ", company)) >= 20);
        CHECK(times.at(fmt::format("BYPASS /right?company={} ", company)) >= 20);
    }
    const json& endpoint = run.at("endpoints").at(0);
    CHECK(endpoint.at("url") == server.url("/right?company={company}"));
    CHECK(endpoint.at("varied") == "{company}: 3 values in turn");
    CHECK(endpoint.at("equality").at("compared").get<int>() >= 100);
    CHECK(endpoint.at("equality").at("mismatched") == 0);
}

TEST_CASE("a cache key that forgot a parameter is found by its answers", "[bench][parameters]") {
    const PythonServer server(k_server);
    const Finished finished = bench(
        {server.url("/wrong?company={company}"), "--param", "company=1,2", "--uncached-header", k_past});
    INFO(finished.out.substr(0, 3000) << finished.err);
    CHECK(finished.exit_code == 1);
    const json mismatches = json::parse(finished.out).at("endpoints").at(0).at("equality").at("mismatches");
    REQUIRE(mismatches.size() == 1);
    CHECK(mismatches.at(0).at("arm") == "cached");
    // The one whose answer was not kept.
    CHECK_THAT(mismatches.at(0).at("request").get<std::string>(), StartsWith("company="));
}

TEST_CASE("an answer without the text that is expected is an error, whatever its status", "[bench][expect]") {
    const PythonServer server(k_server);
    const Finished finished = bench({server.url("/right?company={company}"), "--param", "company=1,login",
                                     "--uncached-header", k_past, "--expect-body-contains", "company=1"});
    INFO(finished.out.substr(0, 3000) << finished.err);
    CHECK(finished.exit_code == 1);
    const json run = json::parse(finished.out);
    for (const char* arm : {"cached", "uncached"}) {
        const json& errors = run.at("arms").at(arm).at("errors");
        CHECK(errors.size() == 1);
        CHECK(errors.at("missing_text") == 30);
        CHECK(run.at("arms").at(arm).at("good") == 30);
    }
    CHECK_THAT(run.at("reasons").at(0).get<std::string>(), Contains("missing_text"));
    CHECK(run.at("endpoints").at(0).at("expected_text") == "company=1");
}

TEST_CASE("a query that no request had before goes past a cache", "[bench][parameters]") {
    const PythonServer server(k_server);
    const Finished finished = bench({server.url("/right?company=7"), "--uncached-query", "cb={random}"});
    INFO(finished.out.substr(0, 3000) << finished.err);
    CHECK(finished.exit_code == 0);
    int past = 0;
    for (const auto& [line, times] : asked(server))
        if (line.find("&cb=") != std::string::npos) {
            CHECK(line.starts_with("MISS "));
            past += times;
        }
    CHECK(past >= 60);
    CHECK(json::parse(finished.out).at("endpoints").at(0).at("equality").at("compared").get<int>() > 100);
}

TEST_CASE("{random} and {seq} are filled wherever requests are made of", "[bench][parameters]") {
    const PythonServer server(k_server);
    const auto misses_of = [&](const Arguments& what) {
        const auto before = asked(server);
        const Finished finished = bench(what);
        INFO(finished.out.substr(0, 3000) << finished.err);
        CHECK(finished.exit_code != 2); // what is asked anew never hits
        int misses = 0;
        for (const auto& [line, times] : asked(server)) {
            CHECK(line.find("{") == std::string::npos);
            if (line.starts_with("MISS ") && !before.contains(line)) ++misses;
        }
        return misses;
    };
    for (const std::string own : {"{random}", "{seq}", "{+random}"}) {
        INFO(own);
        // The uncached arm alone: what it is compared with is a cached one.
        CHECK(misses_of({server.url("/right?company=1"), "--uncached-url",
                         server.url("/right?company=1&a=" + own)}) >= 60);
    }
    CHECK(misses_of({server.url("/right?b={random}"), "--uncached-header", k_past}) >= 60);
    CHECK(misses_of({server.url("/right?c"), "-d", "[{random}]", "--uncached-header", k_past}) >= 60);
    CHECK(misses_of({server.url("/right?d={seq}"), "--single"}) >= 60);
    CHECK(misses_of({server.url("/right?e"), "-d", "[{seq}]", "--single"}) >= 60);
}

TEST_CASE("names in braces that nothing fills are noted where they may be meant", "[bench][parameters]") {
    const PythonServer server(k_server);
    const auto notes = [&](const Arguments& what) {
        const Finished finished = bench(what);
        INFO(finished.err);
        REQUIRE(finished.exit_code != 2);
        return json::parse(finished.out).at("notes").dump();
    };
    const std::string url = server.url("/right");
    CHECK_THAT(notes({url, "-d", "[{company}, {id}]", "--param", "id=1", "--uncached-header", k_past}),
               Contains("{company} was sent as it is in headers or body for " + url));
    CHECK_THAT(notes({url, "-H", "X-Of: {company}", "--single"}), Contains("{company} was sent as it is"));
    const std::string secret =
        notes({url, "-H", "X-Api-Key: {hunter2}", "-d", R"({"password": {hunter3}})", "--single"});
    CHECK(secret.find("hunter") == std::string::npos);
    CHECK(notes({url, "-d", R"({"a": {"b": {}}})", "--uncached-header", k_past}).find("as it is") ==
          std::string::npos);
}

TEST_CASE("the hit rate follows the choice of keys", "[bench][parameters]") {
    const auto hit_rate = [](const char* source) {
        const PythonServer server(k_server);
        const Finished finished = run_roacache({"bench", "--single", server.url("/right?company={id}"),
                                                "--param", std::string("id=") + source, "--hit-header",
                                                "X-Cache: HIT", "-n", "300", "-c", "1", "-q", "-o", "json"});
        INFO(finished.out.substr(0, 3000) << finished.err);
        REQUIRE(finished.exit_code == 0);
        const json arm = json::parse(finished.out).at("arms").at("single");
        return arm.at("proven_hits").get<double>() / 300;
    };
    const TempDir folder;
    std::string ids;
    for (int i = 0; i < 200; ++i)
        ids += fmt::format("{}\n", i);
    write_file(folder.path() / "ids", ids);
    const std::string file = (folder.path() / "ids").string();
    CHECK(hit_rate("seq") == 0);
    CHECK(hit_rate("random") == 0);
    const double in_turn = hit_rate(("@" + file).c_str()), zipf = hit_rate(("zipf:" + file).c_str());
    CHECK(in_turn > 0.3); // 200 values once, 100 of them twice
    CHECK(in_turn < 0.4);
    CHECK(zipf > in_turn + 0.1);
    CHECK(zipf < 0.9);
}

TEST_CASE("values of a column, in a body too", "[bench][parameters]") {
    const PythonServer server(k_server);
    const TempDir folder;
    const std::string file = (folder.path() / "calls.csv").string();
    write_file(file, "\xef\xbb\xbf"
                     "id,name\r\n1,\"a, b\"\r\n2,\"say \"\"x\"\"\"\r\n");
    const Finished finished =
        bench({server.url("/right"), "-d", "{name} of {id}", "--param", "name=" + file + "#name", "--param",
               "id=" + file + "#1", "--uncached-header", k_past});
    INFO(finished.out.substr(0, 3000) << finished.err);
    CHECK(finished.exit_code == 0);
    const auto times = asked(server);
    CHECK(times.contains("HIT /right a, b of 1"));
    CHECK(times.contains("HIT /right say \"x\" of 2"));
}

TEST_CASE("columns as spreadsheets write them", "[bench][parameters]") {
    const PythonServer server(k_server);
    const TempDir folder;
    for (const auto& [name, content] :
         {std::pair{"semicolons.csv", "id;name\r\n1; a \r\n;\r\n"},
          std::pair{"tabs.tsv", "id\tname\n1\t a \n\t\n"}, std::pair{"commas.CSV", "name\n a \n"}}) {
        const std::string file = (folder.path() / name).string();
        write_file(file, content);
        const Finished finished = bench({server.url("/right"), "-d", std::string("{name} of ") + name,
                                         "--param", "name=" + file + "#name", "--uncached-header", k_past});
        INFO(finished.out.substr(0, 3000) << finished.err);
        CHECK(finished.exit_code == 0);
        CHECK(json::parse(finished.out).at("endpoints").at(0).at("varied") == "{name}: 1 value");
        CHECK(asked(server).contains(std::string("HIT /right  a  of ") + name));
    }
}

TEST_CASE("URLs of a file, or of standard input, are asked in turn", "[bench][parameters]") {
    const PythonServer server(k_server);
    const std::string urls =
        "# of yesterday's log\n" + server.url("/right?company=1") + "\n\n/right?company=2\r\n" + "/right\n";
    const Finished finished =
        bench({"--urls-from", "-", "--base-url", server.url("/"), "--uncached-query", "cb={random}"}, urls);
    INFO(finished.out.substr(0, 3000) << finished.err);
    CHECK(finished.exit_code == 0);
    const auto times = asked(server);
    for (const char* target : {"/right?company=1", "/right?company=2", "/right"})
        CHECK(times.at(fmt::format("HIT {} ", target)) >= 20);
    CHECK(times.lower_bound("MISS /right?cb=") != times.end());
    for (const auto& [line, count] : times)
        if (line.find("cb=") != std::string::npos) CHECK(line.find('?') == line.rfind('?'));
    CHECK(json::parse(finished.out).at("endpoints").at(0).at("varied") == "{path}: 3 values in turn");
}

TEST_CASE("an endpoint of a suite varies", "[bench][parameters][suite]") {
    const PythonServer server(k_server);
    const TempDir folder;
    write_file(folder.path() / "ids.txt", "5\n6\n");
    write_file(folder.path() / "suite.toml", fmt::format(R"(
base_url = "{}"
uncached_header = "Cache-Control: no-cache"
hit_header = "X-Cache: HIT"
[[endpoints]]
name = "right"
url = "/right"
params = {{company = "{{id}}", kind = "{{kind}}", literal = "{{x}}", path = "{{+path}}"}}
vary = {{id = "@ids.txt", kind = ["a", "b"], path = "x/y"}}
)",
                                                         server.url("")));
    const Finished finished =
        run_roacache({"bench", "--assert", k_assert, "--suite", (folder.path() / "suite.toml").string(), "-n",
                      "60", "-c", "3", "-q", "-o", "json"});
    INFO(finished.out.substr(0, 3000) << finished.err);
    CHECK(finished.exit_code == 0);
    const auto times = asked(server);
    CHECK(times.at("HIT /right?company=5&kind=a&literal=%7Bx%7D&path=x/y ") >= 30);
    CHECK(times.at("HIT /right?company=6&kind=b&literal=%7Bx%7D&path=x/y ") >= 30);
}

TEST_CASE("a suite's requests have {random} and {seq}, and no name that nothing fills",
          "[bench][parameters][suite]") {
    const PythonServer server(k_server);
    const TempDir folder;
    const auto bench_suite = [&](const std::string& endpoint) {
        const std::string file = (folder.path() / "suite.toml").string();
        write_file(file, "[[endpoints]]\nname = \"one\"\n" + endpoint);
        return run_roacache({"bench", "--single", "--suite", file, "--base-url", server.url(""), "-n", "60",
                             "-c", "3", "-q", "-o", "json"});
    };
    const Finished finished =
        bench_suite("url = \"/right?seq={seq}\"\nparams = {cb = \"{random}\", kind = \"{kind}\"}\n");
    INFO(finished.out.substr(0, 3000) << finished.err);
    CHECK(finished.exit_code == 0);
    CHECK_THAT(json::parse(finished.out).at("notes").dump(),
               Contains("The params of endpoint 'one' hold {kind}, which is sent as it is"));
    const auto times = asked(server);
    CHECK(times.size() >= 60);
    for (const auto& [line, count] : times) {
        CHECK(count == 1);
        CHECK(line.find("{") == std::string::npos);
        CHECK(line.find("kind=%7Bkind%7D") != std::string::npos);
    }
    for (const char* endpoint :
         {"url = \"/right?company={company}\"\n", "url = \"/{+company}/{id}\"\nvary = {id = \"1,2\"}\n"}) {
        const Finished refused = bench_suite(endpoint);
        INFO(refused.err);
        CHECK(refused.exit_code == 2);
        CHECK_THAT(refused.err, Contains("suite.toml:1:1: endpoint 'one': no value for {company}: "));
    }
    const Finished meant = bench_suite("url = \"/right?company=%7Bcompany%7D\"\n");
    CHECK(meant.exit_code == 0);
    CHECK(asked(server).contains("HIT /right?company=%7Bcompany%7D "));
}

TEST_CASE("what cannot be varied is refused before anything is asked", "[bench][parameters]") {
    const TempDir folder;
    const auto file = [&](const char* name, const std::string& content) {
        write_file(folder.path() / name, content);
        return (folder.path() / name).string();
    };
    const std::string csv = file("a.csv", "id,name\n1,x\n2\n");
    const std::string broken = file("b.csv", "id\n\"1\"x\n");
    struct Case {
        Arguments given;
        const char* why;
    };
    const std::string url = "http://127.0.0.1:1/{id}";
    const std::vector<Case> cases{
        {{url, "--param", "id"}, "--param: 'id': no ="},
        {{url, "--param", "id="}, "--param id: no value"},
        {{url, "--param", "i d=1"}, "not a name"},
        {{url, "--param", "id=1", "--param", "id=2"}, "id is given twice"},
        {{url, "--param", "ids=1"}, "no request has a place for the parameter ids"},
        {{url, "--param", "id=@"}, "no file behind the @"},
        {{url, "--param", "id=@/nowhere"}, "cannot read: /nowhere"},
        {{url, "--param", "id=@" + file("empty", "\n\n")}, "it has no value"},
        {{url, "--param", "id=zipf:"}, "nothing behind zipf:"},
        {{url, "--param", "id=seq:x"}, "followed by a whole number"},
        {{url, "--param", "id=" + csv + "#nam"}, "a.csv: no column 'nam'"},
        {{url, "--param", "id=" + csv + "#name"}, "a.csv: row 3 has 1 of 2 columns"},
        {{url, "--param", "id=" + csv + "#"}, "no column behind"},
        {{url, "--param", "id=" + broken + "#id"}, "b.csv: row 2: "},
        {{url, "--param", "id=" + file("c.csv", "") + "#id"}, "it is empty"},
        {{url, "--param", "id=" + file("d.csv", "id\n") + "#id"}, "it has no row"},
        {{url, "--param", "id=" + csv}, "a.csv is a file"},
        {{url, "--param",
          "id=@" + file("utf16", std::string("\xff\xfe"
                                             "1\0\n\0",
                                             6))},
         "it is UTF-16"},
        {{url}, "no value for {id}: http://127.0.0.1:1/{id}"},
        {{url + "/{page}", "--param", "id=1"}, "no value for {page}: http://127.0.0.1:1/{id}/{page}"},
        {{"http://127.0.0.1:1/a", url}, "no value for {id}"},
        {{url, "-m", "HEAD", "--param", "id=1", "--expect-body-contains", "x"}, "HEAD has no body"},
        {{"--urls-from", file("own", "http://h/a\n"), "--param", "path=1"}, "it is the URLs' own"},
        {{"--urls-from", file("users", "http://u:p@h/a\nhttp://v:q@h/b\n")}, "credentials that differ"},
        {{"--urls-from", file("bad", "http://h/a\n\nhttp://h:x/b\n")}, "line 3: bad URL"},
        {{url, "--urls-from", "-"}, "do not go together"},
        {{"--urls-from", file("urls", "/a\n")}, "'/a' is no whole URL"},
        {{"--urls-from", file("none", "# nothing\n")}, "it has no URL"},
        {{"--urls-from", file("two", "http://h/a\nhttp://i/b\n")}, "URLs of two servers"},
    };
    for (const Case& one : cases) {
        Arguments arguments{"bench", "--single"};
        arguments.insert(arguments.end(), one.given.begin(), one.given.end());
        const Finished finished = run_roacache(arguments);
        INFO(one.why << "\n" << finished.err);
        CHECK(finished.exit_code == 2);
        CHECK_THAT(finished.err, Contains(one.why));
    }
}

TEST_CASE("hits of requests that come once are entries of others, as where a key forgot the parameter",
          "[bench][parameters]") {
    const PythonServer server("tests/bench/odd_server.py");
    const auto bench = [&](const std::string& path, const std::string& choice, int code) {
        const Finished finished =
            run_roacache({"bench", server.url(path + "?company={company}"), "--param", "company=" + choice,
                          "-n", "60", "-c", "2", "--uncached-header", "Cache-Control: no-cache",
                          "--hit-header", "X-Cache: HIT", "--assert", "errors == 0", "-o", "json"});
        INFO(choice << finished.err << finished.out.substr(0, 1000));
        CHECK(finished.exit_code == code);
        return finished.out;
    };
    for (const char* choice : {"seq", "random"})
        CHECK(bench("/cache/forgot", choice, 6).find("their entries are those of other requests") !=
              std::string::npos);
    CHECK(bench("/cache/forgot", "1,2,3", 1).find("differ from the uncached reference") != std::string::npos);
    bench("/cache/company", "1,2,3", 0);
}
