#pragma once

#include "commands/doctor/examination.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace roacache::commands {

/// What is told of an examination: the findings of a level and above.
struct ShownLevel {
    analysis::Level least = analysis::Level::warning;
    bool shows(const analysis::Finding& finding) const { return finding.level >= least; }
};

/// Whether any finding is of the level or above.
bool any_found(const Examination& done, ShownLevel level);

/// What the finding rests on: a line, or of several servers one for each.
std::vector<std::string> evidence_lines(const analysis::Finding& finding);

/// `head` with `outcome`, `findings`, `not_checked`, `acl` …
nlohmann::ordered_json doctor_json(const Examination& done, ShownLevel level, nlohmann::ordered_json head);

/// For people.
std::string doctor_table(const Examination& done, ShownLevel level, bool colour);

/// A finding a line: level, id, title, evidence, remedy, set apart by tabs.
std::string doctor_lines(const Examination& done, ShownLevel level);

/// A test case a rule: failed where it found something of the level, with the evidence, skipped where it
/// could not be checked.
std::string doctor_junit(const Examination& done, ShownLevel level);

} // namespace roacache::commands
