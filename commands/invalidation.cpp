#include "commands/invalidation.hpp"

#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <random>
#include <unordered_set>

namespace roacache::commands {
namespace {

constexpr std::size_t k_named_keys_a_batch = 200;
constexpr std::int64_t k_show_every_ns = 100'000'000;

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

} // namespace

Invalidation::Invalidation(store::Store& store, const InvalidationTarget& target, output::ProgressLine& line)
    : store_(store), target_(target), line_(line), groups_(*target.layout) {}

store::WalkRequest Invalidation::request() {
    store::WalkRequest request;
    request.max_pause = target_.max_pause;
    if (target_.named) {
        named_ = std::make_unique<NamedKeys>(*target_.named);
        request.keys = [this](std::vector<std::string>& keys) {
            return named_->next(keys, k_named_keys_a_batch);
        };
        return request;
    }
    request.glob = target_.selection->glob();
    request.wanted = [selection = target_.selection, seen = target_.seen,
                      decoded = layout::DecodedKey{}](std::string_view key) mutable {
        const bool meant = selection->matches(key, decoded);
        if (seen != nullptr) seen->see(decoded, meant);
        return meant;
    };
    return request;
}

void Invalidation::count() {
    figures_ = {};
    groups_.clear_counts();
    const auto walk = store_.walk(request());
    for (store::Page page; walk->next(page);) {
        if (core::Interrupt::requested()) walk->stop();
        figures_.matched += page.keys.size();
        for (const std::string& key : page.keys)
            ++groups_.at(groups_.of(key)).matched;
        show(*walk, "found", figures_.matched);
    }
    figures_.resized = walk->resized();
    line_.clear();
}

void Invalidation::remove() {
    // Named keys that were not there cannot be told from those whose time to live is short enough.
    const bool counted = target_.named && target_.soft;
    if (counted) {
        count();
    } else {
        figures_ = {};
        groups_.clear_counts();
    }
    before_.clear();
    figures_.acted = true;
    store::WalkRequest asked = request();
    asked.act = store::Act::erase;
    asked.group = [this](std::string_view key) { return groups_.of(key); };
    if (target_.soft) {
        asked.act = store::Act::shorten;
        asked.ttl = [seed = std::random_device{}(), most = target_.soft->count()](std::string_view key) {
            return moment_of(key, seed, most);
        };
    }
    const auto walk = store_.walk(std::move(asked));
    store::Page page;
    try {
        while (walk->next(page)) {
            if (core::Interrupt::requested()) walk->stop();
            take(page);
            show(*walk, target_.soft ? "shortened" : "removed", walk->tally().changed);
        }
    } catch (const core::Error&) {
        take(page);
        figures_.uncertain = walk->tally().uncertain;
        if (!target_.named) figures_.matched += figures_.uncertain;
        line_.clear();
        throw;
    }
    figures_.resized = target_.soft && walk->resized();
    line_.clear();
}

/// While the server changes the size of its table, it may give a key again that is to be removed: in the same
/// step or in the next, which it answers before the removal. One that is to be shortened may come again later
/// too; figures_.resized says that this may be so.
void Invalidation::uncount_repeated(const store::Page& page) {
    std::unordered_set<std::string_view> seen(before_.begin(), before_.end());
    std::uint64_t gone = 0;
    for (const store::Part& part : page.parts)
        gone += part.keys - part.changed;
    for (const std::string& key : page.keys) {
        if (gone == 0) break;
        if (seen.insert(key).second) continue;
        --gone;
        --figures_.matched;
        --groups_.at(groups_.of(key)).matched;
    }
}

void Invalidation::take(store::Page& page) {
    for (const store::Part& part : page.parts) {
        KeyGroup& group = groups_.at(part.group);
        (target_.soft ? group.shortened : group.removed) += part.changed;
        (target_.soft ? figures_.shortened : figures_.removed) += part.changed;
        if (target_.named && target_.soft) continue;
        // A named key matches when it is there.
        const std::uint64_t matched = target_.named ? part.changed : part.keys;
        group.matched += matched;
        figures_.matched += matched;
    }
    if (target_.named) return;
    if (page.changed < page.keys.size()) uncount_repeated(page);
    before_ = std::move(page.keys);
}

void Invalidation::verify() {
    store::WalkRequest asked = request();
    asked.act = store::Act::describe;
    asked.fields.ttl = true;
    std::uint64_t remaining = 0;
    std::uint64_t refilled = 0;
    const auto walk = store_.walk(std::move(asked));
    for (store::Page page; walk->next(page);) {
        if (core::Interrupt::requested()) walk->stop();
        for (std::size_t i = 0; i < page.keys.size(); ++i) {
            const store::Description& found = page.descriptions[i];
            if (found.gone) continue;
            if (target_.soft && !found.ttl_ms) figures_.ttls_untold = true;
            const bool cut =
                target_.soft && found.ttl_ms.value_or(-1) >= 0 && *found.ttl_ms <= target_.soft->count();
            if (cut) continue;
            ++(filled_since(found, groups_.at(groups_.of(page.keys[i]))) ? refilled : remaining);
        }
        show(*walk, "verified", figures_.matched);
    }
    line_.clear();
    if (core::Interrupt::requested() || figures_.ttls_untold) return;
    figures_.remaining = remaining;
    figures_.refilled = refilled;
}

bool Invalidation::filled_since(const store::Description& found, const KeyGroup& group) const {
    const auto granted = group.resource ? target_.policy.of(*group.resource) : std::nullopt;
    if (!granted || found.ttl_ms.value_or(store::k_no_ttl) < 0) return false;
    const std::int64_t granted_ms = std::chrono::milliseconds(*granted).count();
    // Both clocks count whole milliseconds.
    const std::int64_t elapsed_ms = (core::now_ns() - begun_ns_) / 1'000'000 + 2;
    return *found.ttl_ms <= granted_ms && *found.ttl_ms > granted_ms - elapsed_ms;
}

void Invalidation::show(const store::Walk& walk, const char* what, std::uint64_t count) {
    const auto progress = walk.progress();
    const std::int64_t now = core::now_ns();
    if (!progress || now - shown_ns_ < k_show_every_ns) return;
    shown_ns_ = now;
    line_.show(*progress, fmt::format("{} {}", what, core::format_count(count)));
}

} // namespace roacache::commands
