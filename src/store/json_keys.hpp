#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace roacache::store {

/// What the beginning of a list of keys shows.
enum class Beginning : std::uint8_t {
    json,  ///< an object or an array
    other, ///< anything else
    open   ///< more of it is needed to decide
};
Beginning json_begins(std::string_view text);

/// Where the text of a list comes from, a piece at a time.
class TextSource {
  public:
    /// `name` is how messages call it; `more` adds to the end of a text; false at the end.
    TextSource(std::string name, std::string begun, std::function<bool(std::string& text)> more)
        : name_(std::move(name)), text_(std::move(begun)), more_(std::move(more)) {}

    [[noreturn]] void fail(const std::string& why, const std::string& remedy) const;

    /// False at the end. Throws core::Error(usage) where a string seems to have none.
    bool has_next() { return at_ < text_.size() || refill(); }
    /// Only where has_next() says that there is one.
    char next() const { return text_[at_]; }
    void pass() {
        const char passed = text_[at_++];
        if (passed == '\n') ++line_;
        if (passed == '"') without_quote_ = 0;
    }

  private:
    bool refill();

    std::string name_;
    std::string text_;
    std::size_t at_ = 0;
    std::size_t without_quote_ = 0; ///< bytes since there was one, in whole pieces
    std::function<bool(std::string&)> more_;
    std::uint64_t line_ = 1; ///< counted from 1
};

/// Hands on the keys of JSON in any spelling, in constant memory but for the longest string: objects with a
/// `key`, one after another; the document that `roacache keys -o json` prints, a list of such objects under
/// `keys`; an array of such objects or of strings. Throws core::Error(usage) that names the line for
/// anything else, and for a list that is cut or says of itself that keys are missing.
void read_json_keys(TextSource& text, const std::function<void(const std::string& key)>& take);

} // namespace roacache::store
