#include "src/bench/verdict/warnings.hpp"

#include "src/bench/stats/holm.hpp"
#include "src/bench/verdict/format.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/core.h>

namespace roacache::bench {
namespace {

using core::format_count;

constexpr std::array k_checked{Quantity::mean, Quantity::p50};

/// Of those that have a check, the one whose pairs depend on each other most.
const Ratio* most_dependent(const Comparison& comparison) {
    const Ratio* most = nullptr;
    for (const Quantity quantity : k_checked)
        if (const auto found = comparison.find(quantity);
            found != comparison.end() && found->second.check && found->second.check->dependence &&
            (most == nullptr || found->second.check->dependence->lag1 > most->check->dependence->lag1))
            most = &found->second;
    return most;
}

bool still_dependent(const Comparison& comparison) {
    for (const auto& [quantity, ratio] : comparison)
        if (ratio.check && ratio.check->still_dependent) return true;
    return false;
}

void add_dependent(std::vector<Warning>& warnings, const Comparison& comparison) {
    const Ratio* ratio = most_dependent(comparison);
    const bool still = still_dependent(comparison);
    if (ratio == nullptr || (!still && ratio->blocks == ratio->check->pairs)) return;
    const Dependence& found = *ratio->check->dependence;
    std::string text = fmt::format("neighbouring pairs of blocks are alike (lag-1 correlation {:.2f}, design "
                                   "effect {:.1f})",
                                   found.lag1, found.design_effect);
    if (ratio->blocks < ratio->check->pairs)
        text += fmt::format(", so the {} pairs were taken together as {} longer ones",
                            format_count(ratio->check->pairs), format_count(ratio->blocks));
    text +=
        still ? "; those are alike too, which the intervals are widened for. Measure for longer."
              : fmt::format(". Measure for longer, or in fewer, longer blocks: --blocks {}.", ratio->blocks);
    warnings.push_back({"dependent-blocks", text});
}

void add_if_unstable(std::vector<Warning>& warnings, Quantity quantity, const Ratio& ratio,
                     std::optional<double> noise_floor) {
    if (ratio.check_disagrees())
        warnings.push_back(
            {"check-disagrees",
             fmt::format(
                 "the bootstrap calls a difference of the {} (95 % CI of the reduction {}), but {}. Few "
                 "blocks make this difference; confirm it by a longer run.",
                 name_of(quantity), format_percent_range(1 - ratio.ci_high, 1 - ratio.ci_low),
                 (ratio.check->hodges_lehmann_ratio < 1) != (ratio.ratio < 1)
                     ? fmt::format("the pairs' Hodges-Lehmann estimate is a reduction of {}",
                                   format_percent(1 - ratio.check->hodges_lehmann_ratio))
                     : fmt::format("the signed-rank test of the pairs does not (p = {:.2f})",
                                   ratio.check->signed_rank_p))});
    const double apart = std::max(ratio.ratio, 1 / ratio.ratio);
    if (noise_floor && ratio.calls_difference() && apart < *noise_floor)
        warnings.push_back(
            {"below-noise-floor",
             fmt::format(
                 "the {} differs by {}, and this machine cannot resolve less than {}. Confirm it by a "
                 "longer run, or on a quieter machine.",
                 name_of(quantity), format_apart(apart), format_apart(*noise_floor))});
}

/// `97.0 % of the cached arm's time and …`, of the arms whose share of it is at least so much; empty: none.
std::string shares_text(const Result& result, std::optional<double> (Result::*share)(ArmKind) const,
                        double least) {
    std::string arms;
    for (const ArmKind arm : result.plan.arms())
        if (const auto its = (result.*share)(arm); its && *its >= least)
            arms += fmt::format("{}{} of the {} arm's time", arms.empty() ? "" : " and ",
                                format_percent(*its), name_of(arm));
    return arms;
}

void add_generator_bound(std::vector<Warning>& warnings, const Result& result) {
    constexpr double k_busy = 0.9;
    const std::string arms = shares_text(result, &Result::generator_busy, k_busy);
    if (arms.empty()) return;
    warnings.push_back(
        {"generator-bound",
         fmt::format("the load generator itself was busy for {}: these figures are what it can do, and the "
                     "service may be faster. Ask for less at a time (-c, --rate, --both-loops), or give it a "
                     "machine of its own.",
                     arms)});
}

void add_generator_waiting(std::vector<Warning>& warnings, const Result& result) {
    constexpr double k_much = 0.1;
    const std::string arms = shares_text(result, &Result::generator_waiting, k_much);
    if (arms.empty()) return;
    warnings.push_back(
        {"generator-waiting",
         fmt::format("for {} the load generator was ready to go on and had to wait for a core, "
                     "which is in the latencies: more wanted to run than there were cores, or a "
                     "container's CPU limit held it back. Give it a core of its own (taskset), or fewer "
                     "threads (-j).",
                     arms)});
}

void add_idle_connections(std::vector<Warning>& warnings, const Result& result) {
    // A single connection is idle from each answer until its next request is made.
    const double nearly_all = result.plan.concurrency == 1 ? 0.8 : 0.95;
    std::string arms;
    for (const ArmKind arm : result.plan.arms()) {
        const auto busy = result.concurrency(arm);
        if (arm == result.plan.forced || !busy || *busy >= nearly_all * result.plan.concurrency) continue;
        arms += fmt::format("{}{} of the {} arm", arms.empty() ? "" : " and ", format_number(*busy),
                            name_of(arm));
    }
    if (arms.empty()) return;
    warnings.push_back(
        {"idle-connections",
         fmt::format(
             "of {} requests at once only {} were under way on average while requests counted, and "
             "that is the load that the figures are of. Connections pause where requests fail; "
             "otherwise the load generator did not keep up: give it more threads (-j), or ask for less "
             "(-c).",
             result.plan.concurrency, arms)});
}

/// Between two blocks of the cached arm, on average.
double seconds_between(const Result& result) {
    double seconds = 0;
    const Block* last = nullptr;
    unsigned gaps = 0;
    for (const Block& block : result.blocks) {
        if (block.arm != ArmKind::cached) continue;
        if (last != nullptr) {
            seconds += block.started_s - last->started_s - last->wall_seconds.value_or(last->seconds);
            ++gaps;
        }
        last = &block;
    }
    return gaps == 0 ? 0 : seconds / gaps;
}

void add_expiring_entries(std::vector<Warning>& warnings, const Result& result) {
    if (!result.hit_rate_is_alone()) return;
    const Tally alone = result.alone->pooled(ArmKind::cached);
    const auto blocks = std::count_if(result.blocks.begin(), result.blocks.end(),
                                      [](const Block& block) { return block.arm == ArmKind::cached; });
    const std::string why =
        result.entries_expire_meanwhile()
            ? fmt::format("{} of the {} later blocks of the cached arm began with misses, which are not "
                          "counted: entries expire while the uncached arm runs, so their time to live (TTL) "
                          "is not much longer than the {} between two of its blocks, or shorter",
                          result.blocks_begun_with_misses(), blocks - 1,
                          format_ns(seconds_between(result) * 1e9))
            : "the cached arm hits at another rate on its own than in turns with the uncached one, which may "
              "renew its entries";
    warnings.push_back(
        {"expiring-entries", fmt::format("{}. The hit rate is that of {} requests that it made on its own "
                                         "afterwards: {}, in its blocks {}.",
                                         why, format_count(alone.requests), format_percent(*alone.hit_rate()),
                                         format_percent(*result.pooled(ArmKind::cached).hit_rate()))});
}

void add_ended_connections(std::vector<Warning>& warnings, const Result& result) {
    constexpr std::uint64_t k_seldom = 100; // one in so many
    std::string arms;
    for (const ArmKind arm : result.plan.arms()) {
        const Tally tally = result.pooled(arm);
        if (tally.sent_again * k_seldom <= tally.requests) continue;
        arms += fmt::format("{}{} of the {} requests of the {} arm", arms.empty() ? "" : " and ",
                            format_count(tally.sent_again), format_count(tally.requests), name_of(arm));
    }
    if (arms.empty()) return;
    warnings.push_back(
        {"ended-connections",
         fmt::format("for {} the server had ended the connection without an answer, and they were "
                     "sent once more over another, as clients may. Its keep-alive is too short, or "
                     "it drops requests.",
                     arms)});
}

void add_few_streams(std::vector<Warning>& warnings, const Result& result) {
    const auto most = result.connecting.most_streams;
    if (!most || *most >= result.plan.streams) return;
    warnings.push_back(
        {"few-streams",
         fmt::format(
             "the server takes {} requests at once over a connection, so of the {} that share one "
             "(--streams) "
             "the others waited in the client, and that is in their latencies: measure with --streams {}.",
             *most, result.plan.streams, std::max<std::uint32_t>(*most, 1))});
}

void add_overload(std::vector<Warning>& warnings, const Result& result) {
    std::string arms;
    for (const ArmKind arm : result.plan.arms())
        if (result.overloaded(arm)) arms += (arms.empty() ? "" : " and ") + std::string(name_of(arm));
    if (arms.empty()) return;
    warnings.push_back(
        {"overload",
         fmt::format(
             "{} requests a second were more than the service carried {} at a time ({} arm): they "
             "waited in a queue that grows as long as the run goes on, and that is what the latencies "
             "show. Ask for less (--rate), or allow more at once (-c).",
             format_number(*result.plan.rate), result.plan.concurrency, arms)});
}

/// `1.00 s at 3.20 s of the run (uncached arm)`
std::string text_of(const Stall& stall, const Result& result, double begin_s) {
    return fmt::format("{} at {} of the run{}", format_ns(stall.seconds * 1e9),
                       format_ns((stall.started_s - begin_s) * 1e9),
                       result.plan.single ? "" : fmt::format(" ({} arm)", name_of(stall.arm)));
}

/// `run`: the result itself, or that of the open loop it alternates with.
void add_stalls(std::vector<Warning>& warnings, const Result& result, const Result& run) {
    constexpr std::size_t k_most_listed = 4;
    if (result.stalls.empty()) return;
    const std::size_t count = result.stalls.size();
    double seconds = 0;
    for (const Stall& stall : result.stalls)
        seconds += stall.seconds;
    std::string text = "the server stood still";
    if (count > 1) text += fmt::format(" {} times, {} in all", format_count(count), format_ns(seconds * 1e9));
    const std::size_t listed = count > k_most_listed ? k_most_listed - 1 : count;
    for (std::size_t i = 0; i < listed; ++i)
        text += fmt::format("{}for {}", i == 0 ? count > 1 ? ": " : " " : ", ",
                            text_of(result.stalls[i], result, run.begin_of_blocks()));
    if (listed < count) text += fmt::format(" and {} more", format_count(count - listed));
    if (result.plan.rate)
        text += ". What was due meanwhile counts from when it was due.";
    else if (run.plan.rate)
        text += ". Only the few requests under way waited for it.";
    else
        text += ". Only the few requests under way waited for it; callers who come whatever the answers do "
                "are told "
                "by --rate.";
    warnings.push_back({"stalls", text});
}

std::vector<Warning> warnings_of_loop(const Result& result, const Result& run) {
    std::vector<Warning> warnings;
    add_generator_bound(warnings, result);
    add_generator_waiting(warnings, result);
    add_idle_connections(warnings, result);
    add_ended_connections(warnings, result);
    add_few_streams(warnings, result);
    add_overload(warnings, result);
    add_stalls(warnings, result, run);
    return warnings;
}

/// That an endpoint is as quick with the cache as without, by its mean: 1 where the mean is not known.
double p_of_no_difference(const Comparison& comparison) {
    const auto mean = comparison.find(Quantity::mean);
    if (mean == comparison.end()) return 1;
    const Ratio& ratio = mean->second;
    return p_of(std::log(ratio.ratio), {std::log(ratio.ci_low), std::log(ratio.ci_high), ratio.blocks}, 0);
}

} // namespace

std::vector<Warning> warnings_of(const Comparison& comparison, std::optional<double> noise_floor,
                                 std::size_t pairs) {
    std::vector<Warning> warnings;
    if (pairs < k_least_blocks)
        warnings.push_back(
            {"few-blocks",
             fmt::format("{} pairs of blocks are few: intervals are wide, and no assert is judged "
                         "on them. At least {} are needed: --blocks 30.",
                         pairs, k_least_blocks)});
    add_dependent(warnings, comparison);
    for (const Quantity quantity : k_checked)
        if (const auto found = comparison.find(quantity); found != comparison.end())
            add_if_unstable(warnings, quantity, found->second, noise_floor);
    return warnings;
}

std::vector<Warning> warnings_of(const Result& result) {
    std::vector<Warning> warnings = warnings_of_loop(result, result);
    add_expiring_entries(warnings, result);
    if (result.closed_loop)
        for (Warning& warning : warnings_of_loop(*result.closed_loop, result))
            warnings.push_back({std::move(warning.name), "in the closed loop " + warning.text});
    return warnings;
}

std::vector<Warning> warnings_of(const Result& result, const std::vector<Comparison>& by_endpoint,
                                 std::optional<double> noise_floor) {
    if (by_endpoint.size() < 2 || whole_pairs(result) < k_least_blocks) return {};
    std::vector<double> p(by_endpoint.size());
    std::transform(by_endpoint.begin(), by_endpoint.end(), p.begin(), p_of_no_difference);
    p = holm_adjusted(p);
    std::string slower;
    for (std::size_t i = 0; i < by_endpoint.size(); ++i) {
        if (p[i] > k_error_rate) continue;
        const Ratio& ratio = by_endpoint[i].at(Quantity::mean);
        if (ratio.ratio <= noise_floor.value_or(1)) continue;
        slower += fmt::format("{}{} by {} (95 % CI {})", slower.empty() ? "" : ", ",
                              result.endpoints[i].shown_name(), format_percent(ratio.ratio - 1),
                              format_percent_range(ratio.ci_low - 1, ratio.ci_high - 1));
    }
    if (slower.empty()) return {};
    return {
        {"slower-endpoints",
         fmt::format("the cache makes some endpoints slower in their mean: {}. An assert of all endpoints "
                     "together may not show it; in a suite each may have its own.",
                     slower)}};
}

} // namespace roacache::bench
