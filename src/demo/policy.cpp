#include "src/demo/policy.hpp"

#include "src/core/error.hpp"
#include "src/layout/layout.hpp"
#include "src/store/profile_layout.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace roacache::demo {
namespace {

constexpr std::chrono::seconds k_ttl_without_policy{300};
// In place of any hash where only what is before it matters.
constexpr std::string_view k_some_hash = "000000000000";

std::string sample_key(const layout::Layout& layout, const std::string& tenant, const std::string& resource) {
    return layout.build({tenant, resource, std::string(k_some_hash), {}});
}

/// The rule that `invalidate --event` goes by, asked about a key of the resource. Keys that end in a hash do
/// not show the company, so that an event's value narrows nothing here.
bool makes_stale(const std::vector<layout::Choice>& choices, const layout::Layout& layout,
                 const std::string& key) {
    layout::DecodedKey decoded;
    return layout.decode(key, decoded) &&
           std::any_of(choices.begin(), choices.end(), [&](const layout::Choice& choice) {
               return layout::Layout::fits(choice, key, decoded);
           });
}

} // namespace

Policy::Policy(const config::Profile& profile, const std::vector<std::string>& resources)
    : hash_(store::hash_rule_of(profile).value_or(layout::HashRule{})) {
    const layout::Layout layout = store::layout_of(profile);
    for (const std::string& resource : resources) {
        std::string group = sample_key(layout, profile.default_tenant, resource);
        group.resize(group.size() - k_some_hash.size());
        all_groups_.push_back(group);
        rules_[resource] = {std::move(group), profile.ttl.of(resource).value_or(k_ttl_without_policy)};
    }
    for (const config::Event& event : profile.events) {
        const auto choices =
            store::choices_of(profile, layout, event, std::nullopt, layout::Pattern{profile.default_tenant});
        for (const std::string& resource : resources)
            if (makes_stale(choices, layout, sample_key(layout, profile.default_tenant, resource)))
                stale_[event.name].push_back(rules_.at(resource).group);
    }
}

const Policy::Rule& Policy::rule_of(std::string_view resource) const {
    const auto known = rules_.find(resource);
    if (known == rules_.end())
        throw core::Error(core::ExitCode::bug,
                          fmt::format("unknown resource: {}: the service has none such", resource));
    return known->second;
}

std::vector<std::string> Policy::groups_of(std::string_view resource) const {
    const auto known = rules_.find(resource);
    if (known == rules_.end()) return {};
    return {known->second.group};
}

CacheKey Policy::key(std::string_view resource, const Params& params, const std::string& user) const {
    layout::Parameters parameters;
    parameters.parse(params.dump());
    const std::string& group = rule_of(resource).group;
    return {group,
            group + (user.empty() ? "" : "user-" + user + ":") + layout::params_hash(parameters, hash_)};
}

Milliseconds Policy::ttl(std::string_view resource) const {
    return rule_of(resource).ttl;
}

const std::vector<std::string>& Policy::stale_after(std::string_view event) const {
    const auto known = stale_.find(event);
    if (known == stale_.end())
        throw core::Error(core::ExitCode::usage,
                          fmt::format("unknown event: {}: the profile has no rule for it", event));
    return known->second;
}

} // namespace roacache::demo
