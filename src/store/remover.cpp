#include "src/store/remover.hpp"

#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"
#include "src/store/everything.hpp"
#include "src/store/seen_keys.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <random>

namespace roacache::store {
namespace {

using core::Error;
using core::ExitCode;

/// A moment from 1 ms to `most`, evenly spread over the keys and always the same for one key: when the server
/// gives a key twice, the second moment is never the earlier one and shortens nothing.
std::chrono::milliseconds moment_of(std::string_view key, std::uint64_t seed, std::int64_t most) {
    // The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
    std::uint64_t mixed = std::hash<std::string_view>{}(key) + seed * 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    mixed ^= mixed >> 31;
    return std::chrono::milliseconds(1 + static_cast<std::int64_t>(mixed % static_cast<std::uint64_t>(most)));
}

/// Some keys of the store, as its walk happens to give them first: some hundreds that the layout recognises,
/// and what lies between them, as far as that takes some thousands.
std::vector<FoundKey> keys_there(Store& store, const MeantKeys& meant, core::Nanoseconds max_pause) {
    constexpr std::size_t k_enough = 500, k_most = 10'000;
    WalkRequest request;
    request.meant = &meant;
    request.others_too = true;
    request.max_pause = max_pause;
    std::vector<FoundKey> keys;
    std::size_t recognised = 0;
    const auto walk = store.walk(std::move(request));
    for (Page page; walk->next(page);) {
        for (FoundKey& key : page.keys) {
            recognised += key.is_recognised() ? 1 : 0;
            keys.push_back(std::move(key));
        }
        if (recognised >= k_enough || keys.size() >= k_most || core::Interrupt::requested()) walk->stop();
    }
    return keys;
}

} // namespace

bool Remover::Memory::knows(std::string_view key) {
    constexpr std::size_t k_most_bytes = std::size_t{32} << 20, k_bytes_a_key = 64;
    if (bytes_ >= k_most_bytes) return keys_.contains(std::string(key));
    if (!keys_.emplace(key).second) return true;
    bytes_ += key.size() + k_bytes_a_key;
    return false;
}

Remover::Remover(Store& store, const MeantKeys& meant, RemovalTerms terms)
    : store_(store), meant_(meant), terms_(std::move(terms)),
      counts_(terms_.soft.has_value(), terms_.part_of) {}

void Remover::check() {
    checked_ = true;
    if (meant_.named() || terms_.everything) return;
    if (means_everything(meant_.selection(), meant_.layout()))
        throw Error(ExitCode::usage, "usage: this would remove everything of every tenant",
                    terms_.everything_remedy);
    if (meant_.selection().globs() && store_.of_kind().has(Capability::list) &&
        takes_all_there_are(meant_.selection(), keys_there(store_, meant_, terms_.max_pause)))
        throw Error(ExitCode::usage, "usage: this would remove nearly every key that there is",
                    terms_.everything_remedy);
}

WalkRequest Remover::request() const {
    WalkRequest request;
    request.meant = &meant_;
    request.sees = terms_.sees;
    request.max_pause = terms_.max_pause;
    request.load = terms_.load;
    return request;
}

void Remover::count() {
    counts_.clear();
    if (meant_.named())
        count_named();
    else
        count_selected();
    counted_ = true;
}

/// A key that comes again is counted once: where a table changes its size, where parts of a resumed walk
/// overlap, where a slot moved.
void Remover::count_selected() {
    SeenKeys seen;
    WalkRequest asked = request();
    asked.places = terms_.places;
    if (!terms_.soft) asked.sees_expired = [this](const FoundKey&) { ++figures_.expired; };
    const auto walk = store_.walk(std::move(asked));
    for (Page page; walk->next(page);) {
        if (core::Interrupt::requested()) walk->stop();
        for (const FoundKey& key : page.keys)
            if (seen.is_new(key.identity())) counts_.found(key);
        show(*walk, "found", figures_.matched);
    }
    figures_.resized = !seen.remembers_all() && (terms_.places || walk->resized());
    resumptions_ = walk->resumptions();
}

/// Keys that are there come back in order, so that what is between two of them was not there, or has expired;
/// one that several entries share comes back for each.
void Remover::count_named() {
    existing_.clear();
    meant_.named()->rewind();
    std::vector<std::string> batch; // what was handed to the walk and not yet answered for, in order
    std::size_t passed = 0;
    std::unordered_set<std::string> expired; // of those
    const auto pass = [&](bool is_there) {
        const std::string& key = batch[passed++];
        const bool takes_up_room = expired.erase(key) > 0;
        if (is_there || takes_up_room)
            existing_.add(key);
        else
            counts_.absent(key);
    };
    WalkRequest asked = request();
    asked.lists_forbidden = true;
    if (!terms_.soft)
        asked.sees_expired = [&](const FoundKey& key) {
            ++figures_.expired;
            expired.insert(key.bytes());
        };
    asked.keys = [&](std::vector<std::string>& keys) {
        if (core::Interrupt::requested() || !meant_.named()->next(keys)) return false;
        // The last that was answered for stays, since more of its entries may come.
        const std::size_t done = passed > 0 ? passed - 1 : 0;
        batch.erase(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(done));
        passed -= done;
        batch.insert(batch.end(), keys.begin(), keys.end());
        return true;
    };
    const auto walk = store_.walk(std::move(asked));
    for (Page page; walk->next(page);) {
        for (const FoundKey& key : page.keys) {
            counts_.found(key);
            if (passed > 0 && batch[passed - 1] == key.bytes()) continue;
            while (passed < batch.size() && batch[passed] != key.bytes())
                pass(false);
            if (passed < batch.size()) pass(true);
        }
    }
    while (passed < batch.size() && !core::Interrupt::requested())
        pass(false);
}

/// Whether a key of the selection may be sent. One that the server gives again was sent before.
bool Remover::admit(const FoundKey& key) {
    if (known_.knows(key.identity())) return false;
    if (!budget_) return true;
    if (admitted_ < *budget_) {
        ++admitted_;
        return true;
    }
    figures_.used_up = true;
    if (walk_ != nullptr && answered_ == admitted_) walk_->stop();
    return false;
}

WalkRequest Remover::removal() {
    WalkRequest asked = request();
    asked.act = Act::erase;
    asked.places = terms_.places;
    asked.walks_anew = [this] { known_.clear(); };
    asked.group = [this](const FoundKey& key) { return counts_.group_of(key); };
    if (meant_.named() && !terms_.soft) // a command of its own for each key, which shows whether it was there
        asked.group = [this](const FoundKey& key) {
            numbered_.push_back({key.bytes(), counts_.group_of(key)});
            return first_number_ + numbered_.size() - 1;
        };
    if (meant_.named() && counted_) {
        existing_.rewind();
        asked.keys = [this](std::vector<std::string>& keys) {
            const std::uint64_t most = budget_ ? *budget_ - admitted_ : NamedKeys::k_at_once;
            if (!existing_.next(keys, std::min<std::uint64_t>(most, NamedKeys::k_at_once))) return false;
            admitted_ += keys.size();
            return true;
        };
    }
    // What is only shortened stays, and may be given again by a server that changes the size of its table.
    if (budget_ || terms_.soft) asked.admits = [this](const FoundKey& key) { return admit(key); };
    if (terms_.soft) {
        asked.act = Act::shorten;
        asked.ttl = [seed = std::random_device{}(), most = terms_.soft->count()](const FoundKey& key) {
            return moment_of(key.bytes(), seed, most);
        };
    }
    return asked;
}

void Remover::remove(std::optional<std::uint64_t> agreed) {
    if (!checked_) check();
    // Named keys that were not there cannot be distinguished from those whose time to live is short enough.
    const bool counts = terms_.max_keys || (meant_.named() && (terms_.soft || agreed));
    if (counts && !counted_) count();
    if (core::Interrupt::requested()) return;
    check_limit();
    budget_ = terms_.max_keys;
    if (agreed) budget_ = std::min(budget_.value_or(*agreed), *agreed);
    const auto counted = counted_ ? std::optional(figures_.matched) : std::nullopt;
    const RemovalFigures before = figures_;
    counts_.clear();
    if (meant_.named() && counted_) {
        figures_.absent = before.absent;
        figures_.absent_keys = before.absent_keys;
    }
    known_.clear();
    admitted_ = answered_ = 0;
    numbered_.clear();
    first_number_ = 0;
    if (terms_.begins) terms_.begins(counted);
    figures_.acted = true;
    run(removal());
    if (meant_.named() && counted_ && !core::Interrupt::requested())
        figures_.used_up = budget_ && admitted_ == *budget_ && admitted_ < existing_.size();
    known_.clear();
    counted_ = false;
    if (!figures_.used_up) return;
    if (figures_.sent == 0)
        throw Error(ExitCode::refused,
                    fmt::format("too many keys: {}: more match than were counted; nothing was removed",
                                store_.name()));
    throw Error(ExitCode::partial,
                fmt::format("partly done: {}: more keys match than were counted; stopped when {} had been "
                            "sent to be {}",
                            store_.name(), core::format_count(figures_.sent),
                            terms_.soft ? "shortened" : "removed"),
                "Run it again to go on: what is gone stays gone.");
}

std::uint64_t Remover::remove_again() {
    const RemovalCounts before = counts_;
    terms_.begins = nullptr; // they have begun
    terms_.places.reset();
    const auto back = [&] {
        const RemovalFigures again = figures_;
        counts_ = before;
        figures_.unconfirmed += again.unconfirmed;
        return again.removed;
    };
    try {
        remove();
    } catch (const Error&) {
        back();
        throw;
    }
    return back();
}

void Remover::check_limit() const {
    if (!terms_.max_keys || figures_.matched <= *terms_.max_keys) return;
    throw Error(ExitCode::refused,
                fmt::format("too many keys: {}: {} match, --max-keys allows {}; nothing was removed",
                            store_.name(), core::format_count(figures_.matched),
                            core::format_count(*terms_.max_keys)),
                "Narrow the selectors, or raise --max-keys.");
}

void Remover::run(WalkRequest asked) {
    const char* const done = terms_.soft ? "shortened" : "removed";
    asked.held_up = [this, done] {
        if (walk_ != nullptr)
            show(*walk_, done, walk_->tally().changed, ", held up until the server catches up");
    };
    const auto walk = store_.walk(std::move(asked));
    walk_ = walk.get();
    const auto end = [&] {
        walk_ = nullptr;
        counts_.end(walk->tally());
        places_ = walk->places();
        if (terms_.places) resumptions_ = walk->resumptions();
    };
    Page page;
    try {
        while (walk->next(page)) {
            take(page);
            if (core::Interrupt::requested() || (figures_.used_up && answered_ == admitted_)) walk->stop();
            show(*walk, done, walk->tally().changed);
        }
    } catch (const Error&) {
        take(page);
        end();
        if (!meant_.named() || counted_) figures_.matched += figures_.unconfirmed;
        throw;
    }
    end();
    figures_.resized = terms_.soft && walk->resized();
}

void Remover::take(const Page& page) {
    answered_ += page.keys.size();
    if (meant_.named() && !terms_.soft) return take_named(page);
    for (const Part& part : page.parts)
        counts_.answered(part);
}

/// Each key has a part of its own, numbered as the keys were sent; what has none was not answered for.
void Remover::take_named(const Page& page) {
    std::size_t answered = 0; // of numbered_, to the last that was
    for (const Part& part : page.parts) {
        const std::size_t at = part.group - first_number_;
        if (part.group < first_number_ || at >= numbered_.size()) continue;
        answered = std::max(answered, at + 1);
        if (part.keys == 0) continue;
        const NumberedKey& numbered = numbered_[at];
        if (part.changed + part.refused == 0 && !counted_) {
            counts_.absent(numbered.key);
            continue;
        }
        counts_.answered({numbered.group, 1, part.changed, part.refused});
    }
    numbered_.erase(numbered_.begin(), numbered_.begin() + static_cast<std::ptrdiff_t>(answered));
    first_number_ += answered;
}

void Remover::verify() {
    WalkRequest asked = request();
    asked.act = Act::describe;
    asked.lists_forbidden = true;
    asked.fields.ttl = true;
    std::uint64_t remaining = 0;
    std::uint64_t refilled = 0;
    const auto walk = store_.walk(std::move(asked));
    for (Page page; walk->next(page);) {
        if (core::Interrupt::requested()) walk->stop();
        for (std::size_t i = 0; i < page.keys.size(); ++i) {
            const Description& found = page.descriptions[i];
            if (found.gone) continue;
            if (terms_.soft && found.ttl_unreadable)
                ++figures_.ttls_unreadable;
            else if (terms_.soft && !found.ttl_ms)
                figures_.ttls_unknown = true;
            const bool cut =
                terms_.soft && found.ttl_ms.value_or(-1) >= 0 && *found.ttl_ms <= terms_.soft->count();
            if (cut) continue;
            ++(filled_since(found, counts_.group(counts_.group_of(page.keys[i]))) ? refilled : remaining);
        }
        show(*walk, "verified", figures_.matched);
    }
    if (core::Interrupt::requested() || figures_.ttls_unknown) return;
    figures_.remaining = remaining;
    figures_.refilled = refilled;
    if (remaining > 0) places_.emplace(); // wherever they are
}

std::vector<WalkPlace> Remover::places() const {
    return places_ ? *places_ : terms_.places.value_or(std::vector<WalkPlace>());
}

bool Remover::filled_since(const Description& found, const KeyGroup& group) const {
    const auto granted = group.resource ? terms_.policy.of(*group.resource) : std::nullopt;
    if (!granted || found.ttl_ms.value_or(k_no_ttl) < 0) return false;
    const std::int64_t granted_ms = std::chrono::milliseconds(*granted).count();
    // Both clocks count whole milliseconds.
    const std::int64_t elapsed_ms = (core::now_ns() - begun_ns_) / 1'000'000 + 2;
    return *found.ttl_ms <= granted_ms && *found.ttl_ms > granted_ms - elapsed_ms;
}

void Remover::show(const Walk& walk, const char* what, std::uint64_t count, const char* state) {
    if (!terms_.progress) return;
    const auto progress = walk.progress();
    if (!progress) return;
    terms_.progress(*progress, fmt::format("{} {}{}", what, core::format_count(count), state),
                    walk.parts_done());
}

} // namespace roacache::store
