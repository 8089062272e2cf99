#include "src/config/profile.hpp"
#include "src/core/error.hpp"
#include "src/store/remover.hpp"
#include "tests/store/filled.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/servers.hpp"

#include <thread>

using namespace roacache;
using core::ExitCode;
using test::numbered;

namespace {

struct Outcome {
    store::RemovalFigures figures;
    std::vector<store::KeyGroup> groups;
    std::optional<core::Error> failure;
};

Outcome remove_tenant(const std::string& url, const std::string& tenant, store::RemovalTerms terms) {
    store::Selectors said;
    said.tenant = tenant;
    const store::MeantKeys meant = test::meant_by(said);
    const auto store = test::open(url);
    store::Remover remover(*store, meant, std::move(terms));
    Outcome outcome;
    try {
        remover.remove();
    } catch (const core::Error& error) {
        outcome.failure = error;
    }
    outcome.figures = remover.figures();
    outcome.groups = remover.groups().sorted();
    return outcome;
}

/// Every key of the tenant was there, was reported once, and is gone or shortened.
void check_exact(const Outcome& outcome, std::uint64_t keys, bool soft) {
    INFO((outcome.failure ? outcome.failure->what() : "no failure"));
    CHECK_FALSE(outcome.failure);
    CHECK(outcome.figures.matched == keys);
    CHECK((soft ? outcome.figures.shortened : outcome.figures.removed) == keys);
    CHECK(outcome.figures.sent == keys);
    CHECK(outcome.figures.unconfirmed == 0);
    REQUIRE(outcome.groups.size() == 1);
    CHECK(outcome.groups[0].matched == keys);
    CHECK((soft ? outcome.groups[0].shortened : outcome.groups[0].removed) == keys);
}

/// Keys are shortened to times from 1 ms on, evenly spread: of 1,000 hours one key in some runs was gone
/// before they were counted.
constexpr std::chrono::hours k_later{10'000'000};

constexpr int k_keys = test::k_sanitized ? 70'000 : 200'000;
const std::string k_prefix = "cache:acme:invoices_list:";

} // namespace

TEST_CASE("a removal counts each key once while the server's table shrinks under it", "[removal]") {
    const test::RedisServer redis;
    for (const bool limited : {false, true}) {
        test::fill(redis.unix_url(), numbered(k_prefix, k_keys));
        store::RemovalTerms terms;
        if (limited) terms.max_keys = k_keys;
        INFO("limited " << limited);
        check_exact(remove_tenant(redis.unix_url(), "acme", terms), k_keys, false);
        CHECK(redis.cli({"dbsize"}) == "0");
    }
}

TEST_CASE("a removal counts each key once while the server's table grows and shrinks under it", "[removal]") {
    const test::RedisServer redis;
    constexpr int k_mine = test::k_sanitized ? 70'000 : 100'000;
    constexpr int k_others = test::k_sanitized ? 80'000 : 150'000;
    const auto others = numbered("other:", k_others);
    for (const bool soft : {false, true})
        for (const bool grows : {true, false}) {
            INFO("soft " << soft << ", grows " << grows);
            redis.cli({"flushdb"});
            test::fill(redis.unix_url(), numbered(k_prefix, k_mine));
            if (!grows) test::fill(redis.unix_url(), others);
            store::RemovalTerms terms;
            if (soft) terms.soft = k_later;
            std::thread meddler;
            terms.begins = [&](std::optional<std::uint64_t>) {
                meddler =
                    std::thread([&] { test::send_each(redis.unix_url(), grows ? "INCR" : "DEL", others); });
            };
            const Outcome outcome = remove_tenant(redis.unix_url(), "acme", terms);
            meddler.join();
            check_exact(outcome, k_mine, soft);
            CHECK(std::stol(redis.cli({"dbsize"})) == (soft ? k_mine : 0) + (grows ? k_others : 0));
        }
}

TEST_CASE("a removal counts each key once where the server bounds what it keeps for a client", "[removal]") {
    const test::RedisServer redis({"--client-output-buffer-limit", "normal 64kb 0 0"});
    for (const bool limited : {false, true}) {
        INFO("limited " << limited);
        constexpr int k_mine = 60'000;
        test::fill(redis.unix_url(), numbered(k_prefix + std::string(300, 'x'), k_mine));
        store::RemovalTerms terms;
        if (limited) terms.max_keys = k_mine;
        const Outcome outcome = remove_tenant(redis.unix_url(), "acme", terms);
        INFO((outcome.failure ? outcome.failure->what() : "no failure"));
        CHECK(outcome.figures.matched <= k_mine);
        CHECK(outcome.figures.removed + outcome.figures.unconfirmed == outcome.figures.matched);
        if (!outcome.failure) CHECK(redis.cli({"dbsize"}) == "0");
        redis.cli({"flushdb"});
    }
}

TEST_CASE("keys that a user may not change are passed over, counted, and no other is", "[removal]") {
    const test::RedisServer redis;
    redis.cli({"acl", "setuser", "part", "on", ">pw", "+@all", "~cache:acme:invoices*"});
    const std::string url = "redis://part:pw@127.0.0.1:" + std::to_string(redis.port());
    for (const bool soft : {false, true})
        for (const std::uint64_t limit : {0U, 20'000U}) {
            INFO("soft " << soft << ", limit " << limit);
            redis.cli({"flushdb"});
            test::fill(redis.unix_url(), numbered(k_prefix, 4'000));
            test::fill(redis.unix_url(), numbered("cache:acme:stats:", 4'000));
            store::RemovalTerms terms;
            if (soft) terms.soft = k_later;
            if (limit > 0) terms.max_keys = limit;
            const Outcome outcome = remove_tenant(url, "acme", terms);
            CHECK_FALSE(outcome.failure);
            CHECK(outcome.figures.matched == 8'000);
            CHECK(outcome.figures.refused == 4'000);
            CHECK(outcome.figures.refusal.has_value());
            CHECK((soft ? outcome.figures.shortened : outcome.figures.removed) == 4'000);
            CHECK(outcome.figures.unconfirmed == 0);
            CHECK(redis.cli({"dbsize"}) == (soft ? "8000" : "4000"));
        }
}

TEST_CASE("what was under way when a removal is refused is answered and counted", "[removal]") {
    const test::RedisServer redis({"--enable-debug-command", "yes"});
    redis.cli({"debug", "populate", "300000", "cache:acme:invoices_list"});
    store::RemovalTerms terms;
    terms.max_pause = std::chrono::microseconds(50);
    std::thread meddler;
    const std::string port = std::to_string(redis.port());
    terms.begins = [&](std::optional<std::uint64_t>) {
        meddler = std::thread([&] {
            test::eventually([&] { return std::stol(redis.cli({"dbsize"})) < 299'000; });
            redis.cli({"config", "set", "replica-read-only", "yes"});
            redis.cli({"replicaof", "127.0.0.1", "1"});
        });
    };
    const Outcome outcome = remove_tenant(redis.unix_url(), "acme", terms);
    meddler.join();
    REQUIRE(outcome.failure);
    INFO(outcome.failure->what());
    CHECK(outcome.failure->code() == ExitCode::refused);
    CHECK(outcome.figures.unconfirmed == 0);
    CHECK(outcome.figures.removed == 300'000 - std::stoull(redis.cli({"dbsize"})));
}
