#include "src/store/sqlite/lookup_log.hpp"

#include "src/core/ascii.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/units.hpp"
#include "src/output/text.hpp"
#include "src/store/sqlite/schema.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/core.h>
#include <limits>
#include <map>
#include <string>
#include <utility>

namespace roacache::store::sqlite {
namespace {

constexpr std::int64_t k_day_ms = std::int64_t{24} * 3600 * 1000;
constexpr std::int64_t k_clocks_apart_ms = 5000;

struct MeanTime {
    double sum_ms = 0;
    std::uint64_t count = 0;

    void add(double ms) {
        sum_ms += ms;
        ++count;
    }
    std::optional<double> mean() const {
        return count == 0 ? std::nullopt : std::optional(sum_ms / static_cast<double>(count));
    }
};

/// Of one type.
struct TypeSums {
    std::uint64_t hits = 0, misses = 0;
    MeanTime cached, origin; ///< in the last 24 hours
};

std::optional<double> number_of(const Statement& row, int column) {
    const CellType type = row.type(column);
    if (type == CellType::integer || type == CellType::real) return row.real(column);
    const std::string_view text = core::trimmed(row.text(column));
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

/// A number, or a word as services and their libraries write it; absent for anything else.
std::optional<bool> truth_of(const Statement& row, int column) {
    if (const auto number = number_of(row, column); number && std::isfinite(*number)) return *number != 0;
    const std::string word = core::to_lower(core::trimmed(row.text(column)));
    for (const char* yes : {"true", "t", "yes", "y", "on", "hit"})
        if (word == yes) return true;
    for (const char* no : {"false", "f", "no", "n", "off", "miss"})
        if (word == no) return false;
    return std::nullopt;
}

struct Sums {
    std::uint64_t hits = 0, misses = 0, hits_of_day = 0, hits_of_week = 0;
    std::map<std::string, TypeSums, std::less<>> types;
    std::uint64_t undecided = 0;    ///< rows that are neither a hit nor a miss
    std::uint64_t without_type = 0; ///< and the others of which something is missing
    std::uint64_t without_time = 0, ahead = 0, without_duration = 0;

    void add(const Statement& row, std::int64_t now, NoZone no_zone) {
        const auto hit = truth_of(row, 1);
        if (!hit) {
            ++undecided;
            return;
        }
        ++(*hit ? hits : misses);
        const std::string_view name = row.text(2);
        TypeSums* type = name.empty() ? nullptr : &of_type(name);
        without_type += type == nullptr ? 1 : 0;
        if (type != nullptr) ++(*hit ? type->hits : type->misses);
        const auto at = Moment::read(row, 4, no_zone);
        without_time += at ? 0 : 1;
        const bool is_ahead = at && at->ms > now + k_clocks_apart_ms;
        ahead += is_ahead ? 1 : 0;
        if (!at || is_ahead) return;
        if (*hit && at->ms > now - 7 * k_day_ms) ++hits_of_week;
        if (at->ms <= now - k_day_ms) return;
        if (*hit) ++hits_of_day;
        if (type != nullptr && !row.null(3)) add_duration(row, *hit ? type->cached : type->origin);
    }

    void add_duration(const Statement& row, MeanTime& mean) {
        const auto ms = number_of(row, 3);
        if (ms && std::isfinite(*ms) && *ms >= 0)
            mean.add(*ms);
        else
            ++without_duration;
    }

    TypeSums& of_type(std::string_view name) {
        const auto found = types.find(name);
        return found != types.end() ? found->second : types[std::string(name)];
    }

    /// What of the log these figures are without.
    std::vector<std::string> remarks(const std::string& log) const {
        std::vector<std::string> list;
        const auto add = [&](std::uint64_t rows, const std::string& what) {
            if (rows > 0)
                list.push_back(fmt::format("{} of {} {}",
                                           rows == 1 ? "1 row" : core::format_count(rows) + " rows",
                                           output::printable(log), (rows == 1 ? "is " : "are ") + what));
        };
        add(undecided, "left out of hits and misses: cache_hit is neither true nor false");
        add(without_type, "counted in hits and misses, but as of no type: cache_type is empty");
        add(without_time, "counted in hits and misses, but in no day and no week: timestamp is no time that "
                          "can be read");
        add(ahead, "counted in hits and misses, but in no day and no week: timestamp is in the future");
        add(without_duration, "left out of how long answers took: response_time_ms is no duration");
        return list;
    }
};

const TableSchema* table_called(const std::vector<TableSchema>& tables, const std::string& name) {
    const auto found = std::find_if(tables.begin(), tables.end(), [&](const TableSchema& table) {
        return core::equal_ignoring_case(table.name, name);
    });
    return found == tables.end() ? nullptr : &*found;
}

/// Why a table cannot be read as the log; empty: it can.
std::string why_no_log(const TableSchema& table) {
    std::string missing;
    for (const char* column : {"cache_type", "cache_hit", "response_time_ms", "timestamp"})
        if (table.first_of({column}).empty())
            missing += fmt::format("{}{}", missing.empty() ? "" : ", ", column);
    if (!missing.empty()) return "it has no column " + missing;
    return table.without_rowid || rowid_name(table).empty() ? "its rows have no numbers (rowid)" : "";
}

Sums sum_up(EntryFile& file, const TableSchema& table, core::Nanoseconds longest_step) {
    Statement rows = file.reading().prepare(fmt::format(
        "SELECT {0}, cache_hit, cache_type, response_time_ms, timestamp FROM {1} WHERE {0} > ?1 ORDER BY {0}",
        rowid_name(table), sql_name(table.name)));
    Sums sums;
    const NoZone no_zone = file.table().zone().no_zone;
    std::int64_t place = std::numeric_limits<std::int64_t>::min();
    for (bool more = true; more && !core::Interrupt::requested();) {
        const std::int64_t until = core::now_ns() + longest_step.count();
        rows.bind(1, place);
        while ((more = rows.step())) {
            place = rows.integer(0);
            sums.add(rows, now_ms(), no_zone);
            if (core::now_ns() >= until) break;
        }
        rows.reset();
    }
    return sums;
}

} // namespace

void add_lookups(EntryFile& file, core::Nanoseconds longest_step, Statistics& statistics) {
    const std::vector<TableSchema> tables = read_schema(file.reading());
    const std::string name = file.names().log.empty() ? "performance_log" : file.names().log;
    const TableSchema* table = table_called(tables, name);
    if (table == nullptr) {
        statistics.why_no_lookups =
            fmt::format("the file has no log of lookups (no table {})", output::printable(name));
        return;
    }
    if (const std::string why = why_no_log(*table); !why.empty()) {
        statistics.why_no_lookups =
            fmt::format("{} is not read as the log of lookups: {}", output::printable(table->name), why);
        statistics.remarks.push_back(statistics.why_no_lookups);
        return;
    }
    const Sums sums = sum_up(file, *table, longest_step);
    statistics.hits = sums.hits;
    statistics.misses = sums.misses;
    for (std::string& remark : sums.remarks(table->name))
        statistics.remarks.push_back(std::move(remark));
    statistics.queries_saved = QueriesSaved{sums.hits_of_day, sums.hits_of_week, sums.hits};
    for (const auto& [of, type] : sums.types) {
        statistics.lookups.push_back({core::Untrusted(of), type.hits, type.misses});
        if (type.cached.count + type.origin.count > 0)
            statistics.response_times.push_back(
                {core::Untrusted(of), type.cached.mean(), type.origin.mean()});
    }
}

} // namespace roacache::store::sqlite
