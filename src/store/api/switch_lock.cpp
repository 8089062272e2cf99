#include "src/store/api/switch_lock.hpp"

#include "src/core/error.hpp"
#include "src/core/shell.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace roacache::store::api {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ExitCode;
using Scope = ManagementSwitch::Scope;

constexpr std::array k_scopes{Scope::user, Scope::global, Scope::auto_invalidate};

/// The user's own folder of the session, which cron's jobs do not have in their environment, or the
/// temporary one.
fs::path lock_folder() {
    const auto is_folder = [](const fs::path& path) {
        std::error_code error;
        return path.is_absolute() && fs::is_directory(path, error) && access(path.c_str(), W_OK | X_OK) == 0;
    };
    const char* const given = std::getenv("XDG_RUNTIME_DIR");
    if (given != nullptr && is_folder(given)) return given;
    if (fs::path usual = fmt::format("/run/user/{}", geteuid()); is_folder(usual)) return usual;
    std::error_code error;
    const fs::path temporary = fs::temp_directory_path(error);
    return error ? fs::path("/tmp") : temporary;
}

/// Of the address alone: credentials and a slash at the end make no other one.
fs::path lock_path(const net::Url& base, Scope scope) {
    std::string target = base.target;
    target.resize(target.find_last_not_of('/') + 1);
    const std::string text =
        fmt::format("{}://{}{} {}", base.scheme, base.hosts.front().text(), target, name_of(scope));
    std::uint64_t hash = 0xcbf29ce484222325U; // FNV-1a
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return lock_folder() / fmt::format("roacache-{}-{:016x}.switch", geteuid(), hash);
}

struct flock lock_of_all(short type) {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    return lock;
}

/// A file of this user's own, and no link that somebody put there.
bool is_own(int file, struct stat& state) {
    return fstat(file, &state) == 0 && S_ISREG(state.st_mode) && state.st_uid == geteuid();
}

SwitchRecord read_record(int file, Scope scope) {
    std::array<char, 1024> text{};
    const ssize_t size = pread(file, text.data(), text.size(), 0);
    SwitchRecord record{scope, 0, {}};
    const auto json = nlohmann::json::parse(
        std::string_view(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))), nullptr, false);
    if (!json.is_object()) return record;
    if (const auto pid = json.find("pid"); pid != json.end() && pid->is_number_integer())
        record.pid = pid->get<pid_t>();
    if (const auto before = json.find("before"); before != json.end() && before->is_boolean())
        record.before = before->get<bool>();
    return record;
}

[[noreturn]] void cannot_lock(const fs::path& path, const std::string& why) {
    throw Error(ExitCode::usage, fmt::format("cannot toggle the cache: {}: {}", path.string(), why),
                "What is to be put back is kept there: XDG_RUNTIME_DIR or TMPDIR names another folder.");
}

} // namespace

SwitchLock::SwitchLock(const net::Url& base, Scope scope) : path_(lock_path(base, scope)) {
    // Whoever lets go removes the file: what was locked may no longer be what has the name.
    for (bool same = false; !same;) {
        file_ = core::Descriptor(
            open(path_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
        const int error = errno;
        if (!file_.open()) cannot_lock(path_, core::errno_text(error));
        struct stat mine {
        }, named{};
        if (!is_own(file_.get(), mine)) cannot_lock(path_, "it is there, and no file of this user's own");
        struct flock lock = lock_of_all(F_WRLCK);
        if (fcntl(file_.get(), F_OFD_SETLK, &lock) != 0) {
            if (errno != EAGAIN && errno != EACCES) cannot_lock(path_, core::errno_text(errno));
            const pid_t pid = read_record(file_.get(), scope).pid;
            throw Error(
                ExitCode::refused,
                fmt::format("cannot toggle the cache: {}: its {} switch is in use by another roacache{}",
                            base.redacted(), name_of(scope),
                            pid > 0 ? fmt::format(" (process {})", pid) : ""),
                "Wait until that one has put it back, or end it with SIGTERM, upon which it does so.");
        }
        same =
            lstat(path_.c_str(), &named) == 0 && mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
    }
    const SwitchRecord found = read_record(file_.get(), scope);
    if (found.before) left_behind_ = found;
    record_ = {scope, getpid(), found.before};
    write();
}

SwitchLock::~SwitchLock() {
    if (!record_.before) unlink(path_.c_str());
}

void SwitchLock::keep(bool before) {
    record_.before = before;
    write();
}

void SwitchLock::write() const {
    nlohmann::json json{{"pid", record_.pid}, {"switch", name_of(record_.scope)}};
    if (record_.before) json["before"] = *record_.before;
    const std::string text = json.dump() + "\n";
    const bool whole = ftruncate(file_.get(), 0) == 0 &&
                       pwrite(file_.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
    if (!whole) cannot_lock(path_, core::errno_text(errno));
}

std::vector<SwitchRecord> switches_left(const net::Url& base) {
    std::vector<SwitchRecord> left;
    for (const Scope scope : k_scopes) {
        const core::Descriptor file(
            open(lock_path(base, scope).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
        struct stat state {};
        if (!file.open() || !is_own(file.get(), state)) continue;
        // Asked, not taken: a run that begins meanwhile must not be refused for it.
        struct flock lock = lock_of_all(F_WRLCK);
        if (fcntl(file.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK) continue;
        if (SwitchRecord record = read_record(file.get(), scope); record.before) left.push_back(record);
    }
    return left;
}

std::string describe(const SwitchRecord& left, const net::Url& base) {
    const char* const state = left.before == true ? "on" : "off";
    return fmt::format(
        "a roacache (process {}) was ended before it could put the {} switch back {}; this does: "
        "roacache toggle {} {} -u {}",
        left.pid, name_of(left.scope), state, name_of(left.scope), state,
        core::shell_quoted(base.redacted()));
}

LockedToggle::LockedToggle(const Toggle::Options& options)
    : lock_(options.by.base, options.by.scope), toggle_(options) {
    if (lock_.left_behind()) toggle_.set_was_on(lock_.left_behind()->before.value_or(true));
}

void LockedToggle::set(bool on) {
    lock_.keep(was_on());
    toggle_.set(on);
}

void LockedToggle::restore() {
    toggle_.restore();
    lock_.forget();
}

} // namespace roacache::store::api
