#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>

namespace roacache::core {

/// Text from elsewhere, such as a server's answer: any bytes, control characters and broken UTF-8 among them.
/// No stream and no formatter takes it. It is printed through an escape that fits where it goes
/// (output::printable, output::json_bytes, …) and compared as it is.
class Untrusted {
  public:
    Untrusted() = default;
    explicit Untrusted(std::string bytes) : bytes_(std::move(bytes)) {}

    /// To look into, to hash or to send; never to print.
    const std::string& bytes() const { return bytes_; }

    friend bool operator==(const Untrusted&, const Untrusted&) = default;
    friend bool operator==(const Untrusted& one, std::string_view other) { return one.bytes_ == other; }
    friend std::strong_ordering operator<=>(const Untrusted&, const Untrusted&) = default;
    template <typename Stream>
    friend Stream& operator<<(Stream& stream, const Untrusted& text) = delete;

  private:
    std::string bytes_;
};

} // namespace roacache::core
