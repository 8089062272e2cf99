#include "src/report/figures.hpp"

#include "src/bench/verdict/format.hpp"
#include "src/core/units.hpp"
#include "src/report/escape.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>

namespace roacache::report {
namespace {

using bench::ArmKind;
using bench::Quantity;
using core::format_count;

std::optional<double> mean_first_ms(const bench::Result& result, ArmKind arm,
                                    std::optional<std::size_t> endpoint) {
    double sum = 0;
    unsigned count = 0;
    for (std::size_t i = 0; i < result.endpoints.size(); ++i) {
        if (endpoint && *endpoint != i) continue;
        const auto& first = result.endpoints[i].first_ms;
        if (const auto found = first.find(arm); found != first.end()) sum += found->second, ++count;
    }
    return count == 0 ? std::nullopt : std::optional(sum / count);
}

std::string improvement_text(std::optional<double> cached, std::optional<double> uncached) {
    return cached && uncached && *cached > 0 && *uncached > 0 ? speed_text(*cached / *uncached) : "";
}

template <typename Get, typename Show>
FigureRow row_of(const char* label, const std::vector<ArmView>& arms, Get get, Show show) {
    FigureRow row{label, {}, {}, {}};
    for (const ArmView& arm : arms)
        row.values.push_back(show(get(arm)));
    return row;
}

FigureRow latency_row(const char* label, const std::vector<ArmView>& arms,
                      const bench::Comparison& comparison, std::optional<Quantity> quantity, auto get) {
    FigureRow row = row_of(label, arms, get, duration_text);
    if (arms.size() >= 2) row.improvement = improvement_text(get(arms[0]), get(arms[1]));
    if (!quantity) return row;
    if (const auto found = comparison.find(*quantity); found != comparison.end()) {
        row.improvement = speed_text(found->second);
        row.interval = interval_text(found->second);
    }
    return row;
}

std::optional<double> seconds_ns(const ArmView& arm) {
    return arm.seconds ? std::optional(*arm.seconds * 1e9) : std::nullopt;
}

std::optional<double> seconds_an_answer(const ArmView& arm) {
    const auto rps = arm.rps();
    return rps && *rps > 0 ? std::optional(1e9 / *rps) : std::nullopt;
}

std::optional<double> max_ns(const ArmView& arm) {
    return arm.tally.latency.empty() ? std::nullopt
                                     : std::optional(static_cast<double>(arm.tally.latency.max_ns()));
}

std::optional<double> first_byte_ns(const ArmView& arm) {
    const bench::Histogram& first_byte = arm.tally.first_byte;
    return first_byte.empty() ? std::nullopt : std::optional(first_byte.mean_ns());
}

std::optional<double> first_ns(const ArmView& arm) {
    return arm.first_ms ? std::optional(*arm.first_ms * 1e6) : std::nullopt;
}

/// As which it is compared.
std::optional<Quantity> quantity_of(const NamedQuantile& quantile) {
    for (const Quantity quantity : bench::k_quantities)
        if (bench::quantile_of(quantity) == quantile.q) return quantity;
    return {};
}

std::string rate_text(std::optional<double> rate) {
    return rate ? bench::format_number(*rate) : k_absent;
}

} // namespace

std::optional<double> ArmView::mean_ns() const {
    return tally.latency.empty() ? std::nullopt : std::optional(tally.latency.mean_ns());
}

std::optional<double> ArmView::quantile_ns(double q) const {
    if (tally.latency.empty()) return {};
    const bench::Histogram ranked = tally.ranked();
    if (!bench::enough_for_quantile(q, ranked.count())) return {};
    return ranked.quantile_ns(q);
}

bool ArmView::is_bound(double q) const {
    const auto value = quantile_ns(q);
    return value && !tally.censored.empty() && *value >= static_cast<double>(tally.censored.min_ns());
}

std::optional<double> ArmView::rps() const {
    if (!seconds || *seconds <= 0) return {};
    return static_cast<double>(tally.answered()) / *seconds;
}

std::optional<double> ArmView::hit_rate() const {
    if (!provable || !tells_hits) return {};
    return hit_rate_alone ? hit_rate_alone : tally.hit_rate();
}

namespace {

/// Where that is what the cached arm's hit rate is taken from.
std::optional<double> hit_rate_alone(const bench::Result& result, std::optional<std::size_t> endpoint) {
    if (!result.hit_rate_is_alone()) return {};
    if (!endpoint) return result.alone->pooled(ArmKind::cached).hit_rate();
    const auto& arms = result.alone->endpoints.at(*endpoint).arms;
    return arms.contains(ArmKind::cached) ? arms.at(ArmKind::cached).hit_rate() : std::nullopt;
}

} // namespace

std::vector<ArmView> arm_views(const bench::Result& result, std::optional<std::size_t> endpoint) {
    std::vector<ArmView> views;
    for (const ArmKind arm : result.plan.arms()) {
        ArmView view{arm, {}, {}, mean_first_ms(result, arm, endpoint), result.hits_provable()};
        const auto silent = result.silent_endpoints(arm);
        view.tells_hits =
            endpoint ? std::find(silent.begin(), silent.end(), *endpoint) == silent.end() : silent.empty();
        if (!endpoint) {
            view.tally = result.pooled(arm);
            view.cpu_seconds = result.cpu_seconds(arm);
            view.concurrency = result.concurrency(arm);
            view.generator_busy = result.generator_busy(arm);
            view.generator_waiting = result.generator_waiting(arm);
        } else if (const auto& arms = result.endpoints.at(*endpoint).arms; arms.contains(arm)) {
            view.tally = arms.at(arm);
        }
        if (arm == ArmKind::cached) view.hit_rate_alone = hit_rate_alone(result, endpoint);
        const auto seconds = result.seconds.find(arm);
        if (seconds != result.seconds.end() && seconds->second > 0) view.seconds = seconds->second;
        views.push_back(std::move(view));
    }
    return views;
}

std::vector<const bench::Result*> loops_of(const bench::Result& result) {
    if (!result.closed_loop) return {&result};
    return {&result, result.closed_loop.get()};
}

double seconds_of(const bench::Result& loop) {
    double sum = 0;
    for (const bench::Block& block : loop.blocks)
        sum += block.wall_seconds.value_or(block.seconds);
    return sum;
}

std::optional<double> cpu_seconds_of(const bench::Result& result) {
    std::optional<double> sum;
    for (const bench::Result* loop : loops_of(result)) {
        if (loop->blocks.empty()) continue;
        const auto used = loop->cpu_seconds();
        if (!used) return {};
        sum = sum.value_or(0) + *used;
    }
    return sum;
}

std::vector<NamedQuantile> unknown_quantiles(const bench::Result& result) {
    const auto arms = arm_views(result);
    std::vector<NamedQuantile> unknown;
    for (const NamedQuantile& quantile : k_named_quantiles)
        if (!std::all_of(arms.begin(), arms.end(),
                         [&](const ArmView& arm) { return arm.quantile_ns(quantile.q).has_value(); }))
            unknown.push_back(quantile);
    return unknown;
}

std::string needs_text(const bench::Result& result) {
    std::string text;
    for (const NamedQuantile& quantile : unknown_quantiles(result)) {
        if (!quantile.missed) continue;
        const std::string needed = format_count(bench::needed_for_quantile(quantile.q));
        text += text.empty() ? fmt::format("{} needs {} good responses{}", quantile.label, needed,
                                           result.plan.single ? "" : " in each arm")
                             : fmt::format(", {} {}", quantile.label, needed);
    }
    return text;
}

std::optional<NamedQuantile> tail_of_endpoints(const bench::Result& result) {
    constexpr double k_furthest = 0.99;
    std::optional<NamedQuantile> tail;
    for (const NamedQuantile& quantile : k_named_quantiles) {
        bool known = quantile.q <= k_furthest;
        for (std::size_t i = 0; known && i < result.endpoints.size(); ++i)
            for (const ArmView& arm : arm_views(result, i))
                known = known && arm.quantile_ns(quantile.q);
        if (known) tail = quantile;
    }
    return tail;
}

std::vector<FigureRow> figure_rows(const Document& document) {
    const auto arms = arm_views(document.result);
    const auto& comparison = document.assessment.comparison;
    std::vector<FigureRow> rows;
    rows.push_back(latency_row("mean", arms, comparison, Quantity::mean,
                               [](const ArmView& arm) { return arm.mean_ns(); }));
    for (const NamedQuantile& quantile : k_named_quantiles) {
        const auto get = [&](const ArmView& arm) { return arm.quantile_ns(quantile.q); };
        if (!quantile.missed && std::none_of(arms.begin(), arms.end(), get)) continue;
        rows.push_back(latency_row(quantile.label, arms, comparison, quantity_of(quantile), get));
        for (std::size_t i = 0; i < arms.size(); ++i)
            if (arms[i].is_bound(quantile.q)) rows.back().values[i].insert(0, "≥ ");
    }
    rows.push_back(latency_row("max", arms, comparison, {}, max_ns));
    rows.push_back(latency_row("first byte, mean", arms, comparison, {}, first_byte_ns));
    rows.push_back(latency_row("first request", arms, comparison, {}, first_ns));
    rows.back().improvement.clear(); // the cached arm's first is a miss: nothing to compare
    rows.push_back(row_of(
        "requests/s", arms, [](const ArmView& arm) { return arm.rps(); }, rate_text));
    if (arms.size() >= 2 && arms[0].rps() && arms[1].rps() && *arms[0].rps() > 0 && *arms[1].rps() > 0)
        rows.back().improvement = bench::format_number(*arms[0].rps() / *arms[1].rps()) + " ×";
    // With -z both arms are given the same time: what differs is how much of it an answer takes.
    rows.push_back(
        document.result.plan.duration
            ? latency_row("wall time an answer", arms, comparison, Quantity::total_time, seconds_an_answer)
            : latency_row("total time", arms, comparison, Quantity::total_time, seconds_ns));
    rows.push_back(row_of(
        "good responses", arms, [](const ArmView& arm) { return arm.tally.latency.count(); }, format_count));
    rows.push_back(row_of(
        "errors", arms, [](const ArmView& arm) { return bench::total(arm.tally.errors); }, format_count));
    if (document.result.cpu_seconds())
        rows.push_back(row_of(
            "generator busy", arms, [](const ArmView& arm) { return arm.generator_busy; }, percent_text));
    const auto waited = [](const ArmView& arm) { return arm.generator_waiting; };
    if (std::any_of(arms.begin(), arms.end(), waited))
        rows.push_back(row_of("generator waited", arms, waited, percent_text));
    return rows;
}

std::string factor_text(double factor) {
    return factor >= 99.5 ? format_count(static_cast<std::uint64_t>(std::llround(factor)))
                          : fmt::format("{:.{}f}", factor, factor >= 9.95 ? 1 : 2);
}

std::string speed_text(double ratio) {
    const double factor = ratio < 1 ? 1 / ratio : ratio;
    if (factor < 1.005) return "the same";
    return fmt::format("{} × {}", factor_text(factor), ratio < 1 ? "faster" : "slower");
}

std::string speed_text(const bench::Ratio& ratio) {
    const bool faster = ratio.ratio < 1;
    const double factor = faster ? 1 / ratio.ratio : ratio.ratio;
    if (!(ratio.ci_low > 0) || factor < 1.005) return speed_text(ratio.ratio);
    const double low = faster ? 1 / ratio.ci_high : ratio.ci_low,
                 high = faster ? 1 / ratio.ci_low : ratio.ci_high;
    // So that what it is more than 1 has a digit too.
    const double half = std::min((high - low) / 2, factor < 2 ? factor - 1 : factor);
    return fmt::format("{} × {}", bench::format_within(factor, factor - half, factor + half, 2),
                       faster ? "faster" : "slower");
}

std::string interval_text(const bench::Ratio& ratio) {
    return bench::format_percent_range(1 - ratio.ci_high, 1 - ratio.ci_low);
}

std::vector<ChangeRow> change_rows(const Document& document, bool judged) {
    std::vector<ChangeRow> rows;
    const auto& baseline = document.assessment.baseline;
    if (!baseline) return rows;
    const auto add = [&](const std::string& subject, bench::Quantity quantity, const bench::Ratio& ratio,
                         bool regressed) {
        rows.push_back({fmt::format("{} {}", subject, bench::name_of(quantity)),
                        fmt::format("{} {}", bench::format_percent(std::abs(ratio.ratio - 1)),
                                    ratio.ratio > 1 ? "more" : "less"),
                        bench::format_percent_range(ratio.ci_low - 1, ratio.ci_high - 1), regressed});
    };
    const auto add_all = [&](const std::string& subject, const bench::Comparison& comparison, bool own) {
        const auto& worse = baseline->regressions.found;
        for (const auto& [quantity, ratio] : comparison)
            if (!judged || bench::is_judged(quantity))
                add(subject, quantity, ratio,
                    own && std::find(worse.begin(), worse.end(), quantity) != worse.end());
    };
    for (const auto& [arm, comparison] : baseline->change.arms)
        if (!judged || arm != ArmKind::uncached)
            add_all(bench::name_of(arm), comparison, arm != ArmKind::uncached);
    add_all("cached / uncached,", baseline->change.cached_by_uncached, false);
    for (std::size_t i = 0; i < baseline->by_endpoint.size(); ++i)
        for (const bench::Quantity quantity : baseline->regressions_by_endpoint[i].found) {
            const auto& [arm, comparison] = *baseline->by_endpoint[i].judged();
            add(fmt::format("{}, {}", elided(document.result.endpoints[i].shown_name(), 80),
                            bench::name_of(arm)),
                quantity, comparison.at(quantity), true);
        }
    return rows;
}

std::string duration_text(std::optional<double> ns) {
    return ns ? bench::format_ns(*ns) : k_absent;
}

std::string percent_text(std::optional<double> fraction) {
    return fraction ? bench::format_percent(*fraction) : k_absent;
}

std::string asserts_text(const bench::Assessment& assessment, std::size_t endpoint) {
    std::size_t all = 0, held = 0;
    for (const bench::AssertResult& answer : assessment.asserts) {
        if (answer.endpoint != endpoint) continue;
        ++all;
        held += answer.verdict == bench::Verdict::pass ? 1 : 0;
    }
    return all == 0 ? "" : fmt::format("{} of {}", held, all);
}

std::string common_origin(const bench::Result& result) {
    std::string origin;
    for (const auto& endpoint : result.endpoints) {
        const std::size_t host = endpoint.name.find("://");
        const std::size_t path = host == std::string::npos ? host : endpoint.name.find('/', host + 3);
        if (path == std::string::npos) return {};
        const std::string own = endpoint.name.substr(0, path);
        if (!origin.empty() && own != origin) return {};
        origin = own;
    }
    return origin;
}

const char* arms_text(const bench::Result& result) {
    if (result.plan.single) return "the run";
    return result.plan.arms().size() == 2 ? "both arms" : "all three arms";
}

std::string subject_text(const bench::Result& result) {
    if (result.endpoints.size() == 1) return result.endpoints.front().name;
    return fmt::format("{} endpoints together", result.endpoints.size());
}

} // namespace roacache::report
