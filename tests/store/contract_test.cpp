// What every store promises, over each kind of store that there is. What a store says that it cannot do, it
// has to refuse.

#include "src/config/profile.hpp"
#include "src/core/error.hpp"
#include "src/store/remover.hpp"
#include "tests/store/contract.hpp"
#include "tests/store/meant_keys.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <iterator>
#include <random>
#include <set>

using namespace roacache;
using store::Act;
using store::Capability;
using store::FoundKey;
using store::Page;

namespace {

struct Contract {
    explicit Contract(const test::StoreKind& kind)
        : entries(kind.make()), store(open()), can(store->capabilities()) {}

    std::unique_ptr<store::Store> open() const { return store::open_store(net::parse_url(entries->url())); }

    std::unique_ptr<test::StoredEntries> entries;
    std::unique_ptr<store::Store> store;
    store::Capabilities can;
    test::Random random{std::random_device{}()};
};

store::MeantKeys meant_by(store::Selectors selectors, store::Reach reach = store::Reach::every_tenant) {
    return {config::builtin_profile("roa2web"), std::move(selectors), reach};
}

/// Each key as often as the walk gives it.
std::vector<std::string> walked(store::Store& store, store::WalkRequest request) {
    const auto walk = store.walk(std::move(request));
    std::vector<std::string> keys;
    for (Page page; walk->next(page);)
        keys.insert(keys.end(), page.keys.begin(), page.keys.end());
    return keys;
}

std::vector<std::string> sorted(std::vector<std::string> keys) {
    std::sort(keys.begin(), keys.end());
    return keys;
}

/// Keys of the profile and of others, with values.
std::map<std::string, test::Made> fill(Contract& contract, int count) {
    std::map<std::string, test::Made> there;
    for (int i = 0; i < count; ++i) {
        test::Made made = test::make_key(contract.random, true);
        contract.entries->put(made.key, "value of " + made.key, std::chrono::hours(1));
        there.insert_or_assign(made.key, std::move(made));
    }
    return there;
}

std::set<std::string> keys_of(const std::map<std::string, test::Made>& there) {
    std::set<std::string> keys;
    for (const auto& [key, made] : there)
        keys.insert(key);
    return keys;
}

} // namespace

TEST_CASE("a store of any kind gives every key once, and in an empty one none", "[contract]") {
    Contract contract(GENERATE(from_range(std::begin(test::k_store_kinds), std::end(test::k_store_kinds))));
    REQUIRE(contract.can.has(Capability::list));
    CHECK(walked(*contract.store, {}).empty());
    const auto there = keys_of(fill(contract, 3000));
    CHECK(sorted(walked(*contract.store, {})) == std::vector<std::string>(there.begin(), there.end()));
    {
        const auto walk = contract.store->walk({});
        Page page;
        REQUIRE(walk->next(page));
        walk->stop();
        while (walk->next(page)) {
        }
    }
    CHECK(contract.store->ping().count() > 0); // the store goes on
}

TEST_CASE("a store of any kind takes a selection to mean what it says", "[contract]") {
    Contract contract(GENERATE(from_range(std::begin(test::k_store_kinds), std::end(test::k_store_kinds))));
    const auto there = fill(contract, 400);
    for (int i = 0; i < 200; ++i) {
        const test::Meant meant = test::choose_selectors(contract.random);
        const store::MeantKeys keys = meant_by(meant.selectors, store::Reach::default_tenant);
        INFO(keys.selection().description());
        std::vector<std::string> expected;
        for (const auto& [key, made] : there)
            if (meant.rule(made)) expected.push_back(key);
        store::WalkRequest request;
        request.meant = &keys;
        std::uint64_t seen = 0, decoded = 0;
        request.sees = [&](const store::FoundKey& key, bool) {
            ++seen;
            decoded += key.is_recognised() ? 1 : 0;
        };
        REQUIRE(sorted(walked(*contract.store, request)) == sorted(expected));
        CHECK(seen >= expected.size());
        request.others_too = true;
        CHECK(walked(*contract.store, request).size() == there.size());
    }
}

