#pragma once

#include <filesystem>
#include <optional>

namespace roacache::core {

/// The folder that a path's last component is in; `.` for a bare name.
std::filesystem::path folder_of(const std::filesystem::path& path);

/// The file that writing to `path` means: its last component's links are followed, also to what is not there
/// yet. A link in a sticky folder that all may write to is followed only when it is this user's or the folder
/// owner's, as Linux does with fs.protected_symlinks. `error` is 0 or the errno (ELOOP, EACCES …).
std::filesystem::path link_target(const std::filesystem::path& path, int& error);

/// N when the path, its links followed, is /dev/stdin, /dev/stdout, /dev/stderr, /dev/fd/N or
/// /proc/self/fd/N.
std::optional<int> named_descriptor(const std::filesystem::path& path);

} // namespace roacache::core
