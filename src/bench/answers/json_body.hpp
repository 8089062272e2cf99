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
    std::string place = {}; ///< the same as it is given to --ignore-json: `*` for each index of an array
};

/// A body as JSON; nothing when it is none.
std::optional<nlohmann::json> read_json_body(std::string_view body);

/// Compares all but the values at the `ignored` paths, present or not. Numbers are equal when their values
/// are (as 64-bit integers and doubles), objects whatever the order of their members. Documents nested more
/// than 256 levels deep differ at that depth: what is below is not looked at.
std::optional<JsonDifference> first_difference(const nlohmann::json& expected, const nlohmann::json& found,
                                               const std::vector<JsonPath>& ignored);

/// The first of these places, at most `most`, of which no two have the same `place`.
std::vector<JsonDifference> differences(const nlohmann::json& expected, const nlohmann::json& found,
                                        const std::vector<JsonPath>& ignored, std::size_t most);

} // namespace roacache::bench
