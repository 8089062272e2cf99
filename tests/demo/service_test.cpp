#include "src/config/profile.hpp"
#include "src/core/error.hpp"
#include "src/demo/endpoints.hpp"
#include "src/demo/service.hpp"
#include "src/store/sqlite/database.hpp"
#include "tests/demo/client.hpp"
#include "tests/support/catch.hpp"

#include <set>
#include <sys/socket.h>
#include <thread>

using namespace roacache;
using test::Client;
using test::Got;

namespace {

struct Running {
    test::TempDir folder;
    test::Warnings warnings;
    demo::Service service;
    Client client;

    explicit Running(const std::string& cache = {})
        : service([&] {
              auto options = test::small_service(folder, warnings);
              options.cache = cache;
              return options;
          }()),
          client(service) {}
};

/// One call of every endpoint.
const std::vector<std::string>& targets() {
    static const std::vector<std::string> all{"/api/dashboard/summary?company=1",
                                              "/api/dashboard/trends?company=1&period=90d&compare=true",
                                              "/api/dashboard/detailed-data?company=1&partner=FURNIZORI",
                                              "/api/dashboard/performance?company=1",
                                              "/api/dashboard/cashflow?company=1&months=6",
                                              "/api/dashboard/maturity?company=1",
                                              "/api/invoices?company=1&unpaid=true&page=2",
                                              "/api/invoices/summary?company=1",
                                              "/api/companies",
                                              "/api/treasury?company=1"};
    return all;
}

} // namespace

TEST_CASE("every endpoint answers a miss, then a hit, around the cache, all with the same bytes") {
    Running running;
    REQUIRE(targets().size() == demo::endpoints().size());
    for (const std::string& target : targets()) {
        INFO(target);
        const Got miss = running.client.get(target);
        CHECK(miss.status == 200);
        CHECK(miss.headers.find("Content-Type")->second == "application/json");
        CHECK(miss.cache == "MISS");
        CHECK(miss.tier.empty());
        CHECK(miss.json().size() > 0);
        const Got hit = running.client.get(target);
        CHECK(hit.cache == "HIT");
        CHECK(hit.tier == "L1");
        CHECK(hit.body == miss.body);
        const Got bypass = running.client.bypass(target);
        CHECK(bypass.cache == "BYPASS");
        CHECK(bypass.body == miss.body);
        CHECK(running.client.get(target, {{"Cache-Control", "No-Store, max-age=0"}}).cache == "BYPASS");
    }
    const demo::Counters count = running.service.counters();
    CHECK(count.misses == targets().size());
    CHECK(count.l1_hits == targets().size());
    CHECK(count.bypasses == 2 * targets().size());
    CHECK(count.origin_queries == 3 * targets().size());
    CHECK(running.warnings.lines().empty());
}

TEST_CASE("the answers hold what the portal shows") {
    Running running;
    const auto json = [&](const std::string& target) { return running.client.get(target).json(); };
    const auto summary = json("/api/dashboard/summary?company=2");
    CHECK(summary["company"]["id"] == 2);
    const auto& clients = summary["clients"];
    CHECK(clients["balance"].get<double>() ==
          Approx(clients["invoiced"].get<double>() - clients["paid"].get<double>()).margin(0.01));
    CHECK(clients["overdue"].get<double>() <= clients["balance"].get<double>());

    const auto trends = json("/api/dashboard/trends?company=2&compare=true");
    CHECK(trends["series"].size() == 12);
    CHECK(trends["series"].back()["period"] == "2025-12");
    CHECK(trends["year_before"].back()["period"] == "2024-12");

    const auto partners = json("/api/dashboard/detailed-data?company=2")["partners"];
    CHECK(partners[0]["rank"] == 1);
    CHECK(partners.back()["running_share_percent"].get<double>() == Approx(100));

    const auto performance = json("/api/dashboard/performance?company=2");
    CHECK(performance["dso_days"].get<double>() > 0);
    CHECK(performance["payment_delays"].size() == 6);
    CHECK(performance["slowest_partners"].size() == 10);

    const auto cashflow = json("/api/dashboard/cashflow?company=2&months=3");
    CHECK(cashflow["history"].size() == 3);
    const auto treasury = json("/api/treasury?company=2");
    CHECK(cashflow["history"][0]["closing_balance"] == treasury["balance"]);
    CHECK(treasury["balance"] == summary["treasury_balance"]);
    CHECK(treasury["accounts"].size() == 4);

    const auto maturity = json("/api/dashboard/maturity?company=2")["buckets"];
    double open = 0;
    for (const auto& bucket : maturity)
        if (bucket["partner"] == "CLIENTI") open += bucket["open"].get<double>();
    CHECK(open == Approx(clients["balance"].get<double>()).margin(0.01));

    const auto months = json("/api/invoices/summary?company=2")["months"];
    std::int64_t invoices = 0;
    for (const auto& month : months)
        invoices += month["invoices"].get<std::int64_t>();
    const auto list = json("/api/invoices?company=2");
    CHECK(list["count"] == invoices);
    CHECK(list["items"].size() == 50);
    CHECK(json("/api/companies").size() == 6);
    CHECK(json("/api/companies?search=%C8%98tefan")[0]["city"] == "Iași");
}

