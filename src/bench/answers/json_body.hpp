#pragma once

#include "src/bench/model/json_path.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::bench {

/// The first place, members in the order of their names, at which two documents differ.
struct JsonDifference {
    std::string path;     ///< a JSON Pointer; empty: the documents as a whole
    std::string expected; ///< the value there, printable and in short; `nothing` where there is none
    std::string found;
    /// The same as it is given to --ignore-json: `*` for each index of an array. Empty where that cannot name
    /// it: the documents as a whole, a member called `*`, or one whose name has hidden characters.
    std::string place = {};
};

/// A body as JSON, with numbers of any size as they are, in a form for these functions alone; nothing when
/// it is none, when a name stands twice in an object, or when it is nested more than 256 levels deep. Several
/// documents, one in each line (NDJSON), are an array of them.
std::optional<nlohmann::json> read_json_body(std::string_view body);

/// Compares all but the values at the `ignored` paths, present or not. Numbers are equal when their values
/// are, to the last digit and however they are written, objects whatever the order of their members.
std::optional<JsonDifference> first_difference(const nlohmann::json& expected, const nlohmann::json& found,
                                               const std::vector<JsonPath>& ignored);

/// The first of these places, at most `most`, of which no two have the same `place`.
std::vector<JsonDifference> differences(const nlohmann::json& expected, const nlohmann::json& found,
                                        const std::vector<JsonPath>& ignored, std::size_t most);

} // namespace roacache::bench
