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

class Walk {
  public:
    explicit Walk(const std::vector<JsonPath>& ignored) {
        for (const JsonPath& path : ignored)
            all_.push_back(&path);
    }

    std::optional<JsonDifference> compare(const json& expected, const json& found) {
        return compare(&expected, &found, all_);
    }

  private:
    using Paths = std::vector<const JsonPath*>;

    /// Null: not there. `below`: the ignored paths that lead through here.
    std::optional<JsonDifference> compare(const json* expected, const json* found, const Paths& below) {
        if (expected == nullptr || found == nullptr) return difference(expected, found);
        if (expected->is_object() && found->is_object()) return compare_members(*expected, *found, below);
        if (expected->is_array() && found->is_array()) return compare_elements(*expected, *found, below);
        const bool containers = expected->is_structured() || found->is_structured();
        if (containers || *expected != *found) return difference(expected, found);
        return {};
    }

    std::optional<JsonDifference> compare_members(const json& expected, const json& found,
                                                  const Paths& below) {
        auto one = expected.begin(), other = found.begin(); // sorted by name
        while (one != expected.end() || other != found.end()) {
            const bool in_one = other == found.end() || (one != expected.end() && one.key() <= other.key());
            const bool in_other = one == expected.end() || (other != found.end() && other.key() <= one.key());
            const std::string& name = in_one ? one.key() : other.key();
            if (auto different = step(name, in_one ? &*one : nullptr, in_other ? &*other : nullptr, below))
                return different;
            if (in_one) ++one;
            if (in_other) ++other;
        }
        return {};
    }

    std::optional<JsonDifference> compare_elements(const json& expected, const json& found,
                                                   const Paths& below) {
        for (std::size_t i = 0; i < std::max(expected.size(), found.size()); ++i)
            if (auto different = step(std::to_string(i), i < expected.size() ? &expected[i] : nullptr,
                                      i < found.size() ? &found[i] : nullptr, below))
                return different;
        return {};
    }

    /// One level down, unless that path is ignored.
    std::optional<JsonDifference> step(const std::string& name, const json* expected, const json* found,
                                       const Paths& above) {
        const std::size_t depth = at_.size();
        if (depth == k_deepest) return difference_of("nested too deeply", "nested too deeply");
        Paths below;
        for (const JsonPath* path : above) {
            if (path->parts[depth] && *path->parts[depth] != name) continue;
            if (path->parts.size() == depth + 1) return {};
            below.push_back(path);
        }
        at_.push_back(&name);
        auto different = compare(expected, found, below);
        at_.pop_back();
        return different;
    }

    std::optional<JsonDifference> difference(const json* expected, const json* found) const {
        return difference_of(expected ? shown_value(*expected) : "nothing",
                             found ? shown_value(*found) : "nothing");
    }

    std::optional<JsonDifference> difference_of(std::string expected, std::string found) const {
        std::string path;
        for (const std::string* name : at_) {
            path += '/';
            for (const char c : *name)
                path += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
        }
        return JsonDifference{output::printable(path), std::move(expected), std::move(found)};
    }

    Paths all_;
    std::vector<const std::string*> at_;
};

} // namespace

std::optional<json> read_json_body(std::string_view body) {
    json document = json::parse(body, nullptr, false);
    if (document.is_discarded()) return {};
    return document;
}

std::optional<JsonDifference> first_difference(const json& expected, const json& found,
                                               const std::vector<JsonPath>& ignored) {
    return Walk(ignored).compare(expected, found);
}

} // namespace roacache::bench
