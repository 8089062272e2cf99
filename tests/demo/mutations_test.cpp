#include "src/config/profile.hpp"
#include "src/demo/service.hpp"
#include "tests/demo/client.hpp"
#include "tests/support/catch.hpp"

#include <map>
#include <set>

using namespace roacache;
using test::Client;
using test::Got;

namespace {

const std::map<std::string, std::string>& resource_targets() {
    static const std::map<std::string, std::string> by_resource{
        {"dashboard_summary", "/api/dashboard/summary?company=1"},
        {"dashboard_trends", "/api/dashboard/trends?company=1"},
        {"dashboard_detailed_data", "/api/dashboard/detailed-data?company=1"},
        {"dashboard_performance", "/api/dashboard/performance?company=1"},
        {"dashboard_cashflow", "/api/dashboard/cashflow?company=1"},
        {"dashboard_maturity", "/api/dashboard/maturity?company=1"},
        {"invoices_list", "/api/invoices?company=1"},
        {"invoices_summary", "/api/invoices/summary?company=1"},
        {"companies_list", "/api/companies"},
        {"treasury_data", "/api/treasury?company=1"}};
    return by_resource;
}

struct Portal {
    test::TempDir folder;
    test::Warnings warnings;
    demo::Service service{test::small_service(folder, warnings)};
    Client client{service};

    void fill() {
        for (const auto& [resource, target] : resource_targets())
            client.get(target);
        for (const auto& [resource, target] : resource_targets())
            REQUIRE(client.get(target).cache == "HIT");
    }
    std::set<std::string> misses() {
        std::set<std::string> missed;
        for (const auto& [resource, target] : resource_targets()) {
            const Got got = client.get(target);
            if (got.cache == "MISS") {
                missed.insert(resource);
                CHECK(got.body == client.bypass(target).body);
            } else {
                CHECK(got.cache == "HIT");
            }
        }
        return missed;
    }
    nlohmann::json get(const std::string& target) { return client.get(target).json(); }
};

/// The rule of the profile, with `dashboard_*` written out.
std::set<std::string> rule(const std::string& event) {
    std::set<std::string> stale;
    for (const std::string& pattern : config::builtin_profile("roa2web").event(event).resources)
        for (const auto& [resource, target] : resource_targets())
            if (pattern == resource || (pattern == "dashboard_*" && resource.starts_with("dashboard_")))
                stale.insert(resource);
    return stale;
}

} // namespace

TEST_CASE("a new invoice makes stale what its event names, and shows") {
    Portal running;
    running.fill();
    const auto before = running.get(resource_targets().at("invoices_list"));
    const Got made = running.client.post("/api/invoices", R"({"company": 1, "partner": 1, "net": 100.10})");
    REQUIRE(made.status == 201);
    CHECK(made.json()["total"] == 121.12);
    CHECK(made.json()["issued"] == "2025-12-31");
    CHECK(running.misses() == rule("invoice-changed"));
    const auto after = running.get(resource_targets().at("invoices_list"));
    CHECK(after["count"] == before["count"].get<int>() + 1);
    CHECK(after["items"][0]["id"] == made.json()["id"]);
}

TEST_CASE("a payment makes stale what its event names, and shows") {
    Portal running;
    const auto open = running.get("/api/invoices?company=1&partner=CLIENTI&unpaid=true")["items"][0];
    running.fill();
    const auto before = running.get(resource_targets().at("treasury_data"))["balance"].get<double>();
    const std::string pay = "/api/invoices/" + std::to_string(open["id"].get<int>()) + "/pay";
    const double rest = open["total"].get<double>() - open["paid"].get<double>();
    const Got part = running.client.post(pay, R"({"amount": 1.00})");
    REQUIRE(part.status == 201);
    CHECK(part.json()["open"].get<double>() == Approx(rest - 1));
    CHECK(running.misses() == rule("payment-recorded"));
    const Got paid = running.client.post(pay, "");
    CHECK(paid.status == 201);
    CHECK(paid.json()["open"] == 0.0);
    CHECK(running.get(resource_targets().at("treasury_data"))["balance"].get<double>() ==
          Approx(before + rest));
    CHECK(running.client.post(pay, "").status == 409);
    const auto still_open = running.get("/api/invoices?company=1&partner=CLIENTI&unpaid=true");
    for (const auto& item : still_open["items"])
        CHECK(item["id"] != open["id"]);
}

