#include "src/bench/verdict/verdict.hpp"
#include "src/core/error.hpp"
#include "tests/bench/engine_support.hpp"

#include <algorithm>
#include <fstream>
#include <functional>

using namespace roacache;
using bench::ArmKind;
using bench::Errors;
using roacache::test::Contains;
using test::check_sound;
using test::measure;
using test::single_plan;
using test::single_tally;

namespace {

bench::Plan over_http2(bench::Plan plan, unsigned streams = 1) {
    plan.http2 = true;
    plan.streams = streams;
    return plan;
}

/// tests/bench/odd_http2.py
class OddHttp2 : public test::PythonServer {
  public:
    explicit OddHttp2(const std::string& what) : PythonServer("tests/bench/odd_http2.py", {what}) {}
};

void put_file(const std::filesystem::path& root, const std::string& name, std::size_t size) {
    std::ofstream(root / name, std::ios::binary) << std::string(size, 'x');
}

core::Error refusal_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const core::Error& error) {
        return error;
    }
    FAIL("nothing was refused");
    throw std::logic_error("not reached");
}

core::Error refusal(const bench::Plan& plan) {
    return refusal_of([&] { bench::Run(plan).check_reachable(); });
}

} // namespace

TEST_CASE("nginx is measured over HTTP/2", "[bench][http2][nginx]") {
    test::NginxServer server(R"(
        location /small { default_type text/plain; add_header X-Cache HIT; return 200 "hello"; }
        location /none { return 204; }
        location /moved { return 301 /elsewhere; }
        location /gone { return 410; }
        location /dropped { return 444; }
    )",
                             false, true);
    put_file(server.root(), "large.bin", 3'000'000);
    for (const unsigned streams : {1U, 4U}) {
        for (const std::string path : {"/small", "/none", "/large.bin"}) {
            INFO(path << " " << streams);
            bench::Plan plan = over_http2(single_plan(server.url(path), 40), streams);
            plan.hit_headers = {{"X-Cache", "hit"}};
            const bench::Tally tally = single_tally(measure(plan));
            CHECK(tally.errors == Errors{});
            CHECK(tally.latency.count() == 40);
            CHECK(tally.connects == 0);
            CHECK(tally.proven_hits == (path == "/small" ? 40 : 0));
            CHECK(tally.first_byte.count() == 40);
            CHECK(tally.first_byte.max_ns() <= tally.latency.max_ns());
            CHECK(tally.bytes > 40 * std::uint64_t{path == "/large.bin" ? 3'000'000U : 20U});
            check_sound(tally);
        }
        const auto tally_of = [&](const std::string& path) {
            return single_tally(measure(over_http2(single_plan(server.url(path), 40), streams)));
        };
        CHECK(tally_of("/moved").redirects.size() == 1);
        CHECK(tally_of("/moved").errors == Errors{{"http_3xx", 40}});
        CHECK(tally_of("/gone").errors == Errors{{"http_4xx", 40}});
        CHECK(tally_of("/dropped").errors == Errors{{"closed", 40}});
    }
}

TEST_CASE("methods and bodies go over HTTP/2 as over HTTP/1.1", "[bench][http2][nginx]") {
    test::NginxServer server(R"(
        location /sized { client_max_body_size 10m; if ($http_content_length != "3000000") { return 400; } return 200; }
        location /named { if ($http_host != "example.org") { return 400; } return 200; }
        location /own { if ($http_x_own != "1 and 2") { return 400; } return 200; }
    )",
                             false, true);
    put_file(server.root(), "file.txt", 100'000);
    const auto asked = [&](const std::string& path, const std::string& method, http::Headers headers,
                           std::size_t body) {
        bench::Plan plan = over_http2(single_plan(server.url(path), 20), 2);
        plan.endpoints[0].single->method = method;
        plan.endpoints[0].single->headers = std::move(headers);
        plan.endpoints[0].single->body.assign(body, 'x');
        return single_tally(measure(plan));
    };
    const bench::Tally head = asked("/file.txt", "HEAD", {}, 0);
    CHECK(head.errors == Errors{});
    CHECK(head.bytes < 20 * 1000);
    // nginx answers before it has read them.
    CHECK(asked("/sized", "POST", {}, 3'000'000).statuses == std::map<int, std::uint64_t>{{200, 20}});
    CHECK(asked("/named", "GET", {{"Host", "example.org"}}, 0).statuses ==
          std::map<int, std::uint64_t>{{200, 20}});
    CHECK(asked("/own", "GET", {{"X-Own", " 1 and 2 "}}, 0).statuses ==
          std::map<int, std::uint64_t>{{200, 20}});
}

