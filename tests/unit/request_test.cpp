#include "src/core/error.hpp"
#include "src/http/request.hpp"
#include "tests/support/catch.hpp"

using namespace roacache;
using http::build_request;
using http::RequestSpec;
using roacache::test::Contains;
using roacache::test::EndsWith;
using roacache::test::StartsWith;

namespace {

RequestSpec spec_of(const std::string& url) {
    RequestSpec spec;
    spec.url = net::parse_url(url);
    return spec;
}

} // namespace

TEST_CASE("a request has what a server needs and nothing more", "[bench][request]") {
    const http::Request request = build_request(spec_of("http://example.org:8080/a?b=c#d"));
    CHECK(request.bytes ==
          "GET /a?b=c HTTP/1.1\r\nHost: example.org:8080\r\nUser-Agent: roacache/" ROACACHE_VERSION
          "\r\nAccept: */*\r\n\r\n");
    CHECK(request.idempotent);
    CHECK_FALSE(request.head);
    CHECK_FALSE(request.close);
}

TEST_CASE("the default port is not named in Host", "[bench][request]") {
    CHECK_THAT(build_request(spec_of("http://example.org/")).bytes, Contains("Host: example.org\r\n"));
    CHECK_THAT(build_request(spec_of("https://example.org/")).bytes, Contains("Host: example.org\r\n"));
    CHECK_THAT(build_request(spec_of("https://example.org:80/")).bytes, Contains("Host: example.org:80\r\n"));
    CHECK_THAT(build_request(spec_of("http://[::1]/")).bytes, Contains("Host: [::1]\r\n"));
    CHECK_THAT(build_request(spec_of("http://[::1]:81/")).bytes, Contains("Host: [::1]:81\r\n"));
}

TEST_CASE("given headers take the place of the usual ones", "[bench][request]") {
    RequestSpec spec = spec_of("http://user:pw@example.org/");
    spec.headers = {
        {"hOST", "other"}, {"Accept", "text/plain"}, {"user-agent", "me"}, {"authorization", "Bearer t"}};
    CHECK(build_request(spec).bytes == "GET / HTTP/1.1\r\nhOST: other\r\nAccept: text/plain\r\nuser-agent: "
                                       "me\r\nauthorization: Bearer t\r\n\r\n");
}

TEST_CASE("the user of a URL becomes Basic authentication", "[bench][request]") {
    CHECK_THAT(build_request(spec_of("http://Aladdin:open%20sesame@h/")).bytes,
               Contains("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
    CHECK_THAT(build_request(spec_of("http://user@h/")).bytes, Contains("Authorization: Basic dXNlcjo=\r\n"));
}

TEST_CASE("a body comes with its length", "[bench][request]") {
    RequestSpec spec = spec_of("http://h/");
    spec.method = "POST";
    CHECK_THAT(build_request(spec).bytes, Contains("Content-Length: 0\r\n"));
    CHECK_FALSE(build_request(spec).idempotent);
    spec.body = "{\"a\": 1}";
    CHECK_THAT(build_request(spec).bytes, StartsWith("POST / HTTP/1.1\r\n"));
    CHECK_THAT(build_request(spec).bytes, Contains("Content-Length: 8\r\n"));
    CHECK_THAT(build_request(spec).bytes, EndsWith("\r\n\r\n{\"a\": 1}"));
    spec.headers = {{"Transfer-Encoding", "chunked"}};
    CHECK_THAT(build_request(spec).bytes, !Contains("Content-Length"));
}

TEST_CASE("method and headers tell how a request may be treated", "[bench][request]") {
    RequestSpec spec = spec_of("http://h/");
    spec.method = "HEAD";
    CHECK(build_request(spec).head);
    CHECK(build_request(spec).idempotent);
    spec.method = "PATCH";
    CHECK_FALSE(build_request(spec).idempotent);
    spec.headers = {{"connection", " Close "}};
    CHECK(build_request(spec).close);
}

TEST_CASE("what would break the request is refused", "[bench][request]") {
    const auto refused = [](const RequestSpec& spec) { CHECK_THROWS_AS(build_request(spec), core::Error); };
    RequestSpec spec = spec_of("http://h/");
    for (const std::string method : {"", "GET /", "CONNECT", "G\r\n"}) {
        spec.method = method;
        refused(spec);
    }
    spec.method = "GET";
    for (const std::string name : {"", "a b", "a:", "a\n"}) {
        spec.headers = {{name, "x"}};
        refused(spec);
    }
    for (const std::string& value : {std::string("a\r\nb"), std::string("a\nb"), std::string("a\0b", 3)}) {
        spec.headers = {{"X", value}};
        refused(spec);
    }
    spec.headers.clear();
    spec.url.target = "/a b";
    refused(spec);
}

TEST_CASE("HTTP/2 has its own fields, in lower case", "[bench][request][http2]") {
    RequestSpec spec = spec_of("https://me:secret@example.org/a?b=c#d");
    spec.method = "POST";
    spec.body = "{}";
    spec.headers = {{"X-Own", "  One "}, {"TE", "trailers"}};
    const http::Request request = build_request(spec, http::Protocol::http2);
    CHECK(request.bytes.empty());
    CHECK(request.body == "{}");
    CHECK(request.fields == http::Headers{{":method", "POST"},
                                          {":scheme", "https"},
                                          {":authority", "example.org"},
                                          {":path", "/a?b=c"},
                                          {"user-agent", "roacache/" ROACACHE_VERSION},
                                          {"accept", "*/*"},
                                          {"authorization", "Basic bWU6c2VjcmV0"},
                                          {"content-length", "2"},
                                          {"x-own", "One"},
                                          {"te", "trailers"}});
    spec.headers = {{"host", "other.example"}};
    CHECK(build_request(spec, http::Protocol::http2).fields[2].second == "other.example");
}

TEST_CASE("HTTP/2 has no headers of the connection", "[bench][request][http2]") {
    for (const char* name :
         {"Connection", "keep-alive", "Transfer-Encoding", "Upgrade", "TE", "Proxy-Connection"}) {
        RequestSpec spec = spec_of("http://example.org/");
        spec.headers = {{name, "gzip"}};
        CHECK_THROWS_AS(build_request(spec, http::Protocol::http2), core::Error);
        CHECK_NOTHROW(build_request(spec));
    }
}
