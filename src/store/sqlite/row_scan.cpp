#include "src/store/sqlite/row_scan.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

namespace roacache::store::sqlite {

RowScan::RowScan(Database& database, const EntryTable& table, bool values, std::vector<RowPass> passes)
    : database_(database), table_(table), values_(values), passes_(std::move(passes)) {
    if (!table_.by_rowid()) return;
    Statement range = database_.prepare(fmt::format(
        "SELECT (SELECT min({0}) FROM {1}), (SELECT max({0}) FROM {1})", table_.place(), table_.name()));
    if (range.step()) {
        first_rowid_ = range.integer(0);
        last_rowid_ = range.integer(1);
    }
}

/// The statement that reads on from place_.
Statement& RowScan::statement() {
    const RowPass& pass = passes_[pass_];
    if (!statement_ || from_place_ != place_.has_value()) {
        from_place_ = place_.has_value();
        std::string where = from_place_ ? table_.place() + " > ?1" : "";
        if (!pass.condition.empty()) where += (where.empty() ? "" : " AND ") + pass.condition;
        statement_ = database_.prepare(fmt::format("{}{}{} ORDER BY {}", table_.select(values_),
                                                   where.empty() ? "" : " WHERE ", where, table_.place()));
        for (std::size_t i = 0; i < pass.values.size(); ++i)
            statement_->bind(static_cast<int>(i) + 2, pass.values[i]);
    }
    if (place_ && table_.by_rowid()) statement_->bind(1, place_->rowid);
    if (place_ && !table_.by_rowid()) statement_->bind(1, place_->key);
    return *statement_;
}

RowScan::Step RowScan::step(core::Nanoseconds longest, const Take& take) {
    constexpr core::Nanoseconds k_longest_after_wait = std::chrono::milliseconds(3);
    const std::int64_t asked = core::now_ns();
    const Transaction reading(database_, Transaction::Kind::reading);
    if (was_numbered_anew()) {
        begin_again();
        return Step::again;
    }
    if (pass_ == passes_.size()) return Step::end;
    const core::Nanoseconds waited =
        std::min(core::Nanoseconds(core::now_ns() - asked), k_longest_after_wait);
    Statement& rows = statement();
    began_ = true;
    const std::int64_t until = core::now_ns() + std::max(longest, waited).count();
    bool more = false;
    while ((more = rows.step())) {
        grew_ = grew_ || (table_.by_rowid() && rows.integer(0) > last_rowid_);
        const bool goes_on = !EntryTable::has_key(rows) || take(rows);
        if (goes_on && core::now_ns() < until) continue;
        place_ = table_.place_of(rows);
        break;
    }
    rows.reset();
    if (more) return Step::more;
    statement_.reset();
    place_.reset();
    return ++pass_ == passes_.size() ? Step::end : Step::more;
}

/// By a VACUUM of somebody else's, which rowids that are no column's values do not outlast.
bool RowScan::was_numbered_anew() {
    if (!version_) version_ = database_.prepare("PRAGMA schema_version");
    const std::int64_t now = version_->step() ? version_->integer(0) : 0;
    version_->reset();
    return std::exchange(schema_version_, now) != now && began_ && !table_.keeps_rowids();
}

void RowScan::begin_again() {
    statement_.reset();
    place_.reset();
    pass_ = 0;
    grew_ = true;
}

std::optional<double> RowScan::progress() const {
    if (!table_.by_rowid() || last_rowid_ <= first_rowid_ || passes_.size() > 1) return std::nullopt;
    const std::int64_t at = place_ ? place_->rowid : pass_ == passes_.size() ? last_rowid_ : first_rowid_;
    const double done = (static_cast<double>(at) - static_cast<double>(first_rowid_)) /
                        (static_cast<double>(last_rowid_) - static_cast<double>(first_rowid_));
    return std::clamp(done, 0.0, 1.0);
}

} // namespace roacache::store::sqlite
