#pragma once

#include "src/core/clock.hpp"
#include "src/core/error.hpp"
#include "src/net/url.hpp"

#include <string>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace roacache::net {

/// Owns a non-blocking, close-on-exec socket descriptor.
class Socket {
  public:
    Socket() = default;
    explicit Socket(int fd) : fd_(fd) {}
    ~Socket() { close(); }
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Socket& operator=(Socket&& other) noexcept;

    int fd() const { return fd_; }
    bool open() const { return fd_ >= 0; }
    void close();

  private:
    int fd_ = -1;
};

/// One address to connect to, and how messages name it.
struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
    std::string text; ///< `127.0.0.1:6379`, `[::1]:6379`, or the path of a Unix socket
};

/// `cannot resolve: HOST: WHY`, as unreachable.
class UnknownHost : public core::Error {
  public:
    UnknownHost(const std::string& host, const std::string& why)
        : core::Error(core::ExitCode::unreachable, "cannot resolve: " + host + ": " + why) {}
};

/// Every address of a host, in the resolver's order of preference; never empty. Throws UnknownHost, also when
/// the deadline passes or an interrupt comes first.
std::vector<Address> resolve(const HostPort& host, core::Deadline deadline = core::Deadline::never());

/// The address of a Unix socket. Throws core::Error(usage) when the path is longer than the system allows.
Address unix_address(const std::string& path);

/// Begins to connect; the result is known when the socket becomes writable, from connect_error(). TCP_NODELAY
/// is set. When the system refuses at once the socket comes back closed and `error` holds the errno, else 0.
/// A Unix socket whose queue is full refuses at once with EAGAIN: try again later.
Socket start_connect(const Address& address, int& error);

/// The errno that connecting ended with; 0 when the socket is connected.
int connect_error(const Socket& socket);

/// Waits for poll(2) `events` on `fd`; false when the deadline passed first, or half a second after an
/// interrupt, where that cuts it short: what is under way may end, what hangs is given up.
bool wait_for(int fd, short events, core::Deadline deadline);

} // namespace roacache::net
