#include "src/config/profile.hpp"
#include "src/store/everything.hpp"
#include "src/store/profile_layout.hpp"
#include "tests/support/catch.hpp"

using namespace roacache;
using store::Selectors;

namespace {

Selectors matching(std::vector<std::string> globs) {
    Selectors selectors;
    selectors.matches = std::move(globs);
    return selectors;
}

Selectors of(const char* tenant, std::vector<std::string> resources, bool glob, bool all = false) {
    Selectors selectors;
    if (tenant != nullptr) selectors.tenant = tenant;
    selectors.resources = std::move(resources);
    selectors.glob = glob;
    selectors.all_tenants = all;
    return selectors;
}

bool everything(const Selectors& selectors, const config::Profile& profile) {
    const layout::Layout layout = store::layout_of(profile);
    return store::means_everything({selectors, profile, layout, store::Reach::default_tenant}, layout);
}

/// Keys with their parts.
std::vector<store::FoundKey> found(const std::vector<std::string>& keys, const layout::Layout& layout) {
    std::vector<store::FoundKey> list;
    for (const std::string& key : keys) {
        layout::DecodedKey parts;
        list.emplace_back(key);
        if (layout.decode(list.back().bytes(), parts)) list.back().set_parts(std::move(parts));
    }
    return list;
}

} // namespace

TEST_CASE("a selection means everything when it takes nearly all keys, however it is spelt", "[selection]") {
    const config::Profile& roa2web = config::builtin_profile("roa2web");
    for (const Selectors& selectors : {matching({"*"}),
                                       matching({"**"}),
                                       matching({"?*"}),
                                       matching({"*:*"}),
                                       matching({"[!-~]*"}),
                                       matching({"[a-z]*"}),
                                       matching({"[^~]*"}),
                                       matching({"cache:*"}),
                                       matching({"c*"}),
                                       matching({"[a-m]*", "[n-z]*"}),
                                       matching({"cache:?*:?*"}),
                                       matching({"*[0-9a-f]"}),
                                       of("*", {}, true),
                                       of("?*", {}, true),
                                       of("**", {"*"}, true),
                                       of("[a-zA-Z0-9]*", {}, true),
                                       of("[^~]*", {"?*"}, true),
                                       of(nullptr, {}, false, true),
                                       of(nullptr, {"*"}, true, true),
                                       of(nullptr, {"[a-m]*", "[n-zA-Z]*"}, true, true)}) {
        INFO((selectors.matches.empty() ? selectors.tenant.value_or("all") : selectors.matches[0]));
        CHECK(everything(selectors, roa2web));
    }
    for (const Selectors& selectors :
         {matching({"session:*"}), matching({"cache:client-1:*"}), matching({"*:invoices_list:*"}),
          matching({"user:*", "lock:*"}), of("client-1", {}, false), of("client-*", {}, true),
          of("*", {"dashboard_*"}, true), of(nullptr, {"invoices_list"}, false, true), of("*", {}, false),
          of(nullptr, {"*"}, true), of("default", {"*"}, true)}) {
        INFO((selectors.matches.empty() ? selectors.tenant.value_or("all") : selectors.matches[0]));
        CHECK_FALSE(everything(selectors, roa2web));
    }
}

TEST_CASE("events whose globs say everything mean everything; those of the built-in profiles do not",
          "[selection]") {
    const auto profile = config::parse_profile("name = \"own\"\n"
                                               "[[layouts]]\n"
                                               "template = \"app:{resource}:{id}\"\n"
                                               "[events.all]\n"
                                               "keys = [\"a*\"]\n"
                                               "[events.any]\n"
                                               "resources = [\"?*\"]\n"
                                               "[events.one]\n"
                                               "resources = [\"orders\"]\n",
                                               "own.toml", config::builtin_profiles());
    for (const auto& [event, expected] :
         {std::pair{"all", true}, std::pair{"any", true}, std::pair{"one", false}}) {
        Selectors selectors;
        selectors.events = {{event, std::nullopt}};
        CHECK(everything(selectors, profile) == expected);
    }
    for (const auto& [name, built_in] : config::builtin_profiles()) {
        for (const config::Event& event : built_in.events) {
            Selectors selectors;
            const bool valued = event.value == config::EventValue::required;
            selectors.events = {{event.name, valued ? std::optional<std::string>("7") : std::nullopt}};
            INFO(name << " " << event.name);
            CHECK_FALSE(everything(selectors, built_in));
        }
        const layout::Layout layout = store::layout_of(built_in);
        CHECK(store::sample_keys(layout).recognised.size() == layout.templates().size());
    }
}

