#include "src/net/socket.hpp"

#include "src/core/ascii.hpp"
#include "src/core/descriptor.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fmt/format.h>
#include <memory>
#include <mutex>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace roacache::net {
namespace {

struct FreedAddresses {
    void operator()(addrinfo* info) const { freeaddrinfo(info); }
};

/// What getaddrinfo(3) answered.
struct Lookup {
    int code = 0;
    int saved_errno = 0;
    std::unique_ptr<addrinfo, FreedAddresses> found = nullptr;
};

Lookup look_up(const HostPort& host, int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | flags;
    addrinfo* found = nullptr;
    Lookup lookup;
    lookup.code = getaddrinfo(host.host.c_str(), std::to_string(host.port).c_str(), &hints, &found);
    lookup.saved_errno = errno;
    lookup.found.reset(found);
    return lookup;
}

/// What a thread that may outlive its asker leaves its answer in.
struct Answer {
    std::mutex mutex;
    Lookup lookup;
    core::Descriptor done{eventfd(0, EFD_CLOEXEC)};
};

/// Nothing ends getaddrinfo(3), so it is left alone when the deadline passes or an interrupt comes.
Lookup look_up_aside(const HostPort& host, core::Deadline deadline) {
    const auto answer = std::make_shared<Answer>();
    std::thread([answer, host] {
        Lookup lookup = look_up(host, 0);
        const std::lock_guard lock(answer->mutex);
        answer->lookup = std::move(lookup);
        eventfd_write(answer->done.get(), 1);
    }).detach();
    if (!wait_for(answer->done.get(), POLLIN, deadline))
        throw UnknownHost(host.host, core::is_cut_short(deadline) ? "interrupted" : "timed out");
    const std::lock_guard lock(answer->mutex);
    return std::move(answer->lookup);
}

std::string resolver_text(int code, int saved_errno) {
    if (code == EAI_SYSTEM) return core::errno_text(saved_errno);
    std::string text = gai_strerror(code);
    if (!text.empty()) text[0] = core::to_lower(text[0]);
    return text;
}

std::string numeric_text(const addrinfo& info, const HostPort& host) {
    char name[NI_MAXHOST];
    if (getnameinfo(info.ai_addr, info.ai_addrlen, name, sizeof name, nullptr, 0, NI_NUMERICHOST) != 0)
        return host.text();
    return HostPort{name, host.port}.text();
}

} // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

void Socket::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

std::vector<Address> resolve(const HostPort& host, core::Deadline deadline) {
    Lookup lookup = look_up(host, AI_NUMERICHOST); // asks nobody, so that it needs no thread
    if (lookup.code != 0) lookup = look_up_aside(host, deadline);
    if (lookup.code != 0) throw UnknownHost(host.host, resolver_text(lookup.code, lookup.saved_errno));
    std::vector<Address> addresses;
    for (const addrinfo* info = lookup.found.get(); info != nullptr; info = info->ai_next) {
        Address address;
        std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
        address.length = info->ai_addrlen;
        address.text = numeric_text(*info, host);
        addresses.push_back(std::move(address));
    }
    return addresses;
}

Address unix_address(const std::string& path) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof name.sun_path || path.find('\0') != std::string::npos)
        throw core::Error(core::ExitCode::usage,
                          fmt::format("bad socket path: {}: must have 1 to {} bytes and no NUL", path.c_str(),
                                      sizeof name.sun_path - 1));
    std::memcpy(name.sun_path, path.data(), path.size());
    Address address;
    std::memcpy(&address.storage, &name, sizeof name);
    address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    address.text = path;
    return address;
}

Socket start_connect(const Address& address, int& error) {
    error = 0;
    Socket socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.open()) {
        error = errno;
        return socket;
    }
    if (address.storage.ss_family != AF_UNIX) {
        const int on = 1;
        setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    const auto* name = reinterpret_cast<const sockaddr*>(&address.storage);
    if (::connect(socket.fd(), name, address.length) != 0 && errno != EINPROGRESS && errno != EINTR) {
        error = errno;
        socket.close();
    }
    return socket;
}

int connect_error(const Socket& socket) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
    return error;
}

bool wait_for(int fd, short events, core::Deadline deadline) {
    constexpr std::chrono::milliseconds k_grace{500};
    bool cut_short = core::is_cut_short(deadline);
    if (cut_short) deadline = deadline.or_in(k_grace);
    for (;;) {
        std::array<pollfd, 2> watched{pollfd{fd, events, 0}, pollfd{core::Interrupt::fd(), POLLIN, 0}};
        const nfds_t count = cut_short || deadline.outlasts_interrupts() ? 1 : 2;
        const int ready = poll(watched.data(), count, deadline.poll_ms());
        if (ready > 0 && watched[0].revents != 0) return true;
        if (ready == 0 && deadline.passed()) return false;
        if (!cut_short && core::is_cut_short(deadline)) {
            cut_short = true;
            deadline = deadline.or_in(k_grace);
        }
    }
}

} // namespace roacache::net
