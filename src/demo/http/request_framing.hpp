#pragma once

#include "src/demo/http/http_request.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace roacache::demo {

/// Why a request is not taken: the status, and the reason as text.
struct Refusal {
    int status = 0; ///< 0: it is taken
    const char* why = "";
};

/// Finds where an HTTP/1.x request begins and ends (RFC 9112), strictly and within bounds, however its bytes
/// are cut into pieces: any split of the same input gives the same outcome. What two parsers could
/// understand in two ways is refused, for the bytes that follow would be another request for one of them.
///
/// Refused are: with 400 a line that does not end in CR LF, a folded or nameless field, white space before a
/// colon, control characters, a second Host, Content-Length, Content-Type, Origin or Authorization, a length
/// that is not plain digits, a length together with a Transfer-Encoding, a Transfer-Encoding in HTTP/1.0, one
/// whose last coding is not `chunked` or that has it twice, a chunk's line that is not plain hexadecimal
/// digits (extensions are passed over), a target that is no path, with escapes that are none, or that hides a
/// slash, a backslash or a NUL in one; 413 a body of more than k_most_body or too many bytes of chunk lines;
/// 414 a request line beyond k_most_line; 417 any expectation but 100-continue; 431 a line, number of fields,
/// head or trailer beyond its limit; 501 other methods and codings; 505 other versions.
class RequestFraming {
  public:
    static constexpr std::size_t k_most_line = 8000;
    static constexpr std::size_t k_most_head = 32'768;
    static constexpr std::size_t k_most_fields = 100;
    static constexpr std::size_t k_most_body = std::size_t{1} << 20;
    static constexpr std::size_t k_most_chunk_line = 256;
    static constexpr std::size_t k_most_chunk_lines = 65'536; ///< bytes of all lines around a body's chunks
    static constexpr std::size_t k_most_trailer = 8192;

    enum class State : std::uint8_t { more, complete, refused };

    /// Before each request.
    void begin();
    /// Returns how many of the bytes belong to this request; less than given only when complete or refused.
    std::size_t feed(std::string_view data);

    State state() const { return state_; }
    Refusal refusal() const { return refusal_; } ///< once refused
    bool started() const { return started_; }    ///< at least one byte came
    bool in_body() const { return step_ > Step::fields && state_ == State::more; }
    /// True once: the client waits for `100 Continue` before it sends the body.
    bool take_expectation();

    /// Once complete: whether another request may follow on the connection.
    bool keeps_alive() const { return !close_ && (!http_1_0_ || keep_alive_); }
    /// Whether the client speaks HTTP/1.0, which closes unless both sides say otherwise.
    bool http_1_0() const { return http_1_0_; }
    /// Once complete. A body where the method has none is left away.
    const HttpRequest& request() const { return request_; }

  private:
    enum class Step : std::uint8_t {
        request_line,
        fields,
        sized,
        chunk_line,
        chunk_data,
        chunk_end,
        trailer
    };

    void feed_line(std::string_view& data);
    void feed_data(std::string_view& data);
    void end_line();
    bool read_request_line(std::string_view line);
    bool check_target(std::string_view target);
    bool read_field(std::string_view line);
    bool read_framing_field(std::string_view name, std::string_view value);
    bool read_length(std::string_view value);
    bool read_encoding(std::string_view value);
    void read_connection(std::string_view value);
    bool end_head();
    bool read_chunk_line(std::string_view line);
    bool read_trailer(std::string_view line);
    void complete();
    std::size_t line_limit() const;
    bool refuse(int status, const char* why);

    State state_ = State::more;
    Step step_ = Step::request_line;
    Refusal refusal_;
    std::string line_; // as far as it came, with its end
    HttpRequest request_;
    std::size_t head_bytes_ = 0;
    std::size_t fields_ = 0;
    std::size_t chunk_line_bytes_ = 0;
    std::size_t trailer_bytes_ = 0;
    std::uint64_t left_ = 0;    // of the body or of a chunk
    std::uint32_t singles_ = 0; // which of the fields came that may come once
    unsigned empty_lines_ = 0;  // before the request line
    bool started_ = false;
    bool http_1_0_ = false;
    bool has_body_ = false; // the method has one
    bool has_host_ = false;
    bool has_length_ = false;
    bool has_encoding_ = false;
    bool close_ = false;
    bool keep_alive_ = false;
    bool expects_ = false;
};

} // namespace roacache::demo
