#pragma once

#include "src/bench/verdict/metrics.hpp"

namespace roacache::bench {

/// Of the arm that is to hit: the latency of the answers that say that they are of the tier, and their share
/// of its good answers.
Measurement measure_tier_latency(const Subject& subject, const Measured& measured);
Measurement measure_tier_share(const Subject& subject, const Measured& measured);
/// That no answer was of the tier, and which there were.
std::string why_no_tier(const Subject& subject, const Result& result);
std::optional<Refusal> refuse_without_tiers(const Subject& subject, const Plan& plan);

} // namespace roacache::bench
