#include "src/core/error.hpp"
#include "tests/store/filled.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/servers.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <optional>

using namespace roacache;
using store::Act;
using store::Page;
using test::numbered;

namespace {

/// Of short steps, so that even a walk of some ten thousand keys is long enough to be split.
store::WalkRequest in_short_steps() {
    store::WalkRequest request;
    request.max_pause = std::chrono::microseconds(100);
    return request;
}

/// How often a walk gives each key.
std::map<std::string, int> times_given(store::Walk& walk) {
    std::map<std::string, int> times;
    for (Page page; walk.next(page);)
        for (const std::string& key : page.keys)
            ++times[key];
    return times;
}

bool each_once(const std::map<std::string, int>& times, const std::set<std::string>& keys) {
    if (times.size() != keys.size()) return false;
    return std::all_of(keys.begin(), keys.end(), [&](const std::string& key) {
        const auto found = times.find(key);
        return found != times.end() && found->second == 1;
    });
}

/// All of them: on a machine that is busy with other things a walk may take a step for each key.
void watch_commands(const test::RedisServer& server) {
    server.cli({"CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "1000000"});
    server.cli({"SLOWLOG", "RESET"});
}

/// Whether a walk began in the middle since watch_commands().
bool began_in_the_middle(const test::RedisServer& server) {
    return server.cli({"SLOWLOG", "GET", "-1"}).find("SCAN\n1\nCOUNT") != std::string::npos;
}

/// Removes all but every `stride`th, and gives those.
std::set<std::string> thin_out(const std::string& url, const std::set<std::string>& keys, int stride) {
    std::set<std::string> left, gone;
    int number = 0;
    for (const std::string& key : keys)
        (number++ % stride == 0 ? left : gone).insert(key);
    test::send_each(url, "DEL", gone);
    return left;
}

/// The size of the server's table; nothing while it grows or shrinks, which it does a little at a time.
std::optional<std::string> table_size(const test::RedisServer& server) {
    const std::string statistics = server.cli({"DEBUG", "HTSTATS", "0"});
    if (statistics.find("rehashing target") != std::string::npos) return {};
    const std::size_t at = statistics.find("table size: ");
    return statistics.substr(at, statistics.find('\n', at) - at);
}

} // namespace

TEST_CASE("a large table is walked in parts, each key given once, however full it is", "[walk]") {
    test::RedisServer server({"--enable-debug-command", "yes"});
    using Counts = std::vector<int>;
    const int count =
        GENERATE(from_range(test::k_sanitized ? Counts{70'000} : Counts{65'536, 70'000, 150'000}));
    const int stride = GENERATE(1, 2, 4);
    const auto filled = numbered(fmt::format("k{}:", count), count);
    test::fill(server.url(), filled);
    const auto keys = stride == 1 ? filled : thin_out(server.url(), filled, stride);
    std::optional<std::string> size;
    REQUIRE(test::eventually([&] { return (size = table_size(server)).has_value(); }));
    watch_commands(server);
    const auto store = test::open(server.url());
    const auto walk = store->walk(in_short_steps());
    const auto times = times_given(*walk);
    CHECK(walk->progress() == 1.0);
    CHECK(began_in_the_middle(server));
    // A table that is just full is made larger by servers from Redis 7.4 on, when they come to it.
    if (table_size(server) != size) {
        REQUIRE(count == 65'536);
        CHECK(times.size() == keys.size());
        return;
    }
    CHECK(each_once(times, keys));
    CHECK_FALSE(walk->resized());
}

TEST_CASE("a walk whose steps are long against the table gives each key once, wherever it is split",
          "[walk]") {
    test::RedisServer server;
    const int count = GENERATE(15'000, 30'000);
    const auto keys = numbered("k:", count);
    test::fill(server.url(), keys);
    const auto store = test::open(server.url());
    for (int pause_us = 200; pause_us < 5000; pause_us += pause_us / (test::k_sanitized ? 5 : 25)) {
        INFO(count << " keys, " << pause_us << " us");
        store::WalkRequest request;
        request.max_pause = std::chrono::microseconds(pause_us);
        const auto walk = store->walk(std::move(request));
        CHECK(each_once(times_given(*walk), keys));
        CHECK_FALSE(walk->resized());
    }
}

TEST_CASE("what is done with the keys of several parts is done to each, and counted once", "[walk]") {
    test::RedisServer server;
    const auto keys = numbered("k:", 60'000);
    test::fill(server.url(), keys);
    watch_commands(server);
    const auto store = test::open(server.url());
    store::WalkRequest request = in_short_steps();
    request.act = Act::describe;
    request.fields = {.type = true, .ttl = true, .bytes = true};
    {
        const auto walk = store->walk(request);
        double progress = 0;
        std::size_t described = 0;
        for (Page page; walk->next(page);) {
            for (const store::Description& each : page.descriptions)
                described += each.type == "string" && each.ttl_ms == store::k_no_ttl && each.bytes > 0U;
            CHECK(*walk->progress() >= progress);
            progress = *walk->progress();
        }
        CHECK(described == keys.size());
    }
    request.ttl = [](const store::FoundKey&) { return std::chrono::minutes(10); };
    for (const Act act : {Act::shorten, Act::erase}) {
        request.act = act;
        const auto walk = store->walk(request);
        CHECK(times_given(*walk).size() == keys.size());
        CHECK(walk->tally().changed == keys.size());
        CHECK(walk->tally().uncertain == 0);
    }
    CHECK(began_in_the_middle(server));
    CHECK(server.cli({"DBSIZE"}) == "0");
}

TEST_CASE("several parts find every key that stays while the server's table grows and shrinks", "[walk]") {
    test::RedisServer server({"--enable-debug-command", "yes"});
    const bool grows = GENERATE(true, false);
    const auto staying = numbered("stays:", 50'000);
    test::fill(server.url(), staying);
    const auto passing = numbered("passes:", grows ? 200'000 : 600'000);
    if (!grows) test::fill(server.url(), passing);
    REQUIRE(test::eventually([&] { return table_size(server).has_value(); }));
    const auto size = table_size(server);
    watch_commands(server);
    const auto store = test::open(server.url());
    const auto walk = store->walk(in_short_steps());
    std::set<std::string> found;
    Page page;
    while (walk->next(page)) {
        found.insert(page.keys.begin(), page.keys.end());
        if (walk->progress() < 0.55) continue;
        CHECK(began_in_the_middle(server));
        if (grows)
            test::fill(server.url(), passing);
        else
            test::send_each(server.url(), "DEL", passing);
        REQUIRE(test::eventually([&] { return table_size(server).value_or(*size) != *size; }));
        break;
    }
    while (walk->next(page))
        found.insert(page.keys.begin(), page.keys.end());
    const auto is_found = [&](const std::string& key) { return found.contains(key); };
    CHECK(std::all_of(staying.begin(), staying.end(), is_found));
    CHECK(walk->resized());
}

TEST_CASE("old servers and refusals are met in the midst of several parts", "[walk]") {
    test::RedisServer server({"--rename-command", "UNLINK", ""});
    test::PythonServer older("tests/store/older_server.py",
                             std::vector<std::string>{std::to_string(server.port()), "LT"});
    auto keys = numbered("other:", 60'000);
    const auto mine = numbered("mine:", 40); // few: none may be among the first steps
    keys.insert(mine.begin(), mine.end());
    test::fill(server.url(), keys);
    const auto store = test::open(fmt::format("redis://127.0.0.1:{}", older.port()));
    store::WalkRequest request = in_short_steps();
    const store::MeantKeys meant = test::matching("mine:*");
    request.meant = &meant;
    request.ttl = [](const store::FoundKey&) { return std::chrono::minutes(10); };
    for (const Act act : {Act::shorten, Act::erase}) {
        request.act = act;
        const auto walk = store->walk(request);
        CHECK(each_once(times_given(*walk), mine));
        CHECK(walk->tally().changed == mine.size());
        CHECK(walk->tally().uncertain == 0);
    }
    CHECK(server.cli({"DBSIZE"}) == "60000");
}

TEST_CASE("a server with cursors of another kind is walked from one end to the other", "[walk]") {
    test::RedisServer server;
    const std::string kind = GENERATE("numbered", "given");
    INFO(kind);
    test::PythonServer before("tests/store/other_cursors.py",
                              std::vector<std::string>{std::to_string(server.port()), kind});
    const auto keys = numbered("k:", 60'000);
    test::fill(server.url(), keys);
    const auto store = test::open(fmt::format("redis://127.0.0.1:{}", before.port()));
    const auto walk = store->walk(in_short_steps());
    CHECK(each_once(times_given(*walk), keys));
    CHECK(walk->progress() == 1.0);
    if (kind == "given") CHECK_FALSE(walk->resized());
}
