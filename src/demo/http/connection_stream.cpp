#include "src/demo/http/connection_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>

namespace roacache::demo {
namespace {

constexpr std::size_t k_buffer_bytes = 16384;
constexpr std::size_t k_flush_bytes = 262144;
constexpr int k_step_ms = 10'000; // how long a peer may take within a request or to take an answer

bool ready(int fd, short events, int wait_ms) {
    pollfd entry{fd, events, 0};
    int result = 0;
    do
        result = ::poll(&entry, 1, wait_ms);
    while (result < 0 && errno == EINTR);
    return result > 0;
}

} // namespace

ConnectionStream::ConnectionStream(socket_t socket) : socket_(socket), buffer_(k_buffer_bytes) {}

bool ConnectionStream::wait_for_request(int idle_ms) {
    return begin_ < end_ || fill(idle_ms);
}

bool ConnectionStream::fill(int wait_ms) {
    for (;;) {
        const ssize_t got = ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (got > 0) {
            begin_ = 0;
            end_ = static_cast<std::size_t>(got);
            return true;
        }
        if (got == 0) return false;
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
        if (!ready(socket_, POLLIN, wait_ms)) return false;
    }
}

bool ConnectionStream::is_readable() const {
    return begin_ < end_ || ready(socket_, POLLIN, k_step_ms);
}

ssize_t ConnectionStream::read(char* into, std::size_t size) {
    // Who waits for more of a request may itself be waiting for `100 Continue`.
    if (begin_ == end_ && (!flush() || !fill(k_step_ms))) return -1;
    const std::size_t taken = std::min(size, end_ - begin_);
    std::memcpy(into, buffer_.data() + begin_, taken);
    begin_ += taken;
    return static_cast<ssize_t>(taken);
}

ssize_t ConnectionStream::write(const char* data, std::size_t size) {
    unsent_.append(data, size);
    if (unsent_.size() >= k_flush_bytes && !flush()) return -1;
    return static_cast<ssize_t>(size);
}

bool ConnectionStream::flush() {
    std::size_t sent = 0;
    while (sent < unsent_.size()) {
        const ssize_t taken =
            ::send(socket_, unsent_.data() + sent, unsent_.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (taken >= 0) {
            sent += static_cast<std::size_t>(taken);
            continue;
        }
        if (errno == EINTR) continue;
        if ((errno != EAGAIN && errno != EWOULDBLOCK) || !ready(socket_, POLLOUT, k_step_ms)) break;
    }
    const bool all = sent == unsent_.size();
    unsent_.clear();
    return all;
}

// Nothing in the service asks for addresses, and to look them up would cost system calls on every request.
void ConnectionStream::get_remote_ip_and_port(std::string& ip, int& port) const {
    ip.clear();
    port = 0;
}

void ConnectionStream::get_local_ip_and_port(std::string& ip, int& port) const {
    ip.clear();
    port = 0;
}

} // namespace roacache::demo
