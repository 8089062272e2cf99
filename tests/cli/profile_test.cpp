#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

TEST_CASE("profiles are listed and shown", "[profile]") {
    const std::string list = run_roacache({"profile", "list"}).out;
    for (const char* name : {"roa2web", "hr-portal", "tally-portal", "salonos"}) {
        CHECK(list.find(name) != std::string::npos);
        const Finished shown = run_roacache({"profile", "show", name});
        CHECK(shown.exit_code == 0);
        CHECK(shown.out.find("Events") != std::string::npos);
        CHECK(json::parse(run_roacache({"profile", "show", name, "-o", "json"}).out).at("name") == name);
    }
    const json roa2web = json::parse(run_roacache({"profile", "show", "-o", "json"}).out);
    CHECK(roa2web.at("schema") == "roacache.profile/1");
    CHECK(roa2web.at("default_tenant") == "default");
    CHECK(roa2web.at("ttl_ms").at("companies_list") == 600000);
    CHECK(run_roacache({"profile", "show", "roaweb"}).exit_code == 2);
    CHECK(run_roacache({"profile"}).exit_code == 2);
}

TEST_CASE("a profile of the user's own is taken from roacache.toml and checked with line and column",
          "[profile]") {
    const TempDir folder;
    RunOptions options;
    options.cwd = folder.path();
    std::ofstream(folder.path() / "roacache.toml") << "[profiles.shop]\nextends = 'roa2web'\nlayouts = [{ "
                                                      "template = 'shop:{tenant}:{resource}:{hash}' }]\n";
    CHECK(run_roacache({"profile", "list"}, options).out.find("shop") != std::string::npos);
    CHECK(run_roacache({"key", "basket", "-p", "shop", "-t", "t"}, options).out.find("shop:t:basket:") == 0);
    const Finished good = run_roacache({"profile", "check", "roacache.toml"}, options);
    CHECK(good.exit_code == 0);
    CHECK(good.out.find("roacache.toml: good: ") == 0);

    std::ofstream(folder.path() / "wrong.toml")
        << "[profiles.shop]\nlayouts = [{ template = 'shop:{tenant' }]\n";
    const Finished wrong = run_roacache({"profile", "check", "wrong.toml"}, options);
    CHECK(wrong.exit_code == 2);
    CHECK(wrong.err.find("wrong.toml:2:") != std::string::npos);
    CHECK(run_roacache({"profile", "check", "absent.toml"}, options).exit_code == 2);
}
