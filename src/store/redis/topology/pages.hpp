#pragma once

#include "src/store/redis/operations.hpp"
#include "src/store/walk.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace roacache::store::redis {

/// Adds what is on one page to another.
void append_page(Page& to, Page from);

/// Adds the counts of one walk to another's, but for what it has not been told yet (Tally::uncertain).
void add(Walk::Tally& sum, const Walk::Tally& tally);

/// The keys and descriptions of a page in the order in which the keys were named.
void put_in_order(Page& page, const std::vector<std::string>& order);

/// Of a page that was cut short: takes the keys without an answer out. Changes are answered in the order of
/// the keys, so that these are the last so many; of what only looks, none counts as answered.
std::vector<FoundKey> take_unanswered(Page& page, std::uint64_t uncertain, const WalkRequest& request);

/// After an operation that ended with an error: adds the keys that no page has, wherever they were sent, to
/// `keys`.
void take_undone(Operation& operation, std::vector<FoundKey>& keys);

} // namespace roacache::store::redis
