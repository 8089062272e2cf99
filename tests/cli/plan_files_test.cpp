// Plans that are not as roacache wrote them.

#include "tests/cli/planned.hpp"
#include "tests/support/catch.hpp"

#include <functional>
#include <random>

using namespace roacache::test;
using nlohmann::json;

namespace {

constexpr const char* k_bad = "roacache: bad plan: ";

/// Applies a plan that is none; what was said.
std::string rejected(const Planned& planned, const std::string& text) {
    write_file(planned.plan, text);
    const std::string before = planned.digest();
    const Finished finished = planned.apply({"--yes"});
    INFO(finished.err << text.substr(0, 2000));
    CHECK(finished.exit_code == 2);
    CHECK(finished.err.find(planned.plan.string()) != std::string::npos);
    CHECK(is_one_error(finished.err));
    CHECK(planned.digest() == before);
    return finished.err;
}

/// Any change of some bytes.
std::string mutated(std::string text, std::mt19937& random) {
    const auto below = [&](std::size_t most) {
        return std::uniform_int_distribution<std::size_t>(0, most - 1)(random);
    };
    const std::size_t at = below(text.size());
    switch (below(6)) {
    case 0:
        text[at] = static_cast<char>(below(256));
        break;
    case 1:
        text.erase(at, 1 + below(20));
        break;
    case 2:
        text.insert(at, text.substr(below(text.size()), 1 + below(40)));
        break;
    case 3:
        text.resize(at);
        break;
    case 4: {
        const std::size_t digit = text.find_first_of("0123456789", at);
        if (digit != std::string::npos) text[digit] = static_cast<char>('0' + below(10));
        break;
    }
    default: {
        const std::size_t letter = text.find_first_of("tfu", at);
        if (letter != std::string::npos) text[letter] = "tfu*"[below(4)];
    }
    }
    return text;
}

} // namespace

TEST_CASE("a changed plan is refused, or removes nothing beyond what it meant", "[plan]") {
    const Planned planned(3);
    REQUIRE(planned.make().exit_code == 0);
    const std::string sound = content_of(planned.plan);
    std::mt19937 random(20'261'127);
    int refusals = 0, applied = 0;
    for (int i = 0; i < 300; ++i) {
        const std::string changed = mutated(sound, random);
        if (changed == sound) continue;
        write_file(planned.plan, changed);
        const std::string before = planned.digest();
        const Finished finished = planned.apply({"--yes", "--tolerance", "10000"});
        INFO(finished.err << changed);
        if (finished.exit_code == 0) {
            // Only blanks differ.
            CHECK(json::parse(changed) == json::parse(sound));
            CHECK(json::parse(finished.out).at("removed") == 3);
            CHECK(planned.cache.left() ==
                  Keys{"\"cache:other\"", "\"cache:u:invoices_list:h0\"", "\"session:1\""});
            planned.fill(0, 3);
            ++applied;
            continue;
        }
        ++refusals;
        CHECK(finished.exit_code == 2);
        CHECK(is_one_error(finished.err));
        CHECK(planned.digest() == before);
    }
    CHECK(refusals > 200);
}

