#include "src/store/sqlite/sqlite_store.hpp"

#include "src/config/sha256.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/output/text.hpp"
#include "src/store/sqlite/entry_walk.hpp"
#include "src/store/sqlite/foreign_file.hpp"
#include "src/store/sqlite/lookup_log.hpp"
#include "src/store/sqlite/schema.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace roacache::store::sqlite {
namespace {

constexpr std::size_t k_most_piece = std::size_t{16} << 20;
constexpr core::Nanoseconds k_step = std::chrono::milliseconds(1);

config::SqliteNames names_of(const net::Url& url, const ConnectOptions& options) {
    config::SqliteNames names = options.sqlite;
    if (!url.table.empty()) names.table = url.table;
    return names;
}

} // namespace

std::unique_ptr<Store> open_sqlite(const net::Url& url, const ConnectOptions& options) {
    return std::make_unique<SqliteStore>(url, options);
}

SqliteStore::SqliteStore(const net::Url& url, const ConnectOptions& options)
    : file_(url.path, names_of(url, options), options.timeout) {}

core::Nanoseconds SqliteStore::ping() {
    const std::int64_t begun = core::now_ns();
    Statement read = file_.reading().prepare("SELECT 1 FROM sqlite_schema LIMIT 1");
    read.step();
    return core::Nanoseconds(core::now_ns() - begun);
}

Info SqliteStore::info() {
    Info info;
    info.kind = core::Untrusted("sqlite");
    info.version = core::Untrusted(sqlite3_libversion());
    info.role = core::Untrusted(access(file_.path().c_str(), W_OK) == 0 ? "writable" : "read-only");
    Statement mode = file_.reading().prepare("PRAGMA journal_mode");
    if (mode.step()) info.topology = core::Untrusted(fmt::format("file, journal {}", mode.text(0)));
    info.nodes.push_back(file_.path());
    try {
        file_.table();
    } catch (const core::Error& error) { // the service may not have made its table yet
        info.warnings.push_back(fmt::format("no other command can read it: {}", error.what()));
    }
    return info;
}

Identity SqliteStore::identity() {
    Identity identity;
    std::error_code error;
    const std::filesystem::path path = std::filesystem::canonical(file_.path(), error);
    struct stat status {};
    if (error || stat(path.c_str(), &status) != 0) {
        identity.unknown = "the file is not there any more";
        return identity;
    }
    identity.parts = {{"kind", "sqlite"},
                      {"device", std::to_string(status.st_dev)},
                      {"inode", std::to_string(status.st_ino)},
                      {"path", path.string()},
                      {"table", file_.table().name()}};
    Statement schema =
        file_.reading().prepare("SELECT coalesce(sql, '') FROM sqlite_schema ORDER BY name, sql");
    std::string all;
    while (schema.step())
        all.append(schema.text(0)) += '\n';
    identity.parts["schema"] = "sha256:" + config::sha256(all);
    return identity;
}

Statistics SqliteStore::statistics() {
    Statistics statistics;
    Statement size =
        file_.reading().prepare("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()");
    if (size.step()) statistics.memory_used = static_cast<std::uint64_t>(size.integer(0));
    add_lookups(file_, k_step, statistics);
    return statistics;
}

/// In steps as short as those of a walk: COUNT(*) would hold the file's lock for all of them.
std::optional<std::uint64_t> SqliteStore::count_entries() {
    RowScan scan(file_.reading(), file_.table(), false);
    std::uint64_t rows = 0;
    const auto take = [&](const Statement& /*row*/) {
        ++rows;
        return true;
    };
    while (!core::Interrupt::requested()) {
        const RowScan::Step step = scan.step(k_step, take);
        if (step == RowScan::Step::end) return rows;
        if (step == RowScan::Step::again) rows = 0;
    }
    return std::nullopt;
}

Capabilities SqliteStore::capabilities() {
    Capabilities can;
    const EntryTable& table = file_.table();
    if (!table.tells_use())
        can.missing[Capability::idle] = "the table does not tell when an entry was last used";
    can.missing[Capability::switches] = "a file has none";
    can.missing[Capability::notify] = "a file tells nobody";
    if (!table.expires()) can.missing[Capability::expire] = "the table does not tell when an entry expires";
    const bool writable = access(file_.path().c_str(), W_OK) == 0;
    if (writable && (file_.reading().keeps_log() || leaves_usable_files(file_.path()))) return can;
    for (const Capability change :
         {Capability::erase_by_key, Capability::erase_by_selection, Capability::expire})
        can.missing[change] = writable ? "its owner could not take over a journal of this user's"
                                       : "this user may not write the file";
    return can;
}

std::unique_ptr<Walk> SqliteStore::walk(WalkRequest request) {
    check_load(*this, request);
    if (request.act == Act::shorten && !file_.table().expires())
        throw core::Error(core::ExitCode::refused,
                          fmt::format("cannot shorten: {}: {} does not tell when an entry expires",
                                      file_.path(), file_.table().name()),
                          "Without --soft entries are removed.");
    if (request.act == Act::shorten && file_.table().zone().in_doubt)
        throw core::Error(
            core::ExitCode::refused,
            fmt::format("cannot shorten: {}: its times have no zone, and this machine is not at UTC",
                        file_.path()),
            "Say which it is in a profile: [sqlite] times = \"local\" or \"utc\".");
    return std::make_unique<EntryWalk>(file_, std::move(request));
}

