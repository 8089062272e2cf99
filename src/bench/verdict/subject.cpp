#include "src/bench/verdict/subject.hpp"

#include <array>

namespace roacache::bench {
namespace {

using Kind = Subject::Kind;

struct NamedFigure {
    std::string_view name;
    Figure figure;
};
constexpr std::array<NamedFigure, 7> k_figures{{{"mean", Figure::mean},
                                                {"p50", Figure::p50},
                                                {"p90", Figure::p90},
                                                {"p95", Figure::p95},
                                                {"p99", Figure::p99},
                                                {"p999", Figure::p999},
                                                {"rps", Figure::rps}}};

std::optional<Subject> of_arm(ArmKind arm, std::string_view name) {
    Subject subject;
    subject.arm = arm;
    for (const NamedFigure& figure : k_figures) {
        if (figure.name != name) continue;
        subject.kind = Kind::figure;
        subject.figured = figure.figure;
        return subject;
    }
    if (name == "errors")
        subject.kind = Kind::errors;
    else if (name == "requests")
        subject.kind = Kind::requests;
    else if (name == "min" || name == "max")
        subject.kind = Kind::extreme, subject.greatest = name == "max";
    else
        return {};
    return subject;
}

std::optional<Subject> of_stampede(std::string_view name) {
    Subject subject;
    subject.kind = name == "reached" ? Kind::reached : Kind::wait;
    subject.greatest = name == "max";
    if (subject.kind == Kind::reached || subject.greatest) return subject;
    for (const NamedFigure& figure : k_figures) {
        if (figure.name != name || figure.figure == Figure::rps) continue;
        subject.figured = figure.figure;
        return subject;
    }
    return {};
}

std::optional<Subject> of_kind(Kind kind) {
    Subject subject;
    subject.kind = kind;
    return subject;
}

} // namespace

std::optional<Subject> find_subject(std::string_view quantity) {
    if (quantity == "hit_rate") return of_kind(Kind::hit_rate);
    if (quantity == "errors") return of_kind(Kind::errors);
    if (quantity == "error_rate") return of_kind(Kind::error_rate);
    if (quantity == "mismatches") return of_kind(Kind::mismatches);
    if (constexpr std::string_view k_prefix = "stampede."; quantity.starts_with(k_prefix))
        return of_stampede(quantity.substr(k_prefix.size()));
    for (const ArmKind arm : {ArmKind::cached, ArmKind::uncached, ArmKind::miss, ArmKind::single})
        if (const std::string prefix = std::string(name_of(arm)) + "."; quantity.starts_with(prefix))
            return of_arm(arm, quantity.substr(prefix.size()));
    for (const Quantity compared : k_quantities) {
        const std::string name = name_of(compared);
        if (quantity != name + "_reduction" && quantity != name + "_ratio") continue;
        Subject subject;
        subject.kind = quantity.ends_with("_ratio") ? Kind::ratio : Kind::reduction;
        subject.compared = compared;
        return subject;
    }
    return {};
}

Assert::Unit Subject::unit() const {
    switch (kind) {
    case Kind::reduction:
    case Kind::ratio:
    case Kind::hit_rate:
    case Kind::error_rate:
        return Assert::Unit::fraction;
    case Kind::extreme:
    case Kind::wait:
        return Assert::Unit::nanoseconds;
    case Kind::figure:
        return figured == Figure::rps ? Assert::Unit::number : Assert::Unit::nanoseconds;
    default:
        return Assert::Unit::number;
    }
}

bool Subject::counted() const {
    return !needs_blocks() && kind != Kind::extreme && kind != Kind::wait;
}

bool Subject::needs_both_arms() const {
    return kind == Kind::reduction || kind == Kind::ratio || kind == Kind::mismatches;
}

bool Subject::needs_blocks() const {
    return kind == Kind::reduction || kind == Kind::ratio || kind == Kind::figure;
}

std::optional<double> Subject::quantile() const {
    if (kind == Kind::figure) return quantile_of(figured);
    if (kind == Kind::reduction || kind == Kind::ratio) return quantile_of(compared);
    return {};
}

} // namespace roacache::bench
