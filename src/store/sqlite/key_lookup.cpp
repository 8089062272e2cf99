#include "src/store/sqlite/key_lookup.hpp"

#include "src/store/sqlite/number_text.hpp"

#include <utility>

namespace roacache::store::sqlite {

/// Bytes are bound as such: as SQL has it they would be a text's in the encoding of the file. What the
/// column's collation takes for alike, and numbers that are written otherwise, are found too.
void KeyLookup::find(const std::string& key, const Take& take) {
    if (!texts_) texts_ = database_.prepare(table_.select(values_) + table_.has_key_of_bytes());
    texts_->bind(1, key).bind_blob(2, key);
    if (!hand_on(*texts_, key, take)) return;
    const auto numbers = numbers_written_as(key);
    if (!numbers) return;
    if (!numbers_) numbers_ = database_.prepare(table_.select(values_) + table_.has_key_between());
    numbers_->bind(1, numbers->least).bind(2, numbers->greatest);
    hand_on(*numbers_, key, take);
}

bool KeyLookup::hand_on(Statement& rows, const std::string& key, const Take& take) const {
    bool more = true;
    while (more && rows.step()) {
        EntryTable::Row row = table_.row_at(rows);
        if (row.key.bytes() == key) more = take(std::move(row), rows);
    }
    rows.reset();
    return more;
}

} // namespace roacache::store::sqlite
