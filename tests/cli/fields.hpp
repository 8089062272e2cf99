#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace roacache::test {

/// Fields by path (`memory/used_bytes`, `groups/*/keys`: of every element, of which there has to be one) and
/// what they hold: `string`, `text` (a string, or {"base64": …} for what is not UTF-8), `bool`, `count` (a
/// whole number from 0), `number` (0 or more), `fraction` (0 to 1), `object`, `array`, `null`. A `?` behind
/// it allows null.
using Fields = std::map<std::string, std::string>;

/// Whether a value is what a field says.
bool holds(const nlohmann::json& value, const std::string& type);

/// What is missing or of another kind, a line each; empty when all is well.
std::string wrong_fields(const nlohmann::json& document, const Fields& fields);

/// Whether a JSON document starts with its schema, `roacache.COMMAND/1`.
bool starts_with_schema(const std::string& document, const std::string& command);

} // namespace roacache::test
