#include "src/config/profile.hpp"
#include "src/store/everything.hpp"
#include "src/store/profile_layout.hpp"

#include <catch2/catch.hpp>

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
                                       matching({"[^c]*"}), // all but the profile's own
                                       of("*", {}, true),
                                       of("?*", {}, true),
                                       of("**", {"*"}, true),
                                       of("[a-zA-Z0-9]*", {}, true),
                                       of("[^~]*", {"?*"}, true),
                                       of("[a-zA-Z]*", {"?*"}, true), // all but one tenant of ten
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
                                          keys);
    };
    const std::vector<std::string> mixed{"session:a1", "session:b2", "user:a", "cart/7a", "a"};
    CHECK(taken("*a*", {"session:a1", "session:a2", "user:a", "cart/7a", "a"}));
    CHECK_FALSE(taken("*a*", mixed));
    CHECK_FALSE(taken("session:*", {"session:1", "session:2", "session:3", "session:4", "session:5"}));
    CHECK_FALSE(taken("*a*", {"a:1", "ba:2"}));
}
