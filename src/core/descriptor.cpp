#include "src/core/descriptor.hpp"

#include "src/core/interrupt.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace roacache::core {
namespace {

/// Without a name from the beginning, or, where the file system cannot do that, from soon after.
Descriptor open_unnamed_in(const std::string& folder) {
    Descriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (file.open()) return file;
    std::string name = folder + "/roacache-XXXXXX";
    file = Descriptor(::mkostemp(name.data(), O_CLOEXEC));
    if (file.open()) ::unlink(name.c_str());
    return file;
}

} // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

int Descriptor::close() {
    if (fd_ < 0) return 0;
    return ::close(std::exchange(fd_, -1)) == 0 ? 0 : errno;
}

void open_standard_descriptors() {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
        // The lowest free number is this one. The wrong direction makes a read or write fail with EBADF.
        const int wrong_way = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        if (::open("/dev/null", wrong_way) < 0) [[maybe_unused]]
            const int without_dev = ::open("/", O_PATH);
    }
}

int poll_until(std::span<pollfd> watched, Deadline deadline) {
    const auto left = deadline.left();
    timespec time{};
    if (left) {
        const auto seconds = std::chrono::floor<std::chrono::seconds>(*left);
        time.tv_sec = static_cast<std::time_t>(seconds.count());
        time.tv_nsec = static_cast<long>((*left - seconds).count());
    }
    return ::ppoll(watched.data(), watched.size(), left ? &time : nullptr, nullptr);
}

bool wait_ready(int fd, short events, Deadline deadline) {
    for (;;) {
        if (is_cut_short(deadline)) return false;
        std::array<pollfd, 2> watched{pollfd{fd, events, 0}, pollfd{Interrupt::fd(), POLLIN, 0}};
        const std::size_t count = deadline.outlasts_interrupts() ? 1 : 2;
        const int ready = poll_until(std::span(watched).first(count), deadline);
        if (is_cut_short(deadline)) return false;
        if (ready > 0 && watched[0].revents != 0) return true;
        if (deadline.passed()) return false;
    }
}

Descriptor open_interruptibly(const std::filesystem::path& path, int flags, int& error, mode_t mode) {
    constexpr std::chrono::milliseconds k_look_for_reader_every{20};
    for (;;) {
        Descriptor file(::open(path.c_str(), flags | O_NONBLOCK | O_CLOEXEC, mode));
        error = file.open() ? 0 : errno;
        struct stat status {};
        const bool no_reader =
            error == ENXIO && ::stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
        if (!no_reader) return file;
        wait_ready(-1, 0, Deadline::in(k_look_for_reader_every));
        if (Interrupt::requested()) {
            error = EINTR;
            return file;
        }
    }
}

Descriptor open_memory_file() {
    return Descriptor(::memfd_create("roacache", MFD_CLOEXEC));
}

Descriptor open_anonymous_file() {
    const char* named = std::getenv("TMPDIR");
    Descriptor file;
    if (named != nullptr && *named != '\0') file = open_unnamed_in(named);
    if (!file.open()) file = open_unnamed_in("/tmp");
    return file.open() ? std::move(file) : open_memory_file();
}

} // namespace roacache::core
