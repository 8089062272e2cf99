#pragma once

#include "src/bench/http/connection.hpp"
#include "src/http/response_parser.hpp"
#include "src/net/transport.hpp"

namespace roacache::bench {

/// One keep-alive connection of HTTP/1.1. A failure closes it.
class Http1Connection final : public Connection {
  public:
    void open(const Origin& origin, const net::TlsContext* tls, int epoll, std::uint64_t tag) override;
    bool is_open() const override { return transport_.has_value(); }
    bool connecting() const override { return is_open() && !transport_->established(); }
    void close() override;
    void begin(const http::Request& request, http::ResponseSink& sink, std::string_view watched) override;
    void on_event(std::uint32_t events, std::span<char> buffer) override;
    bool await() override;
    Outcome advance(std::span<char> buffer) override;
    void release() override;
    std::optional<Setup> take_setup() override;
    bool may_send_again(const http::Request& request) const override;

  private:
    /// Open with nothing under way.
    bool idle() const { return is_open() && request_ == nullptr && transport_->established(); }
    Outcome establish();
    void send();
    Outcome receive(std::span<char> buffer);
    Outcome take(std::string_view data);
    Outcome on_end();
    Outcome fail(http::ErrorClass error);

    std::optional<net::Transport> transport_;
    http::ResponseParser parser_;
    const http::Request* request_ = nullptr;
    http::ResponseSink* sink_ = nullptr;
    std::size_t sent_ = 0;
    std::int64_t opened_ns_ = 0;
    std::optional<Setup> setup_;
    std::uint64_t served_ = 0; // responses on this connection
    bool tls_ = false;
    bool readable_ = false; // reading may bring something
    bool hung_up_ = false;  // the peer has ended its side
    bool reusable_ = false;
    bool awaits_ = false; // the next read waits
};

} // namespace roacache::bench
