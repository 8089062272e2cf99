#include "src/config/goals.hpp"

#include <array>
#include <fmt/core.h>

namespace roacache::config {
namespace {

using Unit = core::Requirement::Unit;

/// To add one: a line here, and how it is measured in commands/stats_goals.cpp.
struct NamedQuantity {
    std::string_view name;
    GoalQuantity quantity;
    core::QuantityKind kind;
    bool of_resource; ///< of one resource, too
};
constexpr std::array k_quantities{
    NamedQuantity{"hit_rate", GoalQuantity::hit_rate, {Unit::fraction, true}, true},
    NamedQuantity{"entries", GoalQuantity::entries, {Unit::number, true}, true},
    NamedQuantity{"bytes", GoalQuantity::bytes, {Unit::bytes, true}, true},
    NamedQuantity{"bytes_per_entry", GoalQuantity::bytes_per_entry, {Unit::bytes, false}, true},
    NamedQuantity{"no_ttl", GoalQuantity::no_ttl, {Unit::number, true}, true},
    NamedQuantity{"exceeding_policy", GoalQuantity::exceeding_policy, {Unit::number, true}, true},
    NamedQuantity{"memory", GoalQuantity::memory, {Unit::bytes, true}, false},
    NamedQuantity{"evictions", GoalQuantity::evictions, {Unit::number, true}, false},
};

/// `RESOURCE.QUANTITY` taken apart at the last dot; the resource is empty where there is none.
std::pair<std::string_view, std::string_view> split(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return {{}, name};
    return {name.substr(0, dot), name.substr(dot + 1)};
}

/// Null when there is none, or none of one resource where one is named.
const NamedQuantity* find(std::string_view name) {
    const auto [resource, quantity] = split(name);
    for (const NamedQuantity& one : k_quantities)
        if (one.name == quantity &&
            (name.size() == quantity.size() || (one.of_resource && !resource.empty())))
            return &one;
    return nullptr;
}

/// All, and behind the separator those of one resource.
std::string quantities(const char* separator) {
    std::string all, of_resource;
    for (const NamedQuantity& one : k_quantities) {
        all += fmt::format("{}{}", all.empty() ? "" : ", ", one.name);
        if (one.of_resource) of_resource += fmt::format("{}{}", of_resource.empty() ? "" : ",", one.name);
    }
    return fmt::format("{}{}of one resource RESOURCE.{{{}}}", all, separator, of_resource);
}

} // namespace

std::string goal_quantities_help() {
    return quantities(";\n");
}

Goal parse_goal(std::string_view expr, std::string_view what) {
    const auto kind_of = [](std::string_view name) -> std::optional<core::QuantityKind> {
        const NamedQuantity* found = find(name);
        return found == nullptr ? std::nullopt : std::optional(found->kind);
    };
    Goal goal;
    goal.requirement =
        core::parse_requirement(expr, what, kind_of, fmt::format("Quantities: {}.", quantities("; ")));
    const std::string name = goal.requirement.quantity;
    goal.quantity = find(name)->quantity;
    goal.resource = split(name).first;
    goal.requirement.quantity = split(name).second;
    return goal;
}

std::vector<Goal> Goals::all() const {
    std::vector<Goal> goals = overall;
    for (const auto& [resource, wanted] : resources)
        goals.insert(goals.end(), wanted.begin(), wanted.end());
    return goals;
}

} // namespace roacache::config