TEST_CASE("a selection that takes all keys there are means everything when they begin differently",
          "[selection]") {
    const config::Profile& profile = config::builtin_profile("roa2web");
    const layout::Layout layout = store::layout_of(profile);
    const auto taken = [&](const std::string& glob, const std::vector<std::string>& keys) {
        return store::takes_all_there_are({matching({glob}), profile, layout, store::Reach::every_tenant},
                                          found(keys, layout));
    };
    const std::vector<std::string> mixed{"session:a1", "session:b2", "user:a", "cart/7a", "a"};
    CHECK(taken("*a*", {"session:a1", "session:a2", "user:a", "cart/7a", "a"}));
    CHECK_FALSE(taken("*a*", mixed));
    CHECK_FALSE(taken("session:*", {"session:1", "session:2", "session:3", "session:4", "session:5"}));
    CHECK_FALSE(taken("*a*", {"a:1", "ba:2"}));
}

TEST_CASE("globs that take nearly all keys of several tenants mean everything", "[selection]") {
    const config::Profile& profile = config::builtin_profile("roa2web");
    const layout::Layout layout = store::layout_of(profile);
    std::vector<std::string> ours;
    for (int i = 0; i < 30; ++i)
        ours.push_back(std::string(i % 3 == 0   ? "cache:acme"
                                   : i % 3 == 1 ? "cache:alba"
                                                : "cache:nova") +
                       (i % 2 == 0 ? ":invoices_list:" : ":items_list:") + std::to_string(i));
    auto mixed = ours;
    mixed.emplace_back("session:1");
    auto foreign = ours;
    for (int i = 0; i < 300; ++i)
        foreign.push_back("session:" + std::to_string(i));
    auto with_others = ours;
    for (int i = 0; i < 10; ++i)
        with_others.push_back("cache:zoe:stats:" + std::to_string(i));
    const auto taken = [&](const Selectors& selectors, const std::vector<std::string>& keys) {
        const store::Selection selection(selectors, profile, layout, store::Reach::default_tenant);
        return selection.globs() && store::takes_all_there_are(selection, found(keys, layout));
    };
    for (const Selectors& selectors :
         {of("*a*", {}, true), of(nullptr, {"i*"}, true, true), of("[an]*", {"i*"}, true),
          of("*", {"*_list"}, true), of("*a", {}, true), matching({"*a:i*"}), matching({"cache:[a-n]*"})}) {
        if (selectors.tenant == "*a") { // not acme: two of three tenants
            CHECK_FALSE(taken(selectors, ours));
            continue;
        }
        INFO(selectors.tenant.value_or("all"));
        const bool raw_of_two = !selectors.matches.empty() && selectors.matches[0] == "*a:i*";
        for (const auto& keys : {ours, mixed, foreign})
            CHECK(taken(selectors, keys) == !raw_of_two);
        if (selectors.tenant == "*a*" || selectors.resources == std::vector<std::string>{"i*"})
            CHECK_FALSE(taken(selectors, with_others));
    }
    // What is named as it is is a choice, and so is a glob over one tenant or over a few keys.
    for (const Selectors& selectors :
         {of(nullptr, {"invoices_list", "items_list"}, false, true),
          of("*", {"invoices_list", "items_list"}, true), of("acme", {"*"}, true), of("ac*", {}, true)})
        CHECK_FALSE(taken(selectors, ours));
    CHECK_FALSE(taken(of("*a*", {}, true), {ours[0], ours[1], ours[2], ours[3]}));
}
