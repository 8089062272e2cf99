#include "src/bench/verdict/reasons.hpp"

#include "src/bench/stats/origin_queries.hpp"
#include "src/bench/verdict/arm_reasons.hpp"
#include "src/bench/verdict/drill.hpp"
#include "src/bench/verdict/sentences.hpp"
#include "src/core/shell.hpp"
#include "src/core/units.hpp"

#include <fmt/core.h>

namespace roacache::bench {
namespace {

using core::format_count;

/// What differs from one uncached answer to the next cannot be compared.
void add_varying(std::vector<std::string>& reasons, const Result& result) {
    for (const EndpointResult& endpoint : result.endpoints) {
        const Equality& equality = endpoint.equality;
        if (!equality.varies || equality.differ_in_content == 0) continue;
        if (equality.varies_in("location") && !equality.varies_in("body")) {
            reasons.push_back(fmt::format(
                "The redirects of {} lead elsewhere each time without the cache, too, so that whether "
                "the cache changes them is not known; --no-compare compares nothing.",
                endpoint.shown_name()));
            continue;
        }
        std::string remedy;
        for (const std::string& path : equality.varying_paths)
            remedy += fmt::format("{}--ignore-json {}", remedy.empty() ? "" : " ", core::shell_quoted(path));
        reasons.push_back(fmt::format(
            "The answers of {} differ from one to the next without the cache, too, so that whether the cache "
            "changes them is not known. {}",
            endpoint.shown_name(),
            remedy.empty() ? "There is no place in them that --ignore-json could leave out (they are no "
                             "JSON, are longer "
                             "than 4 MiB, or differ as a whole): --no-compare compares nothing."
                           : "Leave out what differs: " + remedy));
    }
}

void add_too_long(std::vector<std::string>& reasons, const Result& result) {
    for (const EndpointResult& endpoint : result.endpoints)
        if (endpoint.equality.too_long > 0)
            reasons.push_back(fmt::format(
                "{} answers of {} differ in their bytes and are longer than 4 MiB, so that whether they "
                "differ only in what is ignored is not known; --no-compare compares nothing.",
                format_count(endpoint.equality.too_long), endpoint.shown_name()));
}

} // namespace

std::vector<std::string> failures(const Result& result, const Assessment& assessment) {
    std::vector<std::string> reasons;
    if (!result.aborted.empty()) reasons.push_back(result.aborted);
    for (const SharedEntry& entry : result.shared_entries)
        reasons.push_back(fmt::format(
            "{} share a cache entry: their uncached answers differ, their cached ones are the same.",
            names_of(entry, result)));
    for (std::string& sentence : sentences_of_users(result, UserCheck::Outcome::crossed))
        reasons.push_back(std::move(sentence));
    if (const std::uint64_t different = equality_sum(result).blamed_on_cache; different != 0)
        reasons.push_back(fmt::format("{} of {} compared responses differ from the uncached reference.",
                                      format_count(different), format_count(equality_sum(result).compared)));
    const Evidence evidence = evidence_of(result);
    add_errors(reasons, result, assessment.asserts);
    add_not_cached(reasons, result, evidence);
    add_not_picked_up(reasons, result);
    for (const AssertResult& answer : assessment.asserts)
        if (answer.verdict == Verdict::fail && !is_doubtful(answer, result, evidence))
            reasons.push_back(sentence_of(answer, result));
    return reasons;
}

std::vector<std::string> inconclusive_reasons(const Result& result, const Assessment& assessment) {
    std::vector<std::string> reasons;
    if (result.stopped)
        reasons.push_back(fmt::format("The run was stopped before its end: {}.", result.stopped->what()));
    else if (result.partial && result.aborted.empty())
        reasons.emplace_back("The run was interrupted before its end.");
    for (const EndpointResult& endpoint : result.endpoints)
        if (endpoint.stampede)
            for (std::string& reason :
                 endpoint.stampede->inconclusive_reasons(result.plan.stampede->rounds, endpoint.shown_name()))
                reasons.push_back(std::move(reason));
    for (std::string& sentence : sentences_of_users(result, UserCheck::Outcome::unknown))
        reasons.push_back(std::move(sentence));
    add_varying(reasons, result);
    add_too_long(reasons, result);
    const Evidence evidence = evidence_of(result);
    add_unknown_hits(reasons, result, evidence);
    add_vain_bypass(reasons, result, evidence);
    add_vain_removals(reasons, result);
    if (auto reason = why_not_stopped(result, assessment.asserts)) reasons.push_back(std::move(*reason));
    if (const std::string why = why_no_origin_figures(result); !why.empty())
        reasons.push_back(fmt::format("What the origin was asked is not known: {}.", why));
    add_wrong_arms(reasons, result);
    if (result.closed_loop) add_closed_loop(reasons, *result.closed_loop);
    for (const AssertResult& answer : assessment.asserts)
        if (answer.verdict == Verdict::inconclusive) reasons.push_back(sentence_of(answer, result));
    return reasons;
}

} // namespace roacache::bench
