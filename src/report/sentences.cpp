#include "src/bench/verdict/format.hpp"
#include "src/core/units.hpp"
#include "src/output/text.hpp"
#include "src/report/escape.hpp"
#include "src/report/figures.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>
#include <set>

namespace roacache::report {
namespace {

using bench::Quantity;
using core::format_count;

std::string single_finding(const ArmView& arm) {
    std::string text = fmt::format("the mean answer takes {}", duration_text(arm.mean_ns()));
    for (const int of_100 : {99, 95, 90})
        if (const auto most = arm.quantile_ns(of_100 / 100.0)) {
            text += fmt::format(", {} of 100 at most {}", of_100, bench::format_ns(*most));
            break;
        }
    if (const auto rps = arm.rps())
        text += fmt::format(", at {} answers a second", bench::format_number(*rps));
    return text + ".";
}

/// `the mean answer takes 1.2 ms with the cache, 41 ms while it is stopped (0 errors), 1.3 ms when it is
/// back.`
std::string drill_finding(const std::vector<ArmView>& phases) {
    std::string text = "the mean answer takes ";
    for (const ArmView& phase : phases) {
        text += fmt::format("{} {}", duration_text(phase.mean_ns()),
                            phase.kind == bench::ArmKind::up     ? "with the cache, "
                            : phase.kind == bench::ArmKind::down ? "while it is stopped"
                                                                 : "when it is back");
        if (phase.kind == bench::ArmKind::down)
            text += fmt::format(" ({} errors), ", format_count(bench::total(phase.tally.errors)));
    }
    return text + ".";
}

std::string compared_finding(const bench::Ratio& ratio, const std::string& cached,
                             const std::string& uncached) {
    if (ratio.ci_low <= 1 && ratio.ci_high >= 1)
        return fmt::format(
            "the cache makes no difference that this run can see: the mean answer takes {} with it and {} "
            "without (reduction {}, 95 % CI {}).",
            cached, uncached, bench::format_percent(1 - ratio.ratio), interval_text(ratio));
    if (ratio.ratio > 1)
        return fmt::format("with the cache the mean answer takes {} instead of {}, {} ({} more, 95 % CI {}).",
                           cached, uncached, speed_text(ratio),
                           bench::format_percent_within(ratio.ratio - 1, ratio.ci_low - 1, ratio.ci_high - 1),
                           bench::format_percent_range(ratio.ci_low - 1, ratio.ci_high - 1));
    return fmt::format("with the cache the mean answer takes {} instead of {}, {} ({} less, 95 % CI {}).",
                       cached, uncached, speed_text(ratio),
                       bench::format_percent_within(1 - ratio.ratio, 1 - ratio.ci_high, 1 - ratio.ci_low),
                       interval_text(ratio));
}

/// What the cache cost once, where that is much more than what it costs from then on.
std::string cold_text(const ArmView& cached) {
    constexpr double k_much = 2;
    const auto mean = cached.mean_ns();
    if (!cached.first_ms || !mean || *cached.first_ms * 1e6 < k_much * *mean) return "";
    return fmt::format(" The first request with it took {}.", bench::format_ns(*cached.first_ms * 1e6));
}

/// `9.98 busy on average (cached arm), 9.99 (uncached arm)`
std::string busy_text(const bench::Result& result) {
    std::string text;
    for (const bench::ArmKind arm : result.plan.arms()) {
        const auto busy = result.concurrency(arm);
        if (!busy) continue;
        text += text.empty() ? fmt::format("{} busy on average", bench::format_number(*busy))
                             : ", " + bench::format_number(*busy);
        if (!result.plan.single) text += fmt::format(" ({} arm)", bench::name_of(arm));
    }
    return text.empty() ? text : "; " + text;
}

std::string load_text(const bench::Result& result) {
    const bench::Plan& plan = result.plan;
    const unsigned connections = plan.connections();
    const std::string over = fmt::format("{} {}connection{}", connections, plan.http2 ? "HTTP/2 " : "",
                                         connections == 1 ? "" : "s");
    std::string how = plan.threads == 1 ? "" : fmt::format(" on {} threads", plan.threads);
    if (plan.streams > 1) how = fmt::format(" of up to {} streams each", plan.streams) + how;
    for (const bench::ConnectTo& rule : plan.connect_to)
        how += rule.unix_socket.empty()
                   ? fmt::format(" (to elsewhere by --connect-to {})", output::printable(rule.text()))
                   : fmt::format(" to the Unix socket {}", output::printable(rule.unix_socket));
    if (plan.rate)
        return fmt::format("open loop, {} requests a second on a fixed schedule, over at most {}{}; "
                           "each latency counts from the moment the request was due",
                           bench::format_number(*plan.rate), over, how);
    if (plan.streams > 1)
        return fmt::format("closed loop, {} requests at once over {}{}, the next one sent when an answer is "
                           "whole{}",
                           plan.concurrency, over, how, busy_text(result));
    return fmt::format("closed loop, {}{}, each sending its next request when the answer is whole{}", over,
                       how, busy_text(result));
}

std::string closed_loop_text(const bench::Result& result) {
    std::string text = "in turns with it a " + load_text(*result.closed_loop);
    if (result.closed_loop->blocks.empty()) return text + "; it was not reached";
    return text + fmt::format("; {} of measuring were its, and no target is judged by it",
                              bench::format_ns(seconds_of(*result.closed_loop) * 1e9));
}

std::string amount_text(const bench::Plan& plan) {
    const char* each = plan.drill    ? "each phase and endpoint"
                       : plan.single ? "each endpoint"
                                     : "each arm and endpoint";
    if (plan.duration)
        return fmt::format("{} in all, and as many requests as fit", core::format_duration(*plan.duration));
    return fmt::format("{} requests for {}", format_count(plan.requests), each);
}

/// How the requests of an endpoint differ, once where they do so in several alike.
std::vector<std::string> varied_texts(const bench::Plan& plan) {
    std::vector<std::string> texts;
    for (const bench::EndpointPlan& endpoint : plan.endpoints) {
        if (endpoint.varied.empty()) continue;
        std::string text = "in the place of " + endpoint.varied;
        if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
    }
    return texts;
}

/// `"a" or "b"`, each once; empty where any body is good.
std::string expected_texts(const bench::Plan& plan) {
    std::set<std::string> texts;
    for (const bench::EndpointPlan& endpoint : plan.endpoints)
        if (!endpoint.expected_text.empty())
            texts.insert(fmt::format("\"{}\"", output::printable(elided(endpoint.expected_text, 60))));
    return fmt::format("{}", fmt::join(texts, " or "));
}

std::string blocks_text(const bench::Result& result) {
    const auto blocks = result.blocks.size();
    if (result.plan.drill)
        return fmt::format("{} blocks, phase after phase: the cache up, stopped, and back", blocks);
    if (result.plan.single) return fmt::format("{} blocks", blocks);
    const char* together = result.plan.arms().size() == 2 ? "pair" : "three";
    return fmt::format("{0} blocks, the arms interleaved in {1}s, in random order within each {1} (seed {2})",
                       blocks, together, result.plan.seed);
}

/// The median where it is known, else the mean.
std::string typical_text(const bench::Histogram& histogram) {
    if (bench::enough_for_quantile(0.5, histogram.count()))
        return bench::format_ns(histogram.quantile_ns(0.5)) + " in the median";
    return bench::format_ns(histogram.mean_ns()) + " on average";
}

/// Where the pairs were taken together.
std::string longer_text(const bench::Comparison& comparison) {
    const auto mean = comparison.find(Quantity::mean);
    if (mean == comparison.end() || !mean->second.check) return {};
    const bench::Ratio& ratio = mean->second;
    if (ratio.blocks == ratio.check->pairs) return {};
    return fmt::format(", of which {} alike neighbours were taken together as {} longer ones",
                       format_count(ratio.check->pairs), format_count(ratio.blocks));
}

/// Whether the load generator was the bottleneck.
std::string generator_text(const bench::Result& result) {
    const auto used = cpu_seconds_of(result);
    if (!used) return {};
    double wall = 0;
    for (const bench::Result* loop : loops_of(result))
        wall += seconds_of(*loop);
    return fmt::format(
        "the load generator itself used {} of CPU time in {} of measuring{}", bench::format_ns(*used * 1e9),
        bench::format_ns(wall * 1e9),
        result.plan.spin ? "; it spun (--spin), so that does not tell whether it was the bottleneck" : "");
}

/// How many asserts are judged on intervals.
std::size_t corrected(const bench::Assessment& assessment) {
    return static_cast<std::size_t>(
        std::count_if(assessment.asserts.begin(), assessment.asserts.end(),
                      [](const bench::AssertResult& answer) { return answer.p.has_value(); }));
}

} // namespace

const char* verdict_label(bench::Verdict verdict) {
    if (verdict == bench::Verdict::pass) return "PASS";
    return verdict == bench::Verdict::fail ? "FAIL" : "INCONCLUSIVE";
}

std::string finding(const Document& document) {
    const auto arms = arm_views(document.result);
    bool answered = false;
    for (const ArmView& arm : arms)
        answered = answered || !arm.tally.latency.empty();
    if (!answered) return "no request was answered well.";
    if (arms.size() == 1) return single_finding(arms.front());
    if (document.result.plan.drill) return drill_finding(arms);
    for (std::size_t i = 0; i < 2; ++i)
        if (arms[i].tally.latency.empty())
            return fmt::format("only the {} arm was answered well, in {} on average.",
                               bench::name_of(arms[1 - i].kind), duration_text(arms[1 - i].mean_ns()));
    const std::string cached = duration_text(arms[0].mean_ns()), uncached = duration_text(arms[1].mean_ns());
    const auto mean = document.assessment.comparison.find(Quantity::mean);
    if (mean != document.assessment.comparison.end())
        return compared_finding(mean->second, cached, uncached) + cold_text(arms[0]);
    return fmt::format(
        "the mean answer takes {} with the cache and {} without; that is too little to compare.", cached,
        uncached);
}

std::string headline(const Document& document) {
    const auto& assessment = document.assessment;
    const bool passed = assessment.verdict == bench::Verdict::pass || assessment.reasons.empty();
    return fmt::format("{}: {}", verdict_label(assessment.verdict),
                       passed ? finding(document) : assessment.reasons.front());
}

namespace {

/// `, and the store counted 1,000 hits and 0 misses during the cached blocks`.
std::string store_text(const bench::StoreWatch& store, std::string (*mark)(std::string_view)) {
    if (!store.failure.empty()) return "the store's counters could not be used: " + mark(store.failure);
    std::string text = "the store counted ";
    const auto counts = [](const bench::StoreUse& use) {
        return fmt::format("{} hits and {} misses", format_count(use.hits), format_count(use.misses));
    };
    if (store.arms.empty()) return text + counts(store.all) + " during the run, of everybody who uses it";
    const char* separator = "";
    for (const auto& [arm, use] : store.arms) {
        text += fmt::format("{}{} during the {} blocks", separator, counts(use), bench::name_of(arm));
        separator = ", ";
    }
    return text + ", of everybody who uses it";
}

/// What of the arms' answers was counted with another arm.
std::string moved_text(const bench::Result& result) {
    std::string text;
    for (const ArmView& arm : arm_views(result))
        if (arm.tally.moved_out != 0)
            text +=
                fmt::format(" {} of the {} arm were proven to be something else and left out of its figures.",
                            format_count(arm.tally.moved_out), bench::name_of(arm.kind));
    return text;
}

/// With the header that would prove hits, where the answers have one.
std::string unproven_text(const bench::Result& result, std::string (*mark)(std::string_view)) {
    const auto other =
        result.sign_of_hit(result.plan.single ? bench::ArmKind::single : bench::ArmKind::cached);
    if (!other)
        return "unproven: nothing was named that tells a hit from a miss (--hit-header 'X-Cache: HIT').";
    const auto& [header, hit, value] = other->second;
    return fmt::format("unproven: no header was named that tells a hit from a miss; the answers have {}, and "
                       "--hit-header {} would prove them.",
                       mark(fmt::format("{}: {}", header.name, value)),
                       mark(fmt::format("'{}'", header.text())));
}

} // namespace

std::string proof_text(const Document& document, std::string (*mark)(std::string_view)) {
    const bench::Result& result = document.result;
    if (!result.hits_provable() && result.store && result.store->failure.empty())
        return store_text(*result.store, mark) + ".";
    if (!result.hits_provable()) return unproven_text(result, mark);
    std::string text = fmt::format("{} {}",
                                   result.plan.names_tiers()       ? "the place in the answer"
                                   : result.plan.same_hit_proofs() ? "the response header"
                                                                   : "the response headers",
                                   bench::hit_proofs_text(result, mark));
    std::vector<ArmView> views = arm_views(result);
    if (std::all_of(views.begin(), views.end(),
                    [](const ArmView& arm) { return arm.tally.proven_hits + arm.tally.proven_misses == 0; }))
        return fmt::format("{}: {}in no answer, so nothing is proven.", text,
                           result.plan.proves_misses() ? "" : "above 0 ");
    const char* separator = ": ";
    for (ArmView& arm : views) {
        arm.hit_rate_alone.reset(); // the counts beside it are those of the blocks
        text += fmt::format("{}{} of {} good responses of the {} arm were hits", separator,
                            format_count(arm.tally.proven_hits), format_count(arm.tally.answered()),
                            bench::name_of(arm.kind));
        if (const auto rate = arm.hit_rate()) text += fmt::format(" ({})", bench::format_percent(*rate));
        if (const auto silent = result.silent_endpoints(arm.kind); !silent.empty())
            text += result.endpoints.size() == 1 ? "; they do not say whether they were"
                                                 : fmt::format("; those of {} do not say whether they were",
                                                               mark(names_of(silent, result)));
        separator = ", ";
    }
    if (result.hit_rate_is_alone())
        text += fmt::format("; on its own the cached arm hit at {}",
                            bench::format_percent(*result.alone->pooled(bench::ArmKind::cached).hit_rate()));
    if (result.store) text += "; " + store_text(*result.store, mark);
    return text + "." + moved_text(result);
}

namespace {

std::string alone_text(const bench::Result& alone) {
    const bench::Tally tally = alone.pooled(bench::ArmKind::cached);
    std::string text =
        fmt::format("then the cached arm on its own for {}: {} requests, compared with nothing",
                    bench::format_ns(seconds_of(alone) * 1e9), format_count(tally.requests));
    if (const auto rate = tally.hit_rate())
        text += fmt::format(", {} of them hits", bench::format_percent(*rate));
    return text;
}

} // namespace

std::vector<std::string> method_lines(const Document& document) {
    const bench::Result& result = document.result;
    const bench::Plan& plan = result.plan;
    std::vector<std::string> lines{load_text(result)};
    if (result.closed_loop) lines.push_back(closed_loop_text(result));
    lines.push_back(amount_text(plan) + ", in " + blocks_text(result));
    for (std::string& varied : varied_texts(plan))
        lines.push_back(std::move(varied));
    if (result.alone) lines.push_back(alone_text(*result.alone));
    if (plan.warmup != 0)
        lines.push_back(
            fmt::format("{} warm-up requests for each {} before, not counted; the first one, over a fresh "
                        "connection, is reported apart",
                        format_count(plan.warmup), plan.single ? "endpoint" : "arm and endpoint"));
    if (plan.forced)
        lines.emplace_back("each endpoint was asked once before that, to find its entries in the store");
    lines.push_back(
        fmt::format("a request has {} before it counts as a timeout; failed requests are in no latency",
                    core::format_duration(plan.timeout)));
    if (const auto expected = expected_texts(plan); !expected.empty())
        lines.push_back(fmt::format("an answer without {} in its body is an error", expected));
    if (!plan.single)
        lines.push_back(
            "95 % intervals from 2,000 resamples of the pairs of blocks (paired-block bootstrap of "
            "the log ratio)" +
            longer_text(document.assessment.comparison));
    if (corrected(document.assessment) > 1)
        lines.push_back(
            fmt::format("the verdicts on {} intervals are corrected for one another (Holm), so that "
                        "any is mistaken in at most one run of twenty",
                        corrected(document.assessment)));
    if (const bench::Histogram& connect = result.connecting.connect; !connect.empty()) {
        std::string line = fmt::format("{} connections were made, each in {}", format_count(connect.count()),
                                       typical_text(connect));
        if (const bench::Histogram& tls = result.connecting.tls; !tls.empty())
            line += fmt::format(", and {} for the TLS handshake", typical_text(tls));
        lines.push_back(line);
    }
    if (const std::string line = generator_text(result); !line.empty()) lines.push_back(line);
    return lines;
}

} // namespace roacache::report
