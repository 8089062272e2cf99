#include "src/bench/model/plan.hpp"
#include "src/core/error.hpp"
#include "tests/support/catch.hpp"

using namespace roacache;
using bench::parse_connect_to;

TEST_CASE("where to connect is read, and written as it was read", "[bench][connect_to]") {
    for (const char* text :
         {"example.com:443:127.0.0.1:8443", "::127.0.0.1:8080", ":::8443", "[::1]:80:[fe80::1]:81",
          "example.com::other.example.com:", ":443:other:", "unix:/run/a:b.sock"}) {
        INFO(text);
        REQUIRE(parse_connect_to(text));
        CHECK(parse_connect_to(text)->text() == text);
    }
    for (const char* text :
         {"", ":", ":::", "a:80", "a:80:b", "a:80::", "a:x:b:80", "a:80:b:x", "a:80:b:0", "a:80:b:65536",
          "a:80:b:81:c", "a:80:b c:81", "http://a:80:b:81", "[::1:80:b:81", "unix:", "a:-1:b:80"}) {
        INFO(text);
        CHECK_FALSE(parse_connect_to(text));
    }
}

TEST_CASE("the first rule that fits a host is its", "[bench][connect_to]") {
    const std::vector<bench::ConnectTo> rules{parse_connect_to("Example.com:443:a:1").value(),
                                              parse_connect_to("example.com::b:2").value(),
                                              parse_connect_to(":8080:c:3").value()};
    const auto to = [&](const char* host, std::uint16_t port) {
        const bench::ConnectTo* rule = rule_for({host, port}, rules);
        return rule == nullptr ? "itself" : rule->to_host;
    };
    CHECK(to("example.COM", 443) == "a");
    CHECK(to("example.com", 80) == "b");
    CHECK(to("example.com", 8080) == "b");
    CHECK(to("other", 8080) == "c");
    CHECK(to("other", 443) == "itself");
}

TEST_CASE("a rule that is for no URL of either arm is refused", "[bench][connect_to]") {
    bench::EndpointSpec summary, trends;
    summary.request.url = net::parse_url("https://example.com/summary");
    trends.request.url = net::parse_url("http://[::1]:8080/trends");
    bench::ChangedRequest elsewhere;
    elsewhere.url = net::parse_url("http://old.example.com/summary");
    summary.uncached = {elsewhere};
    elsewhere.url = net::parse_url("http://[::1]:8080/uncached");
    trends.uncached = {elsewhere};
    const auto why = [&](const std::vector<const char*>& rules) {
        bench::LoadSpec load;
        for (const char* rule : rules)
            load.connect_to.push_back(parse_connect_to(rule).value());
        const bench::Plan plan = bench::make_plan({summary, trends}, load);
        try {
            bench::check_connect_to(plan);
        } catch (const core::Error& error) {
            CHECK(error.code() == core::ExitCode::usage);
            CHECK(error.remedy() == "The URLs are of example.com:443, old.example.com:80, [::1]:8080.");
            return std::string(error.what());
        }
        return std::string();
    };
    for (const char* fits :
         {"example.com:443:a:1", "EXAMPLE.COM::a:1", ":443:a:1", ":::1", "::a:1", "unix:/a",
          "old.example.com:80:a:1", "[::1]:8080:a:1", "[::1]::a:1", ":8080:a:1"}) {
        INFO(fits);
        CHECK(why({fits}).empty());
        CHECK(why({fits, "old.example.com::b:2"}).empty());
        CHECK_FALSE(why({fits, "typo.example.com::b:2"}).empty());
    }
    for (const char* no_url : {"exmaple.com:443:a:1", "example.com:80:a:1", "www.example.com::a:1", ":81:a:1",
                               "old.example.com:443:a:1", "[::2]:8080:a:1"}) {
        INFO(no_url);
        CHECK(why({no_url}) == std::string("--connect-to: ") + no_url + ": no URL is called so");
    }
}
