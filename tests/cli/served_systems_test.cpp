#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// A server that holds what one of the served systems keeps, put there by Python as that system does.
struct ServedSystem {
    explicit ServedSystem(std::string profile_name) : profile(std::move(profile_name)) { fill(); }

    void fill() {
        redis.cli({"flushall"});
        const Finished python = run({"/usr/bin/python3", source_dir() + "/tests/cli/fill_profile.py",
                                     redis.socket().string(), profile});
        INFO(python.err);
        REQUIRE(python.exit_code == 0);
        expected = json::parse(python.out);
    }
    Finished command(std::vector<std::string> arguments) const {
        arguments.insert(arguments.end(), {"-u", redis.unix_url(), "-p", profile});
        return run_roacache(arguments);
    }
    /// Every key in the database, whoever it belongs to.
    std::set<std::string> everything() const {
        const Finished listed = command({"keys", "--match", "*", "-0"});
        CHECK(listed.exit_code == 0);
        std::set<std::string> keys;
        std::istringstream text(listed.out);
        for (std::string key; std::getline(text, key, '\0');)
            keys.insert(key);
        return keys;
    }

    std::string profile;
    RedisServer redis;
    json expected;
};

std::set<std::string> difference(const std::set<std::string>& from, const std::set<std::string>& less) {
    std::set<std::string> rest;
    std::set_difference(from.begin(), from.end(), less.begin(), less.end(), std::inserter(rest, rest.end()));
    return rest;
}

} // namespace

TEST_CASE("each served system's keys are found, and its neighbours' are not", "[systems]") {
    for (const char* profile : {"roa2web", "hr-portal", "tally-portal", "salonos"}) {
        INFO(profile);
        const ServedSystem system(profile);
        std::set<std::string> own;
        for (const auto& [key, ttl] : system.expected.at("own").items())
            own.insert(key);

        std::set<std::string> found;
        std::istringstream lines(system.command({"keys", "-l", "-o", "ndjson"}).out);
        for (std::string line; std::getline(lines, line);) {
            const json one = json::parse(line);
            found.insert(one.at("key").get<std::string>());
            CHECK(one.at("ttl_ms") <=
                  1000 * system.expected.at("own").at(one.at("key").get<std::string>()).get<int>());
            CHECK_FALSE(one.at("resource").is_null());
        }
        CHECK(found == own);

        const json stats = json::parse(system.command({"stats", "--by", "resource", "-o", "json"}).out);
        std::uint64_t keys = 0;
        for (const json& group : stats.at("groups"))
            keys += group.at("keys").get<std::uint64_t>();
        CHECK(keys == own.size());

        CHECK(system.command({"inspect", *own.begin()}).exit_code == 0);
    }
}

TEST_CASE("each event of each served system removes what it makes stale, key by key", "[systems]") {
    for (const char* profile : {"roa2web", "hr-portal", "tally-portal", "salonos"}) {
        ServedSystem system(profile);
        for (const json& event : json(system.expected.at("events"))) {
            INFO(profile << " " << event.at("arguments").dump());
            system.fill();
            const std::set<std::string> before = system.everything();
            const auto stale = event.at("stale").get<std::set<std::string>>();
            auto arguments = event.at("arguments").get<std::vector<std::string>>();
            arguments.insert(arguments.begin(), "invalidate");
            arguments.insert(arguments.end(), {"-o", "json"});

            auto rehearsal = arguments;
            rehearsal.emplace_back("--dry-run");
            const json planned = json::parse(system.command(rehearsal).out);
            CHECK(planned.at("matched") == stale.size());
            CHECK(system.everything() == before);

            const Finished done = system.command(arguments);
            CHECK(done.exit_code == 0);
            CHECK(json::parse(done.out).at("removed") == stale.size());
            CHECK(difference(before, system.everything()) == stale);
        }
    }
}
