#pragma once

#include "src/core/descriptor.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <sys/stat.h>

namespace roacache::core {

/// The whole file. Throws Error(usage) `cannot read: PATH: WHY`, and Error(interrupted) when an interrupt
/// comes while a pipe or a terminal is waited for.
std::string read_file(const std::filesystem::path& path);

/// Fails now where FileReplacement would fail later: the folder is missing, is none, or neither it nor the
/// file may be written to. Throws Error(usage) `cannot write: PATH: WHY`.
void check_writable(const std::filesystem::path& path);

/// A file that is written as a whole: until commit() the old one stays, and without it nothing is left
/// behind.
///
/// Links are followed as the system does (but not another user's in a folder like /tmp). The new file is made
/// in the target's folder, without a name where the system can, is synced and takes the old one's place with
/// its mode, owner and group. Where that would lose something - a hard link, an access list, an owner that
/// cannot be given - or the folder may not be written to, or the file is a mount, the old file is overwritten
/// in place once there is room for all of it. A device, a pipe and a descriptor's name (/dev/stdout) get
/// everything at commit().
///
/// Every failure is Error(usage) `cannot write: PATH: WHY`.
class FileReplacement {
  public:
    explicit FileReplacement(const std::filesystem::path& path);
    ~FileReplacement();
    FileReplacement(const FileReplacement&) = delete;
    FileReplacement& operator=(const FileReplacement&) = delete;

    void append(std::string_view content);
    void commit();

  private:
    [[noreturn]] void fail(int error) const;
    bool make_new_file();
    bool take_attributes();
    int rename_into_place();
    void copy_into(Descriptor target, bool is_file);

    std::filesystem::path path_;   ///< as given
    std::filesystem::path target_; ///< behind all links
    struct stat old_ {};           ///< of the target
    bool exists_ = false;
    bool replaces_ = false;           ///< content_ can take the target's place
    Descriptor content_;              ///< what has been written
    std::filesystem::path temporary_; ///< its name; empty: it has none
};

/// A FileReplacement of this content.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// Puts the content behind what is there; makes the file where there is none. Throws as FileReplacement does.
void append_to_file(const std::filesystem::path& path, std::string_view content);

} // namespace roacache::core
