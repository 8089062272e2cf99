#pragma once

#include "src/store/sqlite/moment.hpp"

#include <cstdint>
#include <string>

namespace roacache::store::sqlite {

/// What the times of a table are in that name no zone.
struct TimeZone {
    NoZone no_zone = NoZone::utc;
    bool in_doubt = false; ///< it could be either, and on this machine that makes a difference
    std::string remark;    ///< what has to be known of it; printable, empty: nothing
};

/// Where a table has its times; all as SQL takes them, `place` as of EntryTable.
struct TimeColumns {
    std::string table, place;
    std::string moment;  ///< that entries end at, or from which their lifetime counts
    std::string created; ///< that entries were made at; empty: it does not tell
};

/// Looks at some entries, the latest where that can be told: nothing was made in the future, and nothing
/// expired before it was made. `told`: as config::SqliteNames::times, which settles it.
TimeZone find_time_zone(Database& database, const TimeColumns& columns, const std::string& told,
                        std::int64_t now_ms);

} // namespace roacache::store::sqlite
