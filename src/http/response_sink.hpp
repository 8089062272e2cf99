#pragma once

#include <string_view>

namespace roacache::http {

/// What is known once the headers of a final response are complete. The views live only during the call.
struct ResponseHead {
    int status = 0;
    std::string_view content_type; ///< as sent, trimmed; empty when absent
    std::string_view location;
    std::string_view content_encoding = {}; ///< codings in the order in which they were applied
};

/// In place of the name of a header to watch for.
inline constexpr std::string_view k_all_fields = "*";

/// Takes a response as it streams in; called by the parser, in this order.
class ResponseSink {
  public:
    /// The value of the header that the parser watches for; once for each time that it is there.
    virtual void on_watched(std::string_view value) = 0;
    /// One field of the header: all of them where the parser watches for k_all_fields.
    virtual void on_field(std::string_view /*name*/, std::string_view /*value*/) {}
    virtual void on_head(const ResponseHead& head) = 0;
    /// Bytes of the body, without chunk framing; views into what was fed, valid during the call.
    virtual void on_body(std::string_view bytes) = 0;

  protected:
    ~ResponseSink() = default;
};

} // namespace roacache::http
