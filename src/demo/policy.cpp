#include "src/demo/policy.hpp"

#include "src/core/error.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <fnmatch.h>

namespace roacache::demo {
namespace {

constexpr std::chrono::seconds k_ttl_without_policy{300};

bool makes_stale(const config::Event& event, const std::string& resource) {
    return std::any_of(event.resources.begin(), event.resources.end(), [&](const std::string& pattern) {
        return ::fnmatch(pattern.c_str(), resource.c_str(), 0) == 0;
    });
}

} // namespace

Policy::Policy(const config::Profile& profile, const std::vector<std::string>& resources)
    : prefix_(fmt::format("cache:{}:", profile.default_tenant)) {
    if (profile.hash) hash_ = {profile.hash->algorithm, profile.hash->digits, profile.hash->exclude};
    for (const std::string& resource : resources) {
        ttls_[resource] = profile.ttl.of(resource).value_or(k_ttl_without_policy);
        groups_.push_back(group_of(resource));
    }
    // Keys that end in a hash do not tell the company, so that an event's value narrows nothing here.
    for (const config::Event& event : profile.events)
        for (const std::string& resource : resources)
            if (makes_stale(event, resource)) stale_[event.name].push_back(group_of(resource));
}

std::string Policy::group_of(std::string_view resource) const {
    return fmt::format("{}{}:", prefix_, resource);
}

CacheKey Policy::key(std::string_view resource, const Params& params) const {
    layout::Parameters parameters;
    parameters.parse(params.dump());
    CacheKey key{group_of(resource), {}};
    key.text = key.group + layout::params_hash(parameters, hash_);
    return key;
}

Milliseconds Policy::ttl(std::string_view resource) const {
    const auto known = ttls_.find(resource);
    return known == ttls_.end() ? k_ttl_without_policy : known->second;
}

const std::vector<std::string>& Policy::stale_after(std::string_view event) const {
    const auto known = stale_.find(event);
    if (known == stale_.end())
        throw core::Error(core::ExitCode::usage,
                          fmt::format("unknown event: {}: the profile has no rule for it", event));
    return known->second;
}

} // namespace roacache::demo
