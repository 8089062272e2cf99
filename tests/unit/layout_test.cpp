#include "src/layout/layout.hpp"

#include "src/core/error.hpp"
#include "src/store/profile_layout.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>
#include <random>
#include <set>

using namespace roacache;
using layout::Choice;
using layout::DecodedKey;
using layout::Layout;
using layout::Pattern;

namespace {

const std::string k_portal = "cache:{tenant}:{resource}:{segments*}:{hash}";

Layout portal() {
    return Layout({{k_portal, "", ":", "-", ""}});
}

/// `resource|tenant|hash|name=value,…`, or `-` for a key that is not recognised.
std::string taken_apart(const Layout& layout, std::string_view key) {
    DecodedKey decoded;
    if (!layout.decode(key, decoded)) return "-";
    std::string text = fmt::format("{}|{}|{}|", decoded.resource, decoded.tenant.value_or("none"),
                                   decoded.hash.value_or("none"));
    for (const auto& [name, value] : decoded.where)
        text += fmt::format("{}={},", name, value);
    return text;
}

std::string refusal(const std::vector<layout::TemplateText>& templates) {
    try {
        Layout layout(templates);
    } catch (const core::Error& error) {
        CHECK(error.code() == core::ExitCode::usage);
        return error.what();
    }
    return "accepted";
}

Choice of_tenant(const std::string& tenant, bool glob = false) {
    Choice choice;
    choice.tenant = Pattern{tenant, glob};
    return choice;
}

} // namespace

TEST_CASE("the accounting portal's keys are taken apart in both forms", "[layout]") {
    const Layout layout = portal();
    CHECK(taken_apart(layout, "cache:default:invoices_list:0123456789ab") ==
          "invoices_list|default|0123456789ab|");
    CHECK(taken_apart(layout, "cache:default:dashboard_summary:company-123:abc456def789") ==
          "dashboard_summary|default|abc456def789|company=123,");
    CHECK(taken_apart(layout, "cache:default:invoices_list:company-123:partner-CLIENTI:unpaid-true:xyz890") ==
          "invoices_list|default|xyz890|company=123,partner=CLIENTI,unpaid=true,");
    CHECK(taken_apart(layout, "cache:t:r:odd:day-2024-01-31:h") == "r|t|h|segments=odd,day=2024-01-31,");
    for (const char* foreign : {"", "cache", "cache:t", "cache:t:r", "cache:t:r:", "cache::r:h", "cache:t::h",
                                "Cache:t:r:h", "session:t:r:h", "xcache:t:r:h", "cache;t;r;h"}) {
        INFO(foreign);
        CHECK(taken_apart(layout, foreign) == "-");
    }
}

TEST_CASE("the other built-in profiles' keys are taken apart", "[layout]") {
    const auto apart = [](const char* profile, std::string_view key) {
        return taken_apart(store::layout_of(config::builtin_profile(profile)), key);
    };
    CHECK(apart("hr-portal", "user:7") == "user|none|none|id=7,");
    CHECK(apart("hr-portal", "user:7:roles") == "user_roles|none|none|id=7,");
    CHECK(apart("hr-portal", "employee:rirekisho:R-9") == "employee_rirekisho|none|none|code=R-9,");
    CHECK(apart("hr-portal", "dashboard:summary:7") == "dashboard_summary|none|none|id=7,");
    CHECK(apart("hr-portal", "employee:list:p2:pp50") ==
          "list|none|none|entity=employee,page=2,per_page=50,");
    CHECK(apart("hr-portal", "factory:search:ab12:l20") == "search|none|ab12|entity=factory,limit=20,");
    CHECK(apart("hr-portal", "payroll:2025-11:summary:3") ==
          "payroll|none|none|scope=2025-11,rest=summary:3,");
    CHECK(apart("hr-portal", "salary:9") == "salary|none|none|rest=9,");
    CHECK(apart("hr-portal", "salary") == "-");
    CHECK(apart("hr-portal", "session:7") == "-");
    CHECK(apart("hr-portal", "user:7:sessions") == "-");
    CHECK(apart("tally-portal", "companies_all_synced") == "companies_all_synced|none|none|");
    CHECK(apart("tally-portal", "companies_all_synced2") == "-");
    CHECK(apart("tally-portal", "dashboard_data:G1:77") == "dashboard_data|none|none|guid=G1,alterid=77,");
    CHECK(apart("tally-portal", "dashboard_data:G1:77:2024-01-01:2024-12-31") ==
          "dashboard_data|none|none|guid=G1,alterid=77,dates=2024-01-01:2024-12-31,");
    CHECK(apart("salonos", "settings:singleton") == "settings|none|none|");
    CHECK(apart("salonos", "catalog:categories:active=True") == "catalog_categories|none|none|active=True,");
    CHECK(apart("salonos", "dashboard:top_services:2025-01-01:5") ==
          "dashboard_top_services|none|none|date=2025-01-01,limit=5,");
    CHECK(apart("salonos", "session:abc") == "-");
    for (const std::string& name : config::builtin_profile_names())
        CHECK_NOTHROW(store::check_profile(config::builtin_profile(name)));
}