KeyLookup& SqliteStore::lookup() {
    if (!lookup_) lookup_.emplace(file_.reading(), file_.table(), true);
    return *lookup_;
}

/// False where another entry is there now, or none.
bool SqliteStore::find_row(const FoundKey& entry, std::int64_t now, const Take& take) {
    if (!entry.row()) return false;
    const EntryTable& table = file_.table();
    if (!at_row_)
        at_row_ = file_.reading().prepare(fmt::format("{} WHERE {} = ?1", table.select(true), table.place()));
    at_row_->bind(1, *entry.row());
    bool found = false;
    if (at_row_->step()) {
        EntryTable::Row row = table.row_at(*at_row_);
        found = row.alive(now) && row.key.identity() == entry.identity();
        if (found) take(std::move(row), *at_row_);
    }
    at_row_->reset();
    return found;
}

/// Hands on the row, and the statement at it; the value is the last column. Where the service has written the
/// entry anew it is the first that is alive with the same key and what else is known of it.
void SqliteStore::find(const FoundKey& entry, std::int64_t now, const Take& take) {
    if (find_row(entry, now, take)) return;
    KeyLookup::Taker taker;
    taker.take = [&](std::size_t /*number*/, EntryTable::Row row, const Statement& at) {
        if (!row.alive(now)) return true;
        if (entry.stored() != nullptr && row.key.identity() != entry.identity()) return true;
        take(std::move(row), at);
        return false;
    };
    lookup().find({entry.bytes()}, k_step, taker);
}

std::vector<FoundKey> SqliteStore::entries_of(const std::string& key) {
    std::vector<FoundKey> entries;
    const std::int64_t now = now_ms();
    KeyLookup::Taker taker;
    taker.take = [&](std::size_t /*number*/, EntryTable::Row row, const Statement& /*at*/) {
        if (row.alive(now)) entries.push_back(std::move(row.key));
        return true;
    };
    taker.again = [&] { entries.clear(); };
    lookup().find({key}, k_step, taker);
    return entries;
}

std::optional<std::chrono::milliseconds> SqliteStore::expired_for(const std::string& key) {
    std::optional<std::chrono::milliseconds> least;
    bool lives = false;
    const std::int64_t now = now_ms();
    KeyLookup::Taker taker;
    taker.take = [&](std::size_t /*number*/, const EntryTable::Row& row, const Statement& /*at*/) {
        lives = row.alive(now);
        const std::chrono::milliseconds ago(row.ends_ms ? now - *row.ends_ms : 0);
        if (!lives) least = std::min(least.value_or(ago), ago);
        return !lives;
    };
    lookup().find({key}, k_step, taker);
    return lives ? std::nullopt : least;
}

std::optional<Value> SqliteStore::inspect(const FoundKey& entry, std::size_t max_bytes) {
    std::optional<Value> value;
    const std::int64_t now = now_ms();
    find(entry, now, [&](const EntryTable::Row& row, const Statement& at) {
        value.emplace();
        if (row.value_type) value->description.type = core::Untrusted(name_of(*row.value_type));
        if (row.expiry_known) value->description.ttl_ms = row.ends_ms ? *row.ends_ms - now : k_no_ttl;
        value->description.ttl_unreadable = !row.expiry_known;
        value->description.age_ms = EntryTable::since(row.written_ms, now);
        if (const auto idle_ms = EntryTable::since(row.used_ms, now))
            value->idle =
                std::chrono::duration_cast<std::chrono::seconds>(std::chrono::milliseconds(*idle_ms));
        value->description.bytes = row.bytes();
        value->size = row.value_bytes;
        if (row.value_in_file()) value->file = core::Untrusted(row.place.file);
        if (row.value_in_file())
            value->not_here = "it stands in a file of its own: " + output::printable(row.place.file);
        else if (row.value_type == CellType::null)
            value->not_here = "it is NULL";
        value->head = at.text(at.columns() - 1).substr(0, max_bytes);
    });
    return value;
}

std::string SqliteStore::read(const FoundKey& entry, std::uint64_t offset, std::size_t max_bytes) {
    std::string piece;
    find(entry, now_ms(), [&](const EntryTable::Row& /*row*/, const Statement& at) {
        const std::string_view value = at.text(at.columns() - 1);
        if (offset < value.size()) piece = value.substr(offset, std::min(max_bytes, k_most_piece));
    });
    return piece;
}

std::vector<std::string> SqliteStore::remarks(bool removal) {
    std::vector<std::string> remarks;
    if (const std::string& zone = file_.table().zone().remark; !zone.empty()) remarks.push_back(zone);
    if (!removal || !file_.foreign_keys_work()) return remarks;
    const std::vector<std::string> along = tables_that_go_along(file_.reading(), file_.table().plain_name());
    if (!along.empty())
        remarks.push_back(fmt::format("rows of {} that belong to an entry go with it (ON DELETE CASCADE)",
                                      output::printable(fmt::format("{}", fmt::join(along, ", ")))));
    return remarks;
}

void SqliteStore::give_back_space() {
    file_.give_back_space();
}

} // namespace roacache::store::sqlite
