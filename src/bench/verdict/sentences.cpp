#include "src/bench/verdict/sentences.hpp"

#include "src/bench/stats/holm.hpp"
#include "src/bench/verdict/format.hpp"
#include "src/bench/verdict/metrics.hpp"
#include "src/core/units.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <set>
#include <string_view>

namespace roacache::bench {
namespace {

using core::format_count;

/// `is` begins it: `mean_reduction is 52 % (95 % CI 48 … 56 %)`.
std::string undecided_sentence(const AssertResult& answer, const std::string& is) {
    if (answer.is_least)
        return fmt::format(
            "{} by an Age above 0, which hits within their entry's first second do not have, so "
            "that whether it is {} is not known. Name another header that proves hits "
            "(--hit-header).",
            is, answer.threshold_text);
    if (!answer.alone_text.empty())
        return fmt::format("{}, but {} where the cached arm ran on its own, which is not {}: entries live "
                           "shorter than the blocks between. --single tells what the cache alone does.",
                           is, answer.alone_text, answer.threshold_text);
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

/// `the answers of list do`: those that leave a hit rate unknown; empty where none do.
std::string silent_text(const AssertResult& answer, const Result& result) {
    const Subject* const subject = find_subject(answer.assertion.quantity);
    if (subject == nullptr || !is_hit_rate(*subject) || !result.hits_provable()) return {};
    auto silent = result.silent_endpoints(subject->arm.value_or(hitting_arm(result)));
    if (answer.endpoint) std::erase_if(silent, [&](std::size_t i) { return i != *answer.endpoint; });
    if (silent.empty()) return {};
    const bool some = !answer.endpoint && silent.size() < result.endpoints.size();
    return some ? fmt::format("the answers of {} do", names_of(silent, result)) : "the answers do";
}

/// What the load generator's own machine ran out of, in brackets; empty for any other reason.
const char* remedy_of(std::string_view system_error) {
    if (system_error == "EADDRNOTAVAIL") return " (no local port is left: let connections be kept alive)";
    if (system_error == "EMFILE") return " (too few descriptors: ulimit -n, or fewer connections, -c)";
    return "";
}

/// When the first such answer of the arm came, to the length of a bin.
std::optional<double> first_of(int status, const Result& result, ArmKind arm) {
    std::optional<double> first;
    for (const Block& block : result.blocks)
        for (std::size_t i = 0; block.arm == arm && i < block.bins.bins.size(); ++i) {
            if (!block.bins.bins[i].statuses.contains(status)) continue;
            const double begin = block.bins.started_s + static_cast<double>(i) * block.bins.bin_seconds;
            const double since = std::max(begin, block.started_s);
            first = first ? std::min(*first, since) : since;
        }
    return first;
}

} // namespace

std::vector<UnexpectedStatus> unexpected_statuses(const Result& result, ArmKind arm) {
    std::vector<UnexpectedStatus> all;
    for (const auto& [status, count] : result.pooled(arm).statuses)
        if (!result.plan.expected.has(status)) all.push_back({status, count, first_of(status, result, arm)});
    return all;
}

std::string errors_text(const Result& result, ArmKind arm) {
    std::vector<std::string> parts;
    for (const auto& [status, count, since] : unexpected_statuses(result, arm))
        parts.push_back(fmt::format("{} × {}{}", format_count(count), status,
                                    since ? fmt::format(" (from {} on)", format_ns(*since * 1e9)) : ""));
    for (const auto& [name, count] : result.pooled(arm).errors)
        if (count != 0 && !name.starts_with("http_"))
            parts.push_back(fmt::format("{} × {}", format_count(count), output::printable(name)));
    std::string text = fmt::format("{}", fmt::join(parts, ", "));
    const char* separator = "; the system's reasons: ";
    for (const auto& [name, count] : result.pooled(arm).system_errors) {
        text += fmt::format("{}{} × {}{}", separator, format_count(count), output::printable(name),
                            remedy_of(name));
        separator = ", ";
    }
    return text;
}

std::string sentence_of(const AssertResult& answer, const Result& result) {
    const std::string subject = subject_of(answer, result);
    if (!answer.value) {
        const Subject* const known = find_subject(answer.assertion.quantity);
        if (const std::string silent = silent_text(answer, result); !silent.empty())
            return fmt::format("{} {}: {} not say whether they are hits.", subject, answer.threshold_text,
                               silent);
        if (known != nullptr && known->metric->why_absent != nullptr)
            if (const std::string why = known->metric->why_absent(*known, result); !why.empty())
                return fmt::format("{} {}: there is no such figure: {}.", subject, answer.threshold_text,
                                   why);
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

std::string sentence_of(const UserCheck& check, const Result& result) {
    using Outcome = UserCheck::Outcome;
    std::string of = result.endpoints.at(check.endpoint).shown_name();
    if (!check.request.empty()) of += fmt::format(" ({})", check.request);
    const std::string places = fmt::format("{}", fmt::join(check.places, ", "));
    switch (check.outcome) {
    case Outcome::own:
        return fmt::format("{}: each user was served his own answer through the cache (they differ in {}).",
                           of, places);
    case Outcome::crossed:
        return fmt::format(
            "{}: user {} was served {}the answer of user {} by the cache ({}{}){}.", of, check.served,
            check.in_part ? "a part of " : "", 3 - check.served, check.in_part ? "" : "they differ in ",
            places,
            check.keys.empty() ? "" : fmt::format(", out of the entry {}", fmt::join(check.keys, ", ")));
    case Outcome::equal:
        return fmt::format(
            "{}: both users have the same answer without the cache, so that it proves nothing of "
            "them.",
            of);
    case Outcome::unknown:
        break;
    }
    return fmt::format("{}: whether answers cross over between users is not known: {}.", of, check.why);
}

std::vector<std::string> sentences_of_users(const Result& result, UserCheck::Outcome outcome) {
    constexpr std::size_t k_most = 3;
    std::vector<std::string> sentences;
    for (std::size_t endpoint = 0; endpoint < result.endpoints.size(); ++endpoint) {
        std::size_t all = 0;
        for (const UserCheck& check : result.users) {
            if (check.endpoint != endpoint || check.outcome != outcome) continue;
            if (++all <= k_most) sentences.push_back(sentence_of(check, result));
        }
        if (all > k_most)
            sentences.push_back(fmt::format("{}: the same holds for {} more of its requests.",
                                            result.endpoints[endpoint].shown_name(),
                                            format_count(all - k_most)));
    }
    return sentences;
}

std::vector<std::string> sentences_of_users(const Result& result) {
    using Outcome = UserCheck::Outcome;
    std::vector<std::string> sentences;
    for (const Outcome outcome : {Outcome::crossed, Outcome::unknown, Outcome::equal, Outcome::own})
        for (std::string& sentence : sentences_of_users(result, outcome))
            sentences.push_back(std::move(sentence));
    for (std::size_t endpoint = 0; endpoint < result.endpoints.size(); ++endpoint) {
        std::set<std::string> asked; // merged runs have asked the same
        std::optional<std::uint64_t> of;
        for (const UserCheck& check : result.users) {
            if (check.endpoint != endpoint) continue;
            asked.insert(check.request);
            of = check.of_requests;
        }
        if (of && asked.size() < *of && !asked.empty())
            sentences.push_back(fmt::format("{}: {} of its {} different requests were asked as two users.",
                                            result.endpoints[endpoint].shown_name(),
                                            format_count(asked.size()), format_count(*of)));
    }
    return sentences;
}

} // namespace roacache::bench
