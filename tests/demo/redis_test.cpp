#include "src/demo/service.hpp"
#include "tests/demo/client.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <csignal>

using namespace roacache;
using test::Client;
using test::eventually;
using test::Got;

namespace {

/// Without a first tier, so that what Redis does shows; and patient, so that a busy machine is not taken for
/// a Redis that hangs.
demo::ServiceOptions over_redis(const test::TempDir& folder, test::Warnings& warnings, const std::string& url,
                                demo::Milliseconds timeout = std::chrono::seconds(20)) {
    auto options = test::small_service(folder, warnings);
    options.cache = url;
    options.l1_bytes = 1;
    options.redis_timing.timeout = timeout;
    options.redis_timing.first_pause = demo::Milliseconds(20);
    options.redis_timing.longest_pause = demo::Milliseconds(200);
    return options;
}

std::string health_of_l2(Client& client) {
    return client.get("/health").json()["status"];
}

/// The key that the Python service would use.
std::string key_in_python(const std::string& resource, const std::string& params) {
    const std::string program =
        "import hashlib, json, sys\n"
        "params = json.loads(sys.argv[2])\n"
        "digest = hashlib.md5(json.dumps(params, sort_keys=True).encode()).hexdigest()[:12]\n"
        "print(f'cache:default:{sys.argv[1]}:{digest}', end='')\n";
    return test::run({"/usr/bin/python3", "-c", program, resource, params}).out;
}

const std::string k_summary = "/api/dashboard/summary?company=1";
const std::string k_companies = "/api/companies";

} // namespace

TEST_CASE("Redis holds the answer under Python's key, as JSON text with the resource's TTL") {
    const test::TempDir folder;
    test::RedisServer redis;
    test::Warnings warnings;
    demo::Service service(over_redis(folder, warnings, redis.url()));
    Client client(service);
    struct Call {
        std::string target, resource, params;
        int ttl;
    };
    for (const Call& call :
         {Call{k_summary, "dashboard_summary", R"({"company": 1})", 300},
          Call{"/api/invoices?company=2&unpaid=true", "invoices_list",
               R"({"company": 2, "partner": "", "unpaid": true, "page": 1})", 60},
          Call{"/api/companies?search=%C8%98tefan", "companies_list", R"({"search": "Ștefan"})", 600},
          Call{"/api/treasury?company=3", "treasury_data", R"({"company": 3})", 120}}) {
        INFO(call.target);
        const Got miss = client.get(call.target);
        CHECK(miss.cache == "MISS");
        const std::string key = key_in_python(call.resource, call.params);
        CHECK(redis.cli({"GET", key}) == miss.body);
        const int ttl = std::stoi(redis.cli({"TTL", key}));
        CHECK(ttl <= call.ttl);
        CHECK(ttl > call.ttl - 60);
        const Got hit = client.get(call.target);
        CHECK(hit.cache == "HIT");
        CHECK(hit.tier == "L2");
        CHECK(hit.body == miss.body);
    }
    CHECK(redis.cli({"DBSIZE"}) == "4");
    CHECK(warnings.lines().empty());
}

TEST_CASE("a mutation removes from Redis what its event names and nothing else") {
    const test::TempDir folder;
    test::RedisServer redis;
    redis.cli({"SET", "cache:other:companies_list:0123456789ab", "another tenant's"});
    redis.cli({"SET", "session:1", "another service's"});
    redis.cli({"SET", "cache:default:companies_list:0123456789ab", "an earlier run's"});
    test::Warnings warnings;
    demo::Service service(over_redis(folder, warnings, redis.url()));
    Client client(service);
    CHECK(redis.cli({"DBSIZE"}) == "2"); // what an earlier run left is of another ledger
    client.get(k_summary);
    client.get(k_companies);
    CHECK(redis.cli({"DBSIZE"}) == "4");
    CHECK(
        client.post("/api/treasury/transactions", R"({"account": 1, "amount": 1, "category": "x"})").status ==
        201);
    CHECK(redis.cli({"DBSIZE"}) == "3");
    CHECK(client.get(k_companies).cache == "HIT");
    CHECK(client.get(k_summary).cache == "MISS");
    CHECK(redis.cli({"GET", "session:1"}) == "another service's");
    CHECK(redis.cli({"GET", "cache:other:companies_list:0123456789ab"}) == "another tenant's");
}

TEST_CASE("the first tier answers while Redis is dead") {
    const test::TempDir folder;
    test::RedisServer redis;
    test::Warnings warnings;
    auto options = over_redis(folder, warnings, redis.unix_url());
    options.l1_bytes = 1'000'000;
    demo::Service service(options);
    Client client(service);
    client.get(k_summary);
    redis.kill();
    const Got hit = client.get(k_summary);
    CHECK(hit.cache == "HIT");
    CHECK(hit.tier == "L1");
}

TEST_CASE("Redis away at the start is reported once, served around, and picked up when it comes") {
    const test::TempDir folder;
    test::RedisServer redis;
    redis.kill();
    test::Warnings warnings;
    demo::Service service(over_redis(folder, warnings, redis.url()));
    Client client(service);
    for (int request = 0; request < 20; ++request)
        CHECK(client.get(k_companies).cache == "MISS");
    CHECK(health_of_l2(client) == "degraded");
    CHECK(warnings.lines().size() == 1);
    redis.restart();
    CHECK(eventually([&] { return health_of_l2(client) == "healthy"; }));
    CHECK(client.get(k_companies).cache == "MISS");
    CHECK(client.get(k_companies).tier == "L2");
    REQUIRE(warnings.lines().size() == 2);
    CHECK(warnings.lines()[1].find("back") != std::string::npos);
}

