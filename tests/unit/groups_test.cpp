#include "src/store/groups.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <random>

using namespace roacache;
using store::Description;
using store::Groups;

namespace {

layout::DecodedKey key_of(std::string_view tenant, std::string_view resource) {
    layout::DecodedKey key;
    key.tenant = tenant;
    key.resource = resource;
    return key;
}

Description entry(std::int64_t ttl_ms, std::uint64_t bytes) {
    return {.gone = false, .type = {}, .ttl_ms = ttl_ms, .bytes = bytes};
}

} // namespace

TEST_CASE("medians of times to live are right within 3.2 percent", "[groups]") {
    std::mt19937_64 random(7);
    for (const double longest : {20.0, 4'000.0, 3e5, 8.64e7, 4e11}) {
        store::TtlCounts counts;
        std::vector<std::int64_t> all;
        for (int i = 0; i < 1001; ++i) {
            const auto ttl =
                static_cast<std::int64_t>(std::uniform_real_distribution<double>(0, longest)(random));
            all.push_back(ttl);
            counts.add(ttl);
        }
        std::sort(all.begin(), all.end());
        CHECK(counts.min_ms() == all.front());
        CHECK(counts.max_ms() == all.back());
        CHECK(static_cast<double>(counts.median_ms()) ==
              Approx(static_cast<double>(all[500])).epsilon(0.032).margin(0.5));
    }
    store::TtlCounts alike;
    for (int i = 0; i < 10; ++i)
        alike.add(299'999);
    CHECK(alike.median_ms() == 299'999);
    store::TtlCounts extremes;
    extremes.add(std::numeric_limits<std::int64_t>::max());
    extremes.add(0);
    CHECK(extremes.median_ms() == 0);
    CHECK(extremes.max_ms() == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("groups add up, the largest first", "[groups]") {
    Groups groups(true, true);
    groups.add(key_of("a", "x"), entry(1000, 10));
    groups.add(key_of("a", "x"), entry(store::k_no_ttl, 20));
    groups.add(key_of("b", "x"), entry(5000, 100));
    groups.add({}, entry(store::k_no_ttl, 1));
    groups.add(key_of("b", "x"), {.gone = true, .type = {}, .ttl_ms = {}, .bytes = {}});
    CHECK(groups.total().keys() == 4);
    CHECK(groups.total().bytes() == 131U);
    CHECK(groups.total().no_ttl() == 2U);
    const auto list = groups.largest_first();
    REQUIRE(list.size() == 3);
    CHECK(list[0]->tenant == "b");
    CHECK(list[0]->figures.keys() == 1);
    CHECK(list[1]->figures.bytes() == 30U);
    CHECK(list[1]->figures.ttls()->max_ms() == 1000);
    CHECK_FALSE(list[2]->tenant);
    CHECK_FALSE(list[2]->resource);
    CHECK(list[2]->figures.ttls() == nullptr);
    CHECK(groups.rest() == nullptr);
}

TEST_CASE("names differ whatever bytes they hold", "[groups]") {
    Groups groups(true, true);
    groups.add(key_of("a", "bc"), entry(1, 1));
    groups.add(key_of("ab", "c"), entry(1, 1));
    groups.add(key_of(std::string_view("a\0b", 3), "c"), entry(1, 1));
    groups.add(key_of("", "abc"), entry(1, 1));
    CHECK(groups.largest_first().size() == 4);

    Groups by_tenant(true, false);
    by_tenant.add(key_of("a", "x"), entry(1, 1));
    by_tenant.add(key_of("a", "y"), entry(1, 1));
    REQUIRE(by_tenant.largest_first().size() == 1);
    CHECK_FALSE(by_tenant.largest_first()[0]->resource);
}

TEST_CASE("a figure that is not known for every entry is absent", "[groups]") {
    Groups groups(false, true);
    groups.add(key_of("a", "x"), entry(1000, 10));
    groups.add(key_of("a", "x"), {.gone = false, .type = {}, .ttl_ms = 5, .bytes = {}});
    groups.add(key_of("a", "y"), {.gone = false, .type = {}, .ttl_ms = {}, .bytes = 7});
    CHECK_FALSE(groups.total().bytes());
    CHECK_FALSE(groups.total().no_ttl());
    CHECK(groups.total().ttls() == nullptr);
    for (const store::Group* group : groups.largest_first()) {
        CHECK(group->figures.bytes().has_value() == (group->resource == "y"));
        CHECK(group->figures.no_ttl().has_value() == (group->resource == "x"));
    }
}

TEST_CASE("entries whose end is no time are left out of the times to live", "[groups]") {
    store::Description unreadable = entry(1, 10);
    unreadable.ttl_ms.reset();
    unreadable.ttl_unreadable = true;
    store::GroupFigures figures;
    figures.add(unreadable);
    CHECK_FALSE(figures.no_ttl());
    CHECK_FALSE(figures.exceeding_policy());
    CHECK(figures.ttls() == nullptr);
    figures.add(entry(1000, 10));
    figures.add(entry(store::k_no_ttl, 10));
    CHECK(figures.no_ttl() == 1U);
    CHECK(figures.ttls()->max_ms() == 1000);
    CHECK(figures.ttl_unreadable() == 1);
    CHECK(figures.bytes() == 30U);
}

TEST_CASE("what has no place among the groups is summed up as the rest", "[groups]") {
    Groups groups(true, false, 10);
    std::vector<std::string> names;
    for (int i = 0; i < 30; ++i)
        names.push_back("tenant" + std::to_string(i));
    for (int round = 0; round < 2; ++round)
        for (const std::string& name : names)
            groups.add(key_of(name, "x"), entry(1, 1));
    CHECK(groups.largest_first().size() == 10);
    REQUIRE(groups.rest() != nullptr);
    CHECK(groups.rest()->keys() == 40);
    CHECK(groups.total().keys() == 60);
}
