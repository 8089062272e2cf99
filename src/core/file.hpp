#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace roacache::core {

/// The whole file. Throws Error(usage) `cannot read: PATH: WHY`.
std::string read_file(const std::filesystem::path& path);

/// Fails now where write_file_atomically would fail later: the folder is missing, is none, or may not be
/// written to. Throws Error(usage) `cannot write: PATH: WHY`.
void check_writable(const std::filesystem::path& path);

/// Writes beside the target, syncs and renames, so that a reader sees the old file or the new, never a half.
/// A target that is no regular file (/dev/stdout, a pipe) is written directly. Throws Error(usage) `cannot
/// write: PATH: WHY`.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

} // namespace roacache::core
