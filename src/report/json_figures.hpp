#pragma once

#include "src/report/figures.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace roacache::report {

using Json = nlohmann::ordered_json;

/// Null where there is none, or none that JSON can hold.
Json number(std::optional<double> value);
Json milliseconds(std::optional<double> ns);

/// Whatever a user or server sent: text, or base64 where it is none.
Json bytes(std::string_view text);

/// Of something that is not compared: mean, a few quantiles, max; in milliseconds.
Json brief_json(const bench::Histogram& histogram);

/// Every arm by its name, of one endpoint or of all.
Json arms_json(const bench::Result& result, std::optional<std::size_t> endpoint);

/// By quantity; null where it could not be compared.
Json comparison_json(const bench::Comparison& comparison);

} // namespace roacache::report
