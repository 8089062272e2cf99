#pragma once

#include "src/config/profile.hpp"
#include "src/demo/cache/tier.hpp"
#include "src/demo/origin/queries.hpp"
#include "src/layout/params_hash.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::demo {

/// The cache rules of the accounting portal's profile, applied to the resources that the service has: keys,
/// TTLs, and what each event makes stale. Immutable, safe to use from several threads.
class Policy {
  public:
    /// `resources` are names as in keys. Throws core::Error(usage) when the profile's rules cannot be
    /// applied.
    Policy(const config::Profile& profile, const std::vector<std::string>& resources);

    /// `cache:{tenant}:{resource}:{params_hash}` with the profile's default tenant; of a user's own entries
    /// `cache:{tenant}:{resource}:user-{user}:{params_hash}`.
    CacheKey key(std::string_view resource, const Params& params, const std::string& user = {}) const;
    Milliseconds ttl(std::string_view resource) const;
    /// The groups of the resources that the event makes stale. Throws core::Error(usage) for an unknown
    /// event.
    const std::vector<std::string>& stale_after(std::string_view event) const;
    const std::vector<std::string>& all_groups() const { return all_groups_; }
    /// That of one resource; empty for one that the service does not have.
    std::vector<std::string> groups_of(std::string_view resource) const;

  private:
    struct Rule {
        std::string group; ///< `cache:default:dashboard_summary:`
        Milliseconds ttl{};
    };
    const Rule& rule_of(std::string_view resource) const;

    layout::HashRule hash_;
    std::map<std::string, Rule, std::less<>> rules_;
    std::map<std::string, std::vector<std::string>, std::less<>> stale_;
    std::vector<std::string> all_groups_;
};

} // namespace roacache::demo
