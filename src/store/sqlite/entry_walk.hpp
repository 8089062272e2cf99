#pragma once

#include "src/store/sqlite/entry_file.hpp"
#include "src/store/sqlite/key_lookup.hpp"
#include "src/store/sqlite/row_passes.hpp"
#include "src/store/sqlite/row_scan.hpp"
#include "src/store/walk.hpp"

#include <deque>
#include <optional>
#include <vector>

namespace roacache::store::sqlite {

/// A walk over the entries of a table, in steps. What is to be changed is changed in short transactions of
/// its own, with pauses between them in which others get their turn.
class EntryWalk final : public Walk {
  public:
    EntryWalk(EntryFile& file, WalkRequest request);
    ~EntryWalk() override;
    EntryWalk(const EntryWalk&) = delete;
    EntryWalk& operator=(const EntryWalk&) = delete;

    bool next(Page& page) override;
    void stop() override { stopped_ = true; }
    const Tally& tally() const override { return tally_; }
    std::optional<double> progress() const override;
    /// Rows were added behind the last that was there when the walk began: an entry that the service wrote
    /// anew comes again.
    bool resized() const override { return scan_ && scan_->grew(); }

  private:
    /// A row that is to be changed.
    struct Change {
        FoundKey key;
        std::optional<EntryTable::Place> row; ///< absent: a named key that is not there
        bool expired = false;
    };

    void find_usual_form();
    bool next_named(Page& page);
    std::vector<std::string> next_names();
    void take_named(std::string name, std::vector<EntryTable::Row> rows, Page& page);
    bool read_step(Page& page);
    bool may_be_meant(const Statement& row) const;
    void take_row(EntryTable::Row row, Page& page);
    void look_at(EntryTable::Row row, Page& page) const;
    void list(EntryTable::Row row, Page& page) const;
    bool changes() const { return request_.act == Act::erase || request_.act == Act::shorten; }
    void change(Page& page);
    struct Outcome {
        bool changed = false;
        std::string refused; ///< why it was left as it is; empty: it was not, or was gone
    };
    core::Nanoseconds change_some(Page& page);
    core::Nanoseconds try_to_change(Page& page);
    void note_change(Change change, const Outcome& outcome, Page& page);
    void bind_row(Statement& statement, int first, const EntryTable::Place& row) const;
    Statement& look_again(const EntryTable::Place& row);
    bool is_there(const EntryTable::Place& row);
    Outcome change_row(const EntryTable::Place& row, const FoundKey& key);
    Outcome erase_row(const EntryTable::Place& row);
    Outcome shorten_row(const EntryTable::Place& row, const FoundKey& key);
    bool ends() const;
    void note_taken(std::size_t changes, core::Nanoseconds locked, core::Nanoseconds waited);

    EntryFile& file_;
    WalkRequest request_;
    const EntryTable& table_;
    const bool values_; ///< the values' sizes are asked for
    std::int64_t now_ms_;
    std::optional<MomentForm> usual_form_; ///< to shorten what never expires
    std::vector<EntryTable::Need> needs_;
    std::optional<RowScan> scan_;                           ///< where a selection is meant
    std::optional<KeyLookup> lookup_;                       ///< where keys are named
    std::optional<Statement> erase_, shorten_, look_again_; ///< of the connection that writes
    std::deque<Change> to_change_;
    std::size_t at_once_;           ///< changes in a transaction
    core::Nanoseconds commit_wait_; ///< for those that read
    std::size_t transactions_ = 0;
    bool ended_ = false; ///< what was changed is on the disk
    Tally tally_;
    bool exhausted_ = false;
    bool stopped_ = false;
};

} // namespace roacache::store::sqlite