TEST_CASE("a server that takes its leave after some requests costs connections only",
          "[bench][http2][nginx]") {
    test::NginxServer server("keepalive_requests 5; location /brief { return 200 brief; }", false, true);
    for (const unsigned streams : {1U, 4U}) {
        INFO(streams);
        const bench::Tally tally =
            single_tally(measure(over_http2(single_plan(server.url("/brief"), 60), streams)));
        CHECK(tally.errors == Errors{});
        CHECK(tally.latency.count() == 60);
        CHECK(tally.connects >= 60 / 5 - 4);
        CHECK(tally.connects <= 60);
    }
}

TEST_CASE("HTTP/2 over TLS is agreed upon, with the certificate checked", "[bench][http2][tls]") {
    test::NginxServer server("", true, true);
    put_file(server.root(), "file.txt", 200'000);
    bench::Plan plan = over_http2(single_plan(server.url("/file.txt"), 40), 2);
    plan.tls.cacert = server.certificate();
    CHECK_NOTHROW(bench::Run(plan).check_reachable());
    const bench::Result good = measure(plan);
    CHECK(single_tally(good).errors == Errors{});
    CHECK(single_tally(good).latency.count() == 40);
    CHECK(good.connecting.tls.count() == 2);

    plan.tls.cacert.clear();
    CHECK(single_tally(measure(plan)).errors == Errors{{"tls", 40}});
    CHECK(refusal(plan).code() == core::ExitCode::unreachable);
}

TEST_CASE("a connection goes on after answers of whatever length", "[bench][http2][tls]") {
    test::NginxServer server("", true, true);
    constexpr std::size_t k_record = 16'384; // what one read takes at most
    for (const std::size_t records : {14U, 15U, 16U, 17U, 31U, 32U, 33U}) {
        const std::string name = std::to_string(records);
        put_file(server.root(), name, records * k_record);
        bench::Plan plan = over_http2(single_plan(server.url("/" + name), 60));
        plan.tls.cacert = server.certificate();
        plan.concurrency = 1;
        const bench::Result result = measure(plan);
        INFO(records);
        CHECK(single_tally(result).errors == Errors{});
        CHECK(result.connecting.tls.count() == 1);
    }
}

TEST_CASE("nghttpd is measured, with and without TLS", "[bench][http2][tls]") {
    for (const bool tls : {false, true}) {
        test::NghttpdServer server(tls);
        put_file(server.root(), "file.txt", 50'000);
        bench::Plan plan = over_http2(single_plan(server.url("/file.txt"), 100), 3);
        plan.threads = 2;
        if (tls) plan.tls.cacert = server.certificate();
        const bench::Result result = measure(plan);
        CHECK(single_tally(result).errors == Errors{});
        CHECK(single_tally(result).latency.count() == 100);
        CHECK(single_tally(result).connects == 0);
    }
}

TEST_CASE("a server that does not speak HTTP/2 is refused before the run", "[bench][http2]") {
    test::OddServer http1;
    const core::Error plain = refusal(over_http2(single_plan(http1.url("/ok"))));
    CHECK(plain.code() == core::ExitCode::refused);
    CHECK_THAT(plain.what(), Contains("cannot speak HTTP/2: 127.0.0.1:"));

    test::NginxServer server("", true);
    bench::Plan plan = over_http2(single_plan(server.url("/")));
    plan.tls.cacert = server.certificate();
    const core::Error agreed = refusal(plan);
    CHECK(agreed.code() == core::ExitCode::refused);
    CHECK_THAT(agreed.what(), Contains("it does not offer HTTP/2 (h2) over TLS"));
    CHECK(single_tally(measure(plan)).errors == Errors{{"protocol", 20}});

    OddHttp2 odd("http1");
    CHECK(refusal(over_http2(single_plan(odd.url()))).code() == core::ExitCode::refused);
    OddHttp2 mute("mute");
    plan = over_http2(single_plan(mute.url()));
    plan.timeout = std::chrono::milliseconds(300);
    CHECK(refusal(plan).code() == core::ExitCode::unreachable);
}

TEST_CASE("a server that speaks nothing but HTTP/2 is named as such", "[bench][http2][tls]") {
    for (const bool tls : {false, true}) {
        const test::NghttpdServer server(tls);
        put_file(server.root(), "file.txt", 100);
        bench::Plan plan = single_plan(server.url("/file.txt"));
        if (tls) plan.tls.cacert = server.certificate();
        const core::Error error = refusal_of([&] { measure(plan); });
        CHECK(error.code() == core::ExitCode::refused);
        CHECK_THAT(error.what(), Contains("its server answers no HTTP/1.1, but speaks HTTP/2"));
        CHECK(error.remedy() == "Measure it with --http2.");
    }
}

TEST_CASE("good answers in every shape of frames are measured", "[bench][http2]") {
    for (const char* what :
         {"good", "empty", "interim", "trailers", "padded", "ping", "unknown", "closes", "says-goodbye",
          "refuses-fourth", "quits-after-3", "one-at-a-time", "small-tables"}) {
        OddHttp2 server(what);
        for (const unsigned streams : {1U, 3U}) {
            INFO(what << " " << streams);
            const std::string path = what;
            // Of several requests on a connection that ends some can be lost, or be refused twice.
            const bool loses =
                streams > 1 && (path == "closes" || path == "quits-after-3" || path == "says-goodbye");
            bench::Plan plan = over_http2(single_plan(server.url(), 40), streams);
            const bench::Tally tally = single_tally(measure(plan));
            CHECK(tally.requests == 40);
            if (!loses) CHECK(tally.errors == Errors{});
            for (const auto& [error, count] : tally.errors)
                CHECK(error == "closed");
            check_sound(tally);
        }
    }
}

TEST_CASE("a server that takes fewer requests at once than share a connection is told", "[bench][http2]") {
    OddHttp2 server("one-at-a-time");
    const auto has_warning = [](const bench::Result& result) {
        const auto warnings = bench::assess(result, {}).warnings;
        return std::any_of(warnings.begin(), warnings.end(),
                           [](const bench::Warning& warning) { return warning.name == "few-streams"; });
    };
    const bench::Result shared = measure(over_http2(single_plan(server.url(), 40), 3));
    CHECK(shared.connecting.most_streams == 1U);
    CHECK(has_warning(shared));
    CHECK_FALSE(has_warning(measure(over_http2(single_plan(server.url(), 40), 1))));
    OddHttp2 unlimited("good");
    CHECK_FALSE(has_warning(measure(over_http2(single_plan(unlimited.url(), 40), 3))));
    test::NginxServer nginx("http2_max_concurrent_streams 2;", false, true);
    put_file(nginx.root(), "small.txt", 100);
    const bench::Result limited = measure(over_http2(single_plan(nginx.url("/small.txt"), 40), 4));
    CHECK(limited.connecting.most_streams == 2U);
    CHECK(has_warning(limited));
}

TEST_CASE("what goes wrong over HTTP/2 is counted by class", "[bench][http2]") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"resets", "closed"},       {"resets-late", "closed"},   {"refuses", "closed"},
        {"cut-frame", "closed"},    {"cut-head", "closed"},      {"no-end", "closed"},
        {"dies", "closed"},         {"body-first", "protocol"},  {"short-body", "protocol"},
        {"no-status", "protocol"},  {"upper-case", "protocol"},  {"bad-table", "protocol"},
        {"long-frame", "protocol"}, {"even-stream", "protocol"}, {"pushes", "protocol"},
        {"rubbish", "protocol"},    {"http1", "protocol"},       {"huge-head", "too_large"},
        {"low-status", "protocol"}, {"fails", "http_5xx"},
    };
    for (const auto& [what, error] : cases) {
        OddHttp2 server(what);
        for (const unsigned streams : {1U, 4U}) {
            INFO(what << " " << streams);
            const bench::Result result = measure(over_http2(single_plan(server.url(), 12), streams));
            CHECK(single_tally(result).errors == Errors{{error, 12}});
            CHECK(result.endpoints[0].first_error.at(ArmKind::single) == error);
            check_sound(single_tally(result));
        }
    }
}

