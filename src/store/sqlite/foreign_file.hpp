#pragma once

#include "src/core/clock.hpp"
#include "src/store/sqlite/database.hpp"

#include <memory>
#include <string>

namespace roacache::store::sqlite {

/// Opens an SQLite file of another program, which goes on using it; never makes one, so that `mode` is not
/// `create`. An interrupt ends statements that take long. Throws core::Error: unreachable where it is not
/// there or another holds its lock for longer than `lock_wait`; refused where it is no regular file, no
/// SQLite file, or may not be read, and where SQLite would make files beside it that its owner could not use.
std::unique_ptr<Database> open_foreign_file(const std::string& path, OpenMode mode,
                                            core::Nanoseconds lock_wait);

/// Whether the file's owner could use what SQLite makes beside it for this user.
bool leaves_usable_files(const std::string& path);

} // namespace roacache::store::sqlite