TEST_CASE("the invoice list is filtered and cut into pages") {
    Running running;
    const auto list = [&](const std::string& filter) {
        return running.client.get("/api/invoices?company=1" + filter).json();
    };
    const auto all = list("");
    const auto clients = list("&partner=CLIENTI");
    const auto suppliers = list("&partner=FURNIZORI");
    CHECK(all["count"] == clients["count"].get<int>() + suppliers["count"].get<int>());
    for (const auto& item : clients["items"])
        CHECK(item["kind"] == "CLIENTI");
    for (const auto rows = list("&unpaid=true"); const auto& item : rows["items"])
        CHECK(item["status"] != "paid");
    std::set<std::int64_t> seen;
    for (int page = 1; page <= all["pages"].get<int>(); ++page)
        for (const auto rows = list("&page=" + std::to_string(page)); const auto& item : rows["items"])
            seen.insert(item["id"].get<std::int64_t>());
    CHECK(seen.size() == all["count"].get<std::size_t>());
    CHECK(list("&page=1000")["items"].empty());
    CHECK(list("&page=1000")["count"] == all["count"]);
}

TEST_CASE("equal calls share an entry however they are written, different ones never do") {
    Running running;
    CHECK(running.client.get("/api/invoices?company=1").cache == "MISS");
    CHECK(running.client.get("/api/invoices?page=1&company=1&unpaid=false&partner=").cache == "HIT");
    CHECK(running.client.get("/api/invoices?company=7&company=1&unknown=x").cache == "HIT");
    CHECK(running.client.get("/api/invoices?company=2").cache == "MISS");
    CHECK(running.client.get("/api/invoices?company=1&unpaid=1").cache == "MISS");
    CHECK(running.client.get("/api/invoices/summary?company=1").cache == "MISS");
}

TEST_CASE("an empty list is a cached answer") {
    Running running;
    const Got miss = running.client.get("/api/companies?search=nobody");
    CHECK(miss.body == "[]");
    CHECK(miss.cache == "MISS");
    CHECK(running.client.get("/api/companies?search=nobody").cache == "HIT");
    CHECK(running.service.counters().origin_queries == 1);
}

TEST_CASE("wrong requests get their status and a reason in JSON, and are not cached") {
    Running running;
    const auto check = [&](const Got& got, int status) {
        CHECK(got.status == status);
        CHECK_FALSE(got.json().at("detail").get<std::string>().empty());
        CHECK(got.cache.empty());
    };
    for (int round = 0; round < 2; ++round) {
        check(running.client.get("/api/dashboard/summary"), 400);
        check(running.client.get("/api/dashboard/summary?company=99"), 404);
    }
    for (const char* company : {"", "x", "1x", "-1", "0", "1.5", "99999999999999999999", "+1", "%31%20"})
        check(running.client.get(std::string("/api/treasury?company=") + company), 422);
    check(running.client.get("/api/dashboard/trends?company=1&period=2w"), 422);
    check(running.client.get("/api/dashboard/trends?company=1&compare=maybe"), 422);
    check(running.client.get("/api/invoices?company=1&page=0"), 422);
    check(running.client.get("/api/companies?search=%FF"), 422);
    check(running.client.get("/api/companies?search=" + std::string(101, 'a')), 422);
    for (const char* path :
         {"/api", "/api/nothing", "/api/companies/", "/api/invoices/0/pay", "/api/invoices/x/pay"})
        check(running.client.get(path), 404);
    const Got wrong_method = running.client.post("/api/dashboard/summary?company=1", "{}");
    check(wrong_method, 405);
    CHECK(wrong_method.headers.find("Allow")->second == "GET");
    check(running.client.get("/api/treasury/transactions"), 405);
    CHECK(running.service.counters().l1_entries == 0);
}

TEST_CASE("HEAD, health and the list of paths answer") {
    Running running;
    const auto head = running.client.http().Head("/api/companies");
    REQUIRE(head);
    CHECK(head->status == 200);
    CHECK(head->body.empty());
    CHECK(running.client.get("/api/companies").cache == "HIT");
    const auto health = running.client.get("/health").json();
    CHECK(health["status"] == "healthy");
    CHECK(health["ledger"]["invoices"] == 2000);
    CHECK(health["cache"]["l2"]["kind"] == "sqlite");
    CHECK(running.client.get("/").json()["reads"].size() == demo::endpoints().size());
}

TEST_CASE("every resource of the accounting portal's profile has its endpoint") {
    std::set<std::string> served;
    for (const auto& endpoint : demo::endpoints())
        served.emplace(endpoint.resource);
    std::set<std::string> known;
    for (const auto& [resource, ttl] : config::builtin_profile("roa2web").ttl.resources)
        known.insert(resource);
    CHECK(served == known);
}

