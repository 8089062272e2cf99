#include "src/bench/verdict/metrics.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace roacache::bench {
namespace {

using core::Error;
using core::ExitCode;

/// The expression on one line of bounded length.
std::string shown(std::string_view expr) {
    constexpr std::size_t k_longest = 100;
    std::string text(expr.substr(0, k_longest));
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    if (expr.size() > k_longest) text += "...";
    return text;
}

std::string list_of_quantities() {
    return fmt::format("Quantities: {}.", fmt::join(quantities_help(), ", "));
}

[[noreturn]] void bad(std::string_view expr, const std::string& why,
                      const std::string& remedy = list_of_quantities()) {
    throw Error{ExitCode::usage, fmt::format("bad assert: {}: {}", shown(expr), why), remedy};
}

struct Operator {
    std::string_view text;
    Assert::Op op;
};
constexpr std::array<Operator, 6> k_operators{{{"<=", Assert::Op::less_equal},
                                               {">=", Assert::Op::greater_equal},
                                               {"==", Assert::Op::equal},
                                               {"!=", Assert::Op::not_equal},
                                               {"<", Assert::Op::less},
                                               {">", Assert::Op::greater}}};

/// A finite decimal number with an optional minus; nothing for anything else.
std::optional<double> plain_number(std::string_view text) {
    double value = 0;
    const auto parsed =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return {};
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

double parse_fraction(std::string_view expr, std::string_view text, const Subject& subject) {
    const bool percent = text.ends_with('%');
    const auto number = plain_number(core::trimmed(percent ? text.substr(0, text.size() - 1) : text));
    if (!number) bad(expr, fmt::format("'{}' is no percentage", shown(text)), "Write 60% or 0.6.");
    const double value = percent ? *number / 100 : *number;
    const Metric& metric = *subject.metric;
    if (value > metric.greatest)
        bad(expr, fmt::format("{} is never above 100 %", expr.substr(0, expr.find_first_of("<>=! \t"))),
            percent ? "" : fmt::format("A number without % is a fraction: write {}%.", text));
    if (value < metric.least && metric.factor) bad(expr, "a ratio is never below 0", "Write 0.4, or 40%.");
    if (value < metric.least) bad(expr, "a rate is never below 0 %", "");
    return value;
}

double parse_duration(std::string_view expr, std::string_view text) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    const std::string joined =
        std::string(text.substr(0, digits)) + std::string(core::trimmed(text.substr(digits)));
    try {
        return static_cast<double>(core::parse_duration(joined, "threshold").count());
    } catch (const Error& error) {
        bad(expr, fmt::format("'{}' is no duration", shown(text)), error.remedy());
    }
}

/// `200MB`, and for what shrinks `-10MB`.
double parse_bytes(std::string_view expr, std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    try {
        const auto bytes = static_cast<double>(core::parse_size(text, "threshold"));
        return negative ? -bytes : bytes;
    } catch (const Error& error) {
        bad(expr, fmt::format("'{}' is no size", shown(text)), error.remedy());
    }
}

double parse_number(std::string_view expr, std::string_view text, const Subject& subject) {
    const auto number = plain_number(text);
    if (!number || *number < 0)
        bad(expr, fmt::format("'{}' is no number", shown(text)), "Write a plain number, such as 0 or 1000.");
    if (subject.counted() && *number != std::floor(*number))
        bad(expr, fmt::format("'{}' is no whole number", shown(text)), "");
    return *number;
}

double parse_threshold(std::string_view expr, std::string_view text, const Subject& subject) {
    if (text.empty())
        bad(expr, "the threshold is missing", "Write QUANTITY OP THRESHOLD, such as mean_reduction >= 60%.");
    switch (subject.unit()) {
    case Assert::Unit::fraction:
        return parse_fraction(expr, text, subject);
    case Assert::Unit::nanoseconds:
        return parse_duration(expr, text);
    case Assert::Unit::bytes:
        return parse_bytes(expr, text);
    case Assert::Unit::number:
        break;
    }
    return parse_number(expr, text, subject);
}

[[noreturn]] void unanswerable(const Assert& assertion, const std::string& why, const std::string& remedy) {
    throw Error{ExitCode::usage, fmt::format("assert cannot be answered: {}: {}", shown(assertion.expr), why),
                remedy};
}

void check_arms(const Assert& assertion, const Subject& subject, const Plan& plan) {
    if (plan.single && (subject.metric->needs_both_arms || (subject.arm && *subject.arm != ArmKind::single)))
        unanswerable(assertion, "the run has one arm only, which is named single",
                     "Leave --single out, or ask for single.mean, single.p99 and so on.");
    if (!plan.single && subject.arm == ArmKind::single)
        unanswerable(assertion, "the run has the arms cached and uncached",
                     "Ask for cached.… or uncached.…, or give --single.");
    if (subject.arm == ArmKind::miss && plan.forced != ArmKind::miss)
        unanswerable(assertion, "the run has no arm of forced misses",
                     "Say how the cache is gone past, and --uncached-by invalidate beside it.");
    if (subject.metric->refusal == nullptr) return;
    if (const auto refusal = subject.metric->refusal(subject, plan))
        unanswerable(assertion, refusal->why, refusal->remedy);
}

void check_size(const Assert& assertion, const Subject& subject, const Plan& plan) {
    if (!subject.needs_blocks()) return;
    if (plan.blocks < k_least_blocks)
        unanswerable(assertion,
                     fmt::format("fewer than {} blocks have no interval to judge by", k_least_blocks),
                     "Measure in more blocks: --blocks 30.");
    const auto requests = plan.most_requests();
    if (!requests) return;
    if (*requests < k_least_blocks)
        unanswerable(assertion, fmt::format("fewer than {0} requests make no {0} blocks", k_least_blocks),
                     "Make more requests: -n 1000.");
    const std::uint64_t endpoints = std::max<std::uint64_t>(plan.round_size(), 1);
    const auto q = subject.quantile();
    if (!q || enough_for_quantile(*q, *requests * endpoints)) return;
    const std::uint64_t needed = needed_for_quantile(*q), each = (needed + endpoints - 1) / endpoints;
    unanswerable(assertion,
                 fmt::format("that quantile needs {} requests an arm, {} are planned",
                             core::format_count(needed), core::format_count(*requests * endpoints)),
                 plan.duration ? std::string("Measure for longer.")
                               : fmt::format("Make as many: -n {}.", each));
}

} // namespace

