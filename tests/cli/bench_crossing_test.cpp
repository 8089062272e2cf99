// What crosses over between two users besides whole answers, and how many requests are asked as both.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

struct TwoUsers {
    PythonServer service{"tests/bench/two_users.py"};
    TempDir folder;

    TwoUsers() {
        for (const char* user : {"ana", "bob"})
            std::ofstream(folder.path() / user) << user << "-token\n";
    }
    Finished bench(const std::string& path, std::vector<std::string> more = {}) const {
        more.insert(more.begin(),
                    {"bench", service.url(path), "-n", "40", "-c", "2", "--blocks", "10", "--uncached-header",
                     "Cache-Control: no-cache", "--hit-header", "X-Cache: HIT", "--assert", "errors == 0",
                     "--as", folder.path() / "ana", "--as", folder.path() / "bob"});
        return run_roacache(more);
    }
};

/// Without the breaks of its lines.
std::string unwrapped(const std::string& text) {
    std::string joined;
    for (const char c : text)
        if (c != ' ' && c != '\n')
            joined += c;
        else if (!joined.ends_with(' '))
            joined += ' ';
    return joined;
}

} // namespace

TEST_CASE("a cookie that a cache replays to another user has crossed over", "[bench][users]") {
    const TwoUsers users;
    for (const char* path : {"/page", "/session"}) {
        const Finished finished = users.bench(path, {"-o", "json"});
        INFO(path << finished.err << finished.out.substr(0, 2000));
        CHECK(finished.exit_code == 1);
        const json check = json::parse(finished.out).at("users").at(0);
        CHECK(check.at("outcome") == "crossed");
        CHECK(check.at("in_part") == true);
        CHECK(check.at("served") == 2);
        CHECK(check.at("places") == json{"the cookie session"});
    }
    const Finished told = users.bench("/page");
    CHECK_THAT(
        unwrapped(told.out),
        Contains("user 2 was served a part of the answer of user 1 by the cache (the cookie session)"));
    CHECK(told.out.find("ana-5f3a9c77") == std::string::npos);
}

TEST_CASE("cookies of a balancer and of each user's own cross nothing over", "[bench][users]") {
    const TwoUsers users;
    for (const auto& [path, outcome] : {std::pair("/balanced", "equal"), std::pair("/right", "own")}) {
        const Finished finished = users.bench(path, {"-o", "json"});
        INFO(path << finished.err << finished.out.substr(0, 2000));
        CHECK(finished.exit_code == 0);
        CHECK(json::parse(finished.out).at("users").at(0).at("outcome") == outcome);
    }
}

TEST_CASE("a redirect to another user's place has crossed over", "[bench][users]") {
    const TwoUsers users;
    const Finished finished = users.bench("/home", {"-o", "json", "--expect", "302"});
    INFO(finished.err << finished.out.substr(0, 2000));
    CHECK(finished.exit_code == 1);
    const json check = json::parse(finished.out).at("users").at(0);
    CHECK(check.at("outcome") == "crossed");
    CHECK(check.at("places") == json{"location"});
}

TEST_CASE("each of the listed requests is asked as two users, as far as time goes", "[bench][users]") {
    const TwoUsers users;
    const Finished one =
        users.bench("/company?company={n}", {"--param", "n=1,2,3,4,5,6,7,8,9", "-o", "json"});
    INFO(one.err << one.out.substr(0, 2000));
    CHECK(one.exit_code == 1);
    const json run = json::parse(one.out);
    CHECK(run.at("users").size() == 9);
    for (const json& check : run.at("users")) {
        CHECK(check.at("of_requests") == 9);
        CHECK((check.at("outcome") == "crossed") == (check.at("request") == "n=7"));
    }
    std::ofstream companies(users.folder.path() / "companies");
    for (int company = 1001; company <= 1400; ++company)
        companies << company << "\n";
    companies.close();
    const Finished many = users.bench("/company?company={n}",
                                      {"--param", "n=@" + (users.folder.path() / "companies").string()});
    INFO(many.err << many.out);
    CHECK(many.exit_code == 6); // nothing was asked twice
    CHECK_THAT(unwrapped(many.out), Contains(" more of its requests.") &&
                                        Contains(" of its 400 different requests were asked as two users."));
}
