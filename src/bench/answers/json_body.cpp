#include "src/bench/answers/json_body.hpp"

#include "src/core/ascii.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/core.h>
#include <utility>

namespace roacache::bench {
namespace {

using nlohmann::json;

constexpr std::size_t k_deepest = 256;
constexpr std::size_t k_longest_value = 60; // characters shown

/// A number as an integer where it is one of 18 digits at most, however it is written; any other as the bytes
/// of `DIGITSeEXPONENT`, without zeros before and behind, a NUL, and the number as it was written.
json exact_number(const std::string& text) {
    std::string digits;
    long exponent = 0;
    std::size_t i = text.starts_with('-') ? 1 : 0;
    for (bool fraction = false; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
        if (text[i] != '.') digits += text[i];
        if (fraction) --exponent;
        fraction = fraction || text[i] == '.';
    }
    long written = 0;
    i = std::min(i + 1, text.size()); // behind the e
    if (i < text.size() && text[i] == '+') ++i;
    constexpr long k_furthest = 1'000'000'000; // no double either
    if (i < text.size() && std::from_chars(&text[i], text.data() + text.size(), written).ec != std::errc())
        written = text[i] == '-' ? -k_furthest : k_furthest;
    exponent += std::clamp(written, -k_furthest, k_furthest);
    digits.erase(0, digits.find_first_not_of('0'));
    for (; digits.ends_with('0'); digits.pop_back())
        ++exponent;
    if (digits.empty()) return 0;
    constexpr long k_integer_digits = 18;
    if (text.starts_with('-')) digits.insert(0, "-");
    if (exponent >= 0 && static_cast<long>(digits.size()) + exponent <= k_integer_digits)
        return std::stoll(digits + std::string(static_cast<std::size_t>(exponent), '0'));
    const std::string value = fmt::format("{}e{}", digits, exponent) + '\0' + text;
    return json::binary({value.begin(), value.end()});
}

/// Of exact_number(): its value and how it was written.
std::pair<std::string_view, std::string_view> parts_of(const json::binary_t& number) {
    const std::string_view text(reinterpret_cast<const char*>(number.data()), number.size());
    const std::size_t end = text.find('\0');
    return {text.substr(0, end), text.substr(end + 1)};
}

bool same_value(const json& one, const json& other) {
    if (!one.is_binary() || !other.is_binary()) return one == other;
    return parts_of(one.get_binary()).first == parts_of(other.get_binary()).first;
}

/// Makes a document of what the parser finds, with numbers as they are and not as doubles. Refuses what two
/// readers may take for different things (a name twice in an object), and what is nested too deeply.
class Builder : public nlohmann::json_sax<json> {
  public:
    json take() { return std::move(root_); }

    bool null() override { return add(nullptr) != nullptr; }
    bool boolean(bool value) override { return add(value) != nullptr; }
    bool number_integer(number_integer_t value) override {
        return add(exact_number(std::to_string(value))) != nullptr;
    }
    bool number_unsigned(number_unsigned_t value) override {
        return add(exact_number(std::to_string(value))) != nullptr;
    }
    bool number_float(number_float_t /*value*/, const string_t& text) override {
        return add(exact_number(text)) != nullptr;
    }
    bool string(string_t& value) override { return add(std::move(value)) != nullptr; }
    bool binary(binary_t& /*value*/) override { return false; }
    bool start_object(std::size_t /*size*/) override { return open(json::object()); }
    bool start_array(std::size_t /*size*/) override { return open(json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        const auto [member, is_new] = open_.back()->emplace(std::move(name), nullptr);
        member_ = &*member;
        return is_new;
    }
    bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                     const nlohmann::detail::exception& /*error*/) override {
        return false;
    }

  private:
    json* add(json value) {
        if (open_.empty()) return &(root_ = std::move(value));
        if (open_.back()->is_object()) return &(*member_ = std::move(value));
        return &open_.back()->emplace_back(std::move(value));
    }
    bool open(json container) {
        open_.push_back(add(std::move(container)));
        return open_.size() <= k_deepest;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    json root_;
    std::vector<json*> open_;
    json* member_ = nullptr; // of the innermost object
};

/// A document in each line, as in NDJSON: an array of these.
std::optional<json> read_json_lines(std::string_view body) {
    json lines = json::array();
    for (std::size_t begin = 0; begin < body.size();) {
        const std::size_t end = std::min(body.find('\n', begin), body.size());
        const std::string_view line = core::trimmed(body.substr(begin, end - begin), " \t\r");
        begin = end + 1;
        if (line.empty()) continue;
        Builder builder;
        if (!json::sax_parse(line, &builder)) return {};
        lines.push_back(builder.take());
    }
    if (lines.size() < 2) return {};
    return lines;
}

/// Containers by their size alone: what is in them may be long and deep.
std::string shown_value(const json& value) {
    if (value.is_object()) return fmt::format("an object of {}", value.size());
    if (value.is_array()) return fmt::format("an array of {}", value.size());
    std::string text = value.is_binary() ? std::string(parts_of(value.get_binary()).second)
                                         : value.dump(-1, ' ', false, json::error_handler_t::replace);
    if (text.size() > k_longest_value) {
        std::size_t end = k_longest_value;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
            --end;
        text = text.substr(0, end) + "…";
    }
    return output::printable(text);
}

/// Gathers the places at which two documents differ.
class Walk {
  public:
    Walk(const std::vector<JsonPath>& ignored, std::size_t most) : most_(most) {
        for (const JsonPath& path : ignored)
            all_.push_back(&path);
    }

