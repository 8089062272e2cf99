#pragma once

#include "src/config/profile.hpp"
#include "src/layout/layout.hpp"
#include "src/store/found_key.hpp"
#include "src/store/named_keys.hpp"
#include "src/store/selection.hpp"

#include <memory>
#include <string>
#include <vector>

namespace roacache::store {

/// Which keys are meant: those of a selection, or the very ones that somebody named. The one form that this
/// takes between the command line and a store, which compiles it to its own language.
class MeantKeys {
  public:
    /// Throws core::Error(usage) for a profile's bad template, and as Selection does.
    MeantKeys(config::Profile profile, Selectors selectors, Reach reach);
    MeantKeys(const MeantKeys&) = delete;
    MeantKeys& operator=(const MeantKeys&) = delete;

    /// From now on these are meant instead of the selection. Reads them to their end; throws as NamedKeys
    /// does.
    void name(const NamedKeys::Source& source, NamedKeys::Repeated repeated = NamedKeys::Repeated::added);

    const config::Profile& profile() const { return profile_; }
    const layout::Layout& layout() const { return layout_; }
    const Selectors& selectors() const { return selectors_; }
    const Selection& selection() const { return selection_; }
    /// Null where the selection says which.
    NamedKeys* named() const { return named_.get(); }
    /// True when every key of every tenant is meant.
    bool everything() const { return selection_.everything() && !named_; }

    /// Decodes the key; true when the selection takes it.
    bool take(FoundKey& key) const;
    /// A key with its parts.
    FoundKey decoded(std::string bytes) const;
    /// Sets the key's parts.
    void decode(FoundKey& key) const;

  private:
    config::Profile profile_;
    layout::Layout layout_;
    Selectors selectors_;
    Selection selection_;
    std::unique_ptr<NamedKeys> named_;
};

} // namespace roacache::store
