#include "src/demo/origin/origin.hpp"

namespace roacache::demo {

using store::sqlite::Database;
using store::sqlite::OpenMode;

Origin::Origin(const std::filesystem::path& file, std::size_t readers)
    : writer_(std::make_unique<Database>(file, OpenMode::read_write)) {
    // Readers go on while one writes. The file ends with this process, so nothing has to reach the disk.
    writer_->execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON");
    auto count = writer_->prepare("SELECT COUNT(*) FROM invoices");
    count.step();
    invoices_ = static_cast<std::uint64_t>(count.integer(0));
    for (std::size_t reader = 0; reader < readers; ++reader) {
        free_.push_back(std::make_unique<Database>(file, OpenMode::read_only));
        free_.back()->execute("PRAGMA cache_size=-16384");
    }
}

Origin::Lease::Lease(Origin& origin) : owner(origin) {
    std::unique_lock lock(owner.mutex_);
    owner.freed_.wait(lock, [&] { return !owner.free_.empty(); });
    session = std::move(owner.free_.back());
    owner.free_.pop_back();
    ++owner.reads_;
}

Origin::Lease::~Lease() {
    {
        const std::lock_guard lock(owner.mutex_);
        owner.free_.push_back(std::move(session));
    }
    owner.freed_.notify_one();
}

} // namespace roacache::demo
