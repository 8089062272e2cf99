#include "src/core/error.hpp"
#include "src/demo/cache/cache.hpp"
#include "src/demo/cache/lookup_log.hpp"
#include "src/demo/traps.hpp"
#include "src/demo/users.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <atomic>
#include <nlohmann/json.hpp>

using namespace roacache;
using namespace roacache::demo;
using namespace std::chrono_literals;

namespace {

const CacheKey k_key{"cache:default:thing:", "cache:default:thing:1"};

} // namespace

TEST_CASE("what Python takes for false may be made never a hit", "[demo]") {
    for (const char* text : {"[]", "{}", "0", "null", "false", "\"\"", "[0]", "1"}) {
        INFO(text);
        Cache cache(std::make_unique<MemoryTier>(1'000'000, steady_time()), nullptr);
        const auto again = [&] {
            cache.get(k_key, 10s, [&] { return text; });
            return cache.get(k_key, 10s, [&] { return text; }).outcome;
        };
        CHECK(again() == Outcome::hit_l1);
        cache.never_hit_falsy();
        const bool falsy = std::string(text) != "[0]" && std::string(text) != "1";
        CHECK(again() == (falsy ? Outcome::miss : Outcome::hit_l1));
    }
}

TEST_CASE("the lookup log tells what was saved, by age, and the means of types that have both", "[demo]") {
    const test::TempDir folder;
    std::atomic<std::int64_t> now = 1'800'000'000'000;
    LookupLog log(
        folder.path() / "log.db", [&now] { return Milliseconds(now); }, [](const std::string&) {});
    log.add("a", true, 1);
    log.queries_saved(); // written with the time of now
    now += 48 * 3600 * 1000;
    log.add("a", true, 1.5);
    log.add("a", true, 2.5);
    log.add("a", false, 40.9);
    log.add("b", true, 3);
    using nlohmann::json;
    CHECK(json::parse(log.queries_saved()) == json({{"today", 3}, {"week", 4}, {"total", 4}}));
    CHECK(json::parse(log.response_times()) ==
          json({{"a", {{"cached", 2}, {"oracle", 40}, {"improvement", 95.1}}}}));
}

TEST_CASE("users are told apart by their tokens", "[demo]") {
    const Users users({{"demo", "secret", true}, {"ana", "s3cret", false}});
    CHECK(users.of("Bearer secret") == &users.administrator());
    REQUIRE(users.of("Bearer s3cret") != nullptr);
    CHECK(users.of("Bearer s3cret")->user.name == "ana");
    for (const char* nobody :
         {"", "Bearer ", "Bearer secre", "Bearer secrets", "bearer secret", "secret", "Basic secret"})
        CHECK(users.of(nobody) == nullptr);
    CHECK_THROWS_AS(Users({{"demo", "a", true}, {"demo", "b", false}}), core::Error);
    CHECK_THROWS_AS(Users({{"demo", "a", true}, {"ana", "a", false}}), core::Error);
}

TEST_CASE("traps are chosen by name", "[demo]") {
    const Traps some = parse_traps("falsy,open-toggle");
    CHECK(some.falsy);
    CHECK(some.open_toggle);
    CHECK_FALSE(some.positional);
    const Traps all = parse_traps("all");
    for (const NamedTrap& trap : named_traps())
        CHECK(all.*trap.trap);
    for (const char* wrong : {"", "falsy,", "Falsy", "falsy, username"})
        CHECK_THROWS_AS(parse_traps(wrong), core::Error);
}
