#include "src/bench/verdict/sentences.hpp"

#include "src/bench/stats/holm.hpp"
#include "src/bench/verdict/metrics.hpp"
#include "src/core/units.hpp"

#include <fmt/core.h>

namespace roacache::bench {
namespace {

using core::format_count;

/// `is` begins it: `mean_reduction is 52 % (95 % CI 48 … 56 %)`.
std::string undecided_sentence(const AssertResult& answer, const std::string& is) {
    if (!answer.p)
        return fmt::format("{}, but fewer than {} blocks are too few to judge {} by.", is, k_least_blocks,
                           answer.threshold_text);
    if (*answer.p <= k_error_rate)
        return fmt::format("{}, which would decide whether it is {} if nothing else were asked; of several "
                           "asserts one in that place is too often mistaken (p = {:.2f} after Holm's "
                           "correction). More requests (-n) decide it.",
                           is, answer.threshold_text, *answer.p_adjusted);
    return fmt::format("{}, which does not decide whether it is {}; more requests (-n) narrow it.", is,
                       answer.threshold_text);
}

} // namespace

std::string sentence_of(const AssertResult& answer, const Result& result) {
    const std::string subject = subject_of(answer, result);
    if (!answer.value) {
        const Subject* const known = find_subject(answer.assertion.quantity);
        const auto q = known != nullptr ? known->quantile() : std::nullopt;
        return fmt::format("{} {}: the run has too few good responses for this figure{}.", subject,
                           answer.threshold_text,
                           q ? fmt::format(", which needs {}", format_count(needed_for_quantile(*q))) : "");
    }
    const std::string interval =
        answer.interval_text.empty() ? "" : fmt::format(" (95 % CI {})", answer.interval_text);
    if (answer.verdict == Verdict::fail)
        return fmt::format("{} is {}{}, not {}.", subject, answer.value_text, interval,
                           answer.threshold_text);
    return undecided_sentence(answer, fmt::format("{} is {}{}", subject, answer.value_text, interval));
}

} // namespace roacache::bench
