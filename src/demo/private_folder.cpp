#include "src/demo/private_folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <unistd.h>

namespace roacache::demo {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_prefix = "roacache-demo-";

/// The lock goes away with the process that holds it, however that ended.
void remove_abandoned(const fs::path& parent) {
    std::error_code error;
    for (fs::directory_iterator entry(parent, error), end; !error && entry != end; entry.increment(error)) {
        if (!entry->path().filename().string().starts_with(k_prefix)) continue;
        const FileDescriptor lock(::open((entry->path() / "lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
        if (!lock.open() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) continue;
        std::error_code ignored;
        fs::remove_all(entry->path(), ignored);
    }
}

} // namespace

PrivateFolder::PrivateFolder() {
    std::error_code error;
    fs::path parent = fs::temp_directory_path(error);
    if (error) parent = "/tmp";
    remove_abandoned(parent);
    std::string name = (parent / std::string(k_prefix).append("XXXXXX")).string();
    if (::mkdtemp(name.data()) == nullptr) fail_errno("cannot make a temporary folder", parent, errno);
    path_ = name;
    // Locked before it gets its name, so that nobody can take the folder for abandoned in between.
    const fs::path unnamed = path_ / "lock.new";
    lock_ = std::make_unique<FileDescriptor>(::open(unnamed.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (lock_->open() && ::flock(lock_->get(), LOCK_EX | LOCK_NB) == 0)
        fs::rename(unnamed, path_ / "lock", error);
}

PrivateFolder::~PrivateFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

} // namespace roacache::demo
