#include "src/demo/ledger/ledger_file.hpp"

#include "src/core/descriptor.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/interrupt.hpp"
#include "src/demo/ledger/generator.hpp"
#include "src/demo/posix.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/core.h>
#include <memory>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>
#include <xxhash.h>

namespace roacache::demo {
namespace {

namespace fs = std::filesystem;

// The cached file is the database followed by a seal, which SQLite does not look at and the copies lack.
struct Seal {
    std::array<char, 16> magic;
    std::uint64_t rows;
    std::uint64_t version;
    std::uint64_t bytes; ///< of the database before the seal
    std::uint64_t hash;  ///< XXH64 of those
};
constexpr std::array<char, 16> k_magic{'r', 'o', 'a', 'c', 'a', 'c', 'h', 'e',
                                       ' ', 'l', 'e', 'd', 'g', 'e', 'r', 0};

/// Reads a file to its end in pieces; false when reading failed.
template <typename Use>
bool read_pieces(int fd, std::uint64_t bytes, Use use) {
    std::vector<char> buffer(1U << 20);
    while (bytes > 0) {
        const ssize_t got = ::read(fd, buffer.data(), std::min<std::uint64_t>(buffer.size(), bytes));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        if (!use(std::string_view(buffer.data(), static_cast<std::size_t>(got)))) return false;
        bytes -= static_cast<std::uint64_t>(got);
    }
    return true;
}

class Hash {
  public:
    Hash() : state_(XXH64_createState()) { XXH64_reset(state_.get(), 0); }
    void add(std::string_view piece) { XXH64_update(state_.get(), piece.data(), piece.size()); }
    std::uint64_t value() const { return XXH64_digest(state_.get()); }

  private:
    struct Free {
        void operator()(XXH64_state_t* state) const { XXH64_freeState(state); }
    };
    std::unique_ptr<XXH64_state_t, Free> state_;
};

std::uint64_t size_of(int fd) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

/// True when the cached file is whole and `target` now is its database. A target half-written is left behind.
bool copy_if_sound(const fs::path& cached, std::uint64_t rows, const fs::path& target) {
    const FileDescriptor from(::open(cached.c_str(), O_RDONLY | O_CLOEXEC));
    if (!from.open()) return false;
    const std::uint64_t size = size_of(from.get());
    Seal seal{};
    if (size <= sizeof seal) return false;
    const std::uint64_t bytes = size - sizeof seal;
    if (::pread(from.get(), &seal, sizeof seal, static_cast<off_t>(bytes)) != sizeof seal) return false;
    if (seal.magic != k_magic || seal.rows != rows || seal.version != k_ledger_version || seal.bytes != bytes)
        return false;

    const FileDescriptor to(::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!to.open()) fail_errno("cannot write", target, errno);
    Hash hash;
    const bool whole = read_pieces(from.get(), bytes, [&](std::string_view piece) {
        hash.add(piece);
        if (const int error = write_fully(to.get(), piece)) fail_errno("cannot write", target, error);
        return true;
    });
    return whole && hash.value() == seal.hash;
}

void append_seal(const fs::path& file, std::uint64_t rows) {
    const FileDescriptor descriptor(::open(file.c_str(), O_RDWR | O_CLOEXEC));
    if (!descriptor.open()) fail_errno("cannot write", file, errno);
    Seal seal{k_magic, rows, k_ledger_version, size_of(descriptor.get()), 0};
    Hash hash;
    const auto add = [&](std::string_view piece) {
        hash.add(piece);
        return true;
    };
    if (!read_pieces(descriptor.get(), seal.bytes, add)) fail_errno("cannot read", file, EIO);
    seal.hash = hash.value();
    const std::string_view bytes(reinterpret_cast<const char*>(&seal), sizeof seal);
    if (const int error = write_fully(descriptor.get(), bytes)) fail_errno("cannot write", file, error);
}

/// What processes left behind that were killed while they held the folder's lock.
void remove_leftovers(const fs::path& folder, const std::string& beginning) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code ignored;
        if (entry->path().filename().string().starts_with(beginning) && entry->is_regular_file(ignored))
            fs::remove(entry->path(), ignored);
    }
}

/// False where locks do not work. An interrupt ends the wait: Error(interrupted).
bool wait_for_lock(int fd) {
    constexpr std::chrono::milliseconds k_between_tries{20};
    while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return false;
        core::wait_ready(-1, 0, core::Deadline::in(k_between_tries));
        if (core::Interrupt::requested())
            throw core::Error(core::ExitCode::interrupted, "interrupted: another process makes the ledger");
    }
    return true;
}

/// Under the folder's lock: another process may have made the file meanwhile.
void make_and_copy(const fs::path& folder, std::uint64_t rows, const fs::path& target) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        throw core::Error(core::ExitCode::usage,
                          fmt::format("cannot write: {}: {}", folder.string(), error.message()));
    const fs::path cached = folder / ledger_file_name(rows);
    core::check_writable(cached);
    // Where locks do not work (some network file systems) two processes do the same work and both rename.
    const FileDescriptor lock(::open((folder / "ledger.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    const bool locked = wait_for_lock(lock.get());
    if (copy_if_sound(cached, rows, target)) return;

    const std::string beginning = fmt::format(".{}.", ledger_file_name(rows));
    if (locked) remove_leftovers(folder, beginning);
    const RemovedAtEnd temporary(folder / fmt::format("{}{}", beginning, ::getpid()));
    generate_ledger(temporary.path(), rows);
    append_seal(temporary.path(), rows);
    if (::rename(temporary.path().c_str(), cached.c_str()) != 0) fail_errno("cannot write", cached, errno);
    if (!copy_if_sound(cached, rows, target))
        throw core::Error(core::ExitCode::refused,
                          fmt::format("cannot read: {}: changed while it was copied", cached.string()));
}

} // namespace

fs::path default_cache_folder() {
    if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && xdg[0] == '/')
        return fs::path(xdg) / "roacache";
    if (const char* home = std::getenv("HOME"); home != nullptr && home[0] != '\0')
        return fs::path(home) / ".cache" / "roacache";
    return {};
}

std::string ledger_file_name(std::uint64_t rows) {
    return fmt::format("ledger-{}-{}.sqlite", k_ledger_version, rows);
}

void copy_ledger(const fs::path& cache_folder, std::uint64_t rows, const fs::path& target, const Warn& warn) {
    if (copy_if_sound(cache_folder / ledger_file_name(rows), rows, target)) return;
    try {
        if (cache_folder.empty())
            throw core::Error(core::ExitCode::usage,
                              "cannot keep the ledger: neither XDG_CACHE_HOME nor HOME is set");
        return make_and_copy(cache_folder, rows, target);
    } catch (const core::Error& error) {
        if (core::Interrupt::requested()) throw;
        warn(fmt::format("{}; the ledger is made for this run only", error.what()));
    }
    std::error_code ignored;
    fs::remove(target, ignored);
    generate_ledger(target, rows);
}

} // namespace roacache::demo
