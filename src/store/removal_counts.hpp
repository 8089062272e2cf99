#pragma once

#include "src/core/error.hpp"
#include "src/store/key_groups.hpp"
#include "src/store/walk.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace roacache::store {

/// What a run found and did, by the server's own counts.
struct RemovalFigures {
    std::uint64_t matched = 0; ///< keys that are meant and were there
    std::uint64_t removed = 0;
    std::uint64_t shortened = 0;            ///< with soft
    std::uint64_t sent = 0;                 ///< keys sent to the server to be removed or shortened
    std::uint64_t unconfirmed = 0;          ///< of those, whose answer never came
    std::uint64_t refused = 0;              ///< matched, but this user may not change these very keys
    std::optional<core::Error> refusal;     ///< the first of these
    std::uint64_t expired = 0;              ///< entries that had expired and still took up room: removed too
    std::uint64_t absent = 0;               ///< named keys that were not there
    std::vector<std::string> absent_keys;   ///< the first of them, k_examples at most
    std::optional<std::uint64_t> remaining; ///< when verified: stayed, as far as is known
    std::optional<std::uint64_t> refilled;  ///< when verified: filled again since the run began
    bool used_up = false;                   ///< more keys matched than might be sent, and were left alone
    bool ttls_unknown = false;              ///< so that what was shortened could not be verified
    std::uint64_t ttls_unreadable = 0;      ///< when verified: of `remaining`, whose end is no time
    bool acted = false;                     ///< false: keys were counted only
    bool resized = false;                   ///< keys that were not removed may have been counted twice
    /// False: the store does not tell how many keys are meant and changed; the figures above are none then.
    bool counts = true;
    std::string left; ///< what is meant and stays all the same, and why; printable, empty: nothing
    core::Nanoseconds held_up{0}; ///< as of Walk::Tally
    std::uint64_t calls = 0;      ///< by which a service removed what it was told, confirmed by it

    static constexpr std::size_t k_examples = 3;

    bool changed_nothing() const { return removed + shortened + unconfirmed == 0 && (counts || calls == 0); }
};

/// How many keys: the one place where a run's keys are counted, in all and by group.
class RemovalCounts {
  public:
    using PartOf = std::function<std::size_t(const FoundKey& key)>;

    /// `soft`: what is changed is shortened. `part_of`: keys are counted apart by this, as KeyGroups does.
    explicit RemovalCounts(bool soft, PartOf part_of = {}) : soft_(soft), part_of_(std::move(part_of)) {}

    /// Anew. Groups keep their numbers.
    void clear();

    std::size_t group_of(const FoundKey& key) { return groups_.of(key, part_of_ ? part_of_(key) : 0); }
    const KeyGroup& group(std::size_t number) { return groups_.at(number); }

    /// A key that is meant and there.
    void found(const FoundKey& key) { answered({group_of(key), 1, 0, 0}); }
    /// Keys of a group, counted by their number, that a server was asked to change, and how many it changed.
    void answered(const Part& part);
    /// A named key that was not there.
    void absent(const std::string& key);
    /// What a walk sent and was refused, over and above what was answered.
    void end(const Walk::Tally& tally);

    RemovalFigures& figures() { return figures_; }
    const RemovalFigures& figures() const { return figures_; }
    const KeyGroups& groups() const { return groups_; }

  private:
    bool soft_;
    PartOf part_of_;
    RemovalFigures figures_;
    KeyGroups groups_;
};

} // namespace roacache::store
