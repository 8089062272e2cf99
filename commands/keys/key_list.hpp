#pragma once

#include "commands/command.hpp"
#include "commands/keys/entry_age.hpp"
#include "src/store/walk.hpp"

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::commands {

struct KeyListOptions {
    Format format = Format::plain;
    bool details = false;    ///< type, TTL and size
    bool count_only = false; ///< print how many there are, and nothing else
    bool nul_separated = false;
    std::string sort;        ///< `ttl`, `bytes`, `key`; empty: as they come
    std::uint64_t limit = 0; ///< 0: none
    /// With `details`, in JSON: the server of several that holds a key; empty where there is one alone.
    std::function<std::string(const std::string& key)> node_of = {};
};

/// Prints keys as they are found. Nothing is buffered, but for a sorted list, of which with a limit only the
/// first `limit` are. add() throws core::Error(refused) when the buffer would take more memory than
/// k_most_buffered_bytes.
class KeyList {
  public:
    /// `head` is of the document in JSON.
    KeyList(KeyListOptions options, const config::TtlPolicy& policy, nlohmann::ordered_json head,
            output::Streams& streams)
        : options_(std::move(options)), policy_(policy), head_(std::move(head)), streams_(streams) {}

    void begin();
    /// A key that is gone by now is passed over.
    void add(store::FoundKey key, store::Description description);
    /// `tail` is of the document in JSON, behind the keys.
    void end(const nlohmann::ordered_json& tail);

    bool full() const { return options_.sort.empty() && options_.limit > 0 && count_ >= options_.limit; }
    std::uint64_t count() const { return count_; }
    /// Keys that are not printed: they hold NUL and so would be read as others behind -0, or are empty, which
    /// a line of their own does not show.
    std::uint64_t left_out_nul() const { return left_out_nul_; }
    std::uint64_t left_out_empty() const { return left_out_empty_; }
    /// Of some key it is not known.
    bool ttl_unknown() const { return ttl_unknown_; }
    std::uint64_t ttls_unreadable() const { return ttls_unreadable_; }
    bool bytes_unknown() const { return bytes_unknown_; }

  private:
    struct Entry {
        store::FoundKey key;
        store::Description description;
    };
    static constexpr std::size_t k_most_buffered_bytes = std::size_t{512} << 20;

    static std::size_t size_of(const Entry& entry);
    bool before(const Entry& a, const Entry& b) const;
    void keep(Entry entry);
    void print(const Entry& entry);
    void print_row(const Entry& entry);
    void print_csv(const Entry& entry);
    EntryAge age_of(const Entry& entry) const;
    void print_json(const Entry& entry);

    KeyListOptions options_;
    const config::TtlPolicy& policy_;
    nlohmann::ordered_json head_;
    output::Streams& streams_;
    std::uint64_t count_ = 0;
    std::uint64_t left_out_nul_ = 0, left_out_empty_ = 0;
    std::uint64_t printed_ = 0;
    bool ttl_unknown_ = false; ///< of a key at least the store does not tell it
    std::uint64_t ttls_unreadable_ = 0;
    bool bytes_unknown_ = false;
    std::size_t buffered_bytes_ = 0;
    std::vector<Entry> buffered_; ///< a heap with the last of the order on top while a limit holds
};

} // namespace roacache::commands
