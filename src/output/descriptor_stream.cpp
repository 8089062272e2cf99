#include "src/output/descriptor_stream.hpp"

#include "src/core/clock.hpp"
#include "src/core/descriptor.hpp"
#include "src/core/interrupt.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace roacache::output {
namespace {

constexpr std::size_t k_buffer = 16'384;
constexpr std::chrono::milliseconds k_grace{250};
/// A terminal is ready when it has room for as much as this.
constexpr std::size_t k_terminal_room = 256;

bool is_regular(int fd) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

/// A socket's send() can be asked not to block, whatever its room.
ssize_t write_some(int fd, std::string_view text, std::size_t most) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0 || errno != ENOTSOCK) return sent;
    return ::write(fd, text.data(), std::min(text.size(), most));
}

} // namespace

DescriptorBuffer::DescriptorBuffer(int fd, bool by_line)
    : fd_(fd), by_line_(by_line || ::isatty(fd) == 1), waits_(!is_regular(fd)), grace_(k_grace),
      most_at_once_(::isatty(fd) == 1 ? k_terminal_room : PIPE_BUF), buffer_(new char[k_buffer]) {
    setp(buffer_.get(), buffer_.get() + k_buffer);
}

DescriptorBuffer::~DescriptorBuffer() {
    drain();
}

DescriptorBuffer::int_type DescriptorBuffer::overflow(int_type letter) {
    if (!drain()) return traits_type::eof();
    if (traits_type::eq_int_type(letter, traits_type::eof())) return traits_type::not_eof(letter);
    *pptr() = traits_type::to_char_type(letter);
    pbump(1);
    if (by_line_ && letter == '\n' && !drain()) return traits_type::eof();
    return letter;
}

std::streamsize DescriptorBuffer::xsputn(const char* text, std::streamsize size) {
    const std::string_view all(text, static_cast<std::size_t>(size));
    if (all.size() > static_cast<std::size_t>(epptr() - pptr()) && !drain()) return 0;
    if (all.size() > k_buffer) return write_all(all) ? size : 0;
    std::memcpy(pptr(), all.data(), all.size());
    pbump(static_cast<int>(all.size()));
    if (by_line_ && all.find('\n') != std::string_view::npos && !drain()) return 0;
    return size;
}

int DescriptorBuffer::sync() {
    return drain() ? 0 : -1;
}

bool DescriptorBuffer::drain() {
    const std::string_view buffered(pbase(), static_cast<std::size_t>(pptr() - pbase()));
    setp(buffer_.get(), buffer_.get() + k_buffer);
    return write_all(buffered);
}

bool DescriptorBuffer::write_all(std::string_view text) {
    while (!text.empty() && error_ == 0) {
        if (waits_ && !wait_writable()) {
            error_ = EINTR;
            break;
        }
        const ssize_t written =
            waits_ ? write_some(fd_, text, most_at_once_) : ::write(fd_, text.data(), text.size());
        if (written >= 0)
            text.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR && errno != EAGAIN)
            error_ = errno;
    }
    return error_ == 0;
}

bool DescriptorBuffer::wait_writable() {
    if (core::wait_ready(fd_, POLLOUT)) return true;
    const auto began = core::Clock::now();
    pollfd reader{fd_, POLLOUT, 0};
    const bool ready = ::poll(&reader, 1, static_cast<int>(grace_.count())) > 0;
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(core::Clock::now() - began);
    grace_ -= std::min(grace_, waited);
    return ready;
}

} // namespace roacache::output
