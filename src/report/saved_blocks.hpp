#pragma once

#include "src/bench/model/result.hpp"
#include "src/report/json_figures.hpp"

#include <cstddef>
#include <cstdint>

namespace roacache::report {

/// A block as the JSON of a run saves it, and a histogram of it. What contradicts itself when it is read is a
/// BadRun, and what is no such thing an exception of the JSON library.
Json block_json(const bench::Block& block);
bench::Block block_from(const Json& json, std::size_t endpoints);

/// What was counted; a BadRun where it is not a whole number from 0 on.
std::uint64_t count_from(const Json& json);
bench::Errors errors_from(const Json& json);

Json histogram_json(const bench::Histogram& histogram);
bench::Histogram histogram_from(const Json& json);

} // namespace roacache::report
