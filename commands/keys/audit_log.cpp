#include "commands/keys/audit_log.hpp"

#include "commands/keys/person.hpp"
#include "src/core/clock.hpp"
#include "src/core/error.hpp"
#include "src/output/json_text.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <random>
#include <unistd.h>

namespace roacache::commands {

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
    const Person person = current_person();
    nlohmann::ordered_json line{
        {"time", core::utc_timestamp()}, {"user", person.user}, {"host", person.host}};
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
