#pragma once

#include "commands/keys/invalidation.hpp"
#include "commands/keys/removal_record.hpp"

namespace roacache::commands {

inline constexpr const char* k_resume_schema = "roacache.resume/1";

/// Goes on with what an earlier run has left, by the file of `options.resume`. The store is walked anew. The
/// file goes when nothing is left; what is left still takes its place. Throws core::Error: usage for a file
/// that is none, refused for another store or profile, and as invalidate().
core::ExitCode resume(const InvalidateOptions& options, Context& context);

/// Removes by a record, with its selectors, in its store: `options` has all the rest. `file` is the
/// record's. Throws as invalidate(), and as settings_by() and check_profile().
core::ExitCode invalidate_by(const RemovalRecord& record, const std::string& file, InvalidateOptions options,
                             Context& context);

} // namespace roacache::commands
