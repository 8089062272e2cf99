#pragma once

#include "src/bench/http/http2_client.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::test {

/// All that a client of HTTP/2 says of an input; equal for every way to cut the same input.
struct Http2Outcome {
    struct Response {
        bench::Http2Exchange::State state = bench::Http2Exchange::State::idle;
        http::ErrorClass error = http::ErrorClass::none;
        bool refused = false;
        int status = 0;
        std::uint64_t received = 0;
        std::string heads, body;

        bool operator==(const Response&) const = default;
    };
    std::array<Response, 3> responses;
    bool settled = false;
    bool over = false;

    bool operator==(const Http2Outcome&) const = default;
};

class Http2Sink final : public http::ResponseSink {
  public:
    explicit Http2Sink(Http2Outcome::Response& into) : into_(into) {}
    void on_watched(std::string_view value) override { into_.heads.append(value).append("|"); }
    void on_head(const http::ResponseHead& head) override {
        into_.heads += "head " + std::to_string(head.status);
        into_.heads.append(head.content_type).append(" ").append(head.location).append("\n");
    }
    void on_body(std::string_view bytes) override { into_.body.append(bytes); }

  private:
    Http2Outcome::Response& into_;
};

/// A GET, a HEAD and a POST, begun one after the other on one connection.
inline const std::array<http::Request, 3>& http2_requests() {
    static const std::array<http::Request, 3> k_requests = [] {
        std::array<http::Request, 3> requests;
        const std::array<const char*, 3> methods{"GET", "HEAD", "POST"};
        for (std::size_t i = 0; i < requests.size(); ++i)
            requests[i].fields = {
                {":method", methods[i]}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}};
        requests[1].head = true;
        requests[2].body.assign(100, 'x');
        return requests;
    }();
    return k_requests;
}

/// Feeds the pieces one after the other to a client that has begun so many of the requests, then says that
/// the server has closed. With `answering` the client sends what it has to after each piece, else at the end.
inline Http2Outcome speak(const std::vector<std::string_view>& pieces, std::size_t begun, bool answering) {
    Http2Outcome outcome;
    std::vector<Http2Sink> sinks(outcome.responses.begin(), outcome.responses.end());
    std::array<bench::Http2Exchange, 3> exchanges;
    bench::Http2Client client;
    std::string sent;
    for (std::size_t i = 0; i < begun; ++i) {
        exchanges[i].request = &http2_requests()[i];
        exchanges[i].sink = &sinks[i];
        exchanges[i].watched = "x-cache";
        client.begin(exchanges[i]);
    }
    bool useful = client.output(sent, 1 << 16);
    for (const std::string_view piece : pieces) {
        if (useful) useful = client.feed(piece, 1);
        if (useful && answering) useful = client.output(sent, 1 << 16);
    }
    if (useful) client.output(sent, 1 << 16);
    outcome.settled = client.settled();
    outcome.over = client.over();
    client.end(http::ErrorClass::closed);
    for (std::size_t i = 0; i < begun; ++i) {
        Http2Outcome::Response& response = outcome.responses[i];
        response.state = exchanges[i].state;
        response.error = exchanges[i].error;
        response.refused = exchanges[i].refused;
        response.status = exchanges[i].status;
        response.received = exchanges[i].received;
    }
    return outcome;
}

} // namespace roacache::test
