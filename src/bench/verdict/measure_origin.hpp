#pragma once

#include "src/bench/verdict/metrics.hpp"

namespace roacache::bench {

/// Queries of the origin: see origin_rates() and origin_reduction().
Measurement measure_origin_reduction(const Subject& subject, const Measured& measured);
Measurement measure_origin_queries(const Subject& subject, const Measured& measured);
std::string why_no_origin(const Subject& subject, const Result& result);
std::optional<Refusal> refuse_without_origin(const Subject& subject, const Plan& plan);

} // namespace roacache::bench
