#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace roacache::store {

/// A key as a line of text that KeyLines reads back exactly: output::printable(), with the first character as
/// `\xHH` where the line could be taken for a heading, JSON, or a list that redis-cli printed.
std::string key_line(std::string_view key);

/// Reads lists of keys, a line at a time: keys as key_line() writes them; the csv that `roacache keys`
/// prints, recognised by its heading; or keys as they are, each ended by NUL. JSON is read by
/// read_json_keys().
class KeyLines {
  public:
    /// `source` is how messages call the input; `raw`: the keys are NUL-ended and written as they are.
    KeyLines(std::string source, bool raw) : source_(std::move(source)), raw_(raw) {}

    char end_of_line() const { return raw_ ? '\0' : '\n'; }

    /// The key of the next line, given without its end; absent where it names none. Throws core::Error(usage)
    /// naming the line for what cannot be read exactly: a backslash that begins no known sequence, NUL bytes
    /// and UTF-16, what redis-cli numbers or quotes, a record of csv that is not whole.
    std::optional<std::string> read(std::string_view line);

    /// The same for what is behind the last end of a line. A NUL-ended key that has no end was cut.
    std::optional<std::string> read_last(std::string_view line);

    /// Throws core::Error(usage) about the line that comes next.
    [[noreturn]] void fail_next(const std::string& why, const std::string& remedy);

  private:
    [[noreturn]] void fail(const std::string& why, const std::string& remedy) const;
    void check_encoding(std::string_view& line) const;
    std::string from_line(std::string_view line) const;
    std::string from_csv(std::string_view line) const;

    std::string source_;
    bool raw_;
    bool begun_ = false;     ///< a line that is not empty was read
    std::size_t fields_ = 0; ///< of a record of csv; 0: these are lines
    std::uint64_t line_ = 0; ///< counted from 1
};

} // namespace roacache::store
