#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/demo/cache/cache.hpp"
#include "src/demo/cache/sqlite_tier.hpp"
#include "src/layout/glob.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <algorithm>
#include <future>
#include <map>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace roacache;
using namespace roacache::demo;
using namespace std::chrono_literals;

namespace {

/// A clock that the test moves.
struct HandClock {
    std::shared_ptr<std::atomic<std::int64_t>> ms = std::make_shared<std::atomic<std::int64_t>>(1'000'000);
    TimeSource source() const {
        return [at = ms] { return Milliseconds(*at); };
    }
    void pass(Milliseconds time) const { *ms += time.count(); }
};

demo::Value value_of(const std::string& text) {
    return std::make_shared<const std::string>(text);
}

const std::string k_group = "cache:default:thing:";

CacheKey cache_key(const std::string& name, const std::string& group = k_group) {
    return {group, group + name};
}

/// A second tier in memory whose calls can be watched and held up.
class FakeTier : public Tier {
  public:
    std::string_view name() const override { return "fake"; }
    std::optional<Found> get(const CacheKey& key) override {
        if (on_get) on_get();
        const std::lock_guard lock(mutex_);
        const auto found = entries_.find(key.text);
        if (found == entries_.end()) return std::nullopt;
        return Found{value_of(found->second), ttl_left};
    }
    void put(const CacheKey& key, const std::string& value, Milliseconds) override {
        const std::lock_guard lock(mutex_);
        entries_[key.text] = value;
    }
    void erase(std::span<const std::string> groups) override {
        const std::lock_guard lock(mutex_);
        std::erase_if(entries_, [&](const auto& entry) {
            return std::any_of(groups.begin(), groups.end(),
                               [&](const std::string& group) { return entry.first.starts_with(group); });
        });
    }
    std::vector<std::string> erase_matching(const std::string& glob,
                                            std::span<const std::string> groups) override {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> keys;
        for (const auto& [key, value] : entries_)
            if (layout::glob_matches(glob, key) &&
                std::any_of(groups.begin(), groups.end(),
                            [&, &name = key](const std::string& group) { return name.starts_with(group); }))
                keys.push_back(key);
        for (const std::string& key : keys)
            entries_.erase(key);
        return keys;
    }
    TierSize size() override { return {entries_.size(), {}}; }
    bool available() const override { return true; }

    std::function<void()> on_get;
    std::optional<Milliseconds> ttl_left = 10s;

  private:
    std::mutex mutex_;
    std::map<std::string, std::string> entries_;
};

/// What a test needs to hold a computation up until it says so.
struct Gate {
    std::promise<void> entered, opened;
    std::shared_future<void> open{opened.get_future().share()};
    std::string pass(const std::string& value) {
        entered.set_value();
        open.wait();
        return value;
    }
};

} // namespace

