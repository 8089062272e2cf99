#pragma once

#include "commands/command.hpp"
#include "src/output/text.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace roacache::core {
class Error;
}

namespace roacache::commands {

/// Whether a format is made of JSON documents.
bool is_json(Format format);

/// What every JSON document of a command begins with: `schema` (`roacache.COMMAND/1`), `selector` (described;
/// null where none was given), `store` (its URL without secrets; null for a command that opens none) and
/// `profile`.
nlohmann::ordered_json document_head(std::string_view command, const Context& context);

/// The beginning of a document whose last member is written piece by piece: `head` without its closing brace,
/// and `"NAME": [` behind it.
std::string open_document(const nlohmann::ordered_json& head, std::string_view list);
/// Its end: the list is closed, and the members of `tail` follow. A line.
std::string close_document(const nlohmann::ordered_json& tail);

/// What came of a run, as `outcome` in JSON says it: `done`, `nothing_found`, `usage`, `unreachable`,
/// `refused`, `partial`, `inconclusive`, `bug` or `interrupted`.
const char* outcome_of(core::ExitCode code);

/// A number or a truth value; null where it is not known.
template <typename Value>
nlohmann::ordered_json json_of(const std::optional<Value>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

/// What others wrote (see output::json_bytes); null where they wrote nothing.
template <typename Text>
nlohmann::ordered_json json_of_text(const std::optional<Text>& text) {
    return text ? nlohmann::ordered_json(output::json_bytes(*text)) : nlohmann::ordered_json(nullptr);
}

/// `error` of a JSON document: `message`, `remedy` (null where none is known) and `exit_code`.
nlohmann::ordered_json error_json(const core::Error& error);

} // namespace roacache::commands
