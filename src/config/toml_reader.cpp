#include "src/config/toml_reader.hpp"

#include "src/config/toml_depth.hpp"
#include "src/core/error.hpp"
#include "src/core/nearest.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sstream>

namespace roacache::config {
namespace {

std::string position(const std::string& source, const toml::source_position& at) {
    return at ? fmt::format("{}:{}:{}", source, at.line, at.column) : source;
}

std::string one_line(std::string_view text) {
    std::string line(text);
    std::replace(line.begin(), line.end(), '\n', ' ');
    return line;
}

/// Nothing for a list or table.
std::optional<std::string> scalar_text(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    if (const auto* whole = node.as_integer()) return std::to_string(whole->get());
    if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
    std::ostringstream text;
    if (const auto* date = node.as_date())
        text << date->get();
    else if (const auto* time = node.as_time())
        text << time->get();
    else if (const auto* moment = node.as_date_time())
        text << moment->get();
    else
        return {};
    return text.str();
}

} // namespace

toml::table parse_toml(std::string_view text, const std::string& what, const std::string& source) {
    check_toml_depth(text, what, source);
    try {
        return toml::parse(text, source);
    } catch (const toml::parse_error& error) {
        throw core::Error(core::ExitCode::usage,
                          fmt::format("bad {}: {}: {}", what, position(source, error.source().begin),
                                      one_line(error.description())));
    }
}

const toml::node* TomlReader::node(const std::string& key) {
    asked_.push_back(key);
    return table_.get(key);
}

std::string TomlReader::origin(const std::string& key) const {
    const toml::node* found = table_.get(key);
    return position(source_, (found ? *found : static_cast<const toml::node&>(table_)).source().begin);
}

void TomlReader::fail(const std::string& key, const std::string& why) const {
    throw core::Error(core::ExitCode::usage, fmt::format("bad {}: {}: {}", what_, origin(key), why));
}

std::optional<std::string> TomlReader::text(const std::string& key) {
    const toml::node* found = node(key);
    if (!found) return std::nullopt;
    if (!found->is_string()) fail(key, fmt::format("{}: expected a text in quotes", key));
    return found->as_string()->get();
}

std::optional<std::int64_t> TomlReader::integer(const std::string& key, std::int64_t low, std::int64_t high) {
    const toml::node* found = node(key);
    if (!found) return std::nullopt;
    const auto* value = found->as_integer();
    if (!value || value->get() < low || value->get() > high)
        fail(key, fmt::format("{}: expected a whole number from {} to {}", key, low, high));
    return value->get();
}

std::optional<bool> TomlReader::boolean(const std::string& key) {
    const toml::node* found = node(key);
    if (!found) return std::nullopt;
    const auto* value = found->as_boolean();
    if (!value) fail(key, fmt::format("{}: expected true or false", key));
    return value->get();
}

std::optional<std::vector<std::string>> TomlReader::texts(const std::string& key) {
    const toml::node* found = node(key);
    if (!found) return std::nullopt;
    const toml::array* array = found->as_array();
    if (!array) fail(key, fmt::format("{}: expected a list of texts", key));
    std::vector<std::string> values;
    for (const toml::node& element : *array) {
        if (!element.is_string())
            throw core::Error(core::ExitCode::usage,
                              fmt::format("bad {}: {}: {}: expected a text in quotes", what_,
                                          position(source_, element.source().begin), key));
        values.push_back(element.as_string()->get());
    }
    return values;
}

std::optional<double> TomlReader::number(const std::string& key, double low, double high) {
    const toml::node* found = node(key);
    if (!found) return std::nullopt;
    const std::optional<double> value = found->is_number() ? found->value<double>() : std::nullopt;
    if (!value || !(*value >= low && *value <= high))
        fail(key, fmt::format("{}: expected a number from {} to {}", key, low, high));
    return value;
}

std::optional<std::vector<std::string>> TomlReader::scalars(const std::string& key) {
    const toml::node* found = node(key);
    if (!found) return std::nullopt;
    std::vector<std::string> values;
    const auto add = [&](const toml::node& one) {
        auto text = scalar_text(one);
        if (!text)
            throw core::Error(core::ExitCode::usage,
                              fmt::format("bad {}: {}: {}: expected a text, a number, true or false", what_,
                                          position(source_, one.source().begin), key));
        values.push_back(std::move(*text));
    };
    if (const toml::array* array = found->as_array()) {
        for (const toml::node& element : *array)
            add(element);
        if (values.empty()) fail(key, fmt::format("{}: the list is empty", key));
    } else {
        add(*found);
    }
    return values;
}

std::string TomlReader::origin_of(const std::string& key, std::size_t element) const {
    const toml::node* found = table_.get(key);
    const toml::array* array = found ? found->as_array() : nullptr;
    if (!array || element >= array->size()) return origin(key);
    return position(source_, array->get(element)->source().begin);
}

std::optional<std::chrono::seconds> TomlReader::seconds(const std::string& key) {
    const toml::node* found = node(key);
    if (!found) return std::nullopt;
    constexpr std::int64_t k_most = std::int64_t{1000} * 86400; // as core::parse_duration
    if (const auto* number = found->as_integer(); number && number->get() > 0 && number->get() <= k_most)
        return std::chrono::seconds(number->get());
    if (found->is_string()) {
        try {
            const auto duration = core::parse_duration(found->as_string()->get(), key);
            if (duration >= std::chrono::seconds(1))
                return std::chrono::duration_cast<std::chrono::seconds>(duration);
        } catch (const core::Error& error) {
            fail(key, error.what());
        }
    }
    fail(key, fmt::format("{}: expected a time to live of at least a second, such as 300 (seconds) or \"5m\"",
                          key));
}

std::optional<std::string> TomlReader::one_of(const std::string& key,
                                              const std::vector<std::string>& choices) {
    auto word = text(key);
    if (word && std::find(choices.begin(), choices.end(), *word) == choices.end())
        fail(key, fmt::format("{}: '{}': expected {}{}", key, *word, fmt::join(choices, ", "),
                              core::did_you_mean(*word, choices)));
    return word;
}

std::optional<TomlReader> TomlReader::table(const std::string& key) {
    const toml::node* found = node(key);
    if (!found) return std::nullopt;
    if (!found->is_table()) fail(key, fmt::format("{}: expected a table", key));
    return TomlReader(*found->as_table(), what_, source_);
}

std::optional<std::vector<TomlReader>> TomlReader::tables(const std::string& key) {
    const toml::node* found = node(key);
    if (!found) return std::nullopt;
    const toml::array* array = found->as_array();
    if (!array) fail(key, fmt::format("{}: expected a list of tables: [[{}]]", key, key));
    std::vector<TomlReader> readers;
    for (const toml::node& element : *array) {
        if (!element.is_table())
            throw core::Error(core::ExitCode::usage,
                              fmt::format("bad {}: {}: {}: expected a table", what_,
                                          position(source_, element.source().begin), key));
        readers.emplace_back(*element.as_table(), what_, source_);
    }
    return readers;
}

std::vector<std::string> TomlReader::keys() const {
    std::vector<std::pair<std::pair<std::uint32_t, std::uint32_t>, std::string>> placed;
    for (const auto& [key, value] : table_)
        placed.push_back({{key.source().begin.line, key.source().begin.column}, std::string(key.str())});
    std::sort(placed.begin(), placed.end());
    std::vector<std::string> names;
    names.reserve(placed.size());
    for (auto& [place, name] : placed)
        names.push_back(std::move(name));
    return names;
}

void TomlReader::finish() const {
    for (const auto& [key, value] : table_) {
        const std::string name(key.str());
        if (std::find(asked_.begin(), asked_.end(), name) != asked_.end()) continue;
        throw core::Error(core::ExitCode::usage,
                          fmt::format("bad {}: {}: unknown key '{}'{}", what_,
                                      position(source_, key.source().begin), name,
                                      core::did_you_mean(name, asked_)),
                          fmt::format("known here: {}", fmt::join(asked_, ", ")));
    }
}

} // namespace roacache::config
