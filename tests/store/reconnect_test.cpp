#include "src/core/error.hpp"
#include "tests/store/filled.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fmt/format.h>

using namespace roacache;
using core::ExitCode;
using store::Act;
using store::FoundKey;
using store::Page;
using store::WalkRequest;
using test::fill;
using test::numbered;

namespace {

std::string at_port(std::uint16_t port) {
    return fmt::format("redis://127.0.0.1:{}", port);
}

WalkRequest walk_that(Act act) {
    WalkRequest request;
    request.act = act;
    request.fields = {.type = true, .ttl = true, .bytes = true};
    request.ttl = [](const store::FoundKey&) { return std::chrono::seconds(100); };
    return request;
}

/// Ends every connection that is in the database, as an administrator does or a server's own time limit.
void end_connections(const test::RedisServer& server) {
    server.cli({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
}

/// Named keys in two batches; between them `pause` is called.
WalkRequest in_two_batches(Act act, const std::function<void()>& pause) {
    WalkRequest request = walk_that(act);
    request.keys = [pause, batch = 0](std::vector<std::string>& keys) mutable {
        if (++batch == 2) pause();
        if (batch > 2) return false;
        keys = {fmt::format("k:{}", batch)};
        return true;
    };
    return request;
}

} // namespace

TEST_CASE("a walk goes on over a new connection where its own is ended again and again", "[reconnect]") {
    test::RedisServer server;
    const auto keys = numbered("k:", 20'000);
    fill(server.url(), keys);
    for (const char* every : {"7", "40", "700"}) {
        const test::PythonServer proxy("tests/support/altering_proxy.py",
                                       {std::to_string(server.port()), "--close-every", every});
        for (const Act act : {Act::list, Act::describe}) {
            INFO(every << " " << static_cast<int>(act));
            if (act == Act::describe && std::string(every) != "700") continue; // no round would ever be whole
            const auto store = test::open(at_port(proxy.port()));
            const auto walk = store->walk(walk_that(act));
            std::set<std::string> found;
            for (Page page; walk->next(page);) {
                found.insert(page.keys.begin(), page.keys.end());
                if (act == Act::describe) CHECK(page.descriptions.size() == page.keys.size());
            }
            CHECK(found == keys);
        }
    }
}

TEST_CASE("keys whose removal was not answered are uncertain, and not sent again", "[reconnect]") {
    test::RedisServer server;
    const Act act = GENERATE(Act::erase, Act::shorten);
    // Rounds of hundreds of keys: that no connection answers one of them as a whole ends nothing.
    const std::string every = GENERATE("60", "300");
    CAPTURE(static_cast<int>(act), every);
    fill(server.url(), numbered("k:", 20'000));
    const test::PythonServer proxy("tests/support/altering_proxy.py",
                                   {std::to_string(server.port()), "--close-every", every});
    const auto store = test::open(at_port(proxy.port()));
    const auto walk = store->walk(walk_that(act));
    std::uint64_t changed = 0;
    Page page;
    try {
        while (walk->next(page))
            changed += page.changed;
        FAIL("all was confirmed");
    } catch (const core::Error& error) {
        CHECK(error.code() == ExitCode::unreachable);
        CHECK(std::string(error.what()).starts_with("not confirmed: "));
    }
    CHECK(walk->tally().changed == changed);
    CHECK(walk->tally().uncertain > 0);
    CHECK(walk->tally().sent == walk->tally().changed + walk->tally().uncertain);
    CHECK(walk->tally().sent <= 20'000); // no key twice
    const auto left = std::stoull(server.cli({"DBSIZE"}));
    if (act == Act::erase) CHECK(20'000 - left >= walk->tally().changed);
    if (act == Act::erase) CHECK(left <= 20'000 - walk->tally().changed);
}

TEST_CASE(
    "a connection that is ended while the keys are waited for is opened again, with its database and user",
    "[reconnect]") {
    test::RedisServer server;
    server.cli({"ACL", "SETUSER", "ana", "on", ">geheim", "~*", "+@all"});
    const std::string url = fmt::format("redis://ana:geheim@127.0.0.1:{}/3", server.port());
    for (const Act act : {Act::list, Act::describe, Act::erase, Act::shorten}) {
        INFO(static_cast<int>(act));
        fill(server.url(), {"k:1", "k:2", "k:3"});
        fill(url, {"k:1", "k:2", "k:3"});
        const auto store = test::open(url);
        const auto walk = store->walk(in_two_batches(act, [&] { end_connections(server); }));
        std::vector<std::string> found;
        for (Page page; walk->next(page);)
            found.insert(found.end(), page.keys.begin(), page.keys.end());
        CHECK(found == std::vector<std::string>{"k:1", "k:2"});
        CHECK(walk->tally().uncertain == 0);
        if (act == Act::erase) CHECK(walk->tally().changed == 2);
        CHECK(server.cli({"-n", "3", "DBSIZE"}) == (act == Act::erase ? "1" : "3"));
        CHECK(server.cli({"DBSIZE"}) == "3");
        server.cli({"FLUSHALL"});
    }
}

TEST_CASE("a server's own limit for idle clients ends no walk", "[reconnect]") {
    test::RedisServer server({"--timeout", "1"});
    fill(server.url(), {"k:1", "k:2"});
    const auto store = test::open(server.url());
    const auto alone = [&] {
        const std::string clients = server.cli({"CLIENT", "LIST"});
        return clients.find("name=roacache") == std::string::npos;
    };
    const auto walk = store->walk(in_two_batches(Act::erase, [&] { REQUIRE(test::eventually(alone)); }));
    for (Page page; walk->next(page);) {
    }
    CHECK(walk->tally().changed == 2);
    CHECK(walk->tally().uncertain == 0);
}

TEST_CASE("nothing more is removed where another server answers after the pause", "[reconnect]") {
    test::RedisServer server;
    fill(server.url(), {"k:1", "k:2"});
    const auto store = test::open(server.url());
    const auto walk = store->walk(in_two_batches(Act::erase, [&] {
        server.restart();
        fill(server.url(), {"k:1", "k:2"});
    }));
    Page page;
    try {
        while (walk->next(page)) {
        }
        FAIL("it went on");
    } catch (const core::Error& error) {
        CHECK(error.code() == ExitCode::refused);
        CHECK(std::string(error.what()).find("another server answers") != std::string::npos);
    }
    CHECK(walk->tally().changed == 1);
    CHECK(walk->tally().uncertain == 0);
    CHECK(server.cli({"DBSIZE"}) == "2");
}

TEST_CASE("single questions are asked once more over a new connection", "[reconnect]") {
    test::RedisServer server;
    server.cli({"SET", "k", "value"});
    const auto store = test::open(server.url());
    const auto ask_all = [&] {
        CHECK(store->info().kind == "redis");
        CHECK(store->statistics().keys == 1U);
        CHECK(store->ping().count() > 0);
        CHECK(store->inspect(FoundKey("k"), 100).value().head == "value");
        CHECK(store->read(FoundKey("k"), 1, 3) == "alu");
    };
    ask_all();
    end_connections(server);
    ask_all();
    for (const char* word : {"INFO", "PING", "TYPE", "GETRANGE", "DBSIZE", "STRLEN"}) {
        INFO(word);
        const test::PythonServer proxy("tests/support/altering_proxy.py",
                                       {std::to_string(server.port()), "--close-after", word});
        const auto behind = test::open(at_port(proxy.port()));
        CHECK(behind->info().kind == "redis");
        CHECK(behind->statistics().keys == 1U);
        CHECK(behind->ping().count() > 0);
        CHECK(behind->inspect(FoundKey("k"), 100).value().head == "value");
    }
}

TEST_CASE("a wait without progress takes no longer than the timeout, reconnecting included", "[reconnect]") {
    store::ConnectOptions options;
    options.timeout = std::chrono::seconds(1);
    const std::vector<std::vector<std::string>> manners = {
        {"closes-late", "0.9"}, {"closes-late", "0.1"}, {"drips"}};
    for (const auto& manner : manners) {
        INFO(manner.front());
        const test::PythonServer server("tests/support/quiet_server.py", manner);
        const std::int64_t begun = core::now_ns();
        try {
            const auto store = store::open_store(net::parse_url(at_port(server.port())), options);
            store->info();
            FAIL("it was answered");
        } catch (const core::Error& error) {
            CHECK(error.code() == ExitCode::unreachable);
        }
        const auto taken = core::Nanoseconds(core::now_ns() - begun);
        CHECK(taken < std::chrono::milliseconds(1800));
    }
}