TEST_CASE("over HTTP/2 what is not answered in time is a timeout", "[bench][http2][deadline]") {
    for (const char* what : {"silent", "mute", "flood"}) {
        OddHttp2 server(what);
        for (const unsigned streams : {1U, 4U}) {
            INFO(what << " " << streams);
            bench::Plan plan = over_http2(single_plan(server.url(), 8), streams);
            plan.timeout = std::chrono::milliseconds(300);
            CHECK(single_tally(measure(plan)).errors == Errors{{"timeout", 8}});
            plan.rate = 100;
            const bench::Tally at_rate = single_tally(measure(plan));
            CHECK(at_rate.requests == 8);
            CHECK(at_rate.censored.count() == 8);
        }
    }
}

TEST_CASE("a server that speaks HTTP/2 and is gone is an error of connecting", "[bench][http2]") {
    std::string url;
    {
        OddHttp2 server("good");
        url = server.url();
    }
    CHECK(single_tally(measure(over_http2(single_plan(url)))).errors == Errors{{"connect", 20}});
    CHECK(refusal(over_http2(single_plan(url))).code() == core::ExitCode::unreachable);
}

TEST_CASE("answers of both arms are compared over HTTP/2", "[bench][http2][equality]") {
    test::NginxServer server(R"(
        default_type application/json;
        location /same { add_header X-Cache HIT; if ($http_cache_control = "no-cache") { add_header X-Cache MISS; return 200 "[1, 2]"; } return 200 "[1, 2]"; }
        location /differs { add_header X-Cache HIT; if ($http_cache_control = "no-cache") { add_header X-Cache MISS; return 200 "[1, 2]"; } return 200 "[1, 3]"; }
    )",
                             false, true);
    bench::Plan plan = over_http2(test::pair_plan({server.url("/same"), server.url("/differs")}, 30), 2);
    plan.threads = 2;
    const bench::Result result = measure(plan);
    CHECK(result.endpoints[0].equality.mismatched == 0);
    CHECK(result.endpoints[0].equality.compared == 2 * 30 + 1);
    CHECK(result.endpoints[0].arms.at(ArmKind::cached).proven_hits == 30);
    REQUIRE(result.endpoints[1].equality.mismatches.size() == 1);
    CHECK(result.endpoints[1].equality.mismatches[0].count == 31);
    CHECK(result.endpoints[1].equality.mismatches[0].difference->offset == 4);
}

TEST_CASE("more streams than requests at once, or over HTTP/1.1, are refused", "[bench][http2]") {
    bench::Plan plan = over_http2(single_plan("http://127.0.0.1:1/"), 5);
    CHECK_THROWS_AS(bench::Run(plan), core::Error);
    plan.streams = 4;
    CHECK_NOTHROW(bench::Run(plan));
    plan.http2 = false;
    CHECK_THROWS_AS(bench::Run(plan), core::Error);
}
