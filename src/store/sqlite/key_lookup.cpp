#include "src/store/sqlite/key_lookup.hpp"

#include "src/core/interrupt.hpp"
#include "src/store/sqlite/number_text.hpp"
#include "src/store/sqlite/row_scan.hpp"

#include <string_view>
#include <unordered_map>
#include <utility>

namespace roacache::store::sqlite {

/// SQLite itself tells: https://www.sqlite.org/eqp.html.
KeyLookup::KeyLookup(Database& database, const EntryTable& table, bool values)
    : database_(database), table_(table), values_(values) {
    constexpr int k_detail = 3;
    Statement plan =
        database_.prepare("EXPLAIN QUERY PLAN " + table_.select(values_) + table_.has_key_of_bytes());
    by_index_ = plan.step() && plan.text(k_detail).starts_with("SEARCH");
}

void KeyLookup::find(const std::vector<std::string>& keys, core::Nanoseconds longest, const Taker& taker) {
    if (!by_index_) return read_all(keys, longest, taker);
    for (std::size_t i = 0; i < keys.size() && !core::Interrupt::requested(); ++i)
        if (!find_one(keys[i], i, taker)) return;
}

/// Bytes are bound as such: as SQL has it they would be a text's in the encoding of the file. What the
/// column's collation takes for alike, and numbers that are written otherwise, are found too.
bool KeyLookup::find_one(const std::string& key, std::size_t number, const Taker& taker) {
    if (!texts_) texts_ = database_.prepare(table_.select(values_) + table_.has_key_of_bytes());
    texts_->bind(1, key).bind_blob(2, key);
    if (!hand_on(*texts_, key, number, taker)) return false;
    const auto numbers = numbers_written_as(key);
    if (!numbers) return true;
    if (!numbers_) numbers_ = database_.prepare(table_.select(values_) + table_.has_key_between());
    numbers_->bind(1, numbers->least).bind(2, numbers->greatest);
    return hand_on(*numbers_, key, number, taker);
}

bool KeyLookup::hand_on(Statement& rows, const std::string& key, std::size_t number,
                        const Taker& taker) const {
    bool more = true;
    while (more && rows.step()) {
        EntryTable::Row row = table_.row_at(rows);
        if (row.key.bytes() == key) more = taker.take(number, std::move(row), rows);
    }
    rows.reset();
    return more;
}

void KeyLookup::read_all(const std::vector<std::string>& keys, core::Nanoseconds longest,
                         const Taker& taker) {
    std::unordered_multimap<std::string_view, std::size_t> numbers;
    for (std::size_t i = 0; i < keys.size(); ++i)
        numbers.emplace(keys[i], i);
    bool wanted = true;
    RowScan scan(database_, table_, values_);
    const auto take = [&](const Statement& row) {
        const auto [first, last] = numbers.equal_range(table_.key_text(row));
        for (auto named = first; wanted && named != last; ++named)
            wanted = taker.take(named->second, table_.row_at(row), row);
        return wanted;
    };
    while (wanted && !core::Interrupt::requested()) {
        const RowScan::Step step = scan.step(longest, take);
        if (step == RowScan::Step::end) return;
        if (step == RowScan::Step::again && taker.again) taker.again();
    }
}

} // namespace roacache::store::sqlite
