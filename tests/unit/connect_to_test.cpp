#include "src/bench/model/connect_to.hpp"
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
