#pragma once

#include "commands/follow/row_selectors.hpp"

#include <nlohmann/json.hpp>
#include <string>

namespace roacache::commands::follow {

/// What happened to a value, and what was invalidated for it.
struct Report {
    enum class Event { moved, appeared, vanished, settled };
    Event event = Event::moved;
    RowValue value;
    Watermark before, after;             ///< null: there was none
    nlohmann::ordered_json invalidation; ///< as `invalidate -o json` has it
};

/// One JSON document of a line: `head`, then `time`, `event`, `value` (a text; several in a list; null where
/// the selectors name no column), `watermark{before, after}` and `invalidation`.
nlohmann::ordered_json document_of(const Report& report, nlohmann::ordered_json head);

/// The same for people, in one line without its end.
std::string line_of(const Report& report);

/// A value for people.
std::string text_of(const RowValue& value);

} // namespace roacache::commands::follow
