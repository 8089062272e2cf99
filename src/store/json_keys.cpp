#include "src/store/json_keys.hpp"

#include "src/core/error.hpp"
#include "src/output/text.hpp"
#include "src/output/unprintable.hpp"

#include <fmt/core.h>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace roacache::store {
namespace {

constexpr std::string_view k_blanks = " \t\r\n";

/// Reads a TextSource as the parser wants it: all copies are at the same place.
class TextIterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = char;

    TextIterator() = default;
    explicit TextIterator(TextSource& source) : source_(&source) {}

    char operator*() const { return source_->next(); }
    TextIterator& operator++() {
        source_->pass();
        return *this;
    }
    void operator++(int) { source_->pass(); }
    bool operator==(const TextIterator& other) const { return at_end() == other.at_end(); }
    bool operator!=(const TextIterator& other) const { return !(*this == other); }

  private:
    bool at_end() const { return source_ == nullptr || !source_->has_next(); }

    TextSource* source_ = nullptr;
};

/// Takes the keys out of one JSON value after another.
class KeyHandler : public nlohmann::json_sax<nlohmann::json> {
  public:
    KeyHandler(const TextSource& text, const std::function<void(const std::string&)>& take)
        : text_(text), take_(take) {}

    bool null() override { return scalar(); }
    bool boolean(bool) override { return scalar(); }
    bool number_integer(number_integer_t) override { return scalar(); }
    bool number_unsigned(number_unsigned_t) override { return scalar(); }
    bool number_float(number_float_t, const string_t&) override { return scalar(); }
    bool binary(binary_t&) override { return scalar(); }

    bool string(string_t& text) override {
        const Inside inside = place();
        if (inside == Inside::list) take_(text);
        if (inside == Inside::bytes && member_ == "base64") set_key(output::from_base64(text));
        if (is_key_member()) set_key(text);
        if (inside == Inside::document && member_ == "outcome") cut_short_ |= text == "interrupted";
        return true;
    }

    bool start_object(std::size_t) override {
        const Inside inside = place();
        if (inside == Inside::document && member_ == "error") cut_short_ = true;
        if (inside == Inside::nothing) {
            has_list_ = false;
            key_.reset();
            begin(Inside::document);
        } else if (inside == Inside::list) {
            key_.reset();
            begin(Inside::entry);
        } else {
            begin(is_key_member() ? Inside::bytes : Inside::other);
        }
        return true;
    }

    bool key(string_t& name) override {
        member_ = name;
        return true;
    }

    bool end_object() override {
        const Inside inside = place();
        inside_.pop_back();
        if (inside == Inside::bytes) member_.clear();
        if (inside == Inside::document && cut_short_)
            text_.fail("the list ends with an error, or was interrupted, so that keys are missing",
                       "Let roacache keys print it anew.");
        if (inside == Inside::entry || (inside == Inside::document && !has_list_)) {
            if (!key_) no_key();
            take_(*key_);
        }
        return true;
    }

    bool start_array(std::size_t) override {
        const Inside inside = place();
        if (inside == Inside::list || is_key_member()) no_key();
        const bool is_list =
            inside == Inside::nothing || (inside == Inside::document && member_ == "keys" && !key_);
        has_list_ |= is_list;
        begin(is_list ? Inside::list : Inside::other);
        return true;
    }

    bool end_array() override {
        inside_.pop_back();
        return true;
    }

    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
        return false;
    }

    [[noreturn]] void no_key() const {
        text_.fail("this is no JSON object with a \"key\", nor an array of such or of strings",
                   "A key that is JSON itself is written with \\x7b for its first brace, or read with -0.");
    }

  private:
    enum class Inside : std::uint8_t { nothing, document, list, entry, bytes, other };

    Inside place() const { return inside_.empty() ? Inside::nothing : inside_.back(); }
    void begin(Inside what) { inside_.push_back(what); }

    bool is_key_member() const {
        return (place() == Inside::entry || place() == Inside::document) && member_ == "key";
    }

    bool scalar() const {
        if (place() == Inside::list || place() == Inside::bytes || is_key_member()) no_key();
        return true;
    }

    void set_key(std::optional<std::string> key) {
        if (!key) no_key();
        key_ = std::move(key);
    }

    const TextSource& text_;
    const std::function<void(const std::string&)>& take_;
    std::vector<Inside> inside_;
    std::string member_; ///< of the object that is being read
    std::optional<std::string> key_;
    bool has_list_ = false;
    bool cut_short_ = false;
};

} // namespace

void TextSource::fail(const std::string& why, const std::string& remedy) const {
    throw core::Error(core::ExitCode::usage, fmt::format("cannot read: {}: line {}: {}", name_, line_, why),
                      remedy);
}

bool TextSource::refill() {
    constexpr std::size_t k_longest = std::size_t{64} << 20;
    without_quote_ += text_.size();
    if (without_quote_ > k_longest) fail("longer than 64MiB, which no key is", "");
    text_.clear();
    at_ = 0;
    return more_(text_);
}

/// A key as a line never begins like this; see key_line().
Beginning json_begins(std::string_view text) {
    const std::size_t first = text.find_first_not_of(k_blanks);
    if (first == std::string_view::npos) return Beginning::open;
    if (text[first] != '{' && text[first] != '[') return Beginning::other;
    const std::size_t second = text.find_first_not_of(k_blanks, first + 1);
    if (second == std::string_view::npos) return Beginning::open;
    const std::string_view inner = text[first] == '{' ? "\"" : "\"{[]";
    return inner.find(text[second]) != std::string_view::npos ? Beginning::json : Beginning::other;
}

void read_json_keys(TextSource& text, const std::function<void(const std::string& key)>& take) {
    KeyHandler handler(text, take);
    for (;;) {
        while (text.has_next() && k_blanks.find(text.next()) != std::string_view::npos)
            text.pass();
        if (!text.has_next()) return;
        if (text.next() != '{' && text.next() != '[') handler.no_key();
        const bool parsed = nlohmann::json::sax_parse(TextIterator(text), TextIterator(), &handler,
                                                      nlohmann::json::input_format_t::json, /*strict=*/false);
        if (parsed) continue;
        if (!text.has_next()) text.fail("the list is cut before its end", "Let roacache keys print it anew.");
        text.fail("this is no JSON", "Let roacache keys -o ndjson print it.");
    }
}

} // namespace roacache::store
