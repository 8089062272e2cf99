#pragma once

#include "commands/command.hpp"
#include "src/layout/key_template.hpp"
#include "src/output/value.hpp"
#include "src/store/store.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace roacache::commands {

/// What `inspect` found under one key.
struct Inspection {
    std::string key;
    layout::DecodedKey parts; ///< views into a key that outlives this; empty: not recognised
    std::optional<std::chrono::seconds> policy_ttl;       ///< what the profile grants the resource
    std::optional<store::Value> value;                    ///< absent: there is no such key
    std::optional<std::chrono::milliseconds> expired_for; ///< it is not there, but its row still is
    std::optional<output::DecodedValue> content;          ///< of a string that was looked at
    bool shows_elements = false; ///< of anything else that was looked at: value->elements
};

/// What is said of a key that is not there, and why.
std::string expired_text(std::chrono::milliseconds expired_for);

/// One entry of the JSON document `roacache.inspect/1`, on one line.
std::string inspection_json(const Inspection& inspection);

/// The entry for people (table) or as lines `name TAB value` (plain).
std::string inspection_text(const Inspection& inspection, Format format, bool colour);

/// The columns of inspection_csv().
extern const char* const k_inspection_columns;
/// The entry as a line of csv; elements of a value are JSON in one field.
std::string inspection_csv(const Inspection& inspection);

} // namespace roacache::commands
