// What goes over the wire in the uncached arm, said on the command line and in a suite.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/servers.hpp"

#include <fstream>
#include <set>
#include <sstream>
#include <string>

using namespace roacache::test;

namespace {

/// Which requests a run sends, each without the headers that every one has, its lines joined by `|`.
std::set<std::string> sent_by(const std::vector<std::string>& arguments) {
    PythonServer server("tests/cli/capturing_server.py");
    std::vector<std::string> all{"bench", "-n", "2", "-c", "1", "--blocks", "1", "--warmup", "0"};
    for (std::string argument : arguments) {
        const std::size_t at = argument.find("SERVER");
        if (at != std::string::npos) argument.replace(at, 6, server.url(""));
        all.push_back(argument);
    }
    const Finished finished = run_roacache(all);
    INFO(finished.err);
    CHECK(finished.exit_code == 1); // no answer is one
    std::set<std::string> requests;
    std::istringstream log(server.process().log());
    for (std::string word; log >> word;) {
        if (word != "GOT" || !(log >> word)) continue;
        std::istringstream lines(from_hex(word));
        std::string request;
        for (std::string line; std::getline(lines, line) && line != "\r";) {
            line.pop_back();
            if (line.find("Host: ") == 0 || line.find("User-Agent: ") == 0 || line.find("Accept: ") == 0)
                continue;
            request += (request.empty() ? "" : "|") + line;
        }
        requests.insert(request);
    }
    return requests;
}

std::set<std::string> sent_by_suite(const std::string& suite) {
    const TempDir folder;
    const std::string file = (folder.path() / "s.toml").string();
    std::ofstream(file) << suite;
    return sent_by({"--suite", file, "--base-url", "SERVER"});
}

const std::string k_get = "GET /a HTTP/1.1";

} // namespace

TEST_CASE("all uncached headers of a name are sent, on the command line and by a suite",
          "[bench][uncached]") {
    const std::set<std::string> expected{
        k_get + "|cache-control: max-stale",
        k_get + "|Cache-Control: no-cache|CACHE-CONTROL: max-age=0",
    };
    CHECK(sent_by({"SERVER/a", "-H", "cache-control: max-stale", "--uncached-header",
                   "Cache-Control: no-cache", "--uncached-header", "CACHE-CONTROL: max-age=0"}) == expected);
    CHECK(sent_by_suite(R"(
headers = { cache-control = "max-stale" }
[[endpoints]]
name = "a"
url = "/a"
uncached_header = ["Cache-Control: no-cache", "CACHE-CONTROL: max-age=0"]
)") == expected);
}

TEST_CASE("uncached cookies join the request's, on the command line and by a suite", "[bench][uncached]") {
    const std::set<std::string> expected{
        k_get + "|Cookie: session=abc; lang=fr",
        k_get + "|Cookie: session=abc; lang=en; nocache=1",
    };
    const std::vector<std::string> added{"--uncached-header", "Cookie: lang=en", "--uncached-header",
                                         "cookie: nocache=1"};
    for (std::vector<std::string> given :
         {std::vector<std::string>{"SERVER/a", "-C", "session=abc", "--cookie", "lang=fr"},
          std::vector<std::string>{"SERVER/a", "-H", "Cookie: session=abc; lang=fr"}}) {
        given.insert(given.end(), added.begin(), added.end());
        CHECK(sent_by(given) == expected);
    }
    CHECK(sent_by_suite(R"(
uncached_header = ["Cookie: lang=en", "cookie: nocache=1"]
[[endpoints]]
name = "a"
url = "/a"
headers = { Cookie = "session=abc; lang=fr" }
)") == expected);
}

TEST_CASE("a header is another one for each request", "[bench][uncached]") {
    for (const char* option : {"-H", "--uncached-header"}) {
        std::vector<std::string> arguments{"SERVER/a", option, "X-Id: a{seq}", "--uncached-query", "b=1"};
        std::set<std::string> ids;
        for (const std::string& request : sent_by(arguments)) {
            INFO(request);
            CHECK(request.find('{') == std::string::npos);
            const std::size_t header = request.find("|X-Id: a");
            const bool uncached = request.find("?b=1") != std::string::npos;
            CHECK((header != std::string::npos) == (uncached || option == std::string("-H")));
            if (header != std::string::npos) ids.insert(request.substr(header));
        }
        CHECK(ids.size() >= 2);
    }
}

TEST_CASE("an uncached query is encoded as a URL's, on the command line and by a suite",
          "[bench][uncached]") {
    struct Case {
        const char *given, *sent;
    };
    const Case cases[] = {
        {"nocache=1", "nocache=1"},           {"?nocache=1", "nocache=1"},
        {"&nocache=1", "nocache=1"},          {"?&nocache=1&b=2", "nocache=1&b=2"},
        {"nocache=\u00e9", "nocache=%C3%A9"}, {"\u00e9t\u00e9=\u2713", "%C3%A9t%C3%A9=%E2%9C%93"},
        {"nocache=%C3%A9", "nocache=%C3%A9"}, {"a=?&b=%zz+c", "a=?&b=%zz+c"},
        {"items[]=1|2", "items[]=1|2"}};
    for (const Case& each : cases) {
        INFO(each.given);
        const std::string sent = each.sent;
        const std::set<std::string> expected{"GET /a?x=%C3%A9 HTTP/1.1",
                                             "GET /a?x=%C3%A9&" + sent + " HTTP/1.1"};
        CHECK(sent_by({"SERVER/a?x=\u00e9", "--uncached-query", each.given}) == expected);
        CHECK(sent_by_suite("uncached_query = '" + std::string(each.given) +
                            "'\n[[endpoints]]\nname = 'a'\nurl = '/a?x=\u00e9'\n") == expected);
    }
    for (const char* given : {"?", "&", "?&", "a b=1", "a=1#b"}) {
        INFO(given);
        const Finished refused = run_roacache({"bench", "http://127.0.0.1:1/", "--uncached-query", given});
        CHECK(refused.exit_code == 2);
        CHECK(refused.err.find("roacache: --uncached-query: write it as name=value") == 0);
    }
}
