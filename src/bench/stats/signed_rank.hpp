#pragma once

#include <span>
#include <vector>

namespace roacache::bench {

/// The Hodges-Lehmann estimate of the centre: the median of the means of all pairs of values, each with
/// itself too (Hodges & Lehmann 1963). Needs no memory for the pairs. At least one value, all finite.
double hodges_lehmann(std::vector<double> values);

/// Two-sided p of Wilcoxon's signed-rank test that the values are symmetric about 0 (Wilcoxon 1945;
/// Hollander, Wolfe & Chicken 2014, Nonparametric Statistical Methods, 3.1). Zeros are left out, equal
/// distances share the mean of their ranks. Up to 50 values by the exact distribution of the ranks at hand;
/// beyond by the normal approximation with the variance corrected for ties and with continuity correction.
/// 1 when no value differs from 0.
double signed_rank_p(std::span<const double> values);

} // namespace roacache::bench
