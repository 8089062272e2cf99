// The four systems that cache in Redis, filled by programs that were written from their documents alone:
// tests/systems/fill.py, which tells as well what each event makes stale.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;
using KeySet = std::set<std::string>;

namespace {

struct JudgedSystem {
    explicit JudgedSystem(std::string name) : profile(std::move(name)) { fill(); }

    void fill() {
        redis.cli({"flushall"});
        const Finished python =
            run({"/usr/bin/python3", source_dir() + "/tests/systems/fill.py", profile, redis.url() + "/0"});
        INFO(python.err);
        REQUIRE(python.exit_code == 0);
        filled = json::parse(python.out);
    }
    Finished command(std::vector<std::string> arguments) const {
        arguments.insert(arguments.end(), {"-u", redis.url(), "-p", profile});
        return run_roacache(arguments);
    }
    KeySet listed(const std::vector<std::string>& arguments) const {
        const Finished finished = command(arguments);
        INFO(finished.err);
        CHECK(finished.exit_code == 0);
        KeySet keys;
        std::istringstream text(finished.out);
        for (std::string key; std::getline(text, key, '\0');)
            keys.insert(key);
        return keys;
    }
    KeySet written() const {
        KeySet keys;
        for (const json& key : filled.at("keys"))
            keys.insert(key.at("key").get<std::string>());
        return keys;
    }
    KeySet neighbours() const { return filled.at("neighbours").get<KeySet>(); }

    std::string profile;
    RedisServer redis;
    json filled;
};

} // namespace

TEST_CASE("every key that a system writes is recognised, and no neighbour's", "[judged]") {
    const JudgedSystem system(GENERATE("roa2web", "hr-portal", "tally-portal", "salonos"));
    INFO(system.profile);
    CHECK(system.listed({"keys", "-0"}) == system.written());
    const Finished stats = system.command({"stats", "-o", "json"});
    REQUIRE(stats.exit_code == 0);
    const json figures = json::parse(stats.out);
    CHECK(figures.at("keys") == system.written().size());
    CHECK(figures.at("unrecognised").at("keys") == system.neighbours().size());
    CHECK(figures.at("no_ttl") == 0);
    CHECK(system.command({"ping"}).exit_code == 0);
    const Finished inspected = system.command({"inspect", *system.written().begin(), "-o", "json"});
    INFO(inspected.err);
    CHECK(inspected.exit_code == 0);
}

TEST_CASE("each event of a system removes what it makes stale, and nothing else", "[judged]") {
    JudgedSystem system(GENERATE("roa2web", "hr-portal", "tally-portal", "salonos"));
    const json events = system.filled.at("events");
    for (const json& event : events) {
        system.fill();
        std::string name = event.at("event").get<std::string>();
        for (const auto& [argument, value] : event.at("arguments").items())
            name += "=" + (value.is_string() ? value.get<std::string>() : value.dump());
        INFO(system.profile << " " << name);
        KeySet stale = event.at("stale").get<KeySet>();
        stale.merge(event.at("untold").get<KeySet>()); // stale in any case
        const Finished finished = system.command({"invalidate", "-e", name, "--force", "-o", "json"});
        INFO(finished.err);
        REQUIRE(finished.exit_code == 0);
        CHECK(json::parse(finished.out).at("removed") == stale.size());
        KeySet left = system.written();
        for (const std::string& key : stale)
            left.erase(key);
        left.merge(system.neighbours());
        CHECK(system.listed({"keys", "--match", "*", "-0"}) == left);
    }
}
