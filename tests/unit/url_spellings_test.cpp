#include "src/net/redis_parameters.hpp"

#include "src/core/error.hpp"
#include "tests/support/catch.hpp"

#include <chrono>

using namespace roacache;
using net::HostPort;
using net::parse_url;
using net::Url;
using net::UrlKind;

namespace {

std::string url_error_of(std::string_view text) {
    try {
        parse_url(text);
    } catch (const core::Error& error) {
        CHECK(error.code() == core::ExitCode::usage);
        return error.what();
    }
    return "accepted";
}

bool url_shows(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("parameters of the services' own clients are honoured or ignored", "[url]") {
    const char* const k_url =
        "rediss://h/?db=3&ssl_cert_reqs=none&ssl_ca_certs=/etc/ca%20x.pem&socket_timeout=2.5"
        "&decode_responses=true&health_check_interval=30&family=4";
    const Url url = parse_url(k_url);
    CHECK(url.database == 3U);
    const net::RedisParameters parameters = net::redis_parameters(k_url);
    CHECK(parameters.accept_any_certificate);
    CHECK(parameters.ca_file == "/etc/ca x.pem");
    CHECK(parameters.timeout == std::chrono::milliseconds(2500));
    CHECK(parameters.ignored ==
          std::vector<std::string>{"decode_responses", "health_check_interval", "family"});
    net::RedisParameters expected = parameters;
    expected.ignored.clear();
    CHECK(parse_url(net::url_text(url, parameters)) == url);
    CHECK(net::redis_parameters(net::url_text(url, parameters)) == expected);
    for (const char* word : {"required", "CERT_REQUIRED", "optional"})
        CHECK_FALSE(
            net::redis_parameters(std::string("rediss://h?ssl_cert_reqs=") + word).accept_any_certificate);
    CHECK(net::redis_parameters("rediss://h?ssl_cert_reqs=CERT_NONE").accept_any_certificate);
    for (const char* database : {"db", "virtual_host", "dbindex", "database"})
        CHECK(parse_url(std::string("redis://h?") + database + "=4").database == 4U);
    CHECK(parse_url("redis://h?username=ann&password=p@ss").user == "ann");
    CHECK(parse_url("redis://h?timeout=5&password=p@ss").password == "p@ss");
    CHECK_FALSE(net::redis_parameters("redis://h?socket_timeout=None").timeout);
    for (const char* bad :
         {"rediss://h?ssl_cert_reqs=maybe", "redis://h?socket_timeout=x", "redis://h?ssl=true",
          "redis://h?tls=1", "redis://h?bd=3", "redis://h/1?virtual_host=2", "redis://h?=3"})
        CHECK(url_error_of(bad).starts_with("bad URL: "));
}

TEST_CASE("StackExchange strings are understood, or refused without their secret", "[url]") {
    const Url url = parse_url("h:6380,password=p=w@x,ssl=True,abortConnect=False,defaultDatabase=2");
    CHECK(url.tls);
    CHECK(url.hosts == std::vector<HostPort>{{"h", 6380}});
    CHECK(url.password == "p=w@x");
    CHECK(url.database == 2U);
    CHECK(parse_url("h,ssl=true").hosts[0].port == 6380);
    CHECK(parse_url("h, password = x").hosts[0].port == 6379);
    CHECK(parse_url("h,user=ann,password=x").user == "ann");
    CHECK(parse_url("s1,s2:2,serviceName=mine,password=x").service == "mine");
    for (const char* bad :
         {"h,i,password=hunter2", "h,password=hunter2,colour=hunter2", "h,password=hunter2,ssl=hunter2",
          "h,password=hunter2,defaultDatabase=x", "h:x,password=hunter2"}) {
        CHECK(url_error_of(bad).starts_with("bad URL: "));
        CHECK_FALSE(url_shows(url_error_of(bad), "hunter2"));
    }
}

TEST_CASE("the text of a URL parses to the same URL", "[url]") {
    for (const char* text : {"redis://a%40:p%2F@h:1/2", "redis://:p@h", "unix://u:p@/s?db=2", "redis://u:@h",
                             "rediss+sentinel://:p@a,b/s/1?ssl_cert_reqs=none", "redis+cluster://:p@a,b",
                             "sqlite:a%3Fb", "http://u:p@h/x?token=t"})
        CHECK(parse_url(net::url_text(parse_url(text), net::redis_parameters(text))) == parse_url(text));
}

TEST_CASE("an @ behind the address never changes the host", "[url]") {
    int refused = 0;
    for (const std::string scheme : {"redis://", "rediss://", "redis+cluster://", "redis+sentinel://"})
        for (const std::string credentials : {"", ":pw@", "ann:pw@", "ann@", "a:p@ss@"})
            for (const std::string host : {"h", "h:6379", "[::1]:6379", "h:", "", ":6379"})
                for (const std::string behind :
                     {"/5 # prod, ask ops@other:7777", "/5?clientName=app@other", "/5#ops@other",
                      "/5/x@other", "?x=1&client_name=a@other", "/0;redis://:pw2@other/0",
                      "/0,redis://:pw2@other/0", "/0 redis://:pw2@other/0", "#ops@other", " # ops@other",
                      "/@other", "?@other", " ops@other", ";:pw2@other/0", "/5?client_name=app@other",
                      "/5?x=a@other:1/0?db=1"}) {
                    const std::string text = scheme + credentials + host + behind;
                    INFO(text);
                    try {
                        for (const HostPort& named : parse_url(text).hosts)
                            CHECK(named.host != "other");
                    } catch (const core::Error& error) {
                        CHECK_FALSE(url_shows(error.what(), "pw"));
                        ++refused;
                    }
                }
    CHECK(refused > 1500);
    CHECK(parse_url("redis://:pw@h/5?client_name=app@other").hosts[0].host == "h");
    CHECK(url_error_of("redis://ann:2024/x@h").find("ambiguous") != std::string::npos);
    CHECK(parse_url("redis://ann:%32024%2Fx@h").password == "2024/x");
}

TEST_CASE("no error about a URL shows what is behind its address", "[url]") {
    for (const std::string scheme : {"redis://", "rediss://", "redis+cluster://", "nope://", "tcp://"})
        for (const std::string host : {"h", "h:6379", ":pw@h", "ann:pw@h:1"})
            for (const std::string behind :
                 {"/0&password=hunter2", "/0;password=hunter2", "/0,password=hunter2,ssl=false",
                  "/0REDIS_PASSWORD=hunter2", "/0 --pass hunter2", "/0/hunter2", "/hunter2", "/0 hunter2",
                  "/0?hunter2", "/0?pass hunter2", "/0?x=hunter2", "&password=hunter2", " hunter2",
                  "/0\thunter2", "/0|hunter2", "/0#hunter2"}) {
                const std::string error = url_error_of(scheme + host + behind);
                INFO(error);
                CHECK(error.starts_with("bad URL: "));
                CHECK_FALSE(url_shows(error, "hunter2"));
                CHECK_FALSE(url_shows(net::redact_url_text(scheme + host + behind), "hunter2"));
            }
    for (const char* text : {"unix:///run/s&password=hunter2", "sqlite:x;password=hunter2",
                             "http://h/api;password=hunter2", "redis+sentinel://h/s;password=hunter2"})
        CHECK_FALSE(url_shows(parse_url(text).redacted(), "hunter2"));
}