TEST_CASE("globs are as narrow as the choice and the form allow", "[layout]") {
    const Layout layout = portal();
    CHECK(layout.glob({Choice{}}) == "cache:*:*:*");
    CHECK(layout.glob({of_tenant("client-1")}) == "cache:client-1:*:*");
    CHECK(layout.glob({of_tenant("a*")}) == "cache:a\\*:*:*");
    CHECK(layout.glob({of_tenant("a*", true)}) == "cache:a*:*:*");
    CHECK(layout.glob({of_tenant("a[b", true)}) == "cache:*:*:*");
    Choice choice = of_tenant("t");
    choice.resources = {{"invoices_list", false}};
    CHECK(layout.glob({choice}) == "cache:t:invoices_list:*");
    choice.where = {{"company", {"1*3", false}, true}};
    CHECK(layout.glob({choice}) == "cache:t:invoices_list:*company-1\\*3:*");
    choice.where[0].must_be_present = false;
    CHECK(layout.glob({choice}) == "cache:t:invoices_list:*");
    choice.resources.push_back({"invoices_summary", false});
    CHECK(layout.glob({choice}) == "cache:t:invoices_*");

    const Layout hr = store::layout_of(config::builtin_profile("hr-portal"));
    Choice list;
    list.resources = {{"list", false}};
    CHECK(hr.glob({list}) == "*:list:p*:pp*");
    list.where = {{"entity", {"employee", false}, true}};
    CHECK(hr.glob({list}) == "employee:list:p*:pp*");
    const Layout tally = store::layout_of(config::builtin_profile("tally-portal"));
    Choice company;
    company.where = {{"guid", {"G1", false}, true}};
    CHECK(tally.glob({company}) == "dashboard_data:G1*"); // with or without more parts
    company.where.push_back({"dates", {"2024", false}, true});
    CHECK(tally.glob({company}) == "dashboard_data:G1:*:2024");
}

TEST_CASE("a choice that no key can fit is refused", "[layout]") {
    const Layout layout = portal();
    CHECK_THROWS_WITH(layout.check(of_tenant("a:b")),
                      roacache::test::Contains("separates the parts of a key"));
    CHECK_THROWS_AS(layout.check(of_tenant("")), core::Error);
    Choice choice;
    choice.where = {{"foo-bar", {"1", false}, true}};
    CHECK_THROWS_AS(layout.check(choice), core::Error);
    choice.where = {{"company", {"1:2", false}, true}};
    CHECK_THROWS_AS(layout.check(choice), core::Error);
    choice.where = {{"company", {"1-2", false}, true}};
    CHECK_NOTHROW(layout.check(choice));
    const Layout hr = store::layout_of(config::builtin_profile("hr-portal"));
    CHECK_THROWS_WITH(hr.check(of_tenant("x")), roacache::test::Contains("tell no tenant"));
    choice = {};
    choice.resources = {{"lists", false}};
    CHECK_THROWS_WITH(hr.check(choice), roacache::test::Contains("did you mean 'list'?"));
    choice = {};
    choice.where = {{"entitty", {"x", false}, true}};
    CHECK_THROWS_WITH(hr.check(choice), roacache::test::Contains("did you mean 'entity'?"));
}

