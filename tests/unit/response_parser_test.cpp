#include "tests/fuzz/response_outcome.hpp"
#include "tests/support/catch.hpp"

using namespace roacache;
using http::ErrorClass;
using test::parse_pieces;
using test::ResponseOutcome;

namespace {

constexpr auto k_complete = http::ResponseParser::State::complete;

/// The outcome of the whole input, after a check that no way to cut it in two, nor into bytes, changes it.
ResponseOutcome parse_every_way(const std::string& input, bool head_request = false) {
    const std::string_view text = input;
    const ResponseOutcome whole = parse_pieces({text}, head_request);
    for (std::size_t cut = 0; cut <= text.size() && text.size() < 4096; ++cut) {
        INFO("cut at " << cut << " of: " << input);
        REQUIRE(parse_pieces({text.substr(0, cut), text.substr(cut)}, head_request) == whole);
    }
    REQUIRE(parse_pieces(test::in_bytes(text), head_request) == whole);
    return whole;
}

void check_good(const std::string& input, const std::string& body, bool keep_alive = true,
                std::size_t left_over = 0) {
    INFO(input);
    const ResponseOutcome outcome = parse_every_way(input);
    CHECK(outcome.error == ErrorClass::none);
    CHECK(outcome.state == k_complete);
    CHECK(outcome.body == body);
    CHECK(outcome.keep_alive == keep_alive);
    CHECK(outcome.left_over == left_over);
    CHECK(outcome.heads == 1);
}

void check_bad(const std::string& input, ErrorClass error) {
    INFO(input.substr(0, 200));
    const ResponseOutcome outcome = parse_every_way(input);
    CHECK(name_of(outcome.error) == std::string(name_of(error)));
    CHECK_FALSE(outcome.keep_alive);
}

const std::string k_ok = "HTTP/1.1 200 OK\r\n";

} // namespace

TEST_CASE("a response with a length ends after its last byte", "[bench][parser]") {
    check_good(k_ok + "Content-Length: 5\r\n\r\nhello", "hello");
    check_good(k_ok + "Content-Length: 0\r\n\r\n", "");
    check_good(k_ok + "content-length:5\r\n\r\nhello", "hello");
    check_good(k_ok + "Content-Length: 5, 5\r\nContent-Length: 5\r\n\r\nhello", "hello");
    check_good(k_ok + "Content-Length: 5\r\n\r\nhello, more", "hello", true, 6);
    check_good(k_ok + "Content-Length: 005\r\n\r\nhello", "hello");
}

