#include "commands/keys/inspection.hpp"

#include "commands/document.hpp"
#include "commands/keys/entry_age.hpp"
#include "commands/keys/inspection_elements.hpp"
#include "src/core/long_duration.hpp"
#include "src/core/units.hpp"
#include "src/output/json_text.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"

#include <array>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace roacache::commands {
namespace {

using nlohmann::ordered_json;
using output::Style;
using output::ValueKind;

/// JSON that is nested deeper is carried as text, so that readers of the document need no deep stack.
constexpr std::size_t k_deepest = 100;

std::optional<std::string_view> resource_of(const Inspection& inspection) {
    if (inspection.parts.resource.empty()) return std::nullopt;
    return inspection.parts.resource;
}

ordered_json where_of(const Inspection& inspection) {
    ordered_json where = ordered_json::object();
    for (const auto& [name, value] : inspection.parts.where)
        where[output::printable(name)] = output::json_bytes(value);
    return where;
}

std::string kinds_of(const output::DecodedValue& content) {
    std::string text;
    for (const ValueKind kind : content.kinds)
        text += fmt::format("{}{}", text.empty() ? "" : " > ", output::kind_name(kind));
    return text;
}

/// What is shown is JSON: written so, or msgpack that was turned into it.
bool shows_json(const output::DecodedValue& content) {
    const ValueKind innermost = content.kinds.back();
    return innermost == ValueKind::json || (innermost == ValueKind::msgpack && content.trouble.empty());
}

/// A document's text with one more member, whose value is JSON text: read into a document, numbers would not
/// stay what they are.
std::string with_member(std::string object, const char* name, const std::string& json) {
    object.pop_back();
    return object + ",\"" + name + "\":" + json + "}";
}

std::string json_content(const output::DecodedValue& content) {
    ordered_json kinds = ordered_json::array();
    for (const ValueKind kind : content.kinds)
        kinds.push_back(output::kind_name(kind));
    ordered_json json{{"kinds", kinds}, {"whole", content.whole}};
    if (shows_json(content) && content.whole && output::json_depth(content.content) <= k_deepest)
        return with_member(output::json_text(json), "json",
                           output::harmless_json(output::compact_json(content.content)));
    if (output::is_utf8(content.content))
        json["text"] = content.content;
    else
        json["base64"] = output::base64(content.content);
    if (!content.trouble.empty()) json["trouble"] = content.trouble;
    return output::json_text(json);
}

/// Any value that was looked at.
std::string json_value(const Inspection& inspection) {
    if (inspection.content) return json_content(*inspection.content);
    const store::Value& value = *inspection.value;
    if (!inspection.shows_elements) return "null";
    const core::Untrusted type = value.description.type.value_or(core::Untrusted());
    const ordered_json json{{"kinds", {output::json_bytes(type)}},
                            {"whole", value.elements_whole},
                            {"elements", elements_json(value)}};
    return output::json_text(json);
}

/// The value for csv: its text, or its elements as JSON.
std::string plain_value(const Inspection& inspection) {
    if (inspection.content) return output::printable(inspection.content->content);
    return inspection.shows_elements ? output::json_text(elements_json(*inspection.value)) : "";
}

std::string ttl_text(const Inspection& inspection) {
    const std::optional<std::int64_t> left = inspection.value->description.ttl_ms;
    std::string text = "n/a";
    if (left)
        text =
            *left == store::k_no_ttl ? "none" : core::format_long_duration(std::chrono::milliseconds(*left));
    if (!inspection.policy_ttl) return text;
    const std::string granted = core::format_duration(*inspection.policy_ttl);
    if (!left) return fmt::format("{} (the policy grants {})", text, granted);
    if (*left == store::k_no_ttl)
        return fmt::format("none: never expires, and the policy grants {}", granted);
    if (std::chrono::milliseconds(*left) > *inspection.policy_ttl)
        return fmt::format("{}: more than the {} that the policy grants", text, granted);
    return fmt::format("{} of {}", text, granted);
}

std::string ttl_plain(const Inspection& inspection) {
    const std::optional<std::int64_t> left = inspection.value->description.ttl_ms;
    if (!left) return "n/a";
    return *left == store::k_no_ttl ? "none" : std::to_string(*left);
}

std::string text_or_na(const std::optional<bool>& value) {
    return value ? *value ? "true" : "false" : "n/a";
}

using Facts = std::vector<std::pair<std::string, std::string>>;

void add_parts(const Inspection& inspection, Facts& facts) {
    const auto name = [](const std::optional<std::string_view>& text) {
        return text ? output::printable(*text) : "n/a";
    };
    facts.emplace_back("tenant", name(inspection.parts.tenant));
    facts.emplace_back("resource", name(resource_of(inspection)));
    for (const auto& [segment, value] : inspection.parts.where)
        facts.emplace_back("where", output::printable(segment) + "=" + output::printable(value));
    facts.emplace_back("hash", name(inspection.parts.hash));
}

std::optional<std::uint64_t> value_bytes(const store::Value& value) {
    return value.is_string ? value.size : std::nullopt;
}

std::optional<std::uint64_t> elements(const store::Value& value) {
    return value.is_string ? std::nullopt : value.size;
}

void add_entry(const Inspection& inspection, bool people, Facts& facts) {
    const store::Value& value = *inspection.value;
    const auto text = [](const std::optional<core::Untrusted>& content) {
        return content ? output::printable(*content) : "n/a";
    };
    const auto size = [&](const std::optional<std::uint64_t>& bytes) {
        if (!bytes) return std::string("n/a");
        return people ? core::format_size(*bytes) : std::to_string(*bytes);
    };
    facts.emplace_back("type", text(value.description.type));
    facts.emplace_back("encoding", text(value.encoding));
    facts.emplace_back(people ? "ttl" : "ttl_ms", people ? ttl_text(inspection) : ttl_plain(inspection));
    const EntryAge age = entry_age(value.description, inspection.policy_ttl);
    if (!people && inspection.policy_ttl)
        facts.emplace_back("policy_ttl_ms", std::to_string(inspection.policy_ttl->count() * 1000));
    if (people && age.age_ms)
        facts.emplace_back("age", core::format_duration(std::chrono::milliseconds(*age.age_ms)));
    if (!people) {
        facts.emplace_back("age_ms", age.age_ms ? std::to_string(*age.age_ms) : "n/a");
        facts.emplace_back("exceeds_policy", text_or_na(age.exceeds_policy));
    }
    facts.emplace_back(people ? "memory" : "bytes", size(value.description.bytes));
    if (!people) {
        facts.emplace_back("value_bytes", size(value_bytes(value)));
        facts.emplace_back("elements", size(elements(value)));
    } else if (value.is_string) {
        facts.emplace_back("size", size(value.size));
    } else {
        facts.emplace_back("elements", value.size ? core::format_count(*value.size) : "n/a");
    }
    std::string idle = "n/a";
    if (value.idle)
        idle = people ? value.idle->count() == 0 ? "0 s" : core::format_long_duration(*value.idle)
                      : std::to_string(value.idle->count() * 1000);
    facts.emplace_back(people ? "idle" : "idle_ms", idle);
    if (value.frequency) facts.emplace_back("frequency", std::to_string(*value.frequency));
    if (people && !value.not_here.empty()) facts.emplace_back("value", value.not_here);
    if (!people && value.file) facts.emplace_back("value_file", text(value.file));
    if (inspection.content) facts.emplace_back("form", kinds_of(*inspection.content));
}

/// Text as it is, line by line, without what could change the terminal's state; bytes as a hex dump of the
/// first few.
std::string text_for_people(std::string_view content) {
    std::string text;
    while (!content.empty()) {
        const std::size_t end = std::min(content.find('\n'), content.size());
        text += output::printable(content.substr(0, end)) + "\n";
        content.remove_prefix(std::min(end + 1, content.size()));
    }
    return text;
}

std::string content_for_people(const output::DecodedValue& content) {
    constexpr std::size_t k_most_bytes_shown = 256;
    const ValueKind innermost = content.kinds.back();
    std::string text;
    if (shows_json(content))
        text = output::pretty_json(content.content) + "\n";
    else if (innermost == ValueKind::text)
        text = text_for_people(content.content);
    else
        text = output::printable(output::beginning(content.content, k_most_bytes_shown)) +
               (content.content.size() > k_most_bytes_shown ? " …" : "") + "\n";
    if (!content.trouble.empty()) text += fmt::format("({})\n", output::printable(content.trouble));
    if (!content.whole) text += "(only its beginning; see --max-bytes)\n";
    return text;
}

} // namespace