TEST_CASE("bad templates are refused with the reason", "[layout]") {
    const auto one = [](const std::string& text, const std::string& resource = "") {
        return refusal({{text, resource, ":", "", "my.toml:3:12"}});
    };
    CHECK(one("a:{b") == "bad layout: my.toml:3:12: 'a:{b': a '{' that is not closed within its part");
    CHECK(one("a}", "x").find("closes nothing") != std::string::npos);
    CHECK(one("{a}{b}", "x").find("cannot be told apart") != std::string::npos);
    CHECK(one("{a*}:{b*}", "x").find("only one name") != std::string::npos);
    CHECK(one("x{a*}", "x").find("fill its part") != std::string::npos);
    CHECK(one("{hash*}", "x").find("is one part") != std::string::npos);
    CHECK(one("{a}:{a}", "x").find("stands twice") != std::string::npos);
    CHECK(one("{a b}", "x").find("letters, digits") != std::string::npos);
    CHECK(one("{}", "x").find("letters, digits") != std::string::npos);
    CHECK(one("a:{id}").find("no {resource}") != std::string::npos);
    CHECK(one("{resource}", "x").find("one of them is enough") != std::string::npos);
    CHECK(one("{{{resource}}}") == "accepted");
}

TEST_CASE("a key is built from its parts, or refused when it could not be read back", "[layout]") {
    const Layout layout = portal();
    CHECK(layout.build({"default", "invoices_list", "0123456789ab", {}}) ==
          "cache:default:invoices_list:0123456789ab");
    CHECK(layout.build({"t", "r", "h", {{"company", "1"}, {"unpaid", "true"}}}) ==
          "cache:t:r:company-1:unpaid-true:h");
    CHECK_THROWS_AS(layout.build({"a:b", "r", "h", {}}), core::Error);
    CHECK_THROWS_AS(layout.build({"", "r", "h", {}}), core::Error);
    CHECK_THROWS_AS(layout.build({"t", "r", "", {}}), core::Error);
    const Layout hr = store::layout_of(config::builtin_profile("hr-portal"));
    CHECK(hr.build({"", "list", "", {{"per_page", "50"}, {"entity", "employee"}, {"page", "1"}}}) ==
          "employee:list:p1:pp50");
    CHECK_THROWS_AS(hr.build({"", "list", "", {{"page", "1"}}}), core::Error);
    CHECK(Layout({{"{all*}", "x", ":", "", ""}}).build({"", "x", "", {{"all", "a:b"}}}) == "a:b");
}

