// The quantities by their names.

#include "src/bench/verdict/format.hpp"
#include "src/bench/verdict/metrics.hpp"

#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <mutex>
#include <utility>

namespace roacache::bench {
namespace {

using Scope = Metric::Scope;
using Unit = Assert::Unit;

constexpr const auto& k_arms = k_all_arms;

bool is_of_arm(Scope scope) {
    return scope == Scope::arm || scope == Scope::arm_figure;
}

bool is_of_stampede(Scope scope) {
    return scope == Scope::stampede || scope == Scope::stampede_figure;
}

bool is_of_tier(Scope scope) {
    return scope == Scope::tier || scope == Scope::tier_figure;
}

/// What stands for the name of a tier.
constexpr const char* k_any_tier = "NAME";

/// What stands before a quantity's own name, but for those of an arm.
std::string prefix_of(Scope scope) {
    if (is_of_tier(scope)) return fmt::format("tier.{}.", k_any_tier);
    return is_of_stampede(scope) ? "stampede." : "";
}

bool takes(Scope scope, const ArmFigure& figure) {
    return figure.unit == ArmFigure::Unit::nanoseconds ||
           (scope == Scope::arm_figure && figure.unit == ArmFigure::Unit::per_second);
}

using Subjects = std::map<std::string, Subject, std::less<>>;

/// By their names, without what stands before the dot.
std::vector<std::pair<std::string, Subject>> subjects_of(const Metric& metric) {
    const std::string name(metric.name);
    std::vector<std::pair<std::string, Subject>> subjects;
    if (metric.scope == Scope::compared) {
        for (const Quantity quantity : k_quantities)
            subjects.emplace_back(fmt::format("{}_{}", name_of(quantity), name),
                                  Subject{&metric, {}, quantity});
    } else if (metric.scope == Scope::arm_figure || metric.scope == Scope::stampede_figure ||
               metric.scope == Scope::tier_figure) {
        for (const ArmFigure& figure : arm_figures())
            if (takes(metric.scope, figure))
                subjects.emplace_back(figure.name, Subject{&metric, {}, Quantity::mean, &figure});
    } else {
        subjects.emplace_back(name, Subject{&metric});
    }
    return subjects;
}

Subjects make_subjects() {
    Subjects all;
    for (const Metric& metric : all_metrics())
        for (auto& [name, subject] : subjects_of(metric)) {
            if (!is_of_arm(metric.scope)) {
                if (is_of_tier(metric.scope)) subject.tier = k_any_tier;
                all.emplace(prefix_of(metric.scope) + name, subject);
                continue;
            }
            for (const ArmKind arm : k_arms) {
                subject.arm = arm;
                all.emplace(fmt::format("{}.{}", name_of(arm), name), subject);
            }
        }
    return all;
}

} // namespace

Assert::Unit Subject::unit() const {
    return figure != nullptr && figure->unit == ArmFigure::Unit::per_second ? Unit::number : metric->unit;
}

std::optional<double> Subject::quantile() const {
    if (figure != nullptr) return figure->q;
    return metric->scope == Scope::compared ? quantile_of(compared) : std::nullopt;
}

std::string Subject::text(double value) const {
    if (metric->factor) return format_number(value);
    if (unit() == Unit::fraction) return format_percent(value);
    if (unit() == Unit::nanoseconds) return format_ns(value);
    if (unit() == Unit::bytes) return format_bytes(value);
    return format_number(value) + (figure != nullptr ? " /s" : "");
}

std::string Subject::range_text(double low, double high) const {
    if (metric->factor) return format_number_range(low, high);
    if (unit() == Unit::fraction) return format_percent_range(low, high);
    if (unit() == Unit::nanoseconds) return format_ns_range(low, high);
    return format_number_range(low, high) + (figure != nullptr ? " /s" : "");
}

namespace {

/// Of `tier.L1.p50`, for a tier of any name.
const Subject* find_subject_of_tier(std::string_view quantity) {
    constexpr std::string_view k_tier = "tier.";
    const std::size_t dot = quantity.rfind('.');
    if (!quantity.starts_with(k_tier) || dot <= k_tier.size()) return nullptr;
    const auto like = all_subjects().find(prefix_of(Scope::tier) + std::string(quantity.substr(dot + 1)));
    if (like == all_subjects().end()) return nullptr;
    static std::mutex mutex;
    static Subjects asked_for; // those that are in no list, for a tier may have any name
    const std::lock_guard lock(mutex);
    Subject subject = like->second;
    subject.tier = quantity.substr(k_tier.size(), dot - k_tier.size());
    return &asked_for.emplace(quantity, subject).first->second;
}

} // namespace

const Subject* find_subject(std::string_view quantity) {
    const auto found = all_subjects().find(quantity);
    return found == all_subjects().end() ? find_subject_of_tier(quantity) : &found->second;
}

const Subjects& all_subjects() {
    static const Subjects k_all = make_subjects();
    return k_all;
}

std::vector<std::string> quantities_help() {
    std::vector<std::string> compared, run, of_arm, of_tier, of_stampede, quantities, arms;
    for (const Metric& metric : all_metrics()) {
        if (metric.scope == Scope::compared) {
            compared.emplace_back(metric.name);
            continue;
        }
        auto& names = is_of_arm(metric.scope)        ? of_arm
                      : is_of_tier(metric.scope)     ? of_tier
                      : is_of_stampede(metric.scope) ? of_stampede
                                                     : run;
        for (auto& [name, subject] : subjects_of(metric))
            names.push_back(std::move(name));
    }
    for (const Quantity quantity : k_quantities)
        quantities.emplace_back(name_of(quantity));
    for (const ArmKind arm : k_arms)
        arms.emplace_back(name_of(arm));
    return {fmt::format("{{{}}}_{{{}}}", fmt::join(quantities, ","), fmt::join(compared, ",")),
            fmt::format("{}", fmt::join(run, ", ")),
            fmt::format("{{{}}}.{{{}}}", fmt::join(arms, ","), fmt::join(of_arm, ",")),
            fmt::format("{}{{{}}}", prefix_of(Scope::tier), fmt::join(of_tier, ",")),
            fmt::format("stampede.{{{}}}", fmt::join(of_stampede, ","))};
}

} // namespace roacache::bench
