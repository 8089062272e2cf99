#pragma once

#include "src/store/connect_options.hpp"
#include "src/store/sqlite/entry_file.hpp"
#include "src/store/sqlite/key_lookup.hpp"
#include "src/store/store.hpp"

#include <functional>
#include <optional>

namespace roacache::store::sqlite {

/// The entries of a service's SQLite file. Entries that have expired are none, though they take up room.
class SqliteStore final : public Store {
  public:
    /// Throws as EntryFile does.
    SqliteStore(const net::Url& url, const ConnectOptions& options);

    std::string name() const override { return file_.path(); }
    Info info() override;
    Identity identity() override;
    core::Nanoseconds ping() override;
    Statistics statistics() override;
    std::optional<std::uint64_t> count_entries() override;
    Capabilities capabilities() override;
    bool has_server() const override { return false; }
    std::string why_no_size() const override {
        return "the table does not tell the size of every value that stands in a file of its own";
    }
    std::unique_ptr<Walk> walk(WalkRequest request) override;
    std::vector<FoundKey> entries_of(const std::string& key) override;
    std::optional<std::chrono::milliseconds> expired_for(const std::string& key) override;
    std::optional<Value> inspect(const FoundKey& entry, std::size_t max_bytes) override;
    std::string read(const FoundKey& entry, std::uint64_t offset, std::size_t max_bytes) override;
    void give_back_space() override;
    std::vector<std::string> remarks(bool removal) override;

  private:
    using Take = std::function<void(EntryTable::Row row, const Statement& at)>;
    bool find_row(const FoundKey& entry, std::int64_t now, const Take& take);
    void find(const FoundKey& entry, std::int64_t now, const Take& take);
    KeyLookup& lookup();

    EntryFile file_;
    std::optional<KeyLookup> lookup_; ///< once a key was looked at
    std::optional<Statement> at_row_; ///< once an entry was
};

std::unique_ptr<Store> open_sqlite(const net::Url& url, const ConnectOptions& options);

} // namespace roacache::store::sqlite
