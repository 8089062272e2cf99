#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace roacache::commands {

/// Distinguishes a run's lines in the audit log from those of others.
std::string random_run_id();

/// A file to which each run adds one line of JSON. Several runs may write at once: a line is one write to a
/// file that is only appended to.
class AuditLog {
  public:
    /// Opens or makes the file (mode 0640 less the umask); a FIFO that nobody reads is an error. Throws
    /// core::Error(usage) `cannot write: PATH: WHY`.
    explicit AuditLog(std::string path);
    ~AuditLog();
    AuditLog(const AuditLog&) = delete;
    AuditLog& operator=(const AuditLog&) = delete;

    /// Adds a line: `time`, `user` and `host`, then what `entry` says; it is on the disk when this returns,
    /// where there is one. Throws core::Error(partial) `cannot
    /// write: PATH: WHY`.
    void append(const nlohmann::ordered_json& entry) const;

  private:
    std::string path_;
    int file_;
};

} // namespace roacache::commands