Assert parse_assert(std::string_view expr) {
    expr = core::trimmed(expr);
    const std::size_t at = expr.find_first_of("<>=!");
    const std::string_view quantity = core::trimmed(expr.substr(0, at));
    const Subject* const subject = find_subject(quantity);
    if (quantity.empty()) bad(expr, "the quantity is missing");
    if (subject == nullptr) bad(expr, fmt::format("no such quantity: {}", shown(quantity)));
    if (at == std::string_view::npos)
        bad(expr, "an operator is missing", "One of >= > <= < == !=, then the threshold.");

    Assert assertion;
    assertion.expr = expr;
    assertion.quantity = quantity;
    assertion.unit = subject->unit();
    const std::string_view rest = expr.substr(at);
    const auto* const found = std::find_if(k_operators.begin(), k_operators.end(),
                                           [&](const Operator& one) { return rest.starts_with(one.text); });
    const std::size_t length = std::min(rest.find_first_not_of("<>=!"), rest.size());
    if (found == k_operators.end() || found->text.size() != length)
        bad(expr, fmt::format("no such operator: {}", shown(rest.substr(0, length))),
            "Operators: >= > <= < == !=.");
    assertion.op = found->op;
    if (!subject->counted() && (assertion.op == Assert::Op::equal || assertion.op == Assert::Op::not_equal))
        bad(expr, "what is measured is never exactly equal", "Use >= or <=.");
    assertion.threshold = parse_threshold(expr, core::trimmed(rest.substr(length)), *subject);
    return assertion;
}

void check_answerable(const Assert& assertion, const Plan& plan) {
    const Subject* const subject = find_subject(assertion.quantity);
    if (subject == nullptr) bad(assertion.expr, "no such quantity");
    check_arms(assertion, *subject, plan);
    check_size(assertion, *subject, plan);
}

} // namespace roacache::bench
