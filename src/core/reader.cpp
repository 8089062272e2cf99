#include "src/core/reader.hpp"

#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/secret.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace roacache::core {
namespace {

constexpr std::size_t k_block = 65'536;

[[noreturn]] void fail(const std::string& name, const std::string& why) {
    throw Error(ExitCode::usage, fmt::format("cannot read: {}: {}", redacted_value(name), why));
}

[[noreturn]] void fail_interrupted(const std::string& name) {
    throw Error(ExitCode::interrupted, fmt::format("cannot read: {}: interrupted", name));
}

Descriptor opened(const std::filesystem::path& path) {
    int error = 0;
    Descriptor file = open_interruptibly(path, O_RDONLY | O_NOCTTY, error);
    if (error != 0) fail(path.string(), errno_text(error));
    return file;
}

} // namespace

Reader::Reader(const std::filesystem::path& path) : Reader(opened(path), path.string()) {}

Reader::Reader(Descriptor file, std::string name)
    : owned_(std::move(file)), fd_(owned_.get()), name_(std::move(name)) {}

Reader::Reader(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

Reader Reader::standard_input() {
    return {STDIN_FILENO, "standard input"};
}

std::size_t Reader::read_some(std::span<char> into) {
    while (!ended_) {
        if (!wait_ready(fd_, POLLIN)) fail_interrupted(name_);
        const ssize_t got = ::read(fd_, into.data(), into.size());
        const int error = errno;
        if (got > 0) return static_cast<std::size_t>(got);
        ended_ = got == 0;
        if (got < 0 && error != EINTR && error != EAGAIN) fail(name_, errno_text(error));
    }
    return 0;
}

bool Reader::next_line(std::string& line, char separator) {
    line.clear();
    for (;;) {
        const std::size_t end = buffer_.find(separator, taken_);
        line.append(buffer_, taken_, std::min(end, buffer_.size()) - taken_);
        if (line.size() > k_longest_line) fail(name_, "a line is longer than 512 MiB");
        if (end != std::string::npos) {
            taken_ = end + 1;
            return true;
        }
        buffer_.resize(k_block);
        taken_ = 0;
        std::size_t got = 0;
        try {
            got = read_some(buffer_);
        } catch (...) {
            buffer_.clear();
            throw;
        }
        buffer_.resize(got);
        if (got == 0) return !line.empty();
    }
}

std::string Reader::read_all(std::size_t most) {
    std::string content = buffer_.substr(taken_);
    buffer_.clear();
    taken_ = 0;
    std::string block(k_block, '\0');
    while (const std::size_t got = read_some(block)) {
        content.append(block, 0, got);
        if (content.size() > most) fail(name_, fmt::format("more than {} bytes", most));
    }
    return content;
}

std::string read_small(const std::filesystem::path& path, std::size_t most, Nanoseconds limit) {
    const std::string name = path.string();
    const Deadline deadline = Deadline::in(limit);
    const Descriptor file = opened(path);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) fail(name, errno_text(errno));
    if (S_ISDIR(status.st_mode)) fail(name, "is a directory");
    if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) fail(name, "is a device, not a file or a pipe");
    std::string content;
    for (std::array<char, 4096> block{};;) {
        if (!wait_ready(file.get(), POLLIN, deadline)) {
            if (Interrupt::requested()) fail_interrupted(name);
            fail(name, fmt::format("has not ended within {}", format_duration(limit)));
        }
        const ssize_t got = ::read(file.get(), block.data(), block.size());
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got < 0) fail(name, errno_text(errno));
        if (got == 0) return content;
        content.append(block.data(), static_cast<std::size_t>(got));
        if (content.size() > most) fail(name, fmt::format("is larger than {}", format_size(most)));
    }
}

} // namespace roacache::core
