#include "src/bench/answers/json_body.hpp"

#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::bench {
namespace {

using nlohmann::json;

constexpr std::size_t k_deepest = 256;
constexpr std::size_t k_longest_value = 60; // characters shown

/// Containers by their size alone: what is in them may be long and deep.
std::string shown_value(const json& value) {
    if (value.is_object()) return fmt::format("an object of {}", value.size());
    if (value.is_array()) return fmt::format("an array of {}", value.size());
    std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
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
        if (containers || *expected != *found) note(expected, found);
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
        if (depth == k_deepest) return add("nested too deeply", "nested too deeply");
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
        std::string place = path(true);
        const auto same = [&](const JsonDifference& one) { return one.place == place; };
        if (std::any_of(found_.begin(), found_.end(), same)) return;
        found_.push_back(
            {output::printable(path(false)), std::move(expected), std::move(found), std::move(place)});
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
    json document = json::parse(body, nullptr, false);
    if (document.is_discarded()) return {};
    return document;
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
