#include "src/core/error.hpp"
#include "tests/bench/engine_support.hpp"

#include <fstream>

using namespace roacache;
using bench::ArmKind;
using bench::Errors;
using test::measure;
using test::single_plan;
using test::single_tally;

namespace {

void put(const test::NginxServer& server, const std::string& name, std::size_t size) {
    std::string content(size, 'x');
    for (std::size_t i = 0; i < size; ++i)
        content[i] = static_cast<char>('a' + i * 7 % 26);
    std::ofstream(server.root() / name, std::ios::binary) << content;
}

} // namespace

TEST_CASE("nginx is measured in all its ways", "[bench][nginx]") {
    test::NginxServer server(R"(
        location /small { default_type text/plain; return 200 "hello"; }
        location /none { return 204; }
        location /moved { return 301 /elsewhere; }
        location /gone { return 410; }
        location /dropped { return 444; }
        location /brief { keepalive_requests 5; default_type text/plain; return 200 "brief"; }
        location /once { keepalive_timeout 0; default_type text/plain; return 200 "once"; }
    )");
    put(server, "large.bin", 5'000'000);
    put(server, "empty.bin", 0);
    const auto tally_of = [&](const std::string& path, std::uint64_t requests = 40) {
        return single_tally(measure(single_plan(server.url(path), requests)));
    };
    for (const std::string path : {"/small", "/none", "/large.bin", "/empty.bin"}) {
        INFO(path);
        const bench::Tally tally = tally_of(path);
        CHECK(tally.errors == Errors{});
        CHECK(tally.latency.count() == 40);
        CHECK(tally.connects == 0);
        test::check_sound(tally);
    }
    CHECK(tally_of("/large.bin").bytes > 40 * std::uint64_t{5'000'000});
    CHECK(tally_of("/moved").redirects.size() == 1);
    CHECK(tally_of("/moved").errors == Errors{{"http_3xx", 40}});
    CHECK(tally_of("/gone").errors == Errors{{"http_4xx", 40}});
    CHECK(tally_of("/not-there").errors == Errors{{"http_4xx", 40}});
    CHECK(tally_of("/dropped").errors == Errors{{"closed", 40}});
    const bench::Tally brief = tally_of("/brief");
    CHECK(brief.errors == Errors{});
    CHECK(brief.connects >= 4);
    CHECK(brief.connects <= 12);
    const bench::Tally once = tally_of("/once");
    CHECK(once.errors == Errors{});
    CHECK(once.connects == 40);
}

TEST_CASE("many connections at once are kept busy", "[bench][nginx]") {
    test::NginxServer server("");
    put(server, "file.txt", 1024);
    bench::Plan plan = single_plan(server.url("/file.txt"), 5000);
    plan.concurrency = 200;
    plan.blocks = 3;
    plan.warmup = 200;
    const bench::Result result = measure(plan);
    CHECK(single_tally(result).errors == Errors{});
    CHECK(single_tally(result).latency.count() == 5000);
}

TEST_CASE("HTTPS is measured, with the certificate checked", "[bench][nginx][tls]") {
    test::NginxServer server(R"(location /once { keepalive_timeout 0; return 200 "once"; })", true);
    put(server, "file.txt", 200'000);
    bench::Plan plan = single_plan(server.url("/file.txt"), 40);
    plan.tls.cacert = server.certificate();
    bench::Run run(plan);
    CHECK_NOTHROW(run.check_reachable());
    const bench::Result good = run.measure();
    CHECK(single_tally(good).errors == Errors{});
    CHECK(single_tally(good).latency.count() == 40);
    CHECK(single_tally(good).connects == 0);

    plan.endpoints[0].single = test::get(server.url("/once"));
    const bench::Result once = measure(plan);
    CHECK(single_tally(once).errors == Errors{});
    CHECK(single_tally(once).connects == 40);
    INFO("a handshake takes longer than the connecting before it");
    CHECK(once.connecting.connect.count() >= 40);
    CHECK(once.connecting.tls.count() == once.connecting.connect.count());
    CHECK(once.connecting.tls.quantile_ns(0.5) > once.connecting.connect.quantile_ns(0.5));

    plan.tls.cacert.clear();
    const bench::Result distrusted = measure(plan);
    CHECK(single_tally(distrusted).errors == Errors{{"tls", 40}});
    REQUIRE_THROWS_AS(bench::Run(plan).check_reachable(), core::Error);

    plan.tls.insecure = true;
    CHECK(single_tally(measure(plan)).errors == Errors{});
}

TEST_CASE("TLS to a server that speaks none is an error of TLS", "[bench][nginx][tls]") {
    test::NginxServer server("");
    const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
    const bench::Result result = measure(single_plan(url));
    CHECK(single_tally(result).errors == Errors{{"tls", 20}});
}

TEST_CASE("a service with a cache is faster from it, and proves it", "[bench][fastapi]") {
    test::PythonServer server("tests/bench/cached_app.py");
    bench::Plan plan = test::pair_plan({server.url("/api/summary?company=1"),
                                        server.url("/api/summary?company=2"), server.url("/api/stream")},
                                       30);
    plan.warmup = 4;
    plan.blocks = 6;
    const bench::Result result = measure(plan);
    for (std::size_t i = 0; i < 2; ++i) {
        const bench::Tally& cached = result.endpoints[i].arms.at(ArmKind::cached);
        const bench::Tally& uncached = result.endpoints[i].arms.at(ArmKind::uncached);
        CHECK(cached.errors == Errors{});
        CHECK(uncached.errors == Errors{});
        CHECK(cached.proven_hits == 30);
        CHECK(uncached.proven_misses == 30);
        CHECK(cached.latency.mean_ns() < uncached.latency.mean_ns());
        CHECK(result.endpoints[i].equality.mismatched == 0);
        CHECK(result.endpoints[i].equality.compared == 2 * 30 + 2 * 4 + 1);
    }
    const bench::Tally& stream = result.endpoints[2].arms.at(ArmKind::cached);
    CHECK(stream.errors == Errors{});
    CHECK(stream.proven_hits + stream.proven_misses == 0);
    CHECK(single_tally(measure(single_plan(server.url("/api/fails")))).errors == Errors{{"http_5xx", 20}});
}
