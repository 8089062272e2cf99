#pragma once

#include "src/http/error_class.hpp"
#include "src/http/request.hpp"
#include "src/http/response_sink.hpp"

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct nghttp2_session;

namespace roacache::bench {

/// One request over HTTP/2 and what came of it. The first part is set before Http2Client::begin(); the sink
/// is given the response as by a ResponseParser.
struct Http2Exchange {
    enum class State : std::uint8_t { idle, open, complete, failed };
    static constexpr std::size_t k_head_limit = std::size_t{64} * 1024;

    const http::Request* request = nullptr;
    http::ResponseSink* sink = nullptr;
    std::string watched;   ///< name of the header that the sink is given, in lower case; empty: none
    std::size_t owner = 0; ///< whatever the caller knows it by

    State state = State::idle;
    http::ErrorClass error = http::ErrorClass::none;
    int system_error = 0; ///< the errno behind it; 0: there is none
    bool refused = false; ///< failed, but the server says that it did nothing with the request
    int status = 0;
    std::uint64_t received = 0; ///< bytes of its frames
    std::int64_t first_byte_ns = 0;
    std::int64_t last_byte_ns = 0;

  private:
    friend class Http2Client;
    std::int32_t stream_ = 0;
    std::size_t sent_ = 0;      // of the body
    std::size_t head_size_ = 0; // of all header fields
    bool head_read_ = false;    // the final one
    bool reset_by_peer_ = false;
    std::string content_type_, location_, content_encoding_;
    std::vector<std::string> watched_;
    std::vector<std::pair<std::string, std::string>> fields_; // where all are watched for
};

/// The client's side of one HTTP/2 connection, without the connection: takes what the server sent and gives
/// what is to be sent. Framing, header compression, flow control and their rules are nghttp2's, which is seen
/// in the .cpp only.
///
/// Windows are as large as they can be, so that they never hold a response back. Pushed responses are
/// declined.
class Http2Client {
  public:
    Http2Client();
    ~Http2Client();
    Http2Client(const Http2Client&) = delete;
    Http2Client& operator=(const Http2Client&) = delete;

    /// Only when accepts(). The exchange must live until it is complete, failed or cancelled. It waits for
    /// its turn when the server allows no more at once.
    void begin(Http2Exchange& exchange);
    /// Forgets an open exchange and resets its stream.
    void cancel(Http2Exchange& exchange);

    /// `now_ns` is when the bytes came. False when the connection is of no use any more: see broken().
    bool feed(std::string_view bytes, std::int64_t now_ns);
    /// Appends what is to be sent, at least `enough` bytes if there are as many. False as feed().
    bool output(std::string& to, std::size_t enough);
    bool has_output() const;
    /// The connection has ended: everything open fails. `system_error`: the errno why; 0: there is none.
    void end(http::ErrorClass error, int system_error = 0);

    /// The server has spoken HTTP/2: its settings came.
    bool settled() const { return settled_; }
    /// How many requests the server takes at once, where it has set a limit.
    std::optional<std::uint32_t> most_streams() const;
    /// Another exchange can begin: not when the server says that it goes away.
    bool accepts() const;
    /// Neither side has anything more to say.
    bool over() const;
    /// The server broke the rules.
    bool broken() const { return broken_; }
    const std::vector<Http2Exchange*>& open() const { return open_; }
    std::uint64_t served() const { return served_; } ///< whole responses
    /// Those that became complete or failed since it was asked last, unless they were in begin().
    std::vector<Http2Exchange*> take_ended() { return std::exchange(ended_, {}); }

  private:
    struct Callbacks;
    struct Free {
        void operator()(nghttp2_session* session) const;
    };

    void settle(Http2Exchange& exchange, Http2Exchange::State state, http::ErrorClass error);
    void complete(Http2Exchange& exchange);
    void fail(Http2Exchange& exchange, http::ErrorClass error);
    void read_field(Http2Exchange& exchange, std::string_view name, std::string_view value);
    void end_head(Http2Exchange& exchange);

    std::unique_ptr<nghttp2_session, Free> session_;
    std::vector<Http2Exchange*> open_;
    std::vector<Http2Exchange*> ended_;
    std::exception_ptr thrown_; // by a callback, which must not throw
    std::int64_t now_ns_ = 0;
    std::uint64_t served_ = 0;
    bool settled_ = false;
    bool broken_ = false;
};

} // namespace roacache::bench
