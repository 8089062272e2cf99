#include "src/config/trust.hpp"

#include "src/config/config_file.hpp"
#include "src/config/sha256.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/core.h>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

namespace roacache::config {
namespace {

namespace fs = std::filesystem;

/// Where what is trusted is remembered: a file for each, called by the hash of path and content, that holds
/// the path. Empty when the environment names no place.
fs::path folder_of(const Variables& environment) {
    const auto value = [&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? fs::path() : fs::path(found->second);
    };
    if (const fs::path state = value("XDG_STATE_HOME"); state.is_absolute())
        return state / "roacache/trusted";
    if (const fs::path home = value("HOME"); home.is_absolute())
        return home / ".local/state/roacache/trusted";
    return {};
}

std::string entry_name(const std::string& absolute_path, const std::string& content) {
    return sha256(absolute_path + '\0' + content);
}

std::string resolved(const fs::path& file) {
    std::error_code error;
    const fs::path canonical = fs::canonical(file, error);
    return (error ? fs::absolute(file).lexically_normal() : canonical).string();
}

/// What an entry names; empty when it is not this user's own or not readable.
std::string path_in(const fs::path& entry) {
    try {
        return read_config_file(entry);
    } catch (const core::Error&) {
        return {};
    }
}

[[noreturn]] void fail(const fs::path& path, const std::string& why) {
    throw core::Error(core::ExitCode::usage, fmt::format("cannot write: {}: {}", path.string(), why));
}

fs::path make_folder(const Variables& environment) {
    fs::path folder = folder_of(environment);
    if (folder.empty())
        throw core::Error(core::ExitCode::usage, "cannot remember what is trusted: neither HOME nor "
                                                 "XDG_STATE_HOME is set");
    std::error_code error;
    fs::create_directories(folder.parent_path(), error);
    if (!error && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        fail(folder, core::errno_text(errno));
    if (error) fail(folder, error.message());
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) fail(folder, core::errno_text(errno));
    if (status.st_uid != ::geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        fail(folder, "other users may write there");
    return folder;
}

std::vector<fs::path> entries(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
        files.push_back(at->path());
    return files;
}

} // namespace

core::Error not_trusted(const fs::path& file, const std::string& why) {
    return {
        core::ExitCode::usage, fmt::format("not trusted: {}: {}", file.string(), why),
        fmt::format("Read the file; where it is yours, say so once: roacache trust. For this command alone: "
                    "--config {}",
                    file.string())};
}

bool is_trusted(const fs::path& file, const std::string& content, const Variables& environment) {
    const fs::path folder = folder_of(environment);
    if (folder.empty()) return false;
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0 || status.st_uid != ::geteuid() ||
        (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return false;
    const std::string path = resolved(file);
    return path_in(folder / entry_name(path, content)) == path;
}

void remember_trust(const fs::path& file, const std::string& content, const Variables& environment) {
    const fs::path folder = make_folder(environment);
    const std::string path = resolved(file);
    const fs::path entry = folder / entry_name(path, content);
    core::write_file_atomically(entry, path);
    if (::chmod(entry.c_str(), 0600) != 0) fail(entry, core::errno_text(errno));
}

std::size_t forget_trust(const fs::path& file, const Variables& environment) {
    std::size_t forgotten = 0;
    const std::string path = resolved(file);
    for (const fs::path& entry : entries(folder_of(environment))) {
        if (path_in(entry) != path) continue;
        if (::unlink(entry.c_str()) != 0 && errno != ENOENT) fail(entry, core::errno_text(errno));
        ++forgotten;
    }
    return forgotten;
}

std::vector<TrustedFile> trusted_files(const Variables& environment) {
    std::map<std::string, bool> found;
    for (const fs::path& entry : entries(folder_of(environment))) {
        const std::string path = path_in(entry);
        if (path.empty()) continue;
        std::string content;
        try {
            content = read_config_file(path);
        } catch (const core::Error&) {
            found.emplace(path, false);
            continue;
        }
        found[path] = found[path] || entry.filename() == entry_name(path, content);
    }
    std::vector<TrustedFile> files;
    files.reserve(found.size());
    for (const auto& [path, current] : found)
        files.push_back({path, current});
    return files;
}

} // namespace roacache::config
