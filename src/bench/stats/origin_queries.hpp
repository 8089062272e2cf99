#pragma once

#include "src/bench/model/result.hpp"
#include "src/bench/stats/bootstrap.hpp"

#include <map>
#include <optional>
#include <string>

namespace roacache::bench {

/// How often the origin was asked for the requests of one arm, all endpoints together. A request is each that
/// was sent while the counter was watched, those too that keep the connections busy around a block's own
/// (Tally::fillers): they reach the origin as the others do.
struct OriginRate {
    std::uint64_t queries = 0;
    std::uint64_t requests = 0;            ///< at least 1
    std::optional<Interval> interval = {}; ///< of queries a request; absent with fewer than 2 blocks

    double per_request() const { return static_cast<double>(queries) / static_cast<double>(requests); }
};

/// How many fewer queries a request of the cached arm takes, as a fraction of the uncached one's.
struct OriginReduction {
    double value = 0;                      ///< at most 1
    std::optional<Interval> interval = {}; ///< absent with fewer than 2 pairs of blocks
};

/// Why the origin's counter gives no figure: it failed, it moved by more than a twentieth while nothing was
/// asked, or it never moved for the uncached arm (or the single one). Empty where it gives some, or where
/// none was asked for.
std::string why_no_origin_figures(const Result& result);

/// Of each arm of whose blocks some were counted; empty where there are no figures. The interval is the
/// wider, at each end, of the block bootstrap and the score interval of a Poisson count, so that no query in
/// few requests is not taken for certainty.
std::map<ArmKind, OriginRate> origin_rates(const Result& result);

/// Absent where there are no figures, or no pair of blocks. The interval is the wider, at each end, of the
/// paired block bootstrap and of the conditional interval for the ratio of two Poisson rates (Wilson's of the
/// cached arm's share), for which the queries that one request takes together count as one.
std::optional<OriginReduction> origin_reduction(const Result& result);

/// What the reduction would be if the cached arm were what it did on its own after the blocks; absent where
/// that is not known.
std::optional<double> origin_reduction_alone(const Result& result);

} // namespace roacache::bench
