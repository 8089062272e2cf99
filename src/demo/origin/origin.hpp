#pragma once

#include "src/store/sqlite/database.hpp"

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

namespace roacache::demo {

/// The ledger behind the cache: a few sessions that read, as a database grants a service, and one that
/// writes. Safe to use from several threads; who finds no free session waits.
class Origin {
  public:
    /// Throws core::Error. `file` is a writable ledger of this process's own.
    Origin(const std::filesystem::path& file, std::size_t readers);

    /// What `use(Database&)` returns.
    template <typename Use>
    auto read(Use use) {
        const Lease lease(*this);
        return use(*lease.session);
    }

    /// The same within a transaction, which is committed unless `use` throws.
    template <typename Use>
    auto write(Use use) {
        const std::lock_guard lock(writing_);
        store::sqlite::Transaction transaction(*writer_);
        auto result = use(*writer_);
        transaction.commit();
        return result;
    }

    std::uint64_t reads() const { return reads_; }
    std::uint64_t invoices() const { return invoices_; } ///< at the start

  private:
    using Session = std::unique_ptr<store::sqlite::Database>;
    struct Lease {
        explicit Lease(Origin& origin);
        ~Lease();
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        Origin& owner;
        Session session;
    };

    std::mutex mutex_; // of the free sessions
    std::condition_variable freed_;
    std::vector<Session> free_;
    std::mutex writing_;
    Session writer_;
    std::atomic<std::uint64_t> reads_ = 0;
    std::uint64_t invoices_ = 0;
};

} // namespace roacache::demo
