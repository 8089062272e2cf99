#include "src/bench/answers/json_place.hpp"

#include "src/http/content_coding.hpp"
#include "src/output/text.hpp"

#include <nlohmann/json.hpp>
#include <vector>

namespace roacache::bench {
namespace {

constexpr std::size_t k_most_of_body = std::size_t{4} << 20;
constexpr std::size_t k_longest_document = std::size_t{16} << 20;

/// Follows the parser through a document until it is at the place, and ends it there.
class PlaceFinder final : public nlohmann::json::json_sax_t {
  public:
    explicit PlaceFinder(const JsonPath& place) : place_(place) {}

    bool null() override { return scalar("null"); }
    bool boolean(bool value) override { return scalar(value ? "true" : "false"); }
    bool number_integer(number_integer_t value) override { return scalar(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return scalar(std::to_string(value)); }
    bool number_float(number_float_t /*value*/, const string_t& text) override { return scalar(text); }
    bool string(string_t& value) override { return scalar(value); }
    bool binary(binary_t& /*value*/) override { return false; }
    bool start_object(std::size_t /*elements*/) override { return open(false); }
    bool key(string_t& name) override {
        if (levels_.back().within) matches(levels_.size() - 1, name, levels_.back().next_fits);
        return true;
    }
    bool end_object() override { return close(); }
    bool start_array(std::size_t /*elements*/) override { return open(true); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                     const nlohmann::detail::exception& /*error*/) override {
        return false;
    }

    std::optional<std::string> found;

  private:
    struct Level {
        bool array;
        bool within;            // all above it is on the way to the place
        bool next_fits = false; // so is the member or element that comes next
        std::size_t index = 0;  // of an array's next element
    };

    void matches(std::size_t depth, std::string_view name, bool& fits) const {
        fits = depth < place_.parts.size() && (!place_.parts[depth] || *place_.parts[depth] == name);
    }
    /// Whether the value that comes is on the way to the place.
    bool fits() {
        if (levels_.empty()) return true;
        Level& level = levels_.back();
        if (level.array && level.within)
            matches(levels_.size() - 1, std::to_string(level.index++), level.next_fits);
        return level.within && level.next_fits;
    }
    bool scalar(std::string_view value) {
        if (!fits() || levels_.size() != place_.parts.size()) return true;
        found = value;
        return false;
    }
    bool open(bool array) {
        const bool within = fits();
        levels_.push_back({array, within});
        return levels_.size() <= k_deepest;
    }
    bool close() {
        levels_.pop_back();
        return true;
    }

    static constexpr std::size_t k_deepest = 256;
    const JsonPath& place_;
    std::vector<Level> levels_;
};

} // namespace

std::optional<std::string> value_at_place(std::string_view document, const JsonPath& place) {
    PlaceFinder finder(place);
    constexpr std::string_view k_mark = "\xef\xbb\xbf";
    if (document.starts_with(k_mark)) document.remove_prefix(k_mark.size());
    nlohmann::json::sax_parse(document.begin(), document.end(), &finder);
    if (!finder.found) return {};
    std::string text = output::printable(*finder.found);
    if (text.size() > JsonPlace::k_longest) {
        std::size_t end = JsonPlace::k_longest - 3;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
            --end; // not within a character
        text = text.substr(0, end) + "...";
    }
    return text;
}

void JsonPlace::begin() {
    coding_.clear();
    kept_.clear();
    value_.reset();
    read_ = false;
}

void JsonPlace::look(std::string_view bytes) {
    if (at_ == nullptr || kept_.size() > k_most_of_body) return;
    kept_ += bytes.substr(0, k_most_of_body + 1 - kept_.size());
}

const std::optional<std::string>& JsonPlace::value() {
    if (at_ == nullptr || read_) return value_;
    read_ = true;
    if (kept_.size() > k_most_of_body) return value_;
    if (coding_.empty()) {
        value_ = value_at_place(kept_, at_->place);
    } else if (const auto body = http::decoded(kept_, coding_, k_longest_document)) {
        value_ = value_at_place(*body, at_->place);
    }
    return value_;
}

} // namespace roacache::bench