TEST_CASE("a plan with the right digest and wrong content is a usage error that names the place", "[plan]") {
    const Planned planned;
    REQUIRE(planned.make().exit_code == 0);
    const json sound = json_in(planned.plan);
    const std::vector<std::pair<std::string, std::function<void(json&)>>> changes{
        {"/schema", [](json& plan) { plan["schema"] = "roacache.plan/2"; }},
        {"/schema", [](json& plan) { plan["schema"] = 1; }},
        {"/schema", [](json& plan) { plan["schema"] = "roacache.resume/1"; }},
        {"/keys", [](json& plan) { plan["keys"] = -1; }},
        {"/keys", [](json& plan) { plan["keys"] = 1e300; }},
        {"/keys", [](json& plan) { plan["keys"] = "30"; }},
        {"/groups", [](json& plan) { plan["keys"] = 18'446'744'073'709'551'615U; }},
        {"/groups", [](json& plan) { plan["groups"][0]["keys"] = 18'446'744'073'709'551'615U; }},
        {"/groups", [](json& plan) { plan["groups"].push_back(plan["groups"][0]); }},
        {"/groups", [](json& plan) { plan["groups"] = json::object(); }},
        {
            "/groups/0",
            [](json& plan) { plan["groups"][0].erase("keys"); },
        },
        {"/selectors/tenant", [](json& plan) { plan["selectors"]["tenant"] = 1; }},
        {"/selectors/tenant",
         [](json& plan) {
             plan["selectors"]["tenant"] = {{"base64", "%"}};
         }},
        {"/selectors", [](json& plan) { plan["selectors"]["tenants"] = "t"; }},
        {"/selectors", [](json& plan) { plan["selectors"].erase("resources"); }},
        {"/selectors/glob", [](json& plan) { plan["selectors"]["glob"] = "yes"; }},
        {"/selectors/resources/0", [](json& plan) { plan["selectors"]["resources"] = {nullptr}; }},
        {"/selectors/keys", [](json& plan) { plan["selectors"]["keys"] = "session:1"; }},
        {"/stores", [](json& plan) { plan["stores"] = json::array(); }},
        {"/stores", [](json& plan) { plan["stores"].push_back(plan["stores"][0]); }},
        {"/stores/0/url", [](json& plan) { plan["stores"][0]["url"] = "no URL"; }},
        {"/stores/0/url", [](json& plan) { plan["stores"][0]["url"] = std::string("redis://a\0b", 11); }},
        {"/stores/0", [](json& plan) { plan["stores"][0]["identity"] = nullptr; }},
        {"/created_ms", [](json& plan) { plan["created_ms"] = 18'446'744'073'709'551'615U; }},
        {"/created_ms", [](json& plan) { plan["created_ms"] = 1.5; }},
        {"/by/user", [](json& plan) { plan["by"]["user"] = "a\nroacache: done"; }},
        {"/by", [](json& plan) { plan["by"] = "root"; }},
        {"/profile", [](json& plan) { plan.erase("profile"); }},
        {"/applied", [](json& plan) { plan["applied"] = true; }},
    };
    for (const auto& [place, change] : changes) {
        json plan = sound;
        change(plan);
        const std::string said = rejected(planned, with_digest(plan));
        INFO(said);
        CHECK(said.find(k_bad) == 0);
        const bool named = said.find(": " + place) != std::string::npos ||
                           said.find("'" + place.substr(1)) != std::string::npos;
        CHECK(named);
    }
}

TEST_CASE("what is no plan is a usage error that names the place", "[plan]") {
    const Planned planned;
    REQUIRE(planned.make().exit_code == 0);
    const std::string sound = content_of(planned.plan);
    CHECK(rejected(planned, sound.substr(0, sound.size() / 2)).find("line ") != std::string::npos);
    CHECK(rejected(planned, "").find("line 1, column 1") != std::string::npos);
    CHECK(rejected(planned, "[]").find("no JSON object") != std::string::npos);
    CHECK(rejected(planned, sound + "{}").find("line ") != std::string::npos);
    CHECK(rejected(planned, std::string(100'000, '[')).find("nested too deeply") != std::string::npos);
    CHECK(rejected(planned, "{\"schema\":\"roacache.plan/1\",\"keys\":1e400}").find("bad plan") !=
          std::string::npos);
    std::string with_nul = sound;
    with_nul[with_nul.find("invoices_list")] = '\0';
    CHECK(rejected(planned, with_nul).find("line ") != std::string::npos);
    const auto twice = sound.find("\"tenant\": \"t\"");
    REQUIRE(twice != std::string::npos);
    std::string doubled = sound;
    doubled.insert(twice, "\"tenant\": \"u\", ");
    CHECK(rejected(planned, doubled).find("it has 'tenant' twice") != std::string::npos);
    CHECK(rejected(planned, "{\"schema\":\"roacache.plan/1\",\"digest\":7}").find("/digest") !=
          std::string::npos);

    // Files that are none, or more than any plan is.
    REQUIRE(run({"truncate", "-s", "65M", planned.plan.string()}).exit_code == 0);
    CHECK(planned.apply().exit_code == 2);
    std::filesystem::remove(planned.plan);
    CHECK(planned.apply().exit_code == 2);
    REQUIRE(run({"mkfifo", planned.plan.string()}).exit_code == 0);
    CHECK(planned.apply().exit_code == 2);
    CHECK(run_roacache({"apply", planned.folder.path().string()}).exit_code == 2);
}

TEST_CASE("a plan may be laid out anew, as jq does it", "[plan]") {
    const Planned planned;
    REQUIRE(planned.make().exit_code == 0);
    write_file(planned.plan, json_in(planned.plan).dump());
    CHECK(planned.apply({"--dry-run"}).exit_code == 0);
    CHECK(planned.apply().exit_code == 0);
    CHECK(planned.cache.size() == 12);
}
