#pragma once

#include "src/bench/model/result.hpp"
#include "src/report/json_figures.hpp"

#include <cstddef>

namespace roacache::report {

/// A block as the JSON of a run saves it, and a histogram of it. What contradicts itself when it is read is a
/// BadRun, and what is no such thing an exception of the JSON library.
Json block_json(const bench::Block& block);
bench::Block block_from(const Json& json, std::size_t endpoints);

Json histogram_json(const bench::Histogram& histogram);
bench::Histogram histogram_from(const Json& json);

} // namespace roacache::report
