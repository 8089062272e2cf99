#pragma once

#include "src/bench/http/origin.hpp"
#include "src/http/error_class.hpp"
#include "src/http/request.hpp"
#include "src/http/response_sink.hpp"
#include "src/net/tls.hpp"

#include <optional>
#include <span>

namespace roacache::bench {

/// What carries one request at a time to an origin and its response back, driven by the readiness that an
/// edge-triggered epoll reports. It is opened anew for the next request after it was closed.
class Connection {
  public:
    enum class Outcome : std::uint8_t {
        waiting, ///< go on at the next event
        busy,    ///< there is more to do at once; let others have their turn, then go on
        done,    ///< connected when no request is under way, else the response is whole
        failed,  ///< error() says how; nothing is under way any more
    };
    /// How long it took to establish.
    struct Setup {
        std::int64_t connect_ns = 0;
        std::optional<std::int64_t> tls_ns; ///< the handshake, where there is one
    };

    Connection() = default;
    virtual ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Begins to connect, and registers with `epoll` under `tag` for every event, edge-triggered.
    virtual void open(const Origin& origin, const net::TlsContext* tls, int epoll, std::uint64_t tag) = 0;
    /// The next request needs no open() before.
    virtual bool is_open() const = 0;
    virtual bool connecting() const = 0;
    /// Drops what is under way, too.
    virtual void close() = 0;

    /// Takes up a request: `request` and `sink` must live until it is done. `sink` is given the response's
    /// header of the name `watched`, if that is not empty, or every field where that is http::k_all_fields.
    /// Call advance() next.
    virtual void begin(const http::Request& request, http::ResponseSink& sink, std::string_view watched) = 0;
    /// Notes what epoll said. What the server ended, or talked on, while nothing is under way is closed.
    /// `buffer` is only scratch space, here and below.
    virtual void on_event(std::uint32_t events, std::span<char> buffer) = 0;
    /// For a caller that has nothing else to do: the next advance() waits for the answer's bytes itself, for
    /// up to 10 ms, whatever epoll has to say. False where it cannot.
    virtual bool await() { return false; }
    /// Carries connecting, sending and receiving on as far as possible.
    virtual Outcome advance(std::span<char> buffer) = 0;
    /// After `done`: closes what cannot carry another request.
    virtual void release() = 0;

    /// To be asked for once: absent until the connection is established, and afterwards.
    virtual std::optional<Setup> take_setup() = 0;
    /// How many requests the server takes at once over it, where it is open and has said so.
    virtual std::optional<std::uint32_t> most_streams() const { return {}; }
    /// The failure says nothing about this request, which may be sent once more.
    virtual bool may_send_again(const http::Request& request) const = 0;

    http::ErrorClass error() const { return error_; }
    int system_error() const { return system_error_; }   ///< the errno behind error(); 0: there is none
    int status() const { return status_; }               ///< of a whole response
    std::uint64_t received() const { return received_; } ///< bytes since begin()
    /// When the first and the last bytes of the response were read; 0 before that.
    std::int64_t first_byte_ns() const { return first_byte_ns_; }
    std::int64_t last_byte_ns() const { return last_byte_ns_; }

  protected:
    http::ErrorClass error_ = http::ErrorClass::none;
    int system_error_ = 0;
    int status_ = 0;
    std::uint64_t received_ = 0;
    std::int64_t first_byte_ns_ = 0;
    std::int64_t last_byte_ns_ = 0;
};

} // namespace roacache::bench
