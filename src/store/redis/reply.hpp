#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::store::redis {

/// What a server answered, as a value.
struct Reply {
    enum class Type : std::uint8_t { nil, status, error, integer, string, array };

    Type type = Type::nil;
    std::int64_t integer = 0;
    std::string text; ///< of a status, error or string; bytes
    std::vector<Reply> elements;

    bool is_error() const { return type == Type::error; }
    bool is_string() const { return type == Type::string; }
    bool is_text() const { return type == Type::status || type == Type::string; }
    bool is_array() const { return type == Type::array; }
    bool is_integer() const { return type == Type::integer; }
};

/// The most that one reply may take on the wire and the most elements, nested ones included, that it may
/// have: what a rubbish server sends must not exhaust memory. roacache asks for nothing as large.
inline constexpr std::size_t k_max_reply_bytes = std::size_t{64} << 20;
inline constexpr std::size_t k_max_reply_elements = std::size_t{1} << 20;

/// For a reply beyond the limits above.
class TooLarge : public std::runtime_error {
  public:
    TooLarge() : std::runtime_error("the reply is too large") {}
};

/// Takes replies out of a stream of bytes (RESP 2). hiredis's reader, behind it.
class ReplyReader {
  public:
    ReplyReader();
    ~ReplyReader();
    ReplyReader(ReplyReader&&) noexcept;
    ReplyReader& operator=(ReplyReader&&) noexcept;

    void feed(std::string_view bytes);

    /// Moves the next whole reply to `into`; false when more bytes are needed. What is not of the protocol,
    /// or beyond the limits above (TooLarge), throws std::runtime_error with the reason; the reader is of no
    /// use afterwards.
    bool next(Reply& into);

    /// True when part of a reply has come.
    bool within_reply() const;

  private:
    struct State;
    void check_unread() const;
    std::unique_ptr<State> state_;
};

/// Appends one command as RESP to `out`.
void append_command(std::string& out, std::span<const std::string_view> arguments);

} // namespace roacache::store::redis
