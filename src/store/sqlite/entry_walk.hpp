#pragma once

#include "src/store/sqlite/entry_file.hpp"
#include "src/store/sqlite/key_lookup.hpp"
#include "src/store/sqlite/row_passes.hpp"
#include "src/store/walk.hpp"

#include <deque>
#include <optional>
#include <vector>

namespace roacache::store::sqlite {

/// A walk over the entries of a table, in steps: each is a statement that ends when it has taken as long as
/// nobody minds to wait, and so holds the file's lock no longer. What is to be changed is changed in short
/// transactions of its own, with pauses between them in which others get their turn.
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
    bool resized() const override { return grew_; }

  private:
    /// A key whose rows are to be changed.
    struct Change {
        FoundKey key;
        std::vector<EntryTable::Place> rows; ///< none: a named key that is not there
        bool counts = true;                  ///< false: it had expired
    };

    bool next_named(Page& page);
    void take_named(std::string name, Page& page);
    bool read_step(Page& page);
    Statement& statement();
    bool may_be_meant(const Statement& row) const;
    void take_row(EntryTable::Row row, Page& page);
    void list(EntryTable::Row row, FoundKey key, Page& page) const;
    bool changes() const { return request_.act == Act::erase || request_.act == Act::shorten; }
    void change(Page& page);
    struct Outcome {
        bool changed = false;
        std::string refused; ///< why it was left as it is; empty: it was not, or was gone
    };
    core::Nanoseconds change_some(Page& page);
    core::Nanoseconds try_to_change(Page& page);
    void note_change(Change change, const Outcome& outcome, Page& page);
    Outcome change_rows(const Change& change);
    void bind_row(Statement& statement, int first, const EntryTable::Place& row) const;
    Statement& look_again(const EntryTable::Place& row);
    bool is_there(const EntryTable::Place& row);
    Outcome change_row(const EntryTable::Place& row, const FoundKey& key);
    Outcome erase_row(const EntryTable::Place& row);
    bool was_numbered_anew();
    void begin_again();
    Outcome shorten_row(const EntryTable::Place& row, const FoundKey& key);
    bool ends() const;
    void note_taken(std::size_t changes, core::Nanoseconds locked, core::Nanoseconds waited);

    EntryFile& file_;
    WalkRequest request_;
    const EntryTable& table_;
    const bool values_; ///< the values' sizes are asked for
    std::int64_t now_ms_;
    std::optional<MomentForm> usual_form_; ///< to shorten what never expires
    std::vector<RowPass> passes_;
    std::vector<EntryTable::Need> needs_;
    std::size_t pass_ = 0;
    std::optional<EntryTable::Place> place_; ///< absent: at the beginning of a pass
    std::optional<Statement> statement_;     ///< of the pass, from its beginning or from place_ on
    bool from_place_ = false;                ///< which of both statement_ is
    std::optional<KeyLookup> by_key_;
    std::optional<Statement> erase_, shorten_, look_again_; ///< of the connection that writes
    std::int64_t first_rowid_ = 0, last_rowid_ = 0;         ///< when the walk began
    std::deque<Change> to_change_;
    std::size_t at_once_;           ///< changes in a transaction
    core::Nanoseconds wanted_;      ///< that a transaction is to take
    core::Nanoseconds commit_wait_; ///< for those that read
    std::size_t transactions_ = 0;
    bool ended_ = false; ///< what was changed is on the disk
    Tally tally_;
    std::optional<Statement> version_;
    std::int64_t schema_version_ = 0;
    bool began_ = false;
    bool grew_ = false;
    bool exhausted_ = false;
    bool stopped_ = false;
};

} // namespace roacache::store::sqlite