TEST_CASE("the memory tier forgets an entry when its time is over", "[demo]") {
    const HandClock clock;
    MemoryTier tier(1'000'000, clock.source());
    tier.put("a", value_of("1"), 10s);
    clock.pass(9'999ms);
    REQUIRE(tier.get("a"));
    CHECK(*tier.get("a") == "1");
    clock.pass(1ms);
    CHECK_FALSE(tier.get("a"));
    CHECK(tier.size().entries == 0);
    CHECK(tier.size().bytes == 0);
}

TEST_CASE("the memory tier drops what was used least recently when it is full", "[demo]") {
    const HandClock clock;
    const std::uint64_t entry = MemoryTier::k_entry_overhead + 2 * 1 + 100;
    MemoryTier tier(3 * entry, clock.source());
    const std::string body(100, 'x');
    for (const char* key : {"a", "b", "c"})
        tier.put(key, value_of(body), 10s);
    CHECK(tier.get("a")); // now b is the oldest
    tier.put("d", value_of(body), 10s);
    CHECK(tier.get("a"));
    CHECK_FALSE(tier.get("b"));
    CHECK(tier.get("c"));
    CHECK(tier.get("d"));
    CHECK(tier.size().evictions == 1);
    CHECK(tier.size().bytes == 3 * entry);

    tier.put("e", value_of(std::string(10 * entry, 'x')), 10s); // larger than all of it
    CHECK_FALSE(tier.get("e"));
    CHECK(tier.size().entries == 3);
}

TEST_CASE("the memory tier replaces a value and erases a group and no more", "[demo]") {
    const HandClock clock;
    MemoryTier tier(1'000'000, clock.source());
    tier.put("cache:a:1", value_of("old"), 10s);
    tier.put("cache:a:1", value_of("new"), 10s);
    tier.put("cache:a:2", value_of(""), 10s);
    tier.put("cache:ab:1", value_of("other"), 10s);
    CHECK(*tier.get("cache:a:1") == "new");
    CHECK(tier.get("cache:a:2")->empty());
    tier.erase_group("cache:a:");
    CHECK_FALSE(tier.get("cache:a:1"));
    CHECK_FALSE(tier.get("cache:a:2"));
    CHECK(tier.get("cache:ab:1"));
}

TEST_CASE("the SQLite tier keeps values for their time, in a table that others can read", "[demo]") {
    const test::TempDir folder;
    const HandClock clock;
    std::vector<std::string> warnings;
    SqliteTier tier(folder.path() / "cache.sqlite", clock.source(),
                    [&](const std::string& w) { warnings.push_back(w); });
    const std::string binary("a\0b", 3);
    tier.put(cache_key("1"), binary, 10s);
    tier.put(cache_key("2"), "", 10s);
    tier.put(cache_key("1", "cache:default:things:"), "other", 10s);
    REQUIRE(tier.get(cache_key("1")));
    CHECK(*tier.get(cache_key("1"))->value == binary);
    CHECK(tier.get(cache_key("1"))->ttl_left == 10s);
    REQUIRE(tier.get(cache_key("2")));
    CHECK(tier.get(cache_key("2"))->value->empty());
    CHECK_FALSE(tier.get(cache_key("3")));

    store::sqlite::Database other(folder.path() / "cache.sqlite", store::sqlite::OpenMode::read_only);
    auto row = other.prepare("SELECT expires - created FROM entries WHERE key = 'cache:default:thing:1'");
    REQUIRE(row.step());
    CHECK(row.real(0) == Approx(10));

    tier.erase(std::vector<std::string>{k_group});
    CHECK_FALSE(tier.get(cache_key("1")));
    CHECK_FALSE(tier.get(cache_key("2")));
    CHECK(tier.get(cache_key("1", "cache:default:things:")));
    clock.pass(10s);
    CHECK_FALSE(tier.get(cache_key("1", "cache:default:things:")));
    CHECK(warnings.empty());
}

TEST_CASE("a SQLite tier on a file that is no database is refused", "[demo]") {
    const test::TempDir folder;
    const auto file = folder.path() / "cache.sqlite";
    core::write_file_atomically(file, std::string(10'000, 'x'));
    CHECK_THROWS_AS(SqliteTier(file, unix_time(), [](const std::string&) {}), core::Error);
}

TEST_CASE("falsy values are hits in either tier", "[demo]") {
    const HandClock clock;
    auto l2 = std::make_unique<FakeTier>();
    Cache cache(std::make_unique<MemoryTier>(1'000'000, clock.source()), std::move(l2));
    for (const char* falsy : {"0", "\"\"", "", "null", "[]", "{}", "false"}) {
        const CacheKey key = cache_key(std::string("key-") + falsy);
        const auto compute = [&] { return std::string(falsy); };
        CHECK(cache.get(key, 10s, compute).outcome == Outcome::miss);
        CHECK(cache.get(key, 10s, compute).outcome == Outcome::hit_l1);
        cache.l1()->clear();
        const Answer second = cache.get(key, 10s, compute);
        CHECK(second.outcome == Outcome::hit_l2);
        CHECK(*second.body == falsy);
    }
    CHECK(cache.counters().computed == 7);
}

TEST_CASE("what comes up from the second tier lives no longer in the first", "[demo]") {
    const HandClock clock;
    auto owned = std::make_unique<FakeTier>();
    FakeTier& l2 = *owned;
    Cache cache(std::make_unique<MemoryTier>(1'000'000, clock.source()), std::move(owned));
    const auto compute = [] { return std::string("value"); };
    cache.get(cache_key("1"), 100s, compute);
    cache.l1()->clear();
    l2.ttl_left = 3s;
    CHECK(cache.get(cache_key("1"), 100s, compute).outcome == Outcome::hit_l2);
    clock.pass(2'999ms);
    CHECK(cache.get(cache_key("1"), 100s, compute).outcome == Outcome::hit_l1);
    clock.pass(1ms);
    CHECK(cache.get(cache_key("1"), 100s, compute).outcome == Outcome::hit_l2);
}

TEST_CASE("many who ask for one key at once wait for one computation", "[demo]") {
    const HandClock clock;
    Cache cache(std::make_unique<MemoryTier>(1'000'000, clock.source()), nullptr);
    Gate gate;
    std::atomic<int> computations = 0;
    std::vector<std::future<Answer>> answers;
    const auto ask = [&] {
        return cache.get(cache_key("1"), 10s, [&] {
            ++computations;
            return gate.pass("value");
        });
    };
    answers.push_back(std::async(std::launch::async, ask));
    gate.entered.get_future().wait();
    for (int i = 0; i < 20; ++i)
        answers.push_back(std::async(std::launch::async, ask));
    gate.opened.set_value();
    for (auto& answer : answers)
        CHECK(*answer.get().body == "value");
    CHECK(computations == 1);
    const CacheCounters count = cache.counters();
    CHECK(count.computed == 1);
    CHECK(count.misses + count.l1_hits == 21);
    CHECK(count.misses <= 1 + count.coalesced); // who came late may have waited for a hit
}

TEST_CASE("a computation that fails is not stored and wakes all who wait for it", "[demo]") {
    const HandClock clock;
    Cache cache(std::make_unique<MemoryTier>(1'000'000, clock.source()), nullptr);
    std::promise<void> entered, opened;
    const std::shared_future<void> open = opened.get_future().share();
    auto first = std::async(std::launch::async, [&] {
        return cache.get(cache_key("1"), 10s, [&]() -> std::string {
            entered.set_value();
            open.wait();
            throw std::runtime_error("no ledger");
        });
    });
    entered.get_future().wait();
    // Joins the first, or comes too late for that and succeeds by itself.
    auto second = std::async(std::launch::async, [&] {
        return cache.get(cache_key("1"), 10s, [] { return std::string("new"); });
    });
    opened.set_value();
    CHECK_THROWS_WITH(first.get(), "no ledger");
    std::string outcome;
    try {
        outcome = *second.get().body;
    } catch (const std::runtime_error& error) {
        outcome = error.what();
    }
    CHECK((outcome == "new" || outcome == "no ledger"));
    CHECK(*cache.get(cache_key("1"), 10s, [] { return std::string("new"); }).body == "new");
    CHECK(cache.counters().failed == 1);
}

TEST_CASE("a value that was made stale while it was computed is not stored", "[demo]") {
    const HandClock clock;
    auto owned = std::make_unique<FakeTier>();
    FakeTier& l2 = *owned;
    Cache cache(std::make_unique<MemoryTier>(1'000'000, clock.source()), std::move(owned));
    Gate gate;
    auto early = std::async(std::launch::async,
                            [&] { return cache.get(cache_key("1"), 10s, [&] { return gate.pass("old"); }); });
    gate.entered.get_future().wait();
    cache.invalidate(std::vector<std::string>{k_group});
    // Who asks after the invalidation does not join the computation that began before it.
    const Answer late = cache.get(cache_key("1"), 10s, [] { return std::string("new"); });
    CHECK(late.outcome == Outcome::miss);
    CHECK(*late.body == "new");
    gate.opened.set_value();
    CHECK(*early.get().body == "old");
    const Answer after = cache.get(cache_key("1"), 10s, [] { return std::string("newer"); });
    CHECK(after.outcome == Outcome::hit_l1);
    CHECK(*after.body == "new");
    CHECK(l2.size().entries == 1U);
    CHECK(cache.counters().not_stored == 1);
}

TEST_CASE("a value read from the second tier while it was made stale does not come up", "[demo]") {
    const HandClock clock;
    auto owned = std::make_unique<FakeTier>();
    FakeTier& l2 = *owned;
    Cache cache(std::make_unique<MemoryTier>(1'000'000, clock.source()), std::move(owned));
    cache.get(cache_key("1"), 10s, [] { return std::string("old"); });
    cache.get(cache_key("1", "cache:default:kept:"), 10s, [] { return std::string("kept"); });
    cache.l1()->erase(cache_key("1").text);
    // The other group's value is found first, then this one's reading is overtaken by the invalidation.
    l2.on_get = [&] {
        l2.on_get = nullptr;
        cache.invalidate(std::vector<std::string>{k_group});
        l2.put(cache_key("1"), "old", 10s); // as a reader would have it that was a moment quicker
    };
    CHECK(*cache.get(cache_key("1"), 10s, [] { return std::string("new"); }).body == "old");
    l2.erase(std::vector<std::string>{k_group});
    CHECK(*cache.get(cache_key("1"), 10s, [] { return std::string("new"); }).body == "new");
    CHECK(cache.get(cache_key("1", "cache:default:kept:"), 10s, [] { return std::string("?"); }).outcome ==
          Outcome::hit_l1);
}

TEST_CASE("a bypass neither reads nor writes, and without tiers all is a bypass", "[demo]") {
    const HandClock clock;
    Cache cache(std::make_unique<MemoryTier>(1'000'000, clock.source()), nullptr);
    int computations = 0;
    const auto compute = [&] { return std::to_string(++computations); };
    CHECK(*cache.bypass(compute).body == "1");
    CHECK(*cache.get(cache_key("1"), 10s, compute).body == "2");
    CHECK(*cache.bypass(compute).body == "3");
    CHECK(*cache.get(cache_key("1"), 10s, compute).body == "2");
    Cache none(nullptr, nullptr);
    CHECK(none.get(cache_key("1"), 10s, compute).outcome == Outcome::bypass);
    CHECK(none.get(cache_key("1"), 10s, compute).outcome == Outcome::bypass);
    CHECK(none.counters().bypasses == 2);
}

TEST_CASE("who asks after an invalidation never gets what was there before, from many threads", "[demo]") {
    Cache cache(std::make_unique<MemoryTier>(1'000'000, steady_time()), std::make_unique<FakeTier>());
    std::atomic<int> origin = 0;    // what a computation finds
    std::atomic<int> announced = 0; // what readers may count on: written and invalidated
    std::atomic<int> stale = 0;
    std::atomic<bool> over = false;
    const auto ask = [&] {
        return std::stoi(*cache.get(cache_key("1"), 10s, [&] { return std::to_string(origin); }).body);
    };
    std::vector<std::thread> readers;
    for (int reader = 0; reader < 3; ++reader)
        readers.emplace_back([&] {
            while (!over) {
                const int known = announced;
                if (ask() < known) ++stale;
            }
        });
    for (int round = 1; round <= 500; ++round) {
        origin = round;
        cache.invalidate(std::vector<std::string>{k_group});
        announced = round;
    }
    over = true;
    for (std::thread& reader : readers)
        reader.join();
    CHECK(stale == 0);
    CHECK(ask() == 500);
}

TEST_CASE("what a pattern of keys names goes from both tiers, and is counted once", "[demo]") {
    auto owned = std::make_unique<FakeTier>();
    FakeTier& l2 = *owned;
    Cache cache(std::make_unique<MemoryTier>(1'000'000, steady_time()), std::move(owned));
    const std::string other = "cache:default:other:";
    for (const char* name : {"1", "2", "31"})
        cache.get(cache_key(name), 10s, [] { return "x"; });
    cache.get(cache_key("1", other), 10s, [] { return "x"; });
    l2.put(cache_key("9"), "of another process", 10s);
    l2.put({"session:", "session:1"}, "of another application", 10s);
    const std::vector<std::string> groups{k_group, other};
    CHECK(cache.invalidate_matching("cache:*:thing:?", groups) == 3); // 1, 2 and 9
    CHECK(cache.l1_size().entries == 2);
    CHECK(cache.get(cache_key("31"), 10s, [] { return "y"; }).outcome == Outcome::hit_l1);
    CHECK(cache.get(cache_key("1"), 10s, [] { return "y"; }).outcome == Outcome::miss);
    CHECK(cache.invalidate_matching("nothing", groups) == 0);
    CHECK(cache.invalidate_matching("*", groups) == 3);
    CHECK(l2.size().entries == 1U); // the session
}
