#include "src/core/clock.hpp"
#include "tests/demo/client.hpp"
#include "tests/demo/raw_client.hpp"
#include "tests/support/catch.hpp"

#include <list>

using namespace roacache;
using namespace std::chrono_literals;
using test::RawClient;
using test::statuses;

namespace {

const std::string k_ask = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string k_ask_last = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const std::string k_patch =
    "PATCH /api/companies/1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

struct Served {
    test::TempDir folder;
    test::Warnings warnings;
    demo::Service service;

    explicit Served(const demo::HttpLimits& limits)
        : service([&] {
              demo::ServiceOptions options = test::small_service(folder, warnings);
              options.limits = limits;
              return options;
          }()) {}

    int asked() const {
        const RawClient client(service);
        client.send(k_ask_last);
        const std::vector<int> found = statuses(client.read_all());
        return found.size() == 1 ? found.front() : -1;
    }
};

/// Sends `head`, and then a byte whenever the service has been silent for some milliseconds. What it answers
/// before it closes.
std::string trickled(const demo::Service& service, const std::string& head, const std::string& more) {
    const RawClient client(service);
    client.send(head);
    std::string text;
    for (std::size_t i = 0; i < 100'000; ++i) {
        const auto ended = client.read_until(
            text, [](const std::string&) { return false; }, 5);
        if (ended == RawClient::Ended::closed) return text;
        if (ended == RawClient::Ended::reset) return text + "(reset)";
        client.send(more.substr(i % more.size(), 1));
    }
    return text + "(still open)";
}

} // namespace

TEST_CASE("clients that keep the service waiting shut no others out", "[demo][slow]") {
    demo::HttpLimits limits;
    limits.connections = 8;
    limits.patience = 20ms;
    const Served served(limits);
    const std::string kind =
        GENERATE(as<std::string>(), "silent", "idle after an answer", "half a request line", "half a head",
                 "half a body", "half a chunk", "an answer that is not taken");
    INFO(kind);
    const std::string sent = kind == "half a request line" ? "GET /hea"
                             : kind == "half a head"       ? "GET /health HTTP/1.1\r\nHost: local"
                             : kind == "half a body"       ? k_patch + "Content-Length: 100\r\n\r\n{"
                             : kind == "half a chunk" ? k_patch + "Transfer-Encoding: chunked\r\n\r\n50\r\n{"
                                                      : "";
    std::list<RawClient> slow;
    for (int i = 0; i < 40; ++i) {
        const RawClient& client = slow.emplace_back(served.service);
        if (kind == "idle after an answer") {
            std::string text;
            client.send(k_ask);
            client.read_until(
                text, [](const std::string& so_far) { return so_far.ends_with("}"); }, 20'000);
            CHECK(statuses(text) == std::vector<int>{200});
        } else if (kind == "an answer that is not taken") {
            std::string many;
            for (int ask = 0; ask < 300; ++ask)
                many += "GET /api/invoices?company=1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
            client.send(many);
        } else {
            client.send(sent);
        }
        CHECK(served.asked() == 200);
    }
}

TEST_CASE("more clients at once than the service has threads for are all served", "[demo][slow]") {
    demo::HttpLimits limits;
    limits.connections = 4;
    const Served served(limits);
    std::vector<std::thread> threads;
    std::atomic<int> good{0};
    for (int i = 0; i < 16; ++i)
        threads.emplace_back([&] {
            for (int ask = 0; ask < 10; ++ask)
                good += served.asked() == 200 ? 1 : 0;
        });
    for (std::thread& thread : threads)
        thread.join();
    CHECK(good == 160);
}

TEST_CASE("a request has a time for all of it, however slowly its bytes come", "[demo][slow]") {
    demo::HttpLimits limits;
    limits.head = limits.body = 200ms;
    const Served served(limits);
    for (const auto& [head, more] : std::vector<std::pair<std::string, std::string>>{
             {"",
              "GET "
              "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
             {"GET /health HTTP/1.1\r\nHost: localhost\r\n", "X: x\r\n"},
             {k_patch + "Content-Length: 100000\r\n\r\n", " "},
             {k_patch + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n"},
             {k_patch + "Transfer-Encoding: chunked\r\n\r\n1;", "x"},
             {k_patch + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: x\r\n"},
             {k_patch + "Expect: 100-continue\r\nContent-Length: 100000\r\n\r\n", " "}}) {
        INFO(head);
        std::string text = trickled(served.service, head, more);
        constexpr std::string_view k_go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        if (text.starts_with(k_go_on)) text.erase(0, k_go_on.size());
        CHECK(statuses(text) == std::vector<int>{408});
    }
    CHECK(served.asked() == 200);
}

TEST_CASE("an idle connection is closed after its time, without a word", "[demo][slow]") {
    demo::HttpLimits limits;
    limits.idle = 100ms;
    const Served served(limits);
    const RawClient client(served.service);
    CHECK(client.read_all().empty());
    const RawClient idle(served.service);
    idle.send(k_ask);
    CHECK(statuses(idle.read_all()) == std::vector<int>{200});
}

TEST_CASE("the service ends soon whatever its clients do", "[demo][slow]") {
    Served served({});
    std::list<RawClient> clients;
    clients.emplace_back(served.service);
    clients.emplace_back(served.service).send("GET /hea");
    clients.emplace_back(served.service).send(k_patch + "Content-Length: 100\r\n\r\n{");
    std::string many;
    for (int ask = 0; ask < 1000; ++ask)
        many += "GET /api/invoices?company=1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    clients.emplace_back(served.service).send(many);
    CHECK(served.asked() == 200);
    const auto begin = core::Clock::now();
    served.service.stop();
    CHECK(core::Clock::now() - begin < 5s);
}
