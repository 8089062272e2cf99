#include "src/config/profile.hpp"
#include "src/core/error.hpp"
#include "src/core/nearest.hpp"
#include "tests/support/catch.hpp"

using namespace roacache;
using namespace std::chrono_literals;

namespace {

config::Profile parse(std::string_view text) {
    return config::parse_profile(text, "my.toml", config::builtin_profiles());
}

std::string refusal(std::string_view text) {
    try {
        parse(text);
    } catch (const core::Error& error) {
        CHECK(error.code() == core::ExitCode::usage);
        return error.what();
    }
    return "accepted";
}

const std::string k_least = "name = \"x\"\n[[layouts]]\ntemplate = \"{resource}\"\n";

} // namespace

TEST_CASE("the default profile is the accounting portal", "[profile]") {
    const config::Profile& profile = config::builtin_profile(config::k_default_profile);
    REQUIRE(profile.layouts.size() == 1);
    CHECK(profile.layouts[0].templ == "cache:{tenant}:{resource}:{segments*}:{hash}");
    CHECK(profile.default_tenant == "default");
    REQUIRE(profile.hash);
    CHECK(profile.hash->digits == 12);
    CHECK(profile.hash->exclude == std::vector<std::string>{"username", "current_user", "tenant_id"});
    CHECK(profile.ttl.of("invoices_list") == 60s);
    CHECK(profile.ttl.of("something_else") == 300s);
    CHECK(profile.targets.size() == 4);
    CHECK(profile.events.front().name == "invoice-changed");
    CHECK(profile.event("payment-recorded").resources ==
          std::vector<std::string>{"invoices_list", "dashboard_summary", "treasury_data",
                                   "dashboard_cashflow"});
    CHECK(profile.event("company-changed").value == config::EventValue::optional);
    CHECK(profile.environment.at("REDIS_URL") == "url");
}

TEST_CASE("every built-in profile is sound and carries the name of its file", "[profile]") {
    const auto names = config::builtin_profile_names();
    CHECK(std::find(names.begin(), names.end(), "roa2web") != names.end());
    for (const std::string& name : names) {
        INFO(name);
        const config::Profile& profile = config::builtin_profile(name);
        CHECK(profile.name == name);
        CHECK_FALSE(profile.description.empty());
        CHECK_FALSE(profile.layouts.empty());
        CHECK_FALSE(profile.events.empty());
        CHECK_FALSE(profile.targets.empty());
        CHECK_FALSE(profile.environment.empty());
    }
}

TEST_CASE("an unknown profile or event names the nearest one", "[profile]") {
    CHECK_THROWS_WITH(config::builtin_profile("roa2wed"),
                      roacache::test::Contains("did you mean 'roa2web'?"));
    CHECK_THROWS_WITH(config::builtin_profile("roa2web").event("invoices-changed"),
                      roacache::test::Contains("did you mean 'invoice-changed'?"));
}

TEST_CASE("a wrong profile is refused with file, line and column", "[profile]") {
    CHECK(refusal("name = ") ==
          "bad profile: my.toml:1:8: Error while parsing key-value pair: encountered end-of-file");
    CHECK(refusal("name = \"x\"\n") == "bad profile: my.toml:1:1: a profile needs a layout: [[layouts]]");
    CHECK(refusal("name = 5\n").starts_with("bad profile: my.toml:1:8: name: expected a text in quotes"));
    CHECK(refusal("[[layouts]]\ntemplate = \"{resource}\"\n")
              .ends_with("no profile is here: it is a file with name = \"NAME\" or a table [profiles.NAME]"));
    CHECK(refusal(k_least + "templat = \"x\"\n") ==
          "bad profile: my.toml:4:1: unknown key 'templat'; did you mean 'template'?");
    CHECK(refusal(k_least + "[ttl]\ndefault = \"5 minutes\"\n")
              .starts_with("bad profile: my.toml:5:11: default: "));
    CHECK(refusal(k_least + "[ttl]\ndefault = 0\n")
              .starts_with("bad profile: my.toml:5:11: default: expected"));
    CHECK(
        refusal(k_least + "[ttl.resources]\na = -1\n").starts_with("bad profile: my.toml:5:5: a: expected"));
    CHECK(refusal(k_least + "[hash]\ndigits = 33\n")
              .starts_with("bad profile: my.toml:5:10: digits: expected a whole"));
    CHECK(refusal(k_least + "[events.e]\nvalue = \"none\"\n").find("makes nothing stale") !=
          std::string::npos);
    CHECK(refusal(k_least + "[events.e]\nkeys = [\"a:{value}\"]\n")
              .starts_with("bad profile: my.toml:5:8: event 'e'"));
    CHECK(
        refusal(k_least + "[events.e]\nkeys = [\"a\", 5]\n").starts_with("bad profile: my.toml:5:14: keys"));
    CHECK(refusal(k_least + "[environment]\nX = \"urll\"\n").ends_with("did you mean 'url'?"));
    CHECK(refusal("extends = \"roa2wep\"\n")
              .ends_with("there is no profile 'roa2wep'; did you mean 'roa2web'?"));
}

TEST_CASE("a user's profile adds to the built-in one that it extends", "[profile]") {
    auto profiles = config::builtin_profiles();
    config::add_profiles(R"(
url = "redis://elsewhere"
[profiles.zeta]
extends = "roa2web"
default_tenant = "acme"
[profiles.zeta.ttl.resources]
invoices_list = "2m"
orders = 30
[profiles.zeta.events.order-placed]
resources = ["orders"]
[profiles.zeta.events.payment-recorded]
resources = ["invoices_list"]
[profiles.alpha]
extends = "zeta"
targets = []
)",
                         "roacache.toml", profiles);
    const config::Profile& zeta = config::find_profile(profiles, "zeta");
    CHECK(zeta.default_tenant == "acme");
    CHECK(zeta.ttl.of("invoices_list") == 120s);
    CHECK(zeta.ttl.of("orders") == 30s);
    CHECK(zeta.ttl.of("companies_list") == 600s);
    CHECK(zeta.event("order-placed").resources == std::vector<std::string>{"orders"});
    CHECK(zeta.event("payment-recorded").resources == std::vector<std::string>{"invoices_list"});
    CHECK(zeta.event("invoice-changed").resources.size() == 4);
    CHECK(zeta.layouts.size() == 1);
    const config::Profile& alpha = config::find_profile(profiles, "alpha");
    CHECK(alpha.default_tenant == "acme");
    CHECK(alpha.targets.empty());
    CHECK(config::find_profile(profiles, "roa2web").default_tenant == "default");
}

TEST_CASE("the nearest name is found by the letters that differ", "[nearest]") {
    CHECK(core::nearest("Invalidat", {"inspect", "invalidate"}) == "invalidate");
    CHECK(core::nearest("xyz", {"inspect", "invalidate"}).empty());
    CHECK(core::did_you_mean("kesy", {"keys", "key"}).find("key") != std::string::npos);
}