TEST_CASE("chunks, their extensions and trailers are taken apart", "[bench][parser]") {
    const std::string head = k_ok + "Transfer-Encoding: chunked\r\n\r\n";
    check_good(head + "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world");
    check_good(head + "0\r\n\r\n", "");
    check_good(head + "0005 ;name=\"value\"; other\r\nhello\r\n0;last\r\nX-Sum: 1\r\nX-Two: 2\r\n\r\nnext",
               "hello", true, 4);
    check_good(head + "A\nhello worl\na\nd, is it?\n\n0\n\n", "hello world, is it?\n");
    check_good(k_ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
               "hello");
    check_good(k_ok + "Transfer-Encoding: gzip, Chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "hi");
    check_good(
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        "x", false);
}

TEST_CASE("a body without a length lasts until the peer closes", "[bench][parser]") {
    check_good(k_ok + "\r\nall of it", "all of it", false);
    check_good(k_ok + "\r\n", "", false);
    check_good(k_ok + "Transfer-Encoding: gzip\r\n\r\nzip", "zip", false);
    check_good("HTTP/1.0 200\r\nServer: old\r\n\r\nbody", "body", false);
}

TEST_CASE("204, 304 and HEAD have no body whatever the headers say", "[bench][parser]") {
    check_good("HTTP/1.1 204 No Content\r\n\r\n", "");
    check_good("HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n", "");
    check_good("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", "");
    const ResponseOutcome head = parse_every_way(k_ok + "Content-Length: 1000\r\n\r\n", true);
    CHECK(head.state == k_complete);
    CHECK(head.keep_alive);
    CHECK(head.left_over == 0);
}

TEST_CASE("interim responses are passed over", "[bench][parser]") {
    const std::string early = "HTTP/1.1 103 Early Hints\r\nX-Cache: HIT\r\nLink: </x>\r\n\r\n";
    const std::string input = "HTTP/1.1 100 Continue\r\n\r\n" + early + k_ok + "Content-Length: 2\r\n\r\nok";
    check_good(input, "ok");
    CHECK(parse_every_way(input).watched.empty());
    CHECK(parse_every_way(input).status == 200);
    check_bad("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", ErrorClass::protocol);
    check_bad("HTTP/1.1 100 Continue\r\n\r\n", ErrorClass::closed);
}

TEST_CASE("whether the connection lasts is decided by version and header", "[bench][parser]") {
    const std::string length = "Content-Length: 0\r\n\r\n";
    check_good(k_ok + "Connection: close\r\n" + length, "", false);
    check_good(k_ok + "Connection: Upgrade, CLOSE\r\n" + length, "", false);
    check_good(k_ok + "Connection: keep-alive\r\nConnection: close\r\n" + length, "", false);
    check_good("HTTP/1.0 200 OK\r\n" + length, "", false);
    check_good("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n" + length, "", true);
}

TEST_CASE("the headers that matter are handed on", "[bench][parser]") {
    const ResponseOutcome outcome = parse_every_way(
        "HTTP/1.1 302 Found\r\nLocation:  /there \r\nContent-Type: text/html;\r\n charset=utf-8\r\nx-cache: "
        "MISS\r\nX-Cache: HIT\r\nContent-Length: 0\r\n\r\n");
    CHECK(outcome.status == 302);
    CHECK(outcome.location == "/there");
    CHECK(outcome.content_type == "text/html;\r\n charset=utf-8");
    CHECK(outcome.watched == "MISS|HIT|");
}

TEST_CASE("codings of several fields are joined in their order", "[bench][parser]") {
    const auto encoding_of = [](const std::string& fields) {
        struct Sink final : http::ResponseSink {
            std::string encoding;
            void on_watched(std::string_view /*value*/) override {}
            void on_head(const http::ResponseHead& head) override { encoding = head.content_encoding; }
            void on_body(std::string_view /*bytes*/) override {}
        } sink;
        http::ResponseParser parser;
        for (int i = 0; i < 2; ++i) { // the second head is one that is known
            parser.begin(false);
            const auto fed = parser.feed(k_ok + fields + "Content-Length: 0\r\n\r\n", sink);
            CHECK(fed.state == http::ResponseParser::State::complete);
        }
        return sink.encoding;
    };
    CHECK(encoding_of("").empty());
    CHECK(encoding_of("Content-Encoding: gzip\r\n") == "gzip");
    CHECK(encoding_of("Content-Encoding: br\r\nX: y\r\ncontent-encoding: gzip\r\n") == "br, gzip");
    CHECK(encoding_of("Content-Encoding: a\r\nContent-Encoding: b\r\nContent-Encoding: c\r\n") == "a, b, c");
}

TEST_CASE("lines may end in LF alone and lack a reason", "[bench][parser]") {
    check_good("HTTP/1.1 200\nContent-Length: 2\n\nok", "ok");
    check_good("HTTP/1.1 200 \r\nContent-Length: 2\n\r\nok", "ok");
    check_good("HTTP/1.1 299 a b c\r\nX: y\nContent-Length: 2\r\n\r\nok", "ok");
}

TEST_CASE("what is no HTTP/1.x is a protocol error as soon as that shows", "[bench][parser]") {
    const auto input =
        GENERATE(as<std::string>(), "SSH-2.0-OpenSSH\r\n", "hello", "\r\nHTTP/1.1 200 OK\r\n\r\n",
                 "HTTP/2 200\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
                 "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 099 no\r\n\r\n", "HTTP/1.x 200 OK\r\n\r\n",
                 "HTTP/1.1 200 O\rK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "http/1.1 200 OK\r\n\r\n");
    check_bad(input, ErrorClass::protocol);
}

TEST_CASE("headers that make the framing doubtful are protocol errors", "[bench][parser]") {
    const auto header =
        GENERATE(as<std::string>(), "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5, 6",
                 "Content-Length: -1", "Content-Length: +5", "Content-Length: 0x5",
                 "Content-Length:", "Content-Length: ,", "Content-Length: 5 5",
                 "Content-Length: 9223372036854775808", "Content-Length: 99999999999999999999999999",
                 "Content-Length: 5\r\n 0", "no colon here", ": no name", "Bad Name: x", "Name : x",
                 "X: a\rb", "X\r: y", "Transfer-Encoding: chunked, chunked", " folded: first");
    check_bad(k_ok + header + "\r\n\r\nhello", ErrorClass::protocol);
    check_bad(k_ok + std::string("X: a\0b", 6) + "\r\n\r\n", ErrorClass::protocol);
}

TEST_CASE("chunks that are none are protocol errors", "[bench][parser]") {
    const auto body =
        GENERATE(as<std::string>(), "hello", "\r\n", ";x\r\n", " 5\r\nhello\r\n0\r\n\r\n", "5 5\r\n",
                 "-5\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhello\rX", "5\rhello", "8000000000000000\r\n",
                 "ffffffffffffffffff\r\n", "0\r\nX: a\rb\r\n\r\n", "0x5\r\nhello\r\n");
    check_bad(k_ok + "Transfer-Encoding: chunked\r\n\r\n" + body, ErrorClass::protocol);
    check_bad(k_ok + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(5000, 'x'), ErrorClass::protocol);
}

TEST_CASE("an end before the response is whole is recognised", "[bench][parser]") {
    const auto input = GENERATE(as<std::string>(), "", "HTT", "HTTP/1.1 200 OK\r\nContent-Le",
                                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
    check_bad(input, ErrorClass::closed);
}

TEST_CASE("headers of 64 KiB are taken and longer ones refused", "[bench][parser]") {
    const std::string around = k_ok + "X: \r\nContent-Length: 0\r\n\r\n";
    const std::string most(http::ResponseParser::k_head_limit - around.size(), 'x');
    const auto with = [](const std::string& value) {
        return k_ok + "X: " + value + "\r\nContent-Length: 0\r\n\r\n";
    };
    check_good(with(most), "");
    check_bad(with(most + "x"), ErrorClass::too_large);
    check_bad(k_ok + std::string(100'000, 'x'), ErrorClass::too_large);
    check_bad(k_ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n",
              ErrorClass::too_large);
}

TEST_CASE("a parser is used again after any end", "[bench][parser]") {
    ResponseOutcome outcome;
    test::RecordingSink sink(outcome);
    http::ResponseParser parser;
    parser.begin(false);
    parser.feed("HTTP/1.1 200 OK\r\nTransfer-Enc", sink);
    parser.begin(false);
    CHECK_FALSE(parser.started());
    CHECK(parser.feed("HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx", sink).state == k_complete);
    CHECK(parser.started());
    CHECK(parser.status() == 404);
    CHECK(outcome.body == "x");
}

TEST_CASE("a head that comes again says the same, and a changed one what it says", "[parser]") {
    const std::string head = "HTTP/1.1 200 OK\r\nX-Cache: HIT\r\nContent-Type: text/plain\r\n";
    const std::string five = head + "Content-Length: 5\r\n\r\nhello",
                      other = head + "Content-Length: 2\r\n\r\nhi",
                      closing = head + "Connection: close\r\nContent-Length: 5\r\n\r\nhello",
                      rubbish = head + "Content-Length: 5\r\n x\r\n\r\nhello";
    roacache::http::ResponseParser parser("X-Cache");
    for (const std::string& input : {five, five, other, five, closing, closing, rubbish, five})
        for (const bool head_request : {false, true, false}) {
            INFO(input << head_request);
            CHECK(test::parse_with(parser, {input}, head_request) == parse_pieces({input}, head_request));
            CHECK(test::parse_with(parser, test::in_bytes(input), head_request) ==
                  parse_pieces({input}, head_request));
        }
}

TEST_CASE("a head that comes again is read anew when another header is watched", "[parser]") {
    const std::string input =
        "HTTP/1.1 200 OK\r\nX-Cache: HIT\r\nX-Other: far\r\nContent-Length: 2\r\n\r\nhi";
    roacache::http::ResponseParser parser("X-Cache");
    CHECK(test::parse_with(parser, {input}, false).watched == "HIT|");
    parser.watch("X-Other");
    CHECK(test::parse_with(parser, {input}, false).watched == "far|");
    parser.watch("");
    CHECK(test::parse_with(parser, {input}, false).watched.empty());
    parser.watch("X-Cache");
    CHECK(test::parse_with(parser, {input}, false).watched == "HIT|");
}
