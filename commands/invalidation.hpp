#pragma once

#include "commands/first_contact.hpp"
#include "commands/key_groups.hpp"
#include "commands/selectors.hpp"
#include "src/config/profile.hpp"
#include "src/core/clock.hpp"
#include "src/output/progress.hpp"
#include "src/store/selection.hpp"
#include "src/store/store.hpp"

#include <memory>
#include <optional>

namespace roacache::commands {

/// What is to be removed. All that is pointed to must outlive its users.
struct InvalidationTarget {
    const store::Selection* selection = nullptr;
    const SelectorOptions* named = nullptr; ///< not null: these very keys are meant and not the selection
    const layout::Layout* layout = nullptr;
    KeysSeen* seen = nullptr; ///< not null: watches the keys of each walk
    config::TtlPolicy policy;
    core::Nanoseconds max_pause = std::chrono::milliseconds(1);
    std::optional<std::chrono::milliseconds> soft; ///< cut times to live to a moment within this instead
};

/// What a run found and did, by the server's own counts.
struct InvalidationFigures {
    std::uint64_t matched = 0;
    std::uint64_t removed = 0;
    std::uint64_t shortened = 0;            ///< with soft
    std::uint64_t uncertain = 0;            ///< sent to the server, whose answer never came
    std::optional<std::uint64_t> remaining; ///< when verified: stayed, as far as can be told
    std::optional<std::uint64_t> refilled;  ///< when verified: filled again since the run began
    bool ttls_untold = false;               ///< so that what was shortened could not be verified
    bool acted = false;                     ///< false: keys were counted only
    bool resized = false;                   ///< keys that were not removed may have been counted twice

    bool changed_nothing() const { return removed + shortened + uncertain == 0; }
};

/// The walks of one invalidation, in constant memory but for the groups. Each ends early, and in order, when
/// an interrupt is requested.
class Invalidation {
  public:
    Invalidation(store::Store& store, const InvalidationTarget& target, output::ProgressLine& line);

    /// Counts what is meant and changes nothing.
    void count();

    /// Removes, or shortens, what is meant; counts anew. Throws core::Error; the figures are right even then.
    void remove();

    /// Looks for what is meant once more. A key counts as filled again when its time to live shows that it
    /// was set after this object was made: more is left of what its policy grants than the run's duration
    /// takes away, and no more than it grants. Whatever cannot be shown to be new counts as remaining. With
    /// soft, keys whose time to live was cut as asked are neither.
    void verify();

    const InvalidationFigures& figures() const { return figures_; }
    const KeyGroups& groups() const { return groups_; }

  private:
    store::WalkRequest request();
    void take(store::Page& page);
    void uncount_repeated(const store::Page& page);
    bool filled_since(const store::Description& found, const KeyGroup& group) const;
    void show(const store::Walk& walk, const char* what, std::uint64_t count);

    store::Store& store_;
    const InvalidationTarget& target_;
    output::ProgressLine& line_;
    KeyGroups groups_;
    InvalidationFigures figures_;
    std::unique_ptr<NamedKeys> named_;
    std::vector<std::string> before_; ///< the keys of the page before
    std::int64_t begun_ns_ = core::now_ns();
    std::int64_t shown_ns_ = 0;
};

} // namespace roacache::commands
