#include "src/net/transport.hpp"

#include "src/core/clock.hpp"
#include "src/core/error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/time.h>

namespace roacache::net {

Transport::Transport(const Address& address, const TlsContext* tls, const std::string& host) : host_(host) {
    socket_ = start_connect(address, errno_);
    if (tls != nullptr) context_ = *tls;
}

Transport& Transport::operator=(Transport&& other) noexcept {
    if (this != &other) {
        close();
        socket_ = std::move(other.socket_);
        tls_ = std::move(other.tls_);
        context_ = std::move(other.context_);
        host_ = std::move(other.host_);
        errno_ = other.errno_;
        connected_ns_ = other.connected_ns_;
        connected_ = other.connected_;
        established_ = other.established_;
        waits_ = other.waits_;
    }
    return *this;
}

void Transport::close() {
    if (tls_ && socket_.open()) tls_->close_notify();
    tls_.reset();
    socket_.close();
}

IoResult Transport::failure(int error) {
    errno_ = error;
    return {IoStatus::failed, 0, core::errno_text(error)};
}

IoResult Transport::tls_result(IoResult result) {
    if (result.status == IoStatus::failed) errno_ = tls_->last_errno();
    return result;
}

IoResult Transport::establish() {
    if (established_) return {};
    if (!socket_.open()) return failure(errno_);
    if (!connected_) {
        // SO_ERROR is 0 while the connection is still being made: only a writable socket has an answer.
        pollfd state{socket_.fd(), POLLOUT, 0};
        if (poll(&state, 1, 0) <= 0) return {IoStatus::want_write, 0, {}};
        if (const int error = connect_error(socket_); error != 0) return failure(error);
        connected_ = true;
        connected_ns_ = core::now_ns();
        if (context_) tls_.emplace(*context_, socket_.fd(), host_);
        context_.reset();
    }
    if (tls_) {
        if (IoResult result = tls_->handshake(); result.status != IoStatus::done) return tls_result(result);
    }
    established_ = true;
    return {};
}

bool Transport::may_wait() {
    if (waits_ || tls_ || !established_) return waits_;
    constexpr timeval k_least{0, 1000}; // the kernel rounds it up to its tick
    const int flags = fcntl(socket_.fd(), F_GETFL);
    waits_ = flags >= 0 && setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVTIMEO, &k_least, sizeof k_least) == 0 &&
             fcntl(socket_.fd(), F_SETFL, flags & ~O_NONBLOCK) == 0;
    return waits_;
}

IoResult Transport::read(std::span<char> into, int flags) {
    if (tls_) return tls_result(tls_->read(into));
    for (;;) {
        const ssize_t got = ::recv(socket_.fd(), into.data(), into.size(), flags);
        if (got > 0) return {IoStatus::done, static_cast<std::size_t>(got), {}};
        if (got == 0) return {IoStatus::closed, 0, {}};
        const int error = errno;
        if (error == EAGAIN || error == EWOULDBLOCK) return {IoStatus::want_read, 0, {}};
        if (error != EINTR) return failure(error);
    }
}

IoResult Transport::write(std::string_view data) {
    if (tls_) return tls_result(tls_->write(data));
    for (;;) {
        const ssize_t sent = ::send(socket_.fd(), data.data(), data.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) return {IoStatus::done, static_cast<std::size_t>(sent), {}};
        const int error = errno;
        if (error == EAGAIN || error == EWOULDBLOCK) return {IoStatus::want_write, 0, {}};
        if (error != EINTR) return failure(error);
    }
}

} // namespace roacache::net
