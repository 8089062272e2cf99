#include "src/store/sqlite/lookup_log.hpp"

#include "src/core/ascii.hpp"
#include "src/core/interrupt.hpp"
#include "src/store/sqlite/schema.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <map>
#include <string>

namespace roacache::store::sqlite {
namespace {

constexpr std::int64_t k_day_ms = std::int64_t{24} * 3600 * 1000;

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

struct Sums {
    std::uint64_t hits = 0, misses = 0, hits_of_day = 0, hits_of_week = 0;
    std::map<std::string, TypeSums, std::less<>> types;

    void add(const Statement& row, std::int64_t now, NoZone no_zone) {
        const bool hit = row.integer(1) != 0;
        ++(hit ? hits : misses);
        TypeSums& type = of_type(row.text(2));
        ++(hit ? type.hits : type.misses);
        const auto at = Moment::read(row, 4, no_zone);
        if (!at || at->ms > now) return;
        if (hit && at->ms > now - 7 * k_day_ms) ++hits_of_week;
        if (at->ms <= now - k_day_ms) return;
        if (hit) ++hits_of_day;
        const double ms = row.real(3);
        if (row.null(3)) return;
        (hit ? type.cached : type.origin).add(ms);
    }

    TypeSums& of_type(std::string_view name) {
        const auto found = types.find(name);
        return found != types.end() ? found->second : types[std::string(name)];
    }
};

const TableSchema* log_table(const std::vector<TableSchema>& tables, const std::string& name) {
    for (const TableSchema& table : tables) {
        if (core::to_lower(table.name) != core::to_lower(name)) continue;
        for (const char* column : {"cache_type", "cache_hit", "response_time_ms", "timestamp"})
            if (table.first_of({column}).empty()) return nullptr;
        return table.without_rowid || rowid_name(table).empty() ? nullptr : &table;
    }
    return nullptr;
}

Sums sum_up(EntryFile& file, const TableSchema& table, core::Nanoseconds longest_step) {
    Statement rows = file.reading().prepare(fmt::format(
        "SELECT {0}, cache_hit, cache_type, response_time_ms, timestamp FROM {1} WHERE {0} > ?1 ORDER BY {0}",
        rowid_name(table), sql_name(table.name)));
    Sums sums;
    const std::int64_t now = now_ms();
    const NoZone no_zone = file.table().zone().no_zone;
    std::int64_t place = std::numeric_limits<std::int64_t>::min();
    for (bool more = true; more && !core::Interrupt::requested();) {
        const std::int64_t until = core::now_ns() + longest_step.count();
        rows.bind(1, place);
        while ((more = rows.step())) {
            place = rows.integer(0);
            sums.add(rows, now, no_zone);
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
    const TableSchema* table = log_table(tables, name);
    if (table == nullptr) return;
    const Sums sums = sum_up(file, *table, longest_step);
    statistics.hits = sums.hits;
    statistics.misses = sums.misses;
    statistics.queries_saved = QueriesSaved{sums.hits_of_day, sums.hits_of_week, sums.hits};
    for (const auto& [of, type] : sums.types) {
        statistics.lookups.push_back({core::Untrusted(of), type.hits, type.misses});
        if (type.cached.count + type.origin.count > 0)
            statistics.response_times.push_back(
                {core::Untrusted(of), type.cached.mean(), type.origin.mean()});
    }
}

} // namespace roacache::store::sqlite
