#include "src/bench/verdict/correction.hpp"

#include "src/bench/stats/holm.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace roacache::bench {

std::optional<double> p_of_threshold(const AssertResult& answer, const Subject& subject) {
    if (!answer.value || !answer.ci_low || !answer.ci_high) return {};
    double (*const scale)(double) = subject.metric->scale;
    const auto scaled = [&](double value) { return scale != nullptr ? scale(value) : std::log(value); };
    const auto [low, high] = std::minmax({scaled(*answer.ci_low), scaled(*answer.ci_high)});
    return p_of(scaled(*answer.value), {low, high, answer.blocks}, scaled(answer.assertion.threshold));
}

void correct_for_one_another(std::vector<AssertResult>& answers) {
    std::vector<double> p;
    for (const AssertResult& answer : answers)
        if (answer.p) p.push_back(*answer.p);
    const std::vector<double> adjusted = holm_adjusted(p);
    std::size_t next = 0;
    for (AssertResult& answer : answers) {
        if (!answer.p) continue;
        answer.p_adjusted = adjusted[next++];
        if (*answer.p_adjusted > k_error_rate) answer.verdict = Verdict::inconclusive;
    }
}

} // namespace roacache::bench