const char* const k_inspection_columns = "key,tenant,resource,hash,type,encoding,ttl_ms,policy_ttl_ms,bytes,"
                                         "value_bytes,elements,idle_ms,form,frequency,value,age_ms,"
                                         "exceeds_policy,where,expires,value_file";

std::string expired_text(std::chrono::milliseconds expired_for) {
    return fmt::format("it expired {} ago, and its row is still there",
                       core::format_long_duration(expired_for));
}

std::string inspection_json(const Inspection& inspection) {
    ordered_json json{{"key", output::json_bytes(inspection.key)},
                      {"exists", inspection.value.has_value()},
                      {"tenant", json_of_text(inspection.parts.tenant)},
                      {"resource", json_of_text(resource_of(inspection))},
                      {"where", where_of(inspection)},
                      {"hash", json_of_text(inspection.parts.hash)}};
    json["policy_ttl_ms"] =
        inspection.policy_ttl ? ordered_json(inspection.policy_ttl->count() * 1000) : ordered_json(nullptr);
    if (inspection.expired_for) json["expired_for_ms"] = inspection.expired_for->count();
    if (!inspection.value) return output::json_text(json);
    const store::Value& value = *inspection.value;
    const auto ttl = value.description.ttl_ms;
    json["type"] = json_of_text(value.description.type);
    json["encoding"] = json_of_text(value.encoding);
    json["expires"] = json_of(value.description.expires());
    json["ttl_ms"] = ttl && *ttl != store::k_no_ttl ? ordered_json(*ttl) : ordered_json(nullptr);
    const EntryAge age = entry_age(value.description, inspection.policy_ttl);
    json["age_ms"] = json_of(age.age_ms);
    json["exceeds_policy"] = json_of(age.exceeds_policy);
    json["bytes"] = json_of(value.description.bytes);
    json["value_bytes"] = json_of(value_bytes(value));
    json["elements"] = json_of(elements(value));
    json["idle_ms"] = value.idle ? ordered_json(value.idle->count() * 1000) : ordered_json(nullptr);
    json["frequency"] = json_of(value.frequency);
    if (value.file) json["value_file"] = json_of_text(value.file);
    return with_member(output::json_text(json), "value", json_value(inspection));
}

