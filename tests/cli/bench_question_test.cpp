// Runs that are held against one another, or made one, are of the same question.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

using namespace roacache::test;
using nlohmann::json;

namespace {

using Arguments = std::vector<std::string>;

constexpr const char* k_service = "tests/cli/parameters_server.py";

std::string content_of_file(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

/// Measures so little that it is quick, and enough to be held against something.
Finished bench_briefly(const Arguments& what, const Arguments& more = {}, const RunOptions& options = {}) {
    Arguments all{"bench", "-n", "20", "--blocks", "10", "-c", "1", "--warmup", "1", "-q", "-o", "json"};
    all.insert(all.end(), what.begin(), what.end());
    all.insert(all.end(), more.begin(), more.end());
    return run_roacache(all, options);
}

/// Measures each, and finds each refused where it is held against another: as a baseline and when compared.
void check_each_refused(const std::vector<Arguments>& questions) {
    const TempDir folder;
    std::vector<std::string> saved;
    for (const Arguments& question : questions) {
        saved.push_back((folder.path() / fmt::format("{}.json", saved.size())).string());
        const Finished finished = bench_briefly(question, {"--json", saved.back()});
        INFO(finished.err);
        REQUIRE(finished.exit_code != 2);
        CHECK(content_of_file(saved.back()).find("hunter") == std::string::npos);
        CHECK(run_roacache({"bench", "compare", saved.back(), saved.back()}).exit_code != 2);
    }
    for (std::size_t i = 0; i < questions.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const Finished baseline = bench_briefly(questions[i], {"--baseline", saved[j]});
            INFO(questions[i].back() << " against " << questions[j].back() << ": " << baseline.err);
            CHECK(baseline.exit_code == 2);
            CHECK_THAT(baseline.err, StartsWith("roacache: cannot compare: " + saved[j] + ": it"));
            CHECK(run_roacache({"bench", "compare", saved[i], saved[j]}).exit_code == 2);
        }
}

} // namespace

TEST_CASE("a run that asked or expected otherwise is no baseline", "[bench][question]") {
    const PythonServer server(k_service);
    std::vector<Arguments> questions;
    for (const Arguments& more : std::vector<Arguments>{{"-m", "GET"},
                                                        {"-H", "X-Tenant: small"},
                                                        {"-H", "X-Tenant: big"},
                                                        {"-H", "Accept: text/html"},
                                                        {"-H", "Accept-Encoding: gzip"},
                                                        {"-A", "ana:hunter2"},
                                                        {"-C", "session=hunter2"},
                                                        {"--expect", "200"},
                                                        {"--expect-body-contains", "about"}}) {
        questions.push_back({"--single", server.url("/right?company=1")});
        questions.back().insert(questions.back().end(), more.begin(), more.end());
    }
    check_each_refused(questions);
}

TEST_CASE("a run that went past the cache otherwise is no baseline", "[bench][question]") {
    const PythonServer server(k_service);
    const std::string url = server.url("/right?company=1");
    check_each_refused({{url, "--uncached-header", "Cache-Control: no-cache"},
                        {url, "--uncached-query", "cb={random}"},
                        {url, "--uncached-url", server.url("/right?company=1&cb={random}")},
                        {url, "--uncached-url", server.url("/right?company=1&other={random}")}});
}

TEST_CASE("the reference service with other rows is no baseline", "[bench][question]") {
    const TempDir folder;
    RunOptions options;
    options.env["XDG_CACHE_HOME"] = folder.path().string();
    const std::string saved = (folder.path() / "r.json").string();
    REQUIRE(bench_briefly({"--demo", "--rows", "1000"}, {"--json", saved}, options).exit_code != 2);
    const Finished other = bench_briefly({"--demo", "--rows", "2000"}, {"--baseline", saved}, options);
    CHECK(other.exit_code == 2);
    CHECK_THAT(other.err, Contains("its reference service had 1000 rows instead of 2000"));
    const Finished same = bench_briefly({"--demo", "--rows", "1000"}, {"--baseline", saved}, options);
    CHECK(same.exit_code != 2);
    // What is expected, and varied, is no less so there.
    const json unexpected = json::parse(
        bench_briefly({"--demo", "--rows", "1000", "--expect-body-contains", "no such text"}, {}, options)
            .out);
    CHECK(unexpected.at("arms").at("cached").at("errors").at("missing_text") == 80);
    CHECK(bench_briefly({"--demo", "--rows", "1000", "--param", "a=1"}, {}, options).exit_code == 2);
}

TEST_CASE("another scheme, closed connections and answers of another size are told", "[bench][question]") {
    const NginxServer plain(""), tls("", true);
    const TempDir folder;
    const std::string saved = (folder.path() / "r.json").string();
    const auto write = [](const NginxServer& server, std::size_t size) {
        std::ofstream(server.root() / "a") << std::string(size, 'x');
    };
    const auto held = [&](const std::string& url, const Arguments& more = {}) {
        Arguments all{url, "--single", "--cacert", tls.certificate().string(), "--baseline", saved};
        all.insert(all.end(), more.begin(), more.end());
        const Finished finished = bench_briefly(all);
        INFO(finished.err);
        REQUIRE(finished.exit_code != 2);
        const std::string notes = json::parse(finished.out).at("notes").dump();
        // One arm has nothing beside it.
        if (notes.find("other conditions") != std::string::npos) CHECK(finished.exit_code == 6);
        return notes;
    };
    write(plain, 2000);
    write(tls, 2000);
    REQUIRE(bench_briefly({plain.url("/a"), "--single", "--json", saved}).exit_code == 0);
    CHECK(held(plain.url("/a")).find("other conditions") == std::string::npos);
    CHECK_THAT(held(tls.url("/a")), Contains("scheme http, now https"));
    CHECK_THAT(held(plain.url("/a"), {"-H", "Connection: close"}), Contains("kept connections yes, now no"));
    write(plain, 200'000);
    CHECK_THAT(held(plain.url("/a")), Contains("single answers 2.") && Contains(" KiB, now 19"));
}

TEST_CASE("runs of the same path merge only if they asked the same", "[bench][question]") {
    const PythonServer server(k_service);
    const TempDir folder;
    const std::string url = server.url("/right?company={id}");
    const Arguments first{url, "--param", "id=1,2", "--uncached-header", "Cache-Control: no-cache"};
    std::vector<std::string> saved;
    const auto save = [&](const Arguments& question) {
        saved.push_back((folder.path() / fmt::format("{}.json", saved.size())).string());
        const Finished finished = bench_briefly(question, {"--json", saved.back()});
        INFO(finished.err);
        REQUIRE(finished.exit_code != 2);
    };
    save(first);
    save(first);
    for (const Arguments& more : std::vector<Arguments>{{"-m", "POST"},
                                                        {"-d", "{\"a\": 1}"},
                                                        {"-d", "{\"a\": 2}"},
                                                        {"-H", "X-Tenant: big"},
                                                        {"--expect", "200"}}) {
        Arguments other = first;
        other.insert(other.end(), more.begin(), more.end());
        save(other);
    }
    save({url, "--param", "id=1,3", "--uncached-header", "Cache-Control: no-cache"});
    save({url, "--param", "id=1,2", "--uncached-query", "cb={random}"});
    save({url, "--param", "id=1,2", "--single"});
    const Finished both = run_roacache({"bench", "merge", saved[0], saved[1], "-o", "json"});
    CHECK(both.exit_code != 2);
    CHECK(json::parse(both.out).at("arms").at("cached").at("requests") == 40);
    for (std::size_t i = 2; i < saved.size(); ++i) {
        const Finished refused = run_roacache({"bench", "merge", saved[0], saved[1], saved[i]});
        INFO(i << ": " << refused.err);
        CHECK(refused.exit_code == 2);
        CHECK(refused.out.empty());
        CHECK_THAT(refused.err,
                   StartsWith(fmt::format("roacache: cannot merge: {}, beside {}: it", saved[i], saved[0])));
    }
}
