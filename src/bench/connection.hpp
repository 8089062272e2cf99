#pragma once

#include "src/bench/response_parser.hpp"
#include "src/bench/workload.hpp"
#include "src/net/transport.hpp"

#include <optional>
#include <span>

namespace roacache::bench {

/// One keep-alive connection, driven by the readiness that an edge-triggered epoll reports; never waits. It
/// carries one request at a time and is opened anew for the next after the server closed it.
class Connection {
  public:
    enum class Outcome : std::uint8_t {
        waiting, ///< go on at the next event
        busy,    ///< there is more to read at once; let others have their turn, then go on
        done,    ///< connected when no request is under way, else the response is whole
        failed,  ///< error() says how; the connection is closed
    };

    /// Begins to connect, and registers with `epoll` under `tag` for every event, edge-triggered.
    void open(const Origin& origin, const net::TlsContext* tls, int epoll, std::uint64_t tag);
    bool is_open() const { return transport_.has_value(); }
    /// Open with nothing under way.
    bool idle() const { return is_open() && request_ == nullptr && transport_->established(); }
    bool connecting() const { return is_open() && !transport_->established(); }
    void close();

    /// Takes up a request: `request` and `sink` must live until it is done. `sink` is told of the response's
    /// header of the name `watched`, if that is not empty. Call advance() next.
    void begin(const Request& request, ResponseSink& sink, std::string_view watched);
    /// Notes what epoll said. An idle connection that the server ended, or talked on, is closed.
    void on_event(std::uint32_t events);
    /// Carries connecting, sending and receiving on as far as possible. `buffer` is only scratch space.
    Outcome advance(std::span<char> buffer);
    /// After `done`: closes the connection if it cannot carry another request.
    void release();

    ErrorClass error() const { return error_; }
    int status() const { return parser_.status(); }
    std::uint64_t received() const { return received_; } ///< bytes since begin()
    /// When the first and the last bytes of the response were read; 0 before that.
    std::int64_t first_byte_ns() const { return first_byte_ns_; }
    std::int64_t last_byte_ns() const { return last_byte_ns_; }

    /// How long the connection took to stand, to be asked for once: absent until then, and afterwards.
    struct Setup {
        std::int64_t connect_ns = 0;
        std::optional<std::int64_t> tls_ns; ///< the handshake, where there is one
    };
    std::optional<Setup> take_setup();
    /// The failure tells nothing about the request: an older connection ended before a byte of the response
    /// came, as happens when the server closes idle ones.
    bool was_stale() const { return error_ == ErrorClass::closed && served_ > 0 && !parser_.started(); }

  private:
    Outcome establish();
    void send();
    Outcome receive(std::span<char> buffer);
    Outcome take(std::string_view data);
    Outcome on_end();
    Outcome fail(ErrorClass error);

    std::optional<net::Transport> transport_;
    ResponseParser parser_;
    const Request* request_ = nullptr;
    ResponseSink* sink_ = nullptr;
    std::size_t sent_ = 0;
    std::uint64_t received_ = 0;
    std::int64_t first_byte_ns_ = 0;
    std::int64_t last_byte_ns_ = 0;
    std::int64_t opened_ns_ = 0;
    std::optional<Setup> setup_;
    std::uint64_t served_ = 0; // responses on this connection
    ErrorClass error_ = ErrorClass::none;
    bool tls_ = false;
    bool readable_ = false; // reading may bring something
    bool hung_up_ = false;  // the peer has ended its side
    bool reusable_ = false;
};

} // namespace roacache::bench
