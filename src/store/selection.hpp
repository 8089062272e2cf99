#pragma once

#include "src/config/profile.hpp"
#include "src/layout/layout.hpp"
#include "src/store/found_key.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roacache::store {

/// What the user named, as typed: the selectors of the command line contract but for single keys (-k,
/// --keys-from).
struct Selectors {
    std::optional<std::string> tenant;
    std::vector<std::string> resources;
    std::vector<std::pair<std::string, std::string>> where;                 ///< name and value
    std::vector<std::pair<std::string, std::optional<std::string>>> events; ///< name and value
    std::vector<std::string> matches;                                       ///< globs over the raw key
    bool glob = false; ///< the values of tenant, resources and where are globs
    bool all_tenants = false;

    bool empty() const;
};

/// How far selectors reach that name no tenant.
enum class Reach {
    every_tenant,   ///< for commands that read
    default_tenant, ///< for commands that remove: the profile's default tenant where a resource, segment or
                    ///< event is named
};

/// Selectors settled against a profile: which keys are meant.
class Selection {
  public:
    /// Throws core::Error(usage) for what no key can fit, an unknown event, an event's value that is missing
    /// or not wanted, and selectors that contradict each other. Empty selectors mean every key that the
    /// layout recognises.
    Selection(const Selectors& selectors, const config::Profile& profile, const layout::Layout& layout,
              Reach reach);

    /// A recognised key is meant when it fits one of these choices, and one of the raw globs where there are
    /// any. A key that is not recognised is meant when it fits a raw glob and no choice is made beside them.
    const std::vector<layout::Choice>& choices() const { return choices_; }
    const std::vector<std::string>& raw_globs() const { return matches_; }
    const layout::Layout& layout() const { return *layout_; }

    /// Whether `key` is meant. `decoded` receives its parts where the layout recognises it; else they stay
    /// empty.
    bool matches(std::string_view key, layout::DecodedKey& decoded) const;
    /// The same, of a key whose parts are set.
    bool takes(const FoundKey& key) const { return takes(key.bytes(), key.parts()); }

    /// The first of the events that makes a key stale which the selection takes, by its place among them; 0
    /// where there are none.
    std::size_t event_of(const FoundKey& key) const;

    /// True when every key of every tenant is meant.
    bool everything() const { return everything_; }
    /// True when only raw globs were given, so that keys of other systems may be meant.
    bool raw() const { return raw_; }
    /// True when globs of the user's own say which keys are meant.
    bool globs() const { return globs_; }
    /// True when a resource, a segment's value or an event is named as it is, so that it is not globs alone
    /// that say which keys are meant.
    bool narrowed() const { return narrowed_; }
    /// True when no tenant was named and the profile's default tenant is meant.
    bool by_default() const { return by_default_; }
    /// The selection as text, for confirmations and logs: `tenant client-1, resource invoices_list`.
    const std::string& description() const { return description_; }

  private:
    bool takes(std::string_view key, const layout::DecodedKey& parts) const;

    const layout::Layout* layout_;
    std::vector<layout::Choice> choices_;
    std::vector<std::size_t> events_; ///< of each choice, where there are events
    std::vector<std::string> matches_;
    std::string description_;
    bool raw_ = false;
    bool globs_ = false;
    bool narrowed_ = false;
    bool everything_ = false;
    bool by_default_ = false;
};

} // namespace roacache::store