std::string inspection_text(const Inspection& inspection, Format format, bool colour) {
    Facts facts;
    add_parts(inspection, facts);
    const bool people = format == Format::table;
    if (inspection.value) add_entry(inspection, people, facts);
    if (inspection.expired_for && !people)
        facts.emplace_back("expired_for_ms", std::to_string(inspection.expired_for->count()));
    if (!people) {
        std::string text = "key\t" + output::printable(inspection.key) + "\n";
        for (const auto& [name, value] : facts)
            text += name + "\t" + value + "\n";
        if (inspection.content) text += "value\t" + output::printable(inspection.content->content) + "\n";
        if (inspection.shows_elements) text += elements_lines(*inspection.value);
        return text;
    }
    output::Table table({{""}, {""}});
    for (const auto& [name, value] : facts)
        table.add({output::style(name, Style::dim, colour), value});
    const std::string title = output::style(output::printable(inspection.key), Style::bold, colour);
    if (!inspection.value)
        return title + "\n" + table.text() + "no such key" +
               (inspection.expired_for ? ": " + expired_text(*inspection.expired_for) : "") + "\n";
    if (inspection.content)
        return title + "\n" + table.text() + "\n" + content_for_people(*inspection.content);
    if (!inspection.shows_elements) return title + "\n" + table.text();
    return title + "\n" + table.text() + "\n" + elements_table(*inspection.value) +
           (inspection.value->elements_whole ? "" : "(only its beginning; see --max-bytes)\n");
}

std::string inspection_csv(const Inspection& inspection) {
    const auto field = [](std::string_view text) { return output::csv_field(output::printable(text)); };
    const auto number = [](const auto& value) { return value ? std::to_string(*value) : std::string(); };
    const std::string where =
        inspection.parts.where.empty() ? "" : output::csv_field(output::json_text(where_of(inspection)));
    std::string line = field(inspection.key) + "," + field(inspection.parts.tenant.value_or("")) + "," +
                       field(inspection.parts.resource) + "," + field(inspection.parts.hash.value_or(""));
    if (!inspection.value) return line + ",none,,,,,,,,,,,,," + where + ",,\n";
    const store::Value& value = *inspection.value;
    const auto& left = value.description.ttl_ms;
    const EntryAge age = entry_age(value.description, inspection.policy_ttl);
    const auto milliseconds = [](const std::optional<std::chrono::seconds>& seconds) {
        return seconds ? std::to_string(seconds->count() * 1000) : std::string();
    };
    return line + "," + field(value.description.type.value_or(core::Untrusted()).bytes()) + "," +
           field(value.encoding.value_or(core::Untrusted()).bytes()) + "," +
           (left && *left != store::k_no_ttl ? std::to_string(*left) : "") + "," +
           milliseconds(inspection.policy_ttl) + "," + number(value.description.bytes) + "," +
           number(value_bytes(value)) + "," + number(elements(value)) + "," + milliseconds(value.idle) + "," +
           (inspection.content ? kinds_of(*inspection.content) : "") + "," + number(value.frequency) + "," +
           output::csv_field(plain_value(inspection)) + "," + number(age.age_ms) + "," +
           (age.exceeds_policy ? text_or_na(age.exceeds_policy) : "") + "," + where + "," +
           (left ? text_or_na(value.description.expires()) : "") + "," +
           field(value.file.value_or(core::Untrusted()).bytes()) + "\n";
}

} // namespace roacache::commands
