#include "src/demo/http/peer.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>

namespace roacache::demo {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t k_buffer_bytes = 16384;
constexpr core::Nanoseconds k_finish = 1s;
constexpr std::size_t k_most_passed_over = std::size_t{4} << 20;

/// For as long as it waits for its client; one within another does not begin anew.
class Waiting {
  public:
    explicit Waiting(Connections::Entry& connection)
        : connection_(connection), before_(connection.waiting_since) {
        if (before_ == 0) connection_.waiting_since = core::now_ns();
    }
    ~Waiting() {
        if (before_ == 0) connection_.waiting_since = 0;
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

  private:
    Connections::Entry& connection_;
    const std::int64_t before_;
};

} // namespace

Peer::Peer(Connections::Entry& connection, const Connections& all, const HttpLimits& limits)
    : connection_(connection), all_(all), limits_(limits), socket_(connection.socket),
      buffer_(k_buffer_bytes) {}

bool Peer::ready(short events, core::Deadline deadline) const {
    const core::Deadline patience = all_.patience(connection_);
    for (bool patient = true;;) {
        pollfd entry{socket_, events, 0};
        const int wait_ms = patient ? std::min(patience.poll_ms(), deadline.poll_ms()) : deadline.poll_ms();
        const int result = ::poll(&entry, 1, wait_ms);
        if (result > 0) return true;
        if (result < 0 && errno != EINTR) return false;
        if (deadline.passed()) return false;
        patient = !patience.passed();
        if (!patient && all_.crowded()) return false;
    }
}

Peer::Filled Peer::fill(core::Deadline deadline) {
    for (;;) {
        const ssize_t got = ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (got > 0) {
            begin_ = 0;
            end_ = static_cast<std::size_t>(got);
            // Who sends a byte now and then is always ready.
            return deadline.passed() ? Filled::late : Filled::bytes;
        }
        if (got == 0) return Filled::closed;
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) return Filled::closed;
        if (!ready(POLLIN, deadline)) return Filled::late;
    }
}

Peer::Came Peer::receive(RequestFraming& framing) {
    const Waiting waiting(connection_);
    framing.begin();
    core::Deadline deadline = core::Deadline::in(limits_.idle);
    bool head = false, body = false;
    for (;;) {
        begin_ += framing.feed({buffer_.data() + begin_, end_ - begin_});
        if (framing.state() == RequestFraming::State::complete) return Came::request;
        if (framing.state() == RequestFraming::State::refused) return Came::refusal;
        if (framing.take_expectation() && !send("HTTP/1.1 100 Continue\r\n\r\n")) return Came::nothing;
        if (framing.started() && !head) {
            head = true;
            deadline = core::Deadline::in(limits_.head);
        }
        if (framing.in_body() && !body) {
            body = true;
            deadline = core::Deadline::in(limits_.body);
        }
        const Filled filled = fill(deadline);
        if (filled == Filled::late && framing.started()) return Came::late;
        if (filled != Filled::bytes) return Came::nothing;
    }
}

bool Peer::send(std::string_view bytes) {
    const Waiting waiting(connection_);
    const core::Deadline deadline = core::Deadline::in(limits_.answer);
    while (!bytes.empty()) {
        const ssize_t taken = ::send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (taken >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(taken));
            if (!bytes.empty() && deadline.passed()) return false;
            continue;
        }
        if (errno == EINTR) continue;
        if ((errno != EAGAIN && errno != EWOULDBLOCK) || !ready(POLLOUT, deadline)) return false;
    }
    return true;
}

void Peer::finish() {
    const Waiting waiting(connection_);
    const core::Deadline deadline = core::Deadline::in(k_finish);
    if (::shutdown(socket_, SHUT_WR) != 0) return;
    std::size_t passed_over = 0;
    while (passed_over <= k_most_passed_over && fill(deadline) == Filled::bytes)
        passed_over += end_;
}

std::string local_address(int socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
    char text[INET6_ADDRSTRLEN] = "";
    if (address.ss_family == AF_INET)
        inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
    else if (address.ss_family == AF_INET6)
        inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
    constexpr std::string_view k_mapped = "::ffff:";
    std::string_view plain = text;
    if (plain.starts_with(k_mapped) && plain.find('.') != std::string_view::npos)
        plain.remove_prefix(k_mapped.size());
    return std::string(plain);
}

} // namespace roacache::demo
