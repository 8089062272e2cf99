#include "commands/keys/audit_log.hpp"

#include "src/core/clock.hpp"
#include "src/core/error.hpp"
#include "src/output/json_text.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <fmt/core.h>
#include <pwd.h>
#include <random>
#include <unistd.h>

namespace roacache::commands {
namespace {

/// The name of who runs this, or the number where there is no name.
std::string user_name() {
    const passwd* entry = getpwuid(getuid());
    return entry ? entry->pw_name : std::to_string(getuid());
}

std::string host_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
    return name.data();
}

} // namespace

AuditLog::AuditLog(std::string path)
    : path_(std::move(path)),
      file_(open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640)) {
    if (file_ < 0)
        throw core::Error(core::ExitCode::usage,
                          fmt::format("cannot write: {}: {}", path_, core::errno_text(errno)),
                          "Nothing was removed.");
}

AuditLog::~AuditLog() {
    close(file_);
}

void AuditLog::append(const nlohmann::ordered_json& entry) const {
    nlohmann::ordered_json line{
        {"time", core::utc_timestamp()}, {"user", user_name()}, {"host", host_name()}};
    line.update(entry);
    const std::string text = output::json_text(line) + "\n";
    ssize_t written = 0;
    do {
        written = write(file_, text.data(), text.size());
    } while (written < 0 && errno == EINTR);
    int error = written < 0 ? errno : written < static_cast<ssize_t>(text.size()) ? ENOSPC : 0;
    if (error == 0 && fsync(file_) != 0 && errno != EINVAL && errno != ENOTSUP) error = errno; // no disk
    if (error != 0)
        throw core::Error(core::ExitCode::partial,
                          fmt::format("cannot write: {}: {}", path_, core::errno_text(error)),
                          "The run itself has ended as its summary says; only its line is missing here.");
}

std::string random_run_id() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}", random(), random());
}

} // namespace roacache::commands
