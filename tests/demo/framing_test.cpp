#include "tests/demo/client.hpp"
#include "tests/demo/raw_client.hpp"
#include "tests/support/catch.hpp"

#include <map>

using namespace roacache;
using test::RawClient;
using test::statuses;

namespace {

/// The service as tests of the protocol need it, once a process.
demo::Service& service() {
    static const test::TempDir k_folder;
    static test::Warnings warnings;
    static demo::Service service([] {
        demo::ServiceOptions options = test::small_service(k_folder, warnings);
        options.hosts = {"service"};
        return options;
    }());
    return service;
}

const std::string k_good = "GET /health HTTP/1.1\r\nHost: service\r\n\r\n";
const std::string k_last = "GET /health HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n";
const std::string k_post =
    "POST /api/companies/1 HTTP/1.1\r\nHost: service\r\nContent-Type: application/json\r\n";

std::string get(const std::string& target, const std::string& fields = {}) {
    return "GET " + target + " HTTP/1.1\r\nHost: service\r\n" + fields + "\r\n";
}

std::string post(const std::string& fields, const std::string& body) {
    return k_post + fields + "\r\n" + body;
}

std::string chunked(const std::string& body) {
    return post("Transfer-Encoding: chunked\r\n", body);
}

std::string repeated(const std::string& text, std::size_t times) {
    std::string result;
    for (std::size_t i = 0; i < times; ++i)
        result += text;
    return result;
}

/// What is understood in one way only, and the status that it is answered with.
std::vector<std::pair<std::string, int>> unambiguous() {
    return {
        {post("Content-Length: 15\r\n", "{\"city\":\"Deva\"}"), 200},
        {chunked("1\r\n{\r\nD\r\n\"city\":\"Deva\"\r\n1\r\n}\r\n0\r\n\r\n"), 200},
        {post("Content-Length: 2\r\n", "{}"), 422},
        {post("content-LENGTH:2\r\n", "{}"), 422},
        {post("Content-Length:   2 \t\r\n", "{}"), 422},
        {post("Content-Length: 0\r\n", ""), 422},
        {post("", ""), 422},
        {chunked("2\r\n{}\r\n0\r\n\r\n"), 422},
        {chunked("1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"), 422},
        {chunked("0002\r\n{}\r\n000\r\n\r\n"), 422},
        {chunked("2;name=value;other=\"a b\"\r\n{}\r\n0;last\r\n\r\n"), 422},
        {chunked("2\r\n{}\r\n0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n"), 422},
        {post("Transfer-Encoding: Chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), 422},
        {chunked("2\r\n[]\r\n0\r\n\r\n"), 422},
        {post("Content-Length: 1\r\n", "x"), 400},
        {"\r\n" + k_good, 200},
        {get("/api/companies?search=%C8%98"), 200},
        {get("/health?x=%2F%5C"), 200},
        {get("/%68ealth"), 200},
        {get("/health", "X-Empty:\r\nX-Umlaut: \xc3\xa4\r\n"), 200},
        {get("/health", "Content-Length: 5\r\n") + "hello", 200},
        {get("/health", "Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n0\r\n\r\n", 200},
        {"OPTIONS /health HTTP/1.1\r\nHost: service\r\n\r\n", 405},
        {"TRACE /health HTTP/1.1\r\nHost: service\r\n\r\n", 405},
        {get("/nothing"), 404},
        {get("/../health"), 404},
        {get("/health", repeated("X-Field: x\r\n", 90)), 200},
        {get("/health?" + std::string(7000, 'x')), 200},
    };
}

std::vector<std::pair<std::string, int>> ambiguous_lengths() {
    std::vector<std::pair<std::string, int>> cases{
        {post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"), 400},
        {post("Content-Length: 2\r\nContent-Length: 5\r\n", "{}"), 400},
        {post("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), 400},
        {post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), 400},
        {post("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "2\r\n{}\r\n0\r\n\r\n"), 400},
        {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        {post("Content-Length: 1048577\r\n", ""), 413},
        {post("Content-Length: 99999999999999999999999\r\n", ""), 413},
    };
    for (const char* length :
         {"+2", "-2", "0x2", "2, 2", "2,2", "2 2", "2.0", "2e0", "", " ", "two", "2;", "\"2\"", "2\v"})
        cases.emplace_back(post(std::string("Content-Length: ") + length + "\r\n", "{}"), 400);
    for (const char* coding : {"chunked, chunked", "chunked,gzip", "chunked, identity", "", ",chunked",
                               "chunked,", "\"chunked\"", "\vchunked"})
        cases.emplace_back(post(std::string("Transfer-Encoding: ") + coding + "\r\n", "2\r\n{}\r\n0\r\n\r\n"),
                           400);
    for (const char* coding : {"gzip", "identity", "gzip, chunked", "xchunked", "chunked;q=1"})
        cases.emplace_back(post(std::string("Transfer-Encoding: ") + coding + "\r\n", "2\r\n{}\r\n0\r\n\r\n"),
                           501);
    cases.emplace_back("POST /api/companies/1 HTTP/1.0\r\nContent-Type: application/json\r\n"
                       "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                       400);
    return cases;
}

std::vector<std::pair<std::string, int>> bad_chunks() {
    std::vector<std::pair<std::string, int>> cases;
    for (const char* size :
         {"+2", "-2", "0x2", " 2", "2 ", "", "g", "2 ;x", "2\t", "2,", ";x", "2\x01", "2;a=\x01", "2;a\rb"})
        cases.emplace_back(chunked(std::string(size) + "\r\n{}\r\n0\r\n\r\n"), 400);
    for (const char* body :
         {"2\n{}\r\n0\r\n\r\n", "2\r\n{}\n0\r\n\r\n", "2\r\n{}0\r\n\r\n", "2\r\n{}xx0\r\n\r\n",
          "2\r\n{}\r\n0\n\r\n", "2\r\n{}\r\n0\r\n\n", "2\r\n{}\r\n0\r\nno field\r\n\r\n",
          "2\r\n{}\r\n0\r\n: x\r\n\r\n", "2\r\n{}\r\n0\r\nX : x\r\n\r\n", "2\r\n{}\r\n0\r\nX: \x01\r\n\r\n"})
        cases.emplace_back(chunked(body), 400);
    cases.emplace_back(chunked("100001\r\n"), 413);
    cases.emplace_back(chunked("ffffffffffffffffffff\r\n"), 413);
    cases.emplace_back(chunked(repeated("80000\r\n" + std::string(0x80000, ' ') + "\r\n", 2) + "1\r\n"), 413);
    cases.emplace_back(chunked("2;" + std::string(300, 'x') + "\r\n{}\r\n0\r\n\r\n"), 400);
    cases.emplace_back(chunked(repeated("1\r\n \r\n", 15'000)), 413);
    cases.emplace_back(chunked(repeated("1;" + std::string(200, 'x') + "\r\n \r\n", 500)), 413);
    cases.emplace_back(chunked("0\r\n" + repeated("X-Trailer: " + std::string(50, 'x') + "\r\n", 200)), 431);
    cases.emplace_back(chunked("0\r\nX: " + std::string(9000, 'x') + "\r\n\r\n"), 431);
    return cases;
}

std::vector<std::pair<std::string, int>> bad_heads() {
    std::vector<std::pair<std::string, int>> cases{
        {"GET /health HTTP/1.1\nHost: service\n\n", 400},
        {"GET /health HTTP/1.1\r\nHost: service\n\r\n", 400},
        {"GET /health HTTP/1.1\r\nHost: service\r\n\n", 400},
        {"GET /health HTTP/1.1\r\n\r\n", 400},
        {"GET /health HTTP/1.1\r\nHost: service\r\nHost: service\r\n\r\n", 400},
        {"GET  /health HTTP/1.1\r\nHost: service\r\n\r\n", 400},
        {"GET /health  HTTP/1.1\r\nHost: service\r\n\r\n", 400},
        {"GET\t/health HTTP/1.1\r\nHost: service\r\n\r\n", 400},
        {" GET /health HTTP/1.1\r\nHost: service\r\n\r\n", 400},
        {"GET /health\r\n\r\n", 400},
        {"GET /health HTTP/1.1 \r\nHost: service\r\n\r\n", 400},
        {"GET /health HTTP/2.0\r\nHost: service\r\n\r\n", 505},
        {"GET /health HTTP/1.2\r\nHost: service\r\n\r\n", 505},
        {"GET /health HTTP/0.9\r\nHost: service\r\n\r\n", 505},
        {"GET /health http/1.1\r\nHost: service\r\n\r\n", 400},
        {"GET /health HTTP/1.10\r\nHost: service\r\n\r\n", 400},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"get /health HTTP/1.1\r\nHost: service\r\n\r\n", 501},
        {"BREW /health HTTP/1.1\r\nHost: service\r\n\r\n", 501},
        {"CONNECT service:80 HTTP/1.1\r\nHost: service\r\n\r\n", 501},
        {"G(T /health HTTP/1.1\r\nHost: service\r\n\r\n", 400},
        {"\x16\x03\x01\x02\r\n", 400},
        {"\r\n\r\n\r\n" + k_good, 400},
        {get("/" + std::string(9000, 'x')), 414},
        {"GET /" + std::string(100'000, 'x'), 414},
        {get("/health", "X: " + std::string(9000, 'x') + "\r\n"), 431},
        {get("/health", repeated("X: " + std::string(1000, 'x') + "\r\n", 40)), 431},
        {get("/health", repeated("X: x\r\n", 200)), 431},
        {post("Expect: 200-maybe\r\nContent-Length: 2\r\n", "{}"), 417},
    };
    for (const char* field :
         {"X-Field : x", " X-Field: x", "\tX-Field: x", "X-Field\t: x", ": x", "X-Field", "X Field: x",
          "X: a\rb",
          "X: a\x01"
          "b",
          "X: a\x7f", "X\x01: a", "Content-Length\x0b: 2", "X-Ok: x\r\n folded", "X: x\r\n\tfolded",
          "Content-Type: text/html\r\nContent-Type: application/json", "Transfer-Encoding\t: chunked"})
        cases.emplace_back(get("/health", std::string(field) + "\r\n"), 400);
    cases.emplace_back(get("/health", std::string("X: a\0b\r\n", 8)), 400);
    for (const char* target :
         {"health", "http://service/health", "//%", "/%", "/%4", "/%zz", "/%00", "/a%00b", "/health?%",
          "/api%2Finvoices%2F1", "/api%5Cinvoices", "/a\\b", "/health#here", "/he\x01lth", "/\xc3\xa4", "*"})
        cases.emplace_back(get(target), 400);
    return cases;
}

/// How the bytes reach the service: `good` requests before, and in what pieces.
struct Way {
    int good;
    bool pipelined;
    std::size_t piece;
};

std::vector<int> answers(const std::string& bytes, const Way& way) {
    const RawClient client(service());
    std::string text;
    if (way.pipelined) {
        client.send_in_pieces(repeated(k_good, static_cast<std::size_t>(way.good)) + bytes + k_last,
                              way.piece);
    } else {
        for (int i = 1; i <= way.good; ++i) {
            client.send(k_good);
            client.read_until(
                text,
                [&](const std::string& so_far) {
                    return statuses(so_far).size() == static_cast<std::size_t>(i) && so_far.ends_with("}");
                },
                20'000);
        }
        client.send_in_pieces(bytes + k_last, way.piece);
    }
    return statuses(text + client.read_all());
}

std::string shortened(const std::string& bytes) {
    std::string shown;
    for (const char c : bytes.substr(0, 300))
        shown += c == '\r' ? std::string("\\r") : c == '\n' ? "\\n\n" : std::string(1, c);
    return shown;
}

const std::vector<Way> k_ways{
    {0, true, 1 << 30}, {0, true, 7}, {2, true, 1 << 30}, {1, false, 1 << 30}, {1, false, 3}};

} // namespace

TEST_CASE("requests whose end is plain are answered one after the other", "[demo][framing]") {
    for (const auto& [bytes, status] : unambiguous())
        for (const Way& way : k_ways) {
            INFO(shortened(bytes) << "after " << way.good << ", in pieces of " << way.piece);
            std::vector<int> expected(static_cast<std::size_t>(way.good), 200);
            expected.push_back(status);
            expected.push_back(200);
            CHECK(answers(bytes, way) == expected);
        }
}

TEST_CASE("a request that could be understood in two ways is refused, and nothing after it is taken for one",
          "[demo][framing]") {
    const auto cases = GENERATE(0, 1, 2);
    for (const auto& [bytes, status] : cases == 0   ? ambiguous_lengths()
                                       : cases == 1 ? bad_chunks()
                                                    : bad_heads())
        for (const Way& way : k_ways) {
            if (bytes.size() > 10'000 && way.piece < 100) continue;
            INFO(shortened(bytes) << "after " << way.good << ", in pieces of " << way.piece);
            std::vector<int> expected(static_cast<std::size_t>(way.good), 200);
            expected.push_back(status);
            CHECK(answers(bytes, way) == expected);
        }
}

TEST_CASE("whoever waits for 100 Continue gets it, unless the request is refused before", "[demo][framing]") {
    const RawClient client(service());
    client.send(post("Expect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n", ""));
    std::string text;
    client.read_until(
        text, [](const std::string& so_far) { return so_far.ends_with("\r\n\r\n"); }, 20'000);
    CHECK(text == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("{}");
    CHECK(statuses(client.read_all()) == std::vector<int>{422});
    const RawClient large(service());
    large.send(post("Expect: 100-continue\r\nContent-Length: 2000000\r\n", ""));
    CHECK(statuses(large.read_all()) == std::vector<int>{413});
}

TEST_CASE("an older client's connection is kept alive only where it asks for that", "[demo][framing]") {
    const auto ask = [](const std::string& fields) {
        const RawClient client(service());
        client.send("GET /health HTTP/1.0\r\n" + fields + "\r\n" + k_last);
        return statuses(client.read_all());
    };
    CHECK(ask("") == std::vector<int>{200});
    CHECK(ask("Connection: Keep-Alive\r\n") == std::vector<int>{200, 200});
    CHECK(ask("Connection: keep-alive, close\r\n") == std::vector<int>{200});
}
