#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <sys/stat.h>

namespace roacache::core {

struct RegularFile {
    std::string content;
    struct stat status {}; ///< of the file that the content was read from
};

/// The whole of a regular file of at most `most` bytes; never waits, as for a FIFO. Throws Error(usage)
/// `cannot read: PATH: WHY`: also for what is not a regular file, or is larger.
RegularFile read_regular_file(const std::filesystem::path& path, std::size_t most);

/// Who else could have written what is in a file: `it belongs to user 1001`, `others may write to it`,
/// `others may write to its folder /srv/shared`; empty when nobody but this user and root. Links are followed
/// first. A folder like /tmp, in which everybody may only remove what is his own, is no reason.
std::string who_else_wrote(const std::filesystem::path& path);

} // namespace roacache::core
