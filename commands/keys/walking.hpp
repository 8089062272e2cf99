#pragma once

#include "commands/cli_app.hpp"
#include "commands/command.hpp"
#include "commands/keys/first_contact.hpp"
#include "commands/keys/selectors.hpp"
#include "src/layout/layout.hpp"
#include "src/store/selection.hpp"
#include "src/store/walk.hpp"

#include <memory>
#include <string>

namespace roacache::commands {

/// Which keys a command walks over, from its selectors and the profile of the settings.
class Walking {
  public:
    /// Throws core::Error(usage) for selectors that cannot be served, and keys that cannot be read.
    Walking(const Context& context, const SelectorOptions& options,
            store::Reach reach = store::Reach::every_tenant);
    Walking(const Walking&) = delete;
    Walking& operator=(const Walking&) = delete;

    /// The keys that were named one by one, read when this was made; null where selectors are given.
    store::NamedKeys* named() const { return named_.get(); }
    const store::Selection& selection() const { return selection_; }

    /// A walk over these keys; this must outlive it. What to do with them is left to the caller.
    store::WalkRequest request();

    /// How far profile and keys fit together, with notes where nothing was found; see first_contact(). To be
    /// asked when the walk is gone. Absent when keys are named one by one.
    std::optional<FirstContact> first_contact(store::Store& store, const Context& context) const;
    /// Every key of every tenant is meant.
    bool everything() const { return selection_.everything() && !named_; }
    /// What the profile and the settings grant.
    const config::TtlPolicy& policy() const { return profile_.ttl; }

    /// The keys that are meant, described.
    const std::string& description() const { return description_; }
    const config::Profile& profile() const { return profile_; }
    const layout::Layout& layout() const { return layout_; }
    /// The parts of a key; empty when the layout does not recognise it. The views go into `key`.
    layout::DecodedKey decode(std::string_view key) const;

  private:
    config::Profile profile_;
    layout::Layout layout_;
    store::Selectors selectors_;
    store::Selection selection_;
    KeysSeen seen_;
    std::string description_;
    std::unique_ptr<store::NamedKeys> named_;
};

/// `--max-pause`, the same for every command that walks.
void add_max_pause_option(CLI::App& app, std::string& max_pause);

/// Throws core::Error(usage) for what is no duration above 0.
core::Nanoseconds parse_max_pause(const std::string& text);

} // namespace roacache::commands
