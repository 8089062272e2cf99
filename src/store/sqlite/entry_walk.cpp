#include "src/store/sqlite/entry_walk.hpp"

#include "src/core/descriptor.hpp"
#include "src/core/interrupt.hpp"
#include "src/store/sqlite/number_text.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

namespace roacache::store::sqlite {
namespace {

/// What a transaction is to take from the lock to the end of the commit, besides waiting for those that read:
/// others wait as long.
constexpr core::Nanoseconds k_locked = std::chrono::milliseconds(2);
constexpr int k_share_of_pauses = 4; ///< a pause is so much shorter than the change before it
constexpr core::Nanoseconds k_least_pause = std::chrono::milliseconds(1);
constexpr std::size_t k_first_at_once = 256, k_most_at_once = 4000;
constexpr double k_most_growth = 2; ///< of the changes at once, from one transaction to the next
/// How long a commit waits at first for those that read: meanwhile nobody can begin to.
constexpr core::Nanoseconds k_commit_wait = std::chrono::milliseconds(2);
constexpr int k_tries = 4; ///< of a commit, before it waits twice as long
/// Long enough for readers that take that long; for longer ones a removal waits until there is none.
constexpr core::Nanoseconds k_longest_commit_wait = std::chrono::milliseconds(320);
/// Transactions. The last connection to a file removes the log, for which nobody can open it: some
/// milliseconds where it has ten megabytes.
constexpr std::size_t k_between_checkpoints = 3;
/// So many rows are found before any is changed: neighbours are written together.
constexpr std::size_t k_found_ahead = 8000;

} // namespace

EntryWalk::EntryWalk(EntryFile& file, WalkRequest request)
    : file_(file), request_(std::move(request)), table_(file.table()),
      values_(request_.act == Act::describe && (request_.fields.bytes || request_.fields.type)),
      now_ms_(now_ms()), at_once_(k_first_at_once), commit_wait_(k_commit_wait) {
    if (request_.meant != nullptr && request_.meant->named() != nullptr) request_.meant->named()->rewind();
    const bool narrows = request_.meant != nullptr && !request_.others_too;
    const Selection* selection = narrows ? &request_.meant->selection() : nullptr;
    needs_ = needs_of(selection, table_);
    if (changes()) file_.begin_changes(); // whoever may not write hears of it before anything else
    if (request_.act == Act::shorten) find_usual_form();
    if (request_.act == Act::erase) erase_ = file_.removal();
    if (request_.names_keys())
        lookup_.emplace(file_.reading(), table_, values_);
    else
        scan_.emplace(file_.reading(), table_, values_, passes_of(selection, table_));
}

/// What was changed is on the disk though the walk was given up.
EntryWalk::~EntryWalk() {
    if (!changes() || ended_) return;
    try {
        file_.end_changes(transactions_ > 0);
    } catch (const core::Error&) {
        // The walk was ended by a failure that is told already, or by an interrupt.
    }
}

bool EntryWalk::ends() const {
    return stopped_ || core::Interrupt::requested();
}

bool EntryWalk::next(Page& page) {
    page = {};
    while (page.keys.empty()) {
        if (ends()) return false;
        now_ms_ = now_ms();
        if (!(request_.names_keys() ? next_named(page) : read_step(page))) return false;
        if (changes()) change(page);
    }
    return true;
}

/// How the first entry that ever ends does so.
void EntryWalk::find_usual_form() {
    RowScan scan(file_.reading(), table_, false);
    const auto take = [&](const Statement& row) {
        usual_form_ = table_.form_of(row);
        return !usual_form_;
    };
    while (!usual_form_ && !ends() && scan.step(request_.max_pause, take) != RowScan::Step::end) {
    }
}

/// As many at once as are looked for at once.
std::vector<std::string> EntryWalk::next_names() {
    constexpr std::size_t k_most_bytes = std::size_t{8} << 20, k_bytes_a_name = 64;
    std::vector<std::string> names, batch;
    std::size_t bytes = 0;
    do {
        batch.clear();
        exhausted_ = !request_.next_named(batch);
        for (std::string& name : batch) {
            bytes += name.size() + k_bytes_a_name;
            names.push_back(std::move(name));
        }
    } while (!exhausted_ && !lookup_->by_index() && bytes < k_most_bytes);
    return names;
}

/// False: none is left, or they were not all looked for.
bool EntryWalk::next_named(Page& page) {
    if (exhausted_) return false;
    std::vector<std::string> names = next_names();
    std::vector<std::vector<EntryTable::Row>> found(names.size());
    KeyLookup::Taker taker;
    taker.take = [&](std::size_t number, EntryTable::Row row, const Statement& /*at*/) {
        found[number].push_back(std::move(row));
        return !ends();
    };
    taker.again = [&] { found = std::vector<std::vector<EntryTable::Row>>(names.size()); };
    lookup_->find(names, request_.max_pause, taker);
    if (ends()) return false;
    for (std::size_t i = 0; i < names.size(); ++i)
        take_named(std::move(names[i]), std::move(found[i]), page);
    return true;
}

/// In a table of several users it is there more than once, and each row is an entry.
void EntryWalk::take_named(std::string name, std::vector<EntryTable::Row> rows, Page& page) {
    bool is_there = false;
    for (EntryTable::Row& row : rows) {
        if (request_.meant != nullptr) request_.meant->decode(row.key);
        const bool alive = row.alive(now_ms_);
        if (!changes()) {
            look_at(std::move(row), page);
        } else if (alive || request_.act == Act::erase) {
            to_change_.push_back({std::move(row.key), std::move(row.place), !alive});
            is_there = true;
        }
    }
    if (!changes() || is_there) return;
    FoundKey key =
        request_.meant != nullptr ? request_.meant->decoded(std::move(name)) : FoundKey(std::move(name));
    to_change_.push_back({std::move(key), {}});
}

/// False: none is left.
bool EntryWalk::read_step(Page& page) {
    const RowScan::Step step = scan_->step(request_.max_pause, [&](const Statement& row) {
        if (may_be_meant(row)) take_row(table_.row_at(row), page);
        return true;
    });
    if (step == RowScan::Step::end) return !std::exchange(exhausted_, true);
    if (step == RowScan::Step::more) return true;
    to_change_.clear();
    exhausted_ = false;
    return true;
}

/// A quick look; take_row() says.
bool EntryWalk::may_be_meant(const Statement& row) const {
    return std::all_of(needs_.begin(), needs_.end(), [&](const EntryTable::Need& need) {
        return row.null(need.column) || is_named(row, need.column, need.text);
    });
}

void EntryWalk::take_row(EntryTable::Row row, Page& page) {
    const bool taken = request_.meant == nullptr || request_.meant->take(row.key);
    const bool alive = row.alive(now_ms_);
    if (alive && request_.sees) request_.sees(row.key, taken);
    if (!taken && !request_.others_too) return;
    if (!changes()) return look_at(std::move(row), page);
    if (!taken || (alive && request_.admits && !request_.admits(row.key))) return;
    to_change_.push_back({std::move(row.key), std::move(row.place), !alive});
}

/// A row that is meant, and not to be changed.
void EntryWalk::look_at(EntryTable::Row row, Page& page) const {
    const bool alive = row.alive(now_ms_);
    if (!alive && request_.sees_expired) request_.sees_expired(row.key);
    if (alive || (request_.expired_too && request_.act == Act::describe)) list(std::move(row), page);
}

void EntryWalk::list(EntryTable::Row row, Page& page) const {
    if (request_.act != Act::describe) {
        page.keys.push_back(std::move(row.key));
        return;
    }
    Description description;
    description.expired = !row.alive(now_ms_);
    if (row.value_type) description.type = core::Untrusted(name_of(*row.value_type));
    if (row.expiry_known)
        description.ttl_ms = row.ends_ms ? std::max<std::int64_t>(*row.ends_ms - now_ms_, 0) : k_no_ttl;
    description.ttl_unreadable = !row.expiry_known;
    description.age_ms = EntryTable::since(row.written_ms, now_ms_);
    description.bytes = row.bytes();
    page.descriptions.push_back(std::move(description));
    page.keys.push_back(std::move(row.key));
}

/// Between two changes others have their turn: whoever waits for the lock asks for it again and again.
void EntryWalk::change(Page& page) {
    if (to_change_.size() < k_found_ahead && !exhausted_ && !request_.names_keys()) return;
    while (!to_change_.empty() && !ends()) {
        const core::Nanoseconds pause = change_some(page);
        if (++transactions_ % k_between_checkpoints == 0) file_.checkpoint();
        if (!to_change_.empty() || !exhausted_) core::wait_ready(-1, 0, core::Deadline::in(pause));
    }
    if (transactions_ == 0 || !exhausted_) return;
    file_.end_changes(true);
    ended_ = true;
}

/// Changes as many as a transaction may take; how long others are to have their turn then.
core::Nanoseconds EntryWalk::change_some(Page& page) {
    const core::Deadline until = core::Deadline::in(file_.lock_wait());
    for (int failures = 1;; ++failures) {
        try {
            return try_to_change(page);
        } catch (const core::Error& error) {
            if (ends()) return {};
            if (error.code() != core::ExitCode::unreachable || until.passed()) throw;
        }
        core::wait_ready(-1, 0, core::Deadline::in(commit_wait_));
        if (failures % k_tries == 0) commit_wait_ = std::min(commit_wait_ * 2, k_longest_commit_wait);
    }
}

/// While a commit waits for those that read, nobody new can begin to: it gives up before long and lets them
/// for as long, and waits longer the next time.
core::Nanoseconds EntryWalk::try_to_change(Page& page) {
    std::vector<Outcome> changed;
    std::int64_t locked = 0;
    Database& database = file_.writing();
    core::Nanoseconds before{0};
    {
        database.set_lock_wait(file_.lock_wait());
        Transaction transaction(database);
        database.set_lock_wait(commit_wait_);
        locked = core::now_ns();
        before = database.waited();
        for (const Change& change : to_change_) {
            changed.push_back(change.row ? change_row(*change.row, change.key) : Outcome());
            if (changed.size() == at_once_ || core::now_ns() - locked >= k_locked.count() * 2 / 3) break;
        }
        try {
            transaction.commit();
        } catch (const ConstraintFailed& failure) { // of a foreign key that is looked at last
            if (changed.size() == 1) {
                changed.front() = {false, failure.rule()};
            } else {
                at_once_ = changed.size() / 2;
                return core::Nanoseconds(core::now_ns() - locked) / k_share_of_pauses;
            }
        }
    }
    const core::Nanoseconds waited = database.waited() - before; // for readers
    const core::Nanoseconds taken = core::Nanoseconds(core::now_ns() - locked) - waited;
    note_taken(changed.size(), taken, waited);
    for (const Outcome& outcome : changed) {
        if (outcome.changed && request_.act == Act::erase) file_.note_removed(to_change_.front().row->file);
        note_change(std::move(to_change_.front()), outcome, page);
        to_change_.pop_front();
    }
    tally_.left = file_.left();
    return std::max({taken / k_share_of_pauses, waited, k_least_pause});
}

void EntryWalk::note_change(Change change, const Outcome& outcome, Page& page) {
    if (change.expired) {
        tally_.expired += outcome.changed ? 1 : 0;
        if (!request_.names_keys()) return;
        page.parts.push_back({request_.group ? request_.group(change.key) : 0, 0, 0, 0});
        page.keys.push_back(std::move(change.key));
        return;
    }
    const std::uint64_t refused = outcome.refused.empty() ? 0 : 1;
    const std::uint64_t counted = outcome.changed ? 1 : 0;
    tally_.sent += 1 - refused;
    tally_.changed += counted;
    tally_.refused += refused;
    if (refused > 0 && !tally_.refusal)
        tally_.refusal =
            core::Error(core::ExitCode::refused,
                        fmt::format("not {}: {}: {}", request_.act == Act::shorten ? "shortened" : "removed",
                                    file_.path(), outcome.refused));
    page.changed += counted;
    page.parts.push_back({request_.group ? request_.group(change.key) : 0, 1, counted, refused});
    page.keys.push_back(std::move(change.key));
}

EntryWalk::Outcome EntryWalk::change_row(const EntryTable::Place& row, const FoundKey& key) {
    try {
        return request_.act == Act::shorten ? shorten_row(row, key) : erase_row(row);
    } catch (const ConstraintFailed& failure) { // which undoes this statement alone
        for (auto* statement : {&erase_, &shorten_, &look_again_})
            if (*statement) (*statement)->reset();
        return {false, failure.rule()};
    }
}

/// How many changes the next transaction has, and how long its commit waits.
void EntryWalk::note_taken(std::size_t changes, core::Nanoseconds locked, core::Nanoseconds waited) {
    commit_wait_ = std::max(std::clamp(waited * 2, commit_wait_ / 2, commit_wait_), k_commit_wait);
    const double share = static_cast<double>(k_locked.count()) /
                         static_cast<double>(std::max<std::int64_t>(locked.count(), 1));
    const double wanted = static_cast<double>(changes) * std::clamp(share, 0.5, k_most_growth);
    at_once_ = std::clamp(static_cast<std::size_t>(wanted), std::size_t{1}, k_most_at_once);
}

void EntryWalk::bind_row(Statement& statement, int first, const EntryTable::Place& row) const {
    if (table_.by_rowid())
        statement.bind(first, row.rowid);
    else
        statement.bind(first, row.key);
    statement.bind(first + 1, row.key);
}

EntryWalk::Outcome EntryWalk::erase_row(const EntryTable::Place& row) {
    bind_row(*erase_, 1, row);
    erase_->run();
    if (file_.writing().changes() > 0) return {true, {}};
    if (is_there(row)) return {false, "the table keeps the entry, as a trigger of its own may do"};
    return {};
}

/// The row as it is now, ready to be stepped to.
Statement& EntryWalk::look_again(const EntryTable::Place& row) {
    if (!look_again_)
        look_again_ = file_.writing().prepare(fmt::format("{} {}", table_.select(false), table_.identity(1)));
    bind_row(*look_again_, 1, row);
    return *look_again_;
}

bool EntryWalk::is_there(const EntryTable::Place& row) {
    Statement& now = look_again(row);
    const bool there = now.step();
    now.reset();
    return there;
}

/// Looks again, since the service may have written the entry anew: none is made to live longer.
EntryWalk::Outcome EntryWalk::shorten_row(const EntryTable::Place& row, const FoundKey& key) {
    if (!shorten_) shorten_ = file_.writing().prepare(table_.update_expiry());
    Statement& found = look_again(row);
    Outcome outcome;
    if (found.step()) {
        const EntryTable::Row now = table_.row_at(found);
        const Moment end{now_ms_ + request_.ttl(key).count()};
        if (!now.expiry_known) outcome.refused = "when it expires cannot be read";
        const bool later = now.alive(now_ms_) && now.expiry_known && (!now.ends_ms || *now.ends_ms > end.ms);
        if (later) outcome.refused = table_.bind_expiry(*shorten_, found, end, usual_form_);
        if (later && outcome.refused.empty()) {
            bind_row(*shorten_, 2, row);
            shorten_->run();
            outcome.changed = true;
        }
    }
    found.reset();
    return outcome;
}

std::optional<double> EntryWalk::progress() const {
    return scan_ ? scan_->progress() : std::nullopt;
}

} // namespace roacache::store::sqlite
