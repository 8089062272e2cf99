// This file is long: each test is a promise of the walk, and all of them fill a server in the same ways.

#include "src/core/error.hpp"
#include "src/store/redis/connection.hpp"
#include "src/store/store.hpp"
#include "tests/store/filled.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fmt/format.h>
#include <map>
#include <random>
#include <set>

using namespace roacache;
using store::Act;
using store::FoundKey;
using store::Page;
using store::WalkRequest;
using test::fill;
using test::numbered;
using test::open;

namespace {

std::set<std::string> keys_of(store::Store& store, WalkRequest request = {}) {
    const auto walk = store.walk(std::move(request));
    std::set<std::string> keys;
    for (Page page; walk->next(page);)
        keys.insert(page.keys.begin(), page.keys.end());
    return keys;
}

WalkRequest acting(Act act) {
    WalkRequest request;
    request.act = act;
    return request;
}

std::function<bool(std::vector<std::string>&)> given(std::vector<std::string> keys) {
    return [keys = std::move(keys), done = false](std::vector<std::string>& batch) mutable {
        if (done) return false;
        batch = keys;
        return done = true;
    };
}

} // namespace

TEST_CASE("a walk finds every key, in an empty database none", "[walk]") {
    test::RedisServer server;
    const auto store = open(server.url());
    CHECK(keys_of(*store).empty());
    const auto keys = numbered("k:", 30'000);
    fill(server.url(), keys);
    CHECK(keys_of(*store) == keys);
    WalkRequest narrowed;
    const store::MeantKeys meant = test::matching("k:1?");
    narrowed.meant = &meant;
    narrowed.admits = [](const store::FoundKey& key) { return key.bytes() != "k:13"; };
    CHECK(keys_of(*store, narrowed).size() == 9);
    const auto walk = store->walk({});
    Page page;
    REQUIRE(walk->next(page));
    double before = 0;
    while (walk->next(page)) {
        REQUIRE(walk->progress().value_or(0) >= before);
        before = walk->progress().value_or(0);
    }
    CHECK(*walk->progress() == 1.0);
    CHECK_FALSE(walk->resized());
}

TEST_CASE("what is erased is what is meant, whatever the names of the neighbours", "[walk]") {
    test::RedisServer server;
    const auto store = open(server.url());
    std::mt19937 random(std::random_device{}());
    const auto upto = [&](std::size_t most) {
        return std::uniform_int_distribution<std::size_t>(0, most)(random);
    };
    std::vector<std::string> tenants = {"client-1",
                                        "client-10",
                                        "CLIENT-1",
                                        "a*",
                                        "ab",
                                        "x[ab]",
                                        "xa",
                                        "q?",
                                        "qq",
                                        "back\\slash",
                                        "backslash",
                                        "two words",
                                        "new\nline",
                                        "\"quoted\"",
                                        "\xC3\xA9",
                                        "\xff\xfe",
                                        std::string("nul\0", 4),
                                        "{tag}",
                                        "\r\n",
                                        "*",
                                        "?",
                                        "\\",
                                        "[",
                                        "]"};
    const std::string alphabet("a*?[]\\^-{}\n\xff", 12);
    for (int i = 0; i < 30; ++i) {
        std::string name;
        for (std::size_t size = 1 + upto(3); size > 0; --size)
            name += alphabet[upto(alphabet.size() - 1)];
        tenants.push_back(name);
    }
    std::set<std::string> all = {
        "session:client-1",  "lock:client-1", "cache:client-1", "xcache:client-1:r:h",
        "cache:client-1:r:", "cache::r:h",    "client-1",       "cache:client-1:r"};
    std::map<std::string, std::set<std::string>> of_tenant;
    for (const std::string& tenant : tenants)
        for (const char* rest : {"invoices_list:h1", "invoices_list:company-1:h2", "dashboard_summary:h1"}) {
            of_tenant[tenant].insert("cache:" + tenant + ":" + rest);
            all.insert("cache:" + tenant + ":" + rest);
        }
    fill(server.url(), all);
    for (const auto& [tenant, expected] : of_tenant) {
        store::Selectors selectors;
        selectors.tenant = tenant;
        const store::MeantKeys meant = test::meant_by(selectors);
        WalkRequest request = acting(Act::erase);
        request.meant = &meant;
        {
            const auto walk = store->walk(request);
            std::set<std::string> named;
            for (Page page; walk->next(page);)
                named.insert(page.keys.begin(), page.keys.end());
            CHECK(named == expected);
            CHECK(walk->tally().changed == expected.size());
            CHECK(walk->tally().uncertain == 0);
        }
        for (const std::string& key : expected)
            all.erase(key);
        REQUIRE(keys_of(*store) == all);
    }
    CHECK(all.size() == 8);
}

TEST_CASE("entries are described by type, time to live and size", "[walk]") {
    test::RedisServer server;
    server.cli({"SET", "text", "hello", "EX", "100"});
    server.cli({"RPUSH", "list", "a", "b"});
    const auto store = open(server.url());
    WalkRequest request = acting(Act::describe);
    request.fields = {.type = true, .ttl = true, .bytes = true};
    request.keys = given({"text", "list", "absent"});
    const auto walk = store->walk(request);
    Page page;
    REQUIRE(walk->next(page));
    REQUIRE(page.descriptions.size() == 3);
    CHECK(page.descriptions[0].type == "string");
    CHECK(page.descriptions[0].ttl_ms > 0);
    CHECK(page.descriptions[0].ttl_ms <= 100'000);
    CHECK(page.descriptions[0].bytes > 5);
    CHECK(page.descriptions[1].type == "list");
    CHECK(page.descriptions[1].ttl_ms == store::k_no_ttl);
    CHECK(page.descriptions[2].gone);
    CHECK_FALSE(walk->next(page));
}

TEST_CASE("what the user may not look up stays absent", "[walk]") {
    test::RedisServer server;
    fill(server.url(), numbered("k:", 2'000));
    server.cli({"ACL", "SETUSER", "ana", "on", ">pw", "~*", "+scan", "+pttl", "+unlink"});
    const auto store = open(fmt::format("redis://ana:pw@127.0.0.1:{}", server.port()));
    WalkRequest request = acting(Act::describe);
    request.fields = {.type = true, .ttl = true, .bytes = true};
    std::size_t keys = 0;
    const auto walk = store->walk(request);
    for (Page page; walk->next(page);) {
        keys += page.keys.size();
        for (const auto& description : page.descriptions) {
            REQUIRE_FALSE(description.type);
            REQUIRE_FALSE(description.bytes);
            REQUIRE(description.ttl_ms == store::k_no_ttl);
            REQUIRE_FALSE(description.gone);
        }
    }
    CHECK(keys == 2'000);
}

TEST_CASE("a server without UNLINK erases by DEL, and one without both refuses", "[walk]") {
    test::RedisServer server({"--rename-command", "UNLINK", ""});
    fill(server.url(), numbered("k:", 3'000));
    const auto store = open(server.url());
    {
        const auto walk = store->walk(acting(Act::erase));
        for (Page page; walk->next(page);) {
        }
        CHECK(walk->tally().sent == 3'000); // what UNLINK declined is not sent twice
        CHECK(walk->tally().changed == 3'000);
        CHECK(walk->tally().uncertain == 0);
    }
    CHECK(server.cli({"DBSIZE"}) == "0");
    fill(server.url(), numbered("k:", 10));
    server.cli({"ACL", "SETUSER", "ana", "on", ">pw", "~*", "+scan", "+ping"});
    const auto other = open(fmt::format("redis://ana:pw@127.0.0.1:{}", server.port()));
    const auto walk = other->walk(acting(Act::erase));
    Page page;
    try {
        while (walk->next(page)) {
        }
        FAIL("erased");
    } catch (const core::Error& error) {
        CHECK(error.code() == core::ExitCode::refused);
    }
    CHECK(walk->tally().sent == 0);
    CHECK(walk->tally().changed == 0);
    CHECK(walk->tally().uncertain == 0);
    CHECK(server.cli({"DBSIZE"}) == "10");
}

TEST_CASE("a time to live is shortened and never lengthened, by old servers and new", "[walk]") {
    test::RedisServer server;
    const bool old = GENERATE(false, true);
    std::optional<test::PythonServer> older;
    if (old)
        older.emplace("tests/store/older_server.py",
                      std::vector<std::string>{std::to_string(server.port()), "LT"});
    server.cli({"SET", "forever", "1"});
    server.cli({"SET", "long", "1", "EX", "1000"});
    server.cli({"SET", "short", "1", "EX", "10"});
    const auto store = open(old ? fmt::format("redis://127.0.0.1:{}", older->port()) : server.url());
    WalkRequest request = acting(Act::shorten);
    request.ttl = [](const store::FoundKey&) { return std::chrono::seconds(100); };
    for (const std::uint64_t changed : {std::uint64_t{2}, std::uint64_t{0}}) {
        const auto walk = store->walk(request);
        for (Page page; walk->next(page);) {
        }
        CHECK(walk->tally().changed <= changed); // the second time round a millisecond has passed
        CHECK(walk->tally().uncertain == 0);
        if (changed) CHECK(walk->tally().changed == changed);
    }
    CHECK(std::stol(server.cli({"TTL", "forever"})) <= 100);
    CHECK(std::stol(server.cli({"TTL", "forever"})) > 0);
    CHECK(std::stol(server.cli({"TTL", "long"})) <= 100);
    CHECK(std::stol(server.cli({"TTL", "short"})) <= 10);
}

TEST_CASE("keys that are named are listed when they exist", "[walk]") {
    test::RedisServer server;
    fill(server.url(), {"a", "b"});
    const auto store = open(server.url());
    WalkRequest request;
    request.keys = given({"a", "absent", "b"});
    CHECK(keys_of(*store, request) == std::set<std::string>{"a", "b"});
}

TEST_CASE("a walk that is stopped ends with what was under way, and the store goes on", "[walk]") {
    test::RedisServer server;
    fill(server.url(), numbered("k:", 100'000));
    const auto store = open(server.url());
    std::uint64_t changed = 0;
    {
        const auto walk = store->walk(acting(Act::erase));
        Page page;
        for (int pages = 0; pages < 15; ++pages)
            REQUIRE(walk->next(page));
        walk->stop();
        while (walk->next(page)) {
        }
        changed = walk->tally().changed;
        CHECK(changed > 0);
        CHECK(walk->tally().uncertain == 0);
    }
    CHECK(store->statistics().keys == 100'000 - changed);
    {
        const auto abandoned = store->walk({});
        Page page;
        for (int pages = 0; pages < 15; ++pages)
            REQUIRE(abandoned->next(page));
    }
    CHECK(store->statistics().keys == 100'000 - changed);
}

TEST_CASE("a server that dies during an erasing walk leaves an honest tally", "[walk]") {
    test::RedisServer server;
    fill(server.url(), numbered("k:", 100'000));
    const auto store = open(server.url());
    const auto walk = store->walk(acting(Act::erase));
    Page page;
    std::uint64_t changed = 0;
    try {
        for (int pages = 0; walk->next(page); ++pages) {
            changed += page.changed;
            if (pages == 13) server.kill();
        }
        FAIL("it went on");
    } catch (const core::Error& error) {
        CHECK(error.code() == core::ExitCode::unreachable);
    }
    CHECK(walk->tally().changed >= changed);
    CHECK(walk->tally().sent >= walk->tally().changed + walk->tally().uncertain);
    CHECK(changed > 0);
    CHECK(walk->tally().uncertain > 0);
    CHECK(walk->tally().changed + walk->tally().uncertain < 100'000);
}

TEST_CASE("a replica refuses to erase, and says why", "[walk]") {
    test::RedisServer master;
    fill(master.url(), numbered("k:", 100));
    test::RedisServer replica({"--replicaof", fmt::format("127.0.0.1 {}", master.port())});
    REQUIRE(test::eventually([&] { return replica.cli({"DBSIZE"}) == "100"; }));
    const auto store = open(replica.url());
    CHECK_THROWS_WITH(store->walk(acting(Act::erase)), roacache::test::Contains("read-only replica"));
    CHECK(master.cli({"DBSIZE"}) == "100");
}

TEST_CASE("a value is looked at closely without being fetched whole", "[inspect]") {
    test::RedisServer server;
    server.cli({"SETRANGE", "big", "200000000", "end"});
    server.cli({"EXPIRE", "big", "1000"});
    server.cli({"RPUSH", "list", "a", "b", "c"});
    const auto store = open(server.url());
    const auto big = store->inspect(FoundKey("big"), 10);
    REQUIRE(big);
    CHECK(big->description.type == "string");
    CHECK(big->size == 200'000'003);
    CHECK(big->head == std::string(10, '\0'));
    CHECK(big->encoding == "raw");
    CHECK(big->idle);
    CHECK(big->description.ttl_ms > 0);
    CHECK(big->description.bytes > 200'000'000);
    CHECK(store->read(FoundKey("big"), 199'999'999, 100) == std::string("\0end", 4));
    CHECK(store->read(FoundKey("big"), 300'000'000, 100).empty());
    CHECK(store->inspect(FoundKey("list"), 10)->size == 3);
    CHECK(store->inspect(FoundKey("list"), 10)->head.empty());
    CHECK_FALSE(store->inspect(FoundKey("absent"), 10));
    CHECK_THROWS_AS(store->read(FoundKey("list"), 0, 10), core::Error);
}

TEST_CASE("our globs match what the server's match", "[glob]") {
    test::RedisServer server;
    std::mt19937 random(std::random_device{}());
    const auto upto = [&](std::size_t most) {
        return std::uniform_int_distribution<std::size_t>(0, most)(random);
    };
    const auto text = [&](std::string_view alphabet, std::size_t longest) {
        std::string made;
        for (std::size_t size = upto(longest); size > 0; --size)
            made += alphabet[upto(alphabet.size() - 1)];
        return made;
    };
    std::set<std::string> keys;
    for (int i = 0; i < 300; ++i)
        keys.insert("a" + text("abc*?[]\\^-\xff", 6));
    fill(server.url(), keys);
    auto connection = store::redis::Connection::connect(net::parse_url(server.url()));
    for (int round = 0; round < 3'000; ++round) {
        const std::string glob = text("ab*?[]\\^-\xff[*", 8);
        std::set<std::string> theirs;
        for (const auto& element : connection.call({"KEYS", glob}).elements)
            theirs.insert(element.text);
        std::set<std::string> ours;
        for (const std::string& key : keys)
            if (layout::glob_matches(glob, key)) ours.insert(key);
        INFO("glob " << glob);
        REQUIRE(ours == theirs);
    }
}

TEST_CASE("what is erased or shortened is counted by group, by the server's own counts", "[walk]") {
    test::RedisServer server;
    const auto store = open(server.url());
    for (const Act act : {Act::shorten, Act::erase}) {
        auto keys = numbered("a:", 700);
        keys.merge(numbered("b:", 900));
        fill(server.url(), keys);
        WalkRequest request = acting(act);
        request.ttl = [](const store::FoundKey&) { return std::chrono::minutes(10); };
        request.group = [](const store::FoundKey& key) { return key.bytes()[0] == 'a' ? 7U : 3U; };
        std::map<std::size_t, store::Part> groups;
        const auto walk = store->walk(std::move(request));
        for (Page page; walk->next(page);) {
            std::uint64_t changed = 0;
            for (const store::Part& part : page.parts) {
                groups[part.group].keys += part.keys;
                groups[part.group].changed += part.changed;
                changed += part.changed;
            }
            CHECK(changed == page.changed);
        }
        CHECK(groups.size() == 2);
        CHECK(groups[7].changed == 700);
        CHECK(groups[3].changed == 900);
        CHECK(groups[7].keys + groups[3].keys >= 1600);
        CHECK(walk->tally().uncertain == 0);
    }
}