TEST_CASE("a store of any kind lists the named keys that are there, in order", "[contract]") {
    Contract contract(GENERATE(from_range(std::begin(test::k_store_kinds), std::end(test::k_store_kinds))));
    const auto there = fill(contract, 300);
    test::Meant meant = test::choose_keys(contract.random, there);
    meant.named.push_back("nobody");
    store::MeantKeys keys = meant_by({});
    keys.name({meant.named, "", false}, store::NamedKeys::Repeated::added);
    std::vector<std::string> expected;
    for (const std::string& key : meant.named)
        if (there.contains(key)) expected.push_back(key);
    store::WalkRequest request;
    request.meant = &keys;
    CHECK(walked(*contract.store, request) == expected);
    CHECK(walked(*contract.store, request) == expected); // named keys are taken from the first again
}

TEST_CASE("a store of any kind describes its entries, and tells what is gone", "[contract]") {
    Contract contract(GENERATE(from_range(std::begin(test::k_store_kinds), std::end(test::k_store_kinds))));
    REQUIRE(contract.can.has(Capability::describe));
    contract.entries->put("forever", "1");
    contract.entries->put("long", std::string(5000, 'x'), std::chrono::seconds(1000));
    store::MeantKeys keys = meant_by({});
    keys.name({{"forever", "gone", "long"}, "", false});
    store::WalkRequest request;
    request.meant = &keys;
    request.act = Act::describe;
    request.fields = {.type = true, .ttl = true, .bytes = true};
    std::map<std::string, store::Description> described;
    const auto walk = contract.store->walk(request);
    for (Page page; walk->next(page);)
        for (std::size_t at = 0; at < page.keys.size(); ++at)
            if (!page.descriptions.at(at).gone) described[page.keys[at]] = page.descriptions[at];
    REQUIRE(described.size() == 2);
    CHECK(described["forever"].ttl_ms == store::k_no_ttl);
    CHECK(described["long"].ttl_ms.value_or(0) > 900'000);
    CHECK(described["long"].ttl_ms.value_or(0) <= 1'000'000);
    if (described["long"].bytes) CHECK(*described["long"].bytes >= 5000);
}

TEST_CASE("a store of any kind removes what is meant, no more than allowed, and counts it", "[contract]") {
    Contract contract(GENERATE(from_range(std::begin(test::k_store_kinds), std::end(test::k_store_kinds))));
    REQUIRE(contract.can.has(Capability::erase_by_key));
    REQUIRE(contract.can.has(Capability::erase_by_selection));
    for (int i = 0; i < 60; ++i) {
        auto there = fill(contract, 100);
        const bool named = i % 3 == 0;
        test::Meant meant =
            named ? test::choose_keys(contract.random, there) : test::choose_selectors(contract.random);
        if (named) meant.named.push_back("nobody");
        store::MeantKeys keys = meant_by(meant.selectors, store::Reach::default_tenant);
        if (named) keys.name({meant.named, "", false}, store::NamedKeys::Repeated::dropped);
        std::set<std::string> expected = contract.entries->keys();
        const std::size_t before = expected.size();
        store::RemovalTerms terms;
        terms.everything = true;
        const auto is_meant = [&](const std::string& key) {
            return there.contains(key)
                       ? meant.rule(there.at(key))
                       : std::find(meant.named.begin(), meant.named.end(), key) != meant.named.end();
        };
        const auto all = std::count_if(expected.begin(), expected.end(), is_meant);
        if (i % 4 == 1 && all > 0) terms.max_keys = static_cast<std::uint64_t>(all - 1);
        const bool limited = terms.max_keys.has_value();
        if (i % 4 == 3) terms.max_keys = static_cast<std::uint64_t>(all); // which is enough
        store::Remover remover(*contract.store, keys, terms);
        INFO(keys.selection().description() << (limited ? ", limited" : ""));
        if (limited) {
            CHECK_THROWS_AS(remover.remove(), core::Error);
            CHECK(remover.figures().sent == 0);
            CHECK(contract.entries->keys() == expected);
        } else {
            remover.remove();
            std::erase_if(expected, is_meant);
            CHECK(contract.entries->keys() == expected);
            CHECK(remover.figures().removed == before - expected.size());
            CHECK(remover.figures().matched == remover.figures().removed);
            CHECK(remover.figures().unconfirmed == 0);
            remover.verify();
            CHECK(remover.figures().remaining == 0U);
        }
        std::vector<std::string> rest;
        for (const std::string& key : contract.entries->keys())
            rest.push_back(key);
        store::MeantKeys all_left = meant_by({});
        all_left.name({rest, "", false});
        store::Remover(*contract.store, all_left, {}).remove();
        REQUIRE(contract.entries->keys().empty());
    }
}

TEST_CASE("a store of any kind cuts times to live and lengthens none, or refuses to", "[contract]") {
    Contract contract(GENERATE(from_range(std::begin(test::k_store_kinds), std::end(test::k_store_kinds))));
    contract.entries->put("short", "1", std::chrono::hours(5));
    contract.entries->put("long", "1", std::chrono::hours(500));
    contract.entries->put("forever", "1");
    store::MeantKeys keys = meant_by({});
    keys.name({{"short", "long", "forever", "nobody"}, "", false});
    store::RemovalTerms terms;
    terms.soft = std::chrono::hours(50); // so that none of its moments comes while the test runs
    store::Remover remover(*contract.store, keys, terms);
    if (!contract.can.has(Capability::expire)) {
        CHECK_THROWS_AS(remover.remove(), core::Error);
        CHECK_FALSE(contract.entries->ttl("forever"));
        return;
    }
    remover.remove();
    INFO(contract.entries->url());
    CHECK(remover.figures().shortened >= 2);
    CHECK(remover.figures().shortened <= 3);
    CHECK(contract.entries->keys().size() == 3);
    for (const char* key : {"long", "forever"})
        CHECK(contract.entries->ttl(key).value_or(std::chrono::hours(999)) <= std::chrono::hours(50));
    CHECK(contract.entries->ttl("short").value_or(std::chrono::hours(999)) <= std::chrono::hours(5));
}

TEST_CASE("a store of any kind hands out values of any size and bytes", "[contract]") {
    Contract contract(GENERATE(from_range(std::begin(test::k_store_kinds), std::end(test::k_store_kinds))));
    REQUIRE(contract.can.has(Capability::values));
    std::string large(300'000, '\0');
    for (std::size_t at = 0; at < large.size(); ++at)
        large[at] = static_cast<char>(at * 7 % 256);
    contract.entries->put("large", large, std::chrono::hours(1));
    const auto value = contract.store->inspect(FoundKey("large"), 1000);
    REQUIRE(value);
    CHECK(value->size == large.size());
    CHECK(value->head == large.substr(0, 1000));
    CHECK(contract.store->read(FoundKey("large"), 0, 1 << 20) == large);
    CHECK(contract.store->read(FoundKey("large"), 299'990, 100) == large.substr(299'990));
    CHECK(contract.store->read(FoundKey("large"), 400'000, 100).empty());
    CHECK_FALSE(contract.store->inspect(FoundKey("nobody"), 1000));
}

TEST_CASE("a store of any kind says why it cannot do what it cannot", "[contract]") {
    Contract contract(GENERATE(from_range(std::begin(test::k_store_kinds), std::end(test::k_store_kinds))));
    for (const auto& [capability, reason] : contract.can.missing)
        CHECK_FALSE(reason.empty());
    CHECK(contract.can.has(Capability::erase_by_selection) <=
          (contract.can.has(Capability::list) && contract.can.has(Capability::erase_by_key)));
    std::set<std::string_view> names;
    for (const auto& [capability, name] : store::k_capabilities)
        names.insert(name);
    CHECK(names.size() == store::k_capabilities.size());
}