TEST_CASE("Redis killed and started again under load fails no request") {
    const test::TempDir folder;
    test::RedisServer redis;
    test::Warnings warnings;
    demo::Service service(over_redis(folder, warnings, redis.url()));
    std::atomic<bool> over = false;
    std::atomic<int> served = 0, failed = 0;
    std::atomic<std::int64_t> slowest_ms = 0;
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number)
        threads.emplace_back([&] {
            Client client(service);
            while (!over) {
                const auto begin = std::chrono::steady_clock::now();
                if (client.get(k_companies).status != 200) ++failed;
                ++served;
                const auto took =
                    std::chrono::duration_cast<demo::Milliseconds>(std::chrono::steady_clock::now() - begin);
                std::int64_t slowest = slowest_ms;
                while (took.count() > slowest && !slowest_ms.compare_exchange_weak(slowest, took.count())) {
                }
            }
        });
    const auto serves_on = [&](int more) {
        const int until = served + more;
        return eventually([&] { return served >= until; });
    };
    Client client(service);
    for (int round = 0; round < 3; ++round) {
        CHECK(serves_on(50));
        redis.kill();
        CHECK(eventually([&] { return health_of_l2(client) == "degraded"; }));
        CHECK(serves_on(50));
        redis.restart();
        CHECK(eventually([&] { return health_of_l2(client) == "healthy"; }));
    }
    over = true;
    for (std::thread& thread : threads)
        thread.join();
    CHECK(failed == 0);
    CHECK(slowest_ms < 15'000); // a dead server is noticed at once; the bound only catches a hang
    CHECK(warnings.lines().size() == 6);
}

TEST_CASE("a Redis that hangs holds up one request, and what it missed never comes back") {
    const test::TempDir folder;
    test::RedisServer redis;
    test::Warnings warnings;
    demo::Service service(over_redis(folder, warnings, redis.url(), demo::Milliseconds(1500)));
    Client client(service);
    const Got old = client.get(k_companies);
    CHECK(client.get(k_companies).cache == "HIT");
    CHECK(client.get(k_summary).cache == "MISS");

    ::kill(redis.pid(), SIGSTOP);
    // The write waits for Redis once, then goes on without it; the old value is still in there.
    CHECK(client.patch("/api/companies/1", R"({"city": "Deva"})").status == 200);
    CHECK(health_of_l2(client) == "degraded");
    for (int request = 0; request < 5; ++request) {
        const Got got = client.get(k_companies);
        CHECK(got.cache == "MISS");
        CHECK(got.body != old.body);
    }
    ::kill(redis.pid(), SIGCONT);
    CHECK(eventually([&] { return health_of_l2(client) == "healthy"; }));
    const Got fresh = client.get(k_companies);
    CHECK(fresh.body != old.body);
    CHECK(fresh.body == client.bypass(k_companies).body);
    CHECK(client.get(k_companies).cache == "HIT");
    CHECK(warnings.lines().size() == 2);
}

TEST_CASE("a value on its way to a Redis that hangs does not land after it was made stale") {
    const test::TempDir folder;
    test::RedisServer redis;
    test::Warnings warnings;
    demo::Service service(over_redis(folder, warnings, redis.url(), demo::Milliseconds(1500)));
    Client client(service);
    // The request finds Redis hanging only when it comes to storing: its GET was answered before.
    CHECK(client.get(k_companies).cache == "MISS");
    redis.cli({"CLIENT", "PAUSE", "4000", "WRITE"});
    CHECK(client.get("/api/companies?search=alfa").cache == "MISS"); // its SETEX now waits in the server
    CHECK(client.patch("/api/companies/2", R"({"city": "Deva"})").status == 200);
    CHECK(eventually([&] { return health_of_l2(client) == "healthy"; }));
    const Got got = client.get("/api/companies?search=alfa");
    CHECK(got.json()[0]["city"] == "Deva");
    CHECK(client.get("/api/companies?search=alfa").json()[0]["city"] == "Deva");
}

TEST_CASE("a Redis that refuses the password is reported once without it, and the service goes on") {
    const test::TempDir folder;
    test::RedisServer redis({"--requirepass", "right"});
    test::Warnings warnings;
    auto options = over_redis(folder, warnings, "redis://:wr0ng@127.0.0.1:" + std::to_string(redis.port()));
    {
        demo::Service service(options);
        Client client(service);
        CHECK(client.get(k_companies).status == 200);
        CHECK(client.get(k_companies).cache == "MISS");
        REQUIRE(warnings.lines().size() == 1);
        CHECK(warnings.lines()[0].find("wr0ng") == std::string::npos);
    }
    options.redis.password = "right";
    demo::Service service(options);
    Client client(service);
    client.get(k_companies);
    CHECK(client.get(k_companies).tier == "L2");
}

TEST_CASE("a Redis that takes no writes is reported once, and does no harm") {
    const test::TempDir folder;
    test::RedisServer redis;
    test::Warnings warnings;
    demo::Service service(over_redis(folder, warnings, redis.url()));
    Client client(service);
    redis.cli({"CONFIG", "SET", "maxmemory", "1"});
    CHECK(client.get(k_companies).cache == "MISS");
    CHECK(client.get(k_companies).cache == "MISS");
    redis.cli({"CONFIG", "SET", "maxmemory", "0"});
    CHECK(client.get(k_companies).cache == "MISS");
    CHECK(client.get(k_companies).cache == "HIT");
    REQUIRE(warnings.lines().size() == 1);
    CHECK(warnings.lines()[0].find("OOM") != std::string::npos);
}
