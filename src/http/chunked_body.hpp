#pragma once

#include "src/http/error_class.hpp"
#include "src/http/response_sink.hpp"

#include <cstdint>

namespace roacache::http {

/// Takes the chunked coding off a body (RFC 9112 7.1), however its bytes are cut into pieces. Extensions and
/// trailers are passed over; a chunk line of more than 4 KiB or a size beyond 2^63 is a `protocol` error,
/// trailers of more than 64 KiB are `too_large`.
class ChunkedBody {
  public:
    void begin() { *this = ChunkedBody(); }
    /// How many of the bytes belong to the body; fewer than given only when it is over().
    std::size_t feed(std::string_view data, ResponseSink& sink);
    bool over() const { return step_ == Step::done || error_ != ErrorClass::none; }
    ErrorClass error() const { return error_; }

  private:
    enum class Step : std::uint8_t {
        size,      // its hexadecimal digits
        space,     // after them
        extension, // up to the end of the line
        size_lf,   // the LF of a line whose CR came
        data,
        data_end, // the line end after the data
        data_lf,
        trailer,
        done,
    };

    void feed_line(char c);
    void feed_trailer(char c);
    void add_digit(char c);
    void end_line();

    std::uint64_t size_ = 0; // while it is read; then what is left of the chunk
    std::uint32_t line_ = 0; // bytes of the chunk line or, without its end, of the trailer's line
    std::uint32_t trailers_ = 0;
    Step step_ = Step::size;
    ErrorClass error_ = ErrorClass::none;
    bool digits_ = false; // the size has one
    bool after_cr_ = false;
};

} // namespace roacache::http
