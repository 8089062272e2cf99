#include "commands/keys/inspection_elements.hpp"

#include "src/core/units.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace roacache::commands {
namespace {

using nlohmann::ordered_json;

bool is_of(const store::Value& value, const char* type) {
    return value.description.type == std::string_view(type);
}

ordered_json element_json(const store::Value& value, const store::Element& element) {
    const auto bytes = [](const std::string& text) { return ordered_json(output::json_bytes(text)); };
    if (is_of(value, "hash"))
        return {{"field", bytes(element.name)}, {"value", bytes(element.values.front())}};
    if (is_of(value, "zset")) {
        const auto score = core::read_number(element.values.front());
        return {{"member", bytes(element.name)},
                {"score", score ? ordered_json(*score) : bytes(element.values.front())}};
    }
    if (!is_of(value, "stream")) return bytes(element.values.front());
    ordered_json fields = ordered_json::array();
    for (std::size_t at = 0; at + 1 < element.values.size(); at += 2)
        fields.push_back({bytes(element.values[at]), bytes(element.values[at + 1])});
    return {{"id", bytes(element.name)}, {"fields", fields}};
}

/// Name and values, where there are such.
std::vector<std::string> parts_of(const store::Value& value, const store::Element& element) {
    std::vector<std::string> parts;
    if (!is_of(value, "list") && !is_of(value, "set")) parts.push_back(output::printable(element.name));
    for (const std::string& part : element.values)
        parts.push_back(output::printable(part));
    return parts;
}

std::vector<output::Table::Column> columns_of(const store::Value& value) {
    if (is_of(value, "hash")) return {{"field"}, {"value"}};
    if (is_of(value, "zset")) return {{"member"}, {"score"}};
    if (is_of(value, "stream")) return {{"id"}, {"fields"}};
    return {{is_of(value, "set") ? "member" : "element"}};
}

} // namespace

ordered_json elements_json(const store::Value& value) {
    ordered_json list = ordered_json::array();
    for (const store::Element& element : value.elements)
        list.push_back(element_json(value, element));
    return list;
}

std::string elements_table(const store::Value& value) {
    output::Table table(columns_of(value));
    for (const store::Element& element : value.elements) {
        std::vector<std::string> parts = parts_of(value, element);
        if (is_of(value, "stream")) {
            std::string fields;
            for (std::size_t at = 1; at + 1 < parts.size(); at += 2)
                fields += (fields.empty() ? "" : " ") + parts[at] + "=" + parts[at + 1];
            parts = {parts.front(), fields};
        }
        table.add(std::move(parts));
    }
    return table.text();
}

std::string elements_lines(const store::Value& value) {
    std::string text;
    for (const store::Element& element : value.elements) {
        text += "element";
        for (const std::string& part : parts_of(value, element))
            text += "\t" + part;
        text += "\n";
    }
    return text;
}

} // namespace roacache::commands
