#pragma once

#include "src/http/chunked_body.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace roacache::http {

/// Finds where an HTTP/1.x response begins and ends (RFC 9112), however its bytes are cut into pieces: any
/// split of the same input gives the same outcome. Allocates only for headers that arrive in several pieces.
///
/// Tolerated: a bare LF as line end, folded headers, spaces around a chunk's size, a missing reason phrase,
/// equal repeated Content-Length. Refused as `protocol`: everything else that makes the framing doubtful.
/// Headers (and trailers) of more than 64 KiB are `too_large`.
class ResponseParser {
  public:
    enum class State : std::uint8_t { more, complete, failed };
    struct Fed {
        State state = State::more;
        std::size_t used = 0; ///< bytes that belong to this response; less than given only when complete
    };
    static constexpr std::size_t k_head_limit = std::size_t{64} * 1024;

    explicit ResponseParser(std::string_view watched = {}) : watched_(watched) {}

    /// The header whose values the sink is given from the next response on; empty: none. k_all_fields: every
    /// field.
    void watch(std::string_view header) {
        if (watched_ == header) return;
        watched_ = header;
        known_.text.clear();
    }
    /// Before each response. `head_request`: no body follows.
    void begin(bool head_request);
    /// Responses of class 1xx are passed over. Not to be called again once complete or failed.
    Fed feed(std::string_view data, ResponseSink& sink);
    /// The peer has closed: completes a body that lasts until then, anything else fails as `closed`; so does
    /// such a body when the stream `was_cut`, for nobody knows then whether all of it came (RFC 9112, 9.8).
    State finish(bool was_cut = false);

    ErrorClass error() const { return error_; }
    bool started() const { return started_; } ///< at least one byte came
    int status() const { return status_; }    ///< of the last head read
    bool keep_alive() const { return keep_alive_; }

  private:
    enum class Step : std::uint8_t { head, sized, chunked, until_close, done, failed };
    struct Framing {
        std::uint64_t length = 0;
        bool has_length = false;
        bool has_encoding = false;
        bool chunked = false;
        bool close = false;
        bool keep_alive = false;
    };

    /// A part of KnownHead::text.
    struct Span {
        std::size_t begin = 0;
        std::size_t size = 0;
    };
    /// What the last head turned out to say. Servers send the same one again and again, but for the date once
    /// a second.
    struct KnownHead {
        std::string text; // empty: none is known
        int status = 0;
        bool http_1_0 = false;
        Framing framing;
        Span content_type, location, content_encoding;
        std::vector<Span> watched;
    };

    std::size_t feed_head(std::string_view data, ResponseSink& sink);
    void repeat_head(ResponseSink& sink);
    void know_head(std::string_view text, const Framing& framing, const ResponseHead& seen);
    bool read_head(std::string_view whole, ResponseSink& sink);
    bool read_status_line(std::string_view line);
    bool read_field(std::string_view line, Framing& framing, ResponseHead& head, ResponseSink& sink);
    static bool read_content_length(std::string_view value, Framing& framing);
    static bool read_transfer_encoding(std::string_view value, Framing& framing);
    void begin_body(const Framing& framing);
    std::size_t feed_body(std::string_view data, ResponseSink& sink);
    bool fail(ErrorClass error);

    std::string watched_;
    KnownHead known_;
    std::vector<std::string_view> watched_values_; // of the head that is being read
    std::string joined_encodings_;                 // of several fields; empty: there was one at most
    std::string head_;                             // the bytes of a head that did not arrive whole
    std::size_t scanned_ = 0;                      // how far the end of the head was looked for
    std::uint64_t left_ = 0;                       // of a sized body
    ChunkedBody chunks_;
    int status_ = 0;
    Step step_ = Step::head;
    ErrorClass error_ = ErrorClass::none;
    bool head_request_ = false;
    bool started_ = false;
    bool keep_alive_ = false;
    bool http_1_0_ = false;
};

} // namespace roacache::http
