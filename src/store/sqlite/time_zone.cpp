#include "src/store/sqlite/time_zone.hpp"

#include "src/output/text.hpp"

#include <cstdlib>
#include <fmt/format.h>

namespace roacache::store::sqlite {
namespace {

constexpr std::int64_t k_clocks_differ_ms = 60'000;

bool has_no_zone(const Statement& row, int column) {
    return row.type(column) == CellType::text && names_no_zone(row.text(column));
}

/// `UTC+02:00`
std::string offset_text(std::int64_t offset_ms) {
    const std::int64_t minutes = std::abs(offset_ms) / 60'000;
    return fmt::format("UTC{}{:02}:{:02}", offset_ms < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

/// Which of both cannot be.
struct Contradictions {
    bool seen = false; ///< a time without a zone
    bool utc = false, local = false;

    void add(const Statement& row, std::int64_t now_ms) {
        constexpr int k_moment = 0, k_created = 1;
        seen = seen || has_no_zone(row, k_moment);
        utc = utc || contradicts(row, k_moment, k_created, NoZone::utc, now_ms);
        local = local || contradicts(row, k_moment, k_created, NoZone::local, now_ms);
    }

  private:
    static bool contradicts(const Statement& row, int moment, int created, NoZone no_zone,
                            std::int64_t now_ms) {
        const auto made = Moment::read(row, created, no_zone);
        if (!made) return false;
        if (has_no_zone(row, created)) return made->ms > now_ms + k_clocks_differ_ms;
        const auto end = has_no_zone(row, moment) ? Moment::read(row, moment, no_zone) : std::nullopt;
        return end && end->ms < made->ms;
    }
};

} // namespace

TimeZone find_time_zone(Database& database, const TimeColumns& columns, const std::string& told,
                        std::int64_t now_ms) {
    if (!told.empty()) return {told == "local" ? NoZone::local : NoZone::utc, false, {}};
    const std::int64_t offset = local_offset_ms({now_ms});
    if (offset == 0 || columns.moment.empty()) return {};
    constexpr int k_entries = 50;
    Statement rows = database.prepare(fmt::format(
        "SELECT {}, {} FROM {} ORDER BY {} DESC LIMIT {}", columns.moment,
        columns.created.empty() ? "NULL" : columns.created, columns.table, columns.place, k_entries));
    Contradictions contradictions;
    while (rows.step())
        contradictions.add(rows, now_ms);
    if (!contradictions.seen || (contradictions.local && !contradictions.utc)) return {};
    const std::string column = output::printable(columns.moment), here = offset_text(offset);
    if (contradictions.utc && !contradictions.local)
        return {NoZone::local, false,
                fmt::format(
                    "times of {} have no zone, and taken for UTC they would lie ahead: they are taken for "
                    "this machine's ({}); [sqlite] times = \"utc\" in a profile says otherwise",
                    column, here)};
    return {
        NoZone::utc, true,
        fmt::format("times of {} have no zone: they are taken for UTC, and this machine is at {}; [sqlite] "
                    "times = \"local\" or \"utc\" in a profile settles it",
                    column, here)};
}

} // namespace roacache::store::sqlite
