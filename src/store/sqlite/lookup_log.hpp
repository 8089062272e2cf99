#pragma once

#include "src/store/sqlite/entry_file.hpp"
#include "src/store/store.hpp"

namespace roacache::store::sqlite {

/// Adds what the service's log of lookups tells: hits and misses ever, queries saved, and how long answers
/// took in the last 24 hours by type. A table with the columns cache_type, cache_hit (0 or 1, or a word as
/// true and no), response_time_ms and timestamp, called performance_log where the profile calls it nothing
/// else; where there is none only why is added. Remarks say what of it could not be counted. It is read in
/// steps as short as those of a walk.
void add_lookups(EntryFile& file, core::Nanoseconds longest_step, Statistics& statistics);

} // namespace roacache::store::sqlite
