#pragma once

#include "src/config/profile.hpp"
#include "src/core/clock.hpp"
#include "src/core/error.hpp"
#include "src/store/meant_keys.hpp"
#include "src/store/removal_counts.hpp"
#include "src/store/store.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace roacache::store {

/// The limits and conditions of a removal.
struct RemovalTerms {
    /// No more keys than this are ever sent to the server to be removed, one sent twice counting twice; and
    /// when more match beforehand, none is.
    std::optional<std::uint64_t> max_keys;
    bool everything = false; ///< everything of every tenant may go
    std::string everything_remedy = "Say --yes if that is meant; --dry-run tells how many keys it is.";
    std::optional<std::chrono::milliseconds> soft; ///< cut times to live to a moment within this instead
    config::TtlPolicy policy;                      ///< shows verify() which entries are new
    core::Nanoseconds max_pause = std::chrono::milliseconds(1);
    LoadLimit load;
    std::optional<std::vector<WalkPlace>>
        places; ///< as of WalkRequest; for what is removed and counted first
    /// Called before the first key is sent, with how many were counted if they were; nothing is sent when it
    /// throws.
    std::function<void(std::optional<std::uint64_t> counted)> begins;
    /// Keys that are counted apart from one another, by number; empty: none are.
    RemovalCounts::PartOf part_of;
    /// Called for every key that a walk over a selection gives, and whether it is meant.
    std::function<void(const FoundKey& key, bool meant)> sees;
    /// How much of a walk is done (0 to 1), a summary of its outcome, and how much of its parts; ten times a
    /// second at most.
    std::function<void(double done, const std::string& summary, const std::vector<core::PartDone>& parts)>
        progress;
};

/// The one way in which keys are removed from a store, with its guards: keys of a selection or named ones, in
/// constant memory but for the groups. Each walk ends early, and in order, when an interrupt is requested.
class Remover {
  public:
    /// Both must outlive this.
    Remover(Store& store, const MeantKeys& meant, RemovalTerms terms);
    Remover(const Remover&) = delete;
    Remover& operator=(const Remover&) = delete;

    /// Throws core::Error(usage) when the selection means everything and that is not allowed: by made-up
    /// keys, and where it has globs by some keys that the store has.
    void check();

    /// Counts what is meant and changes nothing. Named keys are looked up; remove() then sends those that
    /// were there.
    void count();

    /// Throws core::Error(refused) when more keys were counted than max_keys allows.
    void check_limit() const;

    /// Removes, or shortens, what is meant; counts anew. check() and count() come first where a guard needs
    /// them and they have not been called. `agreed`: no more keys than this are sent either. Throws
    /// core::Error: refused when more match than max_keys allows, partial when more came to match and the
    /// removal stopped at the limit. The figures are right even then. May be called again.
    void remove(std::optional<std::uint64_t> agreed = {});

    /// Removes what is meant once more, as remove() does: what readers that were under way have written back
    /// since. How many keys that were; figures() and groups() stay those of remove().
    std::uint64_t remove_again();

    /// Looks for what is meant once more. A key counts as filled again when its time to live shows that it
    /// was set after this object was made: more is left of what its policy grants than the run's duration
    /// takes away, and no more than it grants. Whatever cannot be shown to be new counts as remaining. With
    /// soft, keys whose time to live was cut as asked are neither.
    void verify();

    const RemovalFigures& figures() const { return counts_.figures(); }
    const KeyGroups& groups() const { return counts_.groups(); }
    /// Where another removal goes on, as of Walk; empty: everywhere at the beginning.
    std::vector<WalkPlace> places() const;
    /// As of Walk; where no walk has begun, none.
    const std::vector<Resumption>& resumptions() const { return resumptions_; }

  private:
    /// Remembers keys as long as there is room.
    class Memory {
      public:
        /// True when the key was seen before, as far as is remembered.
        bool knows(std::string_view key);
        void clear() { *this = {}; }

      private:
        std::unordered_set<std::string> keys_;
        std::size_t bytes_ = 0;
    };

    /// A named key, and the group that it is counted with.
    struct NumberedKey {
        std::string key;
        std::size_t group;
    };

    WalkRequest request() const;
    WalkRequest removal();
    void count_selected();
    void count_named();
    void run(WalkRequest request);
    bool admit(const FoundKey& key);
    void take(const Page& page);
    void take_named(const Page& page);
    bool filled_since(const Description& found, const KeyGroup& group) const;
    void show(const Walk& walk, const char* what, std::uint64_t count, const char* state = "");

    Store& store_;
    const MeantKeys& meant_;
    RemovalTerms terms_;
    RemovalCounts counts_;
    RemovalFigures& figures_ = counts_.figures();
    bool checked_ = false;
    bool counted_ = false;
    KeySpool existing_;                   ///< the named keys that were there when they were counted
    std::optional<std::uint64_t> budget_; ///< of keys that may be sent by this removal
    std::uint64_t admitted_ = 0;          ///< of the budget, used
    std::uint64_t answered_ = 0;          ///< keys of the pages that were taken
    std::deque<NumberedKey> numbered_;    ///< named keys that were sent and not yet answered for
    std::size_t first_number_ = 0;        ///< of the first of them; the others follow
    Memory known_;                        ///< where a budget holds, and to shorten: keys sent already
    std::optional<std::vector<WalkPlace>> places_; ///< of the last removal; absent: none was begun
    std::vector<Resumption> resumptions_;
    Walk* walk_ = nullptr; ///< the removal that is under way
    std::int64_t begun_ns_ = core::now_ns();
};

} // namespace roacache::store
