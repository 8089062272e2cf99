#pragma once

#include "src/bench/model/plan.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace roacache::report {

/// Why a document is not a saved run; its reader puts the file's name before it.
class BadRun : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What was planned for all endpoints, as an object. What of a Plan is saved is one table, by which it is
/// written and read back.
nlohmann::ordered_json plan_json(const bench::Plan& plan);

/// Fills in what plan_json() wrote; a field that older runs have not is left as it is. Throws BadRun, or what
/// nlohmann::json throws for a value of another type.
void read_plan(const nlohmann::ordered_json& json, bench::Plan& plan);

bench::ArmKind arm_from(const std::string& name);

/// `Name: value`, or null.
bench::HitHeaders hit_headers_from(const nlohmann::ordered_json& json);
/// A text, a list of texts where there are several, or null.
nlohmann::ordered_json hit_headers_json(const bench::HitHeaders& headers);

} // namespace roacache::report