    std::vector<JsonDifference> compare(const json& expected, const json& found) {
        compare(&expected, &found, all_);
        return std::move(found_);
    }

  private:
    using Paths = std::vector<const JsonPath*>;

    bool full() const { return found_.size() >= most_; }

    /// Null: not there. `below`: the ignored paths that lead through here.
    void compare(const json* expected, const json* found, const Paths& below) {
        if (expected == nullptr || found == nullptr) return note(expected, found);
        if (expected->is_object() && found->is_object()) return compare_members(*expected, *found, below);
        if (expected->is_array() && found->is_array()) return compare_elements(*expected, *found, below);
        const bool containers = expected->is_structured() || found->is_structured();
        if (containers || !same_value(*expected, *found)) note(expected, found);
    }

    void compare_members(const json& expected, const json& found, const Paths& below) {
        auto one = expected.begin(), other = found.begin(); // sorted by name
        while (!full() && (one != expected.end() || other != found.end())) {
            const bool in_one = other == found.end() || (one != expected.end() && one.key() <= other.key());
            const bool in_other = one == expected.end() || (other != found.end() && other.key() <= one.key());
            const std::string& name = in_one ? one.key() : other.key();
            step({&name, false}, in_one ? &*one : nullptr, in_other ? &*other : nullptr, below);
            if (in_one) ++one;
            if (in_other) ++other;
        }
    }

    void compare_elements(const json& expected, const json& found, const Paths& below) {
        for (std::size_t i = 0; !full() && i < std::max(expected.size(), found.size()); ++i) {
            const std::string index = std::to_string(i);
            step({&index, true}, i < expected.size() ? &expected[i] : nullptr,
                 i < found.size() ? &found[i] : nullptr, below);
        }
    }

    /// A name, or the index of an element.
    struct Part {
        const std::string* text;
        bool is_index;
    };

    /// One level down, unless that path is ignored.
    void step(Part part, const json* expected, const json* found, const Paths& above) {
        const std::size_t depth = at_.size();
        Paths below;
        for (const JsonPath* path : above) {
            if (path->parts[depth] && *path->parts[depth] != *part.text) continue;
            if (path->parts.size() == depth + 1) return;
            below.push_back(path);
        }
        at_.push_back(part);
        compare(expected, found, below);
        at_.pop_back();
    }

    void note(const json* expected, const json* found) {
        add(expected ? shown_value(*expected) : "nothing", found ? shown_value(*found) : "nothing");
    }

    void add(std::string expected, std::string found) {
        std::string place = can_be_given() ? path(true) : "";
        const auto same = [&](const JsonDifference& one) { return !place.empty() && one.place == place; };
        if (std::any_of(found_.begin(), found_.end(), same)) return;
        found_.push_back(
            {output::printable(path(false)), std::move(expected), std::move(found), std::move(place)});
    }

    /// --ignore-json can name where the walk is: neither the document as a whole, nor a member that would be
    /// taken for any (`*`), nor one whose name cannot be seen or typed.
    bool can_be_given() const {
        const auto can = [](const Part& part) {
            return part.is_index || (*part.text != "*" && output::printable(*part.text) == *part.text);
        };
        return !at_.empty() && std::all_of(at_.begin(), at_.end(), can);
    }

    /// A JSON Pointer to where the walk is.
    std::string path(bool any_index) const {
        std::string path;
        for (const Part& part : at_) {
            path += '/';
            if (any_index && part.is_index) {
                path += '*';
                continue;
            }
            for (const char c : *part.text)
                path += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
        }
        return path;
    }

    std::size_t most_;
    Paths all_;
    std::vector<Part> at_;
    std::vector<JsonDifference> found_;
};

} // namespace

std::optional<json> read_json_body(std::string_view body) {
    Builder builder;
    if (json::sax_parse(body, &builder)) return builder.take();
    return read_json_lines(body);
}

std::vector<JsonDifference> differences(const json& expected, const json& found,
                                        const std::vector<JsonPath>& ignored, std::size_t most) {
    return Walk(ignored, most).compare(expected, found);
}

std::optional<JsonDifference> first_difference(const json& expected, const json& found,
                                               const std::vector<JsonPath>& ignored) {
    std::vector<JsonDifference> all = differences(expected, found, ignored, 1);
    if (all.empty()) return {};
    return std::move(all.front());
}

} // namespace roacache::bench
