#include "src/store/api/switch_lock.hpp"

#include "src/config/sha256.hpp"
#include "src/core/error.hpp"
#include "src/core/shell.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <string_view>
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

constexpr const char* k_ending = ".switch";

/// Of the address alone: credentials and a slash at the end make no other one.
std::string name_by_address(const net::Url& base, Scope scope) {
    std::string target = base.target;
    target.resize(target.find_last_not_of('/') + 1);
    const std::string text =
        fmt::format("{}://{}{} {}", base.scheme, base.hosts.front().text(), target, name_of(scope));
    std::uint64_t hash = 0xcbf29ce484222325U; // FNV-1a
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return fmt::format("roacache-{}-{:016x}", geteuid(), hash);
}

/// Of a token 16 bits of its digest are in the name, too few to guess it by.
fs::path lock_path(const ManagementSwitch& by) {
    constexpr std::size_t k_digits = 4;
    std::string name = name_by_address(by.base, by.scope);
    if (by.scope == Scope::user) name += "-" + config::sha256(by.token).substr(0, k_digits);
    return lock_folder() / (name + k_ending);
}

/// Of a user's switch those of all tokens.
std::vector<fs::path> lock_paths(const ManagementSwitch& by) {
    std::vector<fs::path> paths{lock_path(by)};
    if (by.scope != Scope::user) return paths;
    const std::string name = name_by_address(by.base, by.scope);
    std::error_code error;
    for (fs::directory_iterator entry(lock_folder(), error), end; !error && entry != end;
         entry.increment(error)) {
        const std::string other = entry->path().filename().string();
        if (other.starts_with(name) && other.ends_with(k_ending) && entry->path() != paths.front())
            paths.push_back(entry->path());
    }
    return paths;
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

constexpr const char* k_lock_remedy =
    "What is to be put back is kept there: XDG_RUNTIME_DIR or TMPDIR names another folder.";

core::FileLock lock_of(const ManagementSwitch& by) {
    try {
        return core::FileLock(lock_path(by));
    } catch (const Error& error) {
        throw Error(error.code(), fmt::format("cannot toggle the cache: {}", error.what()), k_lock_remedy);
    }
}

} // namespace

SwitchLock::SwitchLock(const ManagementSwitch& by) : lock_(lock_of(by)) {
    if (!lock_.held()) {
        const pid_t pid = read_record(lock_.descriptor(), by.scope).pid;
        throw Error(ExitCode::refused,
                    fmt::format("cannot toggle the cache: {}: its {} switch is in use by another roacache{}",
                                by.base.redacted(), name_of(by.scope),
                                pid > 0 ? fmt::format(" (process {})", pid) : ""),
                    "Wait until that one has put it back, or end it with SIGTERM, upon which it does so.");
    }
    const SwitchRecord found = read_record(lock_.descriptor(), by.scope);
    if (found.before) left_behind_ = found;
    record_ = {by.scope, getpid(), found.before};
    write();
}

SwitchLock::~SwitchLock() {
    if (!record_.before) lock_.remove();
}

void SwitchLock::keep(bool before) {
    record_.before = before;
    write();
}

void SwitchLock::write() const {
    nlohmann::json json{{"pid", record_.pid}, {"switch", name_of(record_.scope)}};
    if (record_.before) json["before"] = *record_.before;
    const std::string text = json.dump() + "\n";
    const int file = lock_.descriptor();
    const bool whole = ftruncate(file, 0) == 0 &&
                       pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
    const int error = errno;
    if (!whole)
        throw Error(ExitCode::usage,
                    fmt::format("cannot toggle the cache: cannot write: {}: {}", lock_.path().string(),
                                core::errno_text(error)),
                    k_lock_remedy);
}

std::vector<SwitchRecord> switches_left(const net::Url& base, const std::string& token) {
    std::vector<SwitchRecord> left;
    for (const Scope scope : k_scopes) {
        const std::vector<fs::path> paths = lock_paths({base, scope, token});
        for (const fs::path& path : paths) {
            const core::Descriptor file = core::open_unlocked(path);
            if (!file.open()) continue;
            SwitchRecord record = read_record(file.get(), scope);
            if (path != paths.front()) record.of_another = path;
            if (record.before) left.push_back(std::move(record));
        }
    }
    return left;
}

std::string describe(const SwitchRecord& left, const net::Url& base) {
    const char* const state = left.before == true ? "on" : "off";
    const std::string mends = fmt::format("roacache toggle {} {} -u {}", name_of(left.scope), state,
                                          core::shell_quoted(base.redacted()));
    if (left.of_another.empty())
        return fmt::format(
            "a roacache (process {}) was ended before it could put the {} switch back {}; this "
            "does: {}",
            left.pid, name_of(left.scope), state, mends);
    return fmt::format(
        "a roacache (process {}) was ended before it could put the {} switch of another token back {}; with "
        "that token this does: {}; if it is {} already, remove {}",
        left.pid, name_of(left.scope), state, mends, state, core::shell_quoted(left.of_another.string()));
}

LockedToggle::LockedToggle(const Toggle::Options& options) : lock_(options.by), toggle_(options) {
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