TEST_CASE("events choose what their profile says, and no neighbour", "[layout]") {
    const auto stale = [](const char* name, const char* event, std::optional<std::string> value,
                          const std::vector<std::string>& keys) {
        const config::Profile& profile = config::builtin_profile(name);
        const Layout layout = store::layout_of(profile);
        const auto choices = store::choices_of(profile, layout, profile.event(event), value, std::nullopt);
        const std::string glob = layout.glob(choices);
        std::set<std::string> found;
        DecodedKey decoded;
        for (const std::string& key : keys) {
            if (!layout.decode(key, decoded)) continue;
            for (const Choice& choice : choices)
                if (Layout::fits(choice, key, decoded)) {
                    found.insert(key);
                    CHECK(layout::glob_matches(glob, key));
                }
        }
        return found;
    };
    using Keys = std::set<std::string>;
    CHECK(stale("roa2web", "company-changed", "12",
                {"cache:t:companies_list:h", "cache:t:dashboard_summary:company-12:h",
                 "cache:t:dashboard_trends:company-123:h", "cache:t:dashboard_cashflow:h",
                 "cache:t:invoices_list:company-12:h", "session:12"}) ==
          Keys{"cache:t:companies_list:h", "cache:t:dashboard_summary:company-12:h",
               "cache:t:dashboard_cashflow:h"});
    CHECK(stale("roa2web", "company-changed", std::nullopt,
                {"cache:t:dashboard_summary:company-12:h", "cache:t:dashboard_trends:company-123:h"})
              .size() == 2);
    CHECK(stale("hr-portal", "employee-changed", "7",
                {"employee:7", "employee:77", "employee:list:p1:pp20", "employee:list:p2:pp20",
                 "factory:list:p1:pp20", "employee:rirekisho:7", "employee:search:x:l5"}) ==
          Keys{"employee:7", "employee:list:p1:pp20", "employee:list:p2:pp20", "employee:rirekisho:7",
               "employee:search:x:l5"});
    CHECK(stale("hr-portal", "payroll-generated", "F1",
                {"payroll:F1:2025-11", "payroll:F10:2025-11", "salary:3", "dashboard:summary:1",
                 "dashboard:list:p1:pp1", "user:3"}) ==
          Keys{"payroll:F1:2025-11", "salary:3", "dashboard:summary:1", "dashboard:list:p1:pp1"});
    CHECK(stale("hr-portal", "password-reset", "*", {"user:1:roles", "user:*:roles", "user:*"}) ==
          Keys{"user:*:roles", "user:*"});
    CHECK(
        stale("tally-portal", "sync-completed", "G1",
              {"companies_all_synced", "dashboard_data:G1", "dashboard_data:G1:5", "dashboard_data:G1:5:x:y",
               "dashboard_data:G10:5", "dashboard_data:G10"}) ==
        Keys{"companies_all_synced", "dashboard_data:G1", "dashboard_data:G1:5", "dashboard_data:G1:5:x:y"});
    CHECK(stale("salonos", "bill-paid", std::nullopt,
                {"dashboard:metrics:2025-01-01", "dashboard:top_services:d:5", "settings:singleton",
                 "dashboard:other:x"}) == Keys{"dashboard:metrics:2025-01-01", "dashboard:top_services:d:5"});
    CHECK_THROWS_WITH(stale("hr-portal", "password-reset", std::nullopt, {}),
                      roacache::test::Contains("needs a value"));
    CHECK_THROWS_WITH(stale("hr-portal", "password-reset", "a:b", {}),
                      roacache::test::Contains("separates the parts"));
    CHECK_THROWS_WITH(stale("salonos", "bill-paid", "1", {}), roacache::test::Contains("takes no value"));
}

TEST_CASE("whatever the names, a key is taken apart again and its glob finds it", "[layout]") {
    std::mt19937 random(7);
    const auto upto = [&](std::size_t most) {
        return std::uniform_int_distribution<std::size_t>(0, most)(random);
    };
    const std::string alphabet("ab*?[]\\^-{} \n\"'\xC3\xA9\xff\0z1", 21);
    const auto name = [&] {
        std::string text;
        for (std::size_t size = 1 + upto(4); size > 0; --size)
            text += alphabet[upto(alphabet.size() - 1)];
        return text;
    };
    const Layout layout = portal();
    DecodedKey decoded;
    for (int round = 0; round < 20'000; ++round) {
        layout::KeyParts parts{name(), name(), name(), {}};
        for (std::size_t pairs = upto(2); pairs > 0; --pairs)
            parts.where.emplace_back(std::string(1, "xyz"[upto(2)]), name());
        const std::string key = layout.build(parts);
        REQUIRE(layout.decode(key, decoded));
        REQUIRE(decoded.tenant == parts.tenant);
        REQUIRE(decoded.resource == parts.resource);
        Choice choice;
        if (upto(1)) choice.tenant = Pattern{upto(3) ? parts.tenant : name(), upto(1) == 0};
        if (upto(1)) choice.resources.push_back({upto(3) ? parts.resource : name(), upto(1) == 0});
        if (upto(1)) choice.resources.push_back({name(), upto(1) == 0});
        for (const auto& [segment, value] : parts.where)
            if (upto(1)) choice.where.push_back({segment, {value, upto(1) == 0}, upto(1) == 0});
        const bool fits = Layout::fits(choice, key, decoded);
        if (choice.tenant && !choice.tenant->glob) REQUIRE((!fits || choice.tenant->text == parts.tenant));
        if (fits) {
            INFO(layout.glob({choice}) << " must match " << key);
            REQUIRE(layout::glob_matches(layout.glob({choice}), key));
        }
    }
}
