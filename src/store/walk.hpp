#pragma once

#include "src/core/clock.hpp"
#include "src/core/error.hpp"
#include "src/core/progress.hpp"
#include "src/core/untrusted.hpp"
#include "src/store/meant_keys.hpp"
#include "src/store/walk_place.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::store {

/// The Description::ttl_ms of a key that never expires.
inline constexpr std::int64_t k_no_ttl = -1;

/// What is known of an entry besides its key. Absent: not asked for, or the store does not report it.
struct Description {
    bool gone = false;    ///< removed or expired since it was found
    bool expired = false; ///< it takes up room, but is none of the cache's any more
    std::optional<core::Untrusted> type;
    std::optional<std::int64_t> ttl_ms; ///< left to live, or k_no_ttl
    bool ttl_unreadable = false;        ///< ttl_ms is absent, for what the entry has as its end is no time
    std::optional<bool> expires() const { return ttl_ms ? std::optional(*ttl_ms != k_no_ttl) : std::nullopt; }
    std::optional<std::uint64_t> bytes;      ///< that the entry takes in memory, key included
    std::optional<std::int64_t> age_ms = {}; ///< since it was written, where the store tells
};

/// What is done with the keys that a walk finds.
enum class Act : std::uint8_t {
    list,     ///< nothing
    describe, ///< WalkRequest::fields are looked up
    erase,    ///< removed, without holding the server up for a large value where it knows how
    shorten,  ///< the time to live is cut to what WalkRequest::ttl says, never lengthened
};

/// How much of a server's time a walk may take. Only servers have one that can be limited: other stores throw
/// core::Error(refused).
struct LoadLimit {
    std::optional<double> share; ///< above 0, at most 1: of the time of each server, the walk's own steps
    std::optional<double> rate;  ///< above 0: keys a second that a server is asked to look at
    bool is_set() const { return share || rate; }
    bool limits() const { return (share && *share < 1) || rate; }
};

struct WalkRequest {
    /// Which keys; null: every key that there is. Must outlive the walk. Named keys are taken as they are,
    /// and one that does not exist is not listed.
    const MeantKeys* meant = nullptr;
    /// Keys that a selection does not take come too.
    bool others_too = false;
    /// Told of every key that the store gives, but for one that is given again while its change is under way,
    /// and of whether the selection takes it. Not told of named keys.
    std::function<void(const FoundKey& key, bool taken)> sees;
    /// Asked about each key that a selection takes: false leaves it alone.
    std::function<bool(const FoundKey& key)> admits;
    /// Called now and then while changes are held up (see Walk::Tally::held_up).
    std::function<void()> held_up;
    /// Where named keys come from instead of from `meant`: fills a batch of at most a few hundred into an
    /// empty list, false when there are no more.
    std::function<bool(std::vector<std::string>& keys)> keys;
    bool names_keys() const { return keys || (meant != nullptr && meant->named() != nullptr); }
    /// The next named keys, into an empty list; false when there are no more. Only where names_keys().
    bool next_named(std::vector<std::string>& list) const {
        return keys ? keys(list) : meant->named()->next(list);
    }

    /// Where an earlier walk over the same keys has stopped. Each server that is proven to be the one of a
    /// place is gone on with there, every other one is walked from its beginning. Not for named keys.
    std::optional<std::vector<WalkPlace>> places;

    /// Told that a part of the store is walked anew, for what was found and done there may not be true any
    /// more: keys of it may come again.
    std::function<void()> walks_anew;

    /// To describe: entries that have expired and still take up room come too, and are told apart.
    bool expired_too = false;
    /// To list or describe: told of each such entry that is meant, of named keys too.
    std::function<void(const FoundKey& key)> sees_expired;

    /// To list or describe named keys: those that this user may not look for are listed like those that
    /// exist.
    bool lists_forbidden = false;

    Act act = Act::list;
    struct {
        bool type = false, ttl = false, bytes = false;
    } fields;                                                          ///< to describe
    std::function<std::chrono::milliseconds(const FoundKey& key)> ttl; ///< to shorten; more than 0
    /// To erase and to shorten: the group that a key is counted with in Page::parts; empty: one for all. Keys
    /// of a page come sorted by it, since the server counts a command's keys together.
    std::function<std::size_t(const FoundKey& key)> group;

    /// The server is never held longer than about this in one go; steps adapt to what is measured.
    core::Nanoseconds max_pause = std::chrono::milliseconds(1);
    LoadLimit load;
};

/// What the server says of keys of one group.
struct Part {
    std::size_t group = 0;
    std::uint64_t keys = 0;    ///< none: a named key that had expired and still took up room
    std::uint64_t changed = 0; ///< at most `keys`
    std::uint64_t refused = 0; ///< of `keys`, not changed: this user may not do it with these keys
};

/// Some keys, and what came of the act.
struct Page {
    std::vector<FoundKey> keys;
    std::vector<Description> descriptions; ///< to describe: one for each key
    std::uint64_t changed = 0; ///< to erase and to shorten: how many of the keys the server says it changed
    std::vector<Part>
        parts; ///< to erase and to shorten: the same by group, of the keys that were answered for
};

/// A walk over a store's keys, a page at a time, in constant memory. While the caller looks at a page the
/// server works on the next. A key that is there from the beginning to the end is found at least once; it may
/// be found twice when resized() says so, but one that is to be removed only where it was set again after
/// that.
class Walk {
  public:
    virtual ~Walk() = default;

    /// The next page that has keys; false at the end. Throws core::Error; tally() is right even then, and the
    /// page holds the parts that were answered for.
    virtual bool next(Page& page) = 0;

    /// Begins nothing more: next() still hands out what was under way, then ends.
    virtual void stop() = 0;

    /// Keys to be erased or shortened. A key that is sent again counts again.
    struct Tally {
        std::uint64_t sent = 0;      ///< handed to a command that the server did not decline to run
        std::uint64_t changed = 0;   ///< erased or shortened, by the server's own count
        std::uint64_t uncertain = 0; ///< sent, and the answer never came
        std::uint64_t refused = 0;   ///< not changed, since this user may not do it with these very keys
        /// Entries that are meant, had expired and still took up room: removed as well, and not among the
        /// other figures.
        std::uint64_t expired = 0;
        /// Changes were held up for so long, for what they cause piled up on the server; of several the
        /// longest.
        core::Nanoseconds held_up{0};
        std::optional<core::Error> refusal; ///< the first of these
        /// False: the store does not tell how many keys it changed, and the figures above are none.
        bool counts = true;
        std::string left; ///< what of the selection such a service keeps all the same; printable
        std::uint64_t calls =
            0; ///< that a service has confirmed, where it is told what to remove without keys
    };
    virtual const Tally& tally() const = 0;

    /// How much of the walk is done, 0 to 1; absent when it is not known.
    virtual std::optional<double> progress() const = 0;
    /// Of a walk over several servers at once, how much of each; empty where progress() is not known.
    virtual std::vector<core::PartDone> parts_done() const { return {}; }

    /// To erase and to shorten: how far the walk has come with each server that tells which one it is; right
    /// at any time, also after next() has thrown. Empty where keys are named, or are not found by cursors.
    virtual std::vector<WalkPlace> places() const { return {}; }
    /// How it has begun at each server; empty without WalkRequest::places.
    virtual std::vector<Resumption> resumptions() const { return {}; }

    /// True when keys may come twice: the server's table of keys changed its size during the walk, or parts
    /// of the walk overlapped.
    virtual bool resized() const = 0;
};

} // namespace roacache::store