TEST_CASE("a treasury transaction makes stale what its event names, and shows") {
    Portal running;
    running.fill();
    const auto before =
        running.get(resource_targets().at("dashboard_summary"))["treasury_balance"].get<double>();
    const Got booked = running.client.post(
        "/api/treasury/transactions",
        R"({"account": 2, "amount": -50.25, "category": "chirie", "booked_on": "2025-12-30"})");
    REQUIRE(booked.status == 201);
    CHECK(running.misses() == rule("treasury-transaction"));
    CHECK(running.get(resource_targets().at("dashboard_summary"))["treasury_balance"].get<double>() ==
          Approx(before - 50.25));
}

TEST_CASE("a changed company makes stale what its event names, and shows") {
    Portal running;
    for (const bool patch : {true, false}) {
        running.fill();
        const std::string body = patch ? R"({"name": "Nouă SRL"})" : R"({"city": "Deva", "active": false})";
        const Got changed = patch ? running.client.patch("/api/companies/1", body)
                                  : running.client.post("/api/companies/1", body);
        REQUIRE(changed.status == 200);
        CHECK(running.misses() == rule("company-changed"));
    }
    const auto found = running.get("/api/companies?search=Nou%C4%83");
    REQUIRE(found.size() == 1);
    CHECK(found[0]["city"] == "Deva");
    CHECK(found[0]["active"] == false);
    CHECK(running.get(resource_targets().at("dashboard_summary"))["company"]["name"] == "Nouă SRL");
}

TEST_CASE("a write that is refused changes nothing and makes nothing stale") {
    Portal running;
    running.fill();
    const std::string bodies_of_invoices[] = {
        R"({})",
        R"({"company": 1, "partner": 1})",
        R"({"company": 1, "partner": 1, "net": 0})",
        R"({"company": 1, "partner": 1, "net": "10"})",
        R"({"company": 1, "partner": 1, "net": 1e300})",
        R"({"company": 1, "partner": 1, "net": 10, "issued": "2025-02-30"})",
        R"({"company": 1.5, "partner": 1, "net": 10})",
        "[]",
        "7"};
    for (const std::string& body : bodies_of_invoices) {
        INFO(body);
        CHECK(running.client.post("/api/invoices", body).status == 422);
    }
    CHECK(running.client.post("/api/invoices", "{").status == 400);
    CHECK(running.client.post("/api/invoices", R"({"company": 99, "partner": 1, "net": 1})").status == 404);
    CHECK(running.client.post("/api/invoices", R"({"company": 2, "partner": 1, "net": 1})").status == 404);
    CHECK(running.client.post("/api/invoices/999999/pay", "").status == 404);
    const auto unpaid = running.get("/api/invoices?company=1&unpaid=true")["items"][0]["id"].get<int>();
    const std::string pay = "/api/invoices/" + std::to_string(unpaid) + "/pay";
    CHECK(running.client.post(pay, R"({"amount": 1e8})").status == 422);
    CHECK(running.client.post(pay, R"({"amount": -1})").status == 422);
    CHECK(running.client.post(pay, R"({"account": 24})").status == 404);
    CHECK(running.client.post("/api/treasury/transactions", R"({"account": 1, "amount": 0, "category": "x"})")
              .status == 422);
    CHECK(running.client.post("/api/treasury/transactions", R"({"account": 1, "amount": 1})").status == 422);
    CHECK(
        running.client.post("/api/treasury/transactions", R"({"account": 999, "amount": 1, "category": "x"})")
            .status == 404);
    CHECK(running.client.patch("/api/companies/1", "{}").status == 422);
    CHECK(running.client.patch("/api/companies/1", R"({"active": 1})").status == 422);
    CHECK(running.client.patch("/api/companies/99", R"({"active": true})").status == 404);
    CHECK(running.misses().empty());
    CHECK(running.service.counters().invalidations == 0);
}

TEST_CASE("a post without a body or a length is understood") {
    Portal running;
    const auto unpaid = running.get("/api/invoices?company=1&unpaid=true")["items"][0]["id"].get<int>();
    const auto finished =
        test::run({"curl", "-sS", "-m", "60", "-X", "POST",
                   running.service.base_url() + "/api/invoices/" + std::to_string(unpaid) + "/pay"});
    CHECK(finished.exit_code == 0);
    CHECK(nlohmann::json::parse(finished.out)["open"] == 0.0);
}