TEST_CASE("without a cache every answer goes around it") {
    Running running("none");
    const Got first = running.client.get("/api/dashboard/summary?company=1");
    const Got second = running.client.get("/api/dashboard/summary?company=1");
    CHECK(first.cache == "BYPASS");
    CHECK(second.cache == "BYPASS");
    CHECK(first.body == second.body);
    CHECK(running.service.counters().origin_queries == 2);
}

TEST_CASE("fifty clients at once cost one query, and get the same answer") {
    Running running;
    std::vector<std::thread> threads;
    std::vector<Got> answers(50);
    for (Got& answer : answers)
        threads.emplace_back(
            [&] { answer = Client(running.service).get("/api/dashboard/performance?company=3"); });
    for (std::thread& thread : threads)
        thread.join();
    for (const Got& answer : answers) {
        CHECK(answer.status == 200);
        CHECK(answer.body == answers[0].body);
    }
    const demo::Counters count = running.service.counters();
    CHECK(count.origin_queries == 1);
    CHECK(count.misses + count.l1_hits == 50);
}

TEST_CASE("clients of other make keep their connections, or not, as they ask") {
    Running running;
    const std::string url = running.service.base_url() + "/api/companies";
    const auto keep_alive = test::run({"ab", "-k", "-q", "-n", "20", "-c", "2", url});
    CHECK(keep_alive.exit_code == 0);
    CHECK(keep_alive.out.find("Keep-Alive requests:    20") != std::string::npos);
    const auto closed = test::run({"ab", "-q", "-n", "20", "-c", "2", url});
    CHECK(closed.exit_code == 0);
    CHECK(closed.out.find("Complete requests:      20") != std::string::npos);
    CHECK(closed.out.find("Failed requests:        0") != std::string::npos);
    const auto curl = test::run({"curl", "-sS", "--http1.0", "-w", "%{http_code}", "-o", "/dev/null", url});
    CHECK(curl.out == "200");
}

TEST_CASE("a SQLite file that is given is used, and what an earlier run left in it is not") {
    const test::TempDir folder;
    test::Warnings warnings;
    auto options = test::small_service(folder, warnings);
    options.cache = "sqlite:" + (folder.path() / "l2.sqlite").string();
    {
        demo::Service service(options);
        CHECK(Client(service).get("/api/companies").cache == "MISS");
        store::sqlite::Database l2(folder.path() / "l2.sqlite", store::sqlite::OpenMode::read_only);
        auto row = l2.prepare("SELECT key, value, expires - created FROM entries");
        REQUIRE(row.step());
        CHECK(row.text(0).starts_with("cache:default:companies_list:"));
        CHECK(row.text(1) == Client(service).bypass("/api/companies").body);
        CHECK(row.real(2) == Approx(600));
    }
    demo::Service again(options);
    CHECK(Client(again).get("/api/companies").cache == "MISS");
}

TEST_CASE("the second tier answers when the first has no room") {
    const test::TempDir folder;
    test::Warnings warnings;
    auto options = test::small_service(folder, warnings);
    options.l1_bytes = 1;
    demo::Service service(options);
    Client client(service);
    const Got miss = client.get("/api/dashboard/summary?company=1");
    const Got hit = client.get("/api/dashboard/summary?company=1");
    CHECK(hit.cache == "HIT");
    CHECK(hit.tier == "L2");
    CHECK(hit.body == miss.body);
}

TEST_CASE("what cannot be served is said at once") {
    const test::TempDir folder;
    test::Warnings warnings;
    const auto code_of = [&](auto change) {
        auto options = test::small_service(folder, warnings);
        change(options);
        try {
            const demo::Service service(options);
            return core::ExitCode::done;
        } catch (const core::Error& error) {
            return error.code();
        }
    };
    demo::Service service(test::small_service(folder, warnings));
    CHECK(code_of([&](auto& options) { options.port = service.port(); }) == core::ExitCode::unreachable);
    CHECK(code_of([](auto& options) { options.host = "192.0.2.1"; }) == core::ExitCode::usage);
    CHECK(code_of([](auto& options) { options.cache = "http://localhost/"; }) == core::ExitCode::usage);
    CHECK(code_of([](auto& options) { options.cache = "nonsense"; }) == core::ExitCode::usage);
    CHECK(code_of([](auto& options) { options.rows = 1; }) == core::ExitCode::usage);
    CHECK(Client(service).get("/health").status == 200);
}

TEST_CASE("stopping ends idle connections, frees the port, and may be asked for twice") {
    const test::TempDir folder;
    test::Warnings warnings;
    auto options = test::small_service(folder, warnings);
    demo::Service service(options);
    Client idle(service);
    CHECK(idle.get("/health").status == 200);
    service.stop();
    service.stop();
    CHECK_THROWS(idle.get("/health"));
    options.port = service.port();
    demo::Service next(options);
    CHECK(Client(next).get("/health").status == 200);
}
