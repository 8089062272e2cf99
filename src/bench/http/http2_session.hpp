#pragma once

#include "src/bench/http/connection.hpp"
#include "src/bench/http/http2_client.hpp"
#include "src/net/transport.hpp"

#include <optional>
#include <span>
#include <string>

namespace roacache::bench {

/// One HTTP/2 connection, driven by the readiness that an edge-triggered epoll reports; never waits. Over TLS
/// the server has to agree to `h2`; without it HTTP/2 is spoken from the first byte on (RFC 9113 3.3).
class Http2Session {
  public:
    /// Begins to connect, and registers with `epoll` under `tag`; not when that is negative.
    Http2Session(const Origin& origin, const net::Address& address, const net::TlsContext* tls, int epoll,
                 std::uint64_t tag);

    /// Notes what epoll said; what was said of another descriptor does no harm.
    void on_event(std::uint32_t events);
    /// Carries connecting, sending and receiving on as far as possible. True when there is more to do at
    /// once.
    bool pump(std::span<char> buffer);
    /// Closes; everything open fails.
    void shut(http::ErrorClass error);

    Http2Client& client() { return client_; }
    int fd() const { return transport_.fd(); }
    /// It goes on when the socket is writable; otherwise when it is readable.
    bool waits_to_write() const { return waits_to_write_; }
    bool closed() const { return closed_; }
    /// Until the server's settings came.
    bool connecting() const { return !closed_ && !client_.settled(); }
    /// Another exchange can begin.
    bool accepts() const { return !closed_ && !draining_ && client_.accepts(); }
    /// From now on it accepts no more.
    void drain() { draining_ = true; }
    std::int64_t last_read_ns() const { return last_read_ns_; }
    std::optional<Connection::Setup> take_setup() { return std::exchange(setup_, std::nullopt); }
    /// Why it was closed before it was established: the class, and a message.
    http::ErrorClass failure() const { return failure_; }
    const std::string& why() const { return why_; }

  private:
    bool establish();
    bool refuse(http::ErrorClass error, std::string why);
    void send();
    bool receive(std::span<char> buffer);

    net::Transport transport_;
    Http2Client client_;
    std::string unsent_;
    std::size_t sent_ = 0; // of these
    std::int64_t opened_ns_;
    std::int64_t last_read_ns_ = 0;
    std::optional<Connection::Setup> setup_;
    http::ErrorClass failure_ = http::ErrorClass::none;
    std::string why_;
    bool tls_;
    bool readable_ = false; // reading may bring something
    bool hung_up_ = false;  // the server has ended its side
    bool waits_to_write_ = false;
    bool draining_ = false;
    bool closed_ = false;
};

} // namespace roacache::bench
