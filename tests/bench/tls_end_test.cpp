#include "src/core/error.hpp"
#include "src/http/exchange.hpp"
#include "tests/bench/engine_support.hpp"

using namespace roacache;
using bench::Errors;
using test::measure;
using test::OddServer;
using test::single_plan;
using test::single_tally;

namespace {

/// The same answers, over TLS 1.2 or 1.3, by a server that ends its streams with close_notify or without.
struct TlsOddServer {
    TlsOddServer(const test::Certificate& certificate, bool tls12, bool farewell)
        : server([&] {
              std::vector<std::string> arguments{"--cert", certificate.certificate, "--key", certificate.key};
              if (tls12) arguments.emplace_back("--tls12");
              if (farewell) arguments.emplace_back("--farewell");
              return arguments;
          }()) {}
    std::string url(const std::string& path) const {
        return "https://127.0.0.1:" + std::to_string(server.port()) + path;
    }
    OddServer server;
};

/// The only class that 20 requests failed with; `none`, or what else was counted.
std::string outcome_of(const std::string& url, const std::string& authority) {
    bench::Plan plan = single_plan(url);
    plan.tls.cacert = authority;
    const bench::Tally tally = single_tally(measure(plan));
    if (tally.errors.empty()) return tally.latency.count() == 20 ? "none" : "not measured";
    return tally.errors == Errors{{tally.errors.begin()->first, 20}} && tally.latency.empty()
               ? tally.errors.begin()->first
               : "several";
}

/// Of a question outside the measurement.
std::string exchanged(const std::string& url, const std::string& authority) {
    try {
        return http::exchange(test::get(url), {authority, {}, {}, false}, std::chrono::seconds(20)).body;
    } catch (const core::Error& error) {
        return std::string(error.what()).substr(std::string(error.what()).rfind(": ") + 2);
    }
}

} // namespace

TEST_CASE("over TLS an answer without length counts only when its end was said", "[bench][engine][tls]") {
    const test::TempDir folder;
    const test::Certificate certificate = test::make_certificate(folder.path());
    const std::string authority = certificate.certificate;
    for (const bool tls12 : {false, true})
        for (const bool farewell : {false, true}) {
            const TlsOddServer server(certificate, tls12, farewell);
            INFO((tls12 ? "TLS 1.2, " : "TLS 1.3, ") << (farewell ? "farewell" : "cut"));
            for (const char* whole : {"/ok", "/empty", "/chunked", "/chunked-odd", "/close", "/http10",
                                      "/http10-keep", "/204", "/304", "/interim"}) {
                INFO(whole);
                CHECK(outcome_of(server.url(whole), authority) == "none");
            }
            for (const char* half :
                 {"/partial", "/partial-head", "/partial-chunk", "/no-last-chunk", "/nothing"}) {
                INFO(half);
                CHECK(outcome_of(server.url(half), authority) == "closed");
            }
            CHECK(outcome_of(server.url("/until-close"), authority) == (farewell ? "none" : "closed"));
            CHECK(exchanged(server.url("/until-close"), authority) ==
                  (farewell ? std::string(3000, 'x') : "the peer closed before its answer was whole"));
            CHECK(exchanged(server.url("/close"), authority) == "bye");
        }
}
