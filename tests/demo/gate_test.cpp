#include "tests/demo/client.hpp"
#include "tests/demo/raw_client.hpp"
#include "tests/support/catch.hpp"

using namespace roacache;
using test::RawClient;
using test::statuses;

namespace {

struct Gated {
    test::TempDir folder;
    test::Warnings warnings;
    demo::Service service;

    explicit Gated(const std::string& host = "127.0.0.1", const std::string& token = {})
        : service([&] {
              demo::ServiceOptions options = test::small_service(folder, warnings);
              options.host = host;
              options.token = token;
              options.hosts = {"Service.Internal"};
              return options;
          }()) {}

    int status(const std::string& method, const std::string& path, const std::string& fields,
               const std::string& body = {}) const {
        const RawClient client(service);
        client.send(method + " " + path + " HTTP/1.1\r\n" + fields + "Connection: close\r\n" +
                    (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" +
                    body);
        const std::vector<int> found = statuses(client.read_all());
        return found.size() == 1 ? found.front() : -1;
    }
    std::string authority(const std::string& name) const {
        return name + ":" + std::to_string(service.port());
    }
};

const std::string k_json = "Content-Type: application/json\r\n";

/// Every request that changes something, and the status that it is answered with when it is let through.
struct Change {
    const char* method;
    const char* path;
    std::string body;
    int status;
};
std::vector<Change> changes() {
    return {{"PATCH", "/api/companies/1", R"({"city": "Deva"})", 200},
            {"POST", "/api/companies/1", R"({"city": "Deva"})", 200},
            {"POST", "/api/invoices", "{}", 422},
            {"POST", "/api/invoices/999999/pay", "{}", 404},
            {"POST", "/api/treasury/transactions", "{}", 422},
            {"POST", "/api/cache/toggle-user", R"({"enabled": true})", 200},
            {"POST", "/api/cache/toggle-global", R"({"enabled": true})", 200}};
}

} // namespace

TEST_CASE("a request has to name the service by a name or an address that it listens on", "[demo][gate]") {
    const Gated gated(GENERATE(as<std::string>(), "127.0.0.1", "0.0.0.0", "localhost"));
    const std::string port = ":" + std::to_string(gated.service.port());
    for (const std::string method : {"GET", "HEAD", "PATCH"}) {
        const std::string path = method == "PATCH" ? "/api/companies/1" : "/api/companies";
        const auto status = [&](const std::string& host) {
            return gated.status(method, path, "Host: " + host + "\r\n" + (method == "PATCH" ? k_json : ""),
                                method == "PATCH" ? R"({"city": "Deva"})" : "");
        };
        for (const char* own : {"127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1.2.3", "[::1]",
                                "service.internal", "SERVICE.internal"}) {
            INFO(method << " " << own);
            CHECK(status(own) == 200);
            CHECK(status(own + port) == 200);
            CHECK(status(own + std::string(":9")) == 200); // a forwarded port
        }
        for (const char* other :
             {"attacker.example", "127.0.0.1.attacker.example", "localhost.attacker.example",
              "attacker.example#127.0.0.1", "127.0.0.1@attacker.example", "192.0.2.1", "[2001:db8::1]",
              "notlocalhost", "internal", "127.0.0.1, attacker.example", "2130706433", "[127.0.0.1"}) {
            INFO(method << " " << other);
            CHECK(status(other) == 421);
            CHECK(status(other + port) == 421);
        }
        for (const char* odd : {":80", "127.0.0.1:x", "127.0.0.1:80:80", "127.0.0.1:999999", "[::1]x"}) {
            INFO(method << " " << odd);
            CHECK(status(odd) == 421);
        }
    }
}

TEST_CASE("a page of another origin changes nothing", "[demo][gate]") {
    const Gated gated;
    const std::string own = gated.authority("127.0.0.1");
    const std::string token = "Authorization: Bearer " + gated.service.token() + "\r\n";
    for (const Change& change : changes()) {
        const auto status = [&](const std::string& fields) {
            return gated.status(change.method, change.path, "Host: " + own + "\r\n" + token + k_json + fields,
                                change.body);
        };
        INFO(change.method << " " << change.path);
        CHECK(status("") == change.status);
        for (const std::string& fields :
             {"Origin: http://" + own, "Origin: HTTP://" + own, std::string("Sec-Fetch-Site: same-origin"),
              std::string("Sec-Fetch-Site: none"),
              "Origin: http://" + own + "\r\nSec-Fetch-Site: same-origin"})
            CHECK(status(fields + "\r\n") == change.status);
        for (const std::string& fields :
             {std::string("Origin: null"), std::string("Origin: http://attacker.example"),
              std::string("Origin: http://127.0.0.1"), std::string("Origin: http://127.0.0.1:1"),
              "Origin: http://" + own + ".attacker.example", "Origin: http://" + gated.authority("localhost"),
              "Origin: file://" + own, "Origin: " + own, std::string("Sec-Fetch-Site: cross-site"),
              std::string("Sec-Fetch-Site: same-site"),
              "Origin: http://" + own + "\r\nSec-Fetch-Site: cross-site"}) {
            INFO(fields);
            CHECK(status(fields + "\r\n") == 403);
        }
    }
    INFO("reading is not kept from anybody: a browser does not show the answer to other pages");
    CHECK(gated.status("GET", "/api/companies", "Host: " + own + "\r\nOrigin: http://attacker.example\r\n") ==
          200);
    CHECK(gated.status("OPTIONS", "/api/companies/1",
                       "Host: " + own + "\r\nOrigin: http://attacker.example\r\n") == 405);
}

TEST_CASE("what changes something carries JSON, which no form can", "[demo][gate]") {
    const Gated gated;
    const std::string common = "Host: " + gated.authority("127.0.0.1") + "\r\nAuthorization: Bearer " +
                               gated.service.token() + "\r\n";
    for (const Change& change : changes()) {
        INFO(change.method << " " << change.path);
        for (const char* json : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                                 "application/json ;x", "application/merge-patch+json"})
            CHECK(gated.status(change.method, change.path, common + "Content-Type: " + json + "\r\n",
                               change.body) == change.status);
        for (const char* other :
             {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
              "text/json", "application/jsonp", "text/plain; application/json", "application", "*/*"}) {
            INFO(other);
            CHECK(gated.status(change.method, change.path, common + "Content-Type: " + other + "\r\n",
                               change.body) == 415);
            CHECK(gated.status(change.method, change.path, common + "Content-Type: " + other + "\r\n") ==
                  415);
        }
        CHECK(gated.status(change.method, change.path, common, change.body) == 415);
    }
    INFO("without a body there is nothing to be of a kind");
    CHECK(gated.status("POST", "/api/invoices/999999/pay", common) == 404);
}

TEST_CASE("the switches want their token, and the rest of the management API only one that was given",
          "[demo][gate]") {
    const std::string given = GENERATE(as<std::string>(), "", "s3cret-bearer");
    const Gated gated("127.0.0.1", given);
    const std::string token = gated.service.token();
    CHECK((given.empty() ? token.size() == 32 : token == given));
    CHECK(Gated().service.token() != Gated().service.token());
    const std::string common = "Host: 127.0.0.1\r\n" + k_json;
    for (const char* path : {"/api/cache/toggle-user", "/api/cache/toggle-global"}) {
        const auto status = [&](const std::string& fields) {
            return gated.status("POST", path, common + fields, R"({"enabled": false})");
        };
        INFO(path);
        for (const std::string& wrong :
             {std::string(), std::string("Authorization: Bearer\r\n"),
              std::string("Authorization: Bearer wrong\r\n"),
              "Authorization: Bearer " + token.substr(1) + "\r\n", "Authorization: Bearer " + token + "x\r\n",
              "Authorization: Basic " + token + "\r\n", "Authorization: " + token + "\r\n",
              "X-Token: " + token + "\r\n"}) {
            INFO(wrong);
            CHECK(status(wrong) == 401);
        }
        CHECK(gated.status("GET", "/api/cache/stats", "Host: 127.0.0.1\r\n") == (given.empty() ? 200 : 401));
        CHECK(test::Client(gated.service).get("/api/companies").cache != "BYPASS");
        CHECK(status("Authorization: Bearer " + token + "\r\n") == 200);
        CHECK(test::Client(gated.service).get("/api/companies").cache == "BYPASS");
        CHECK(gated.status("POST", path, common + "Authorization: Bearer " + token + "\r\n",
                           R"({"enabled": true})") == 200);
    }
}
