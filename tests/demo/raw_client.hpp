#pragma once

#include "src/demo/service.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace roacache::test {

/// A connection to a service on 127.0.0.1 over which a test sends what bytes it likes.
class RawClient {
  public:
    explicit RawClient(const demo::Service& service)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(service.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("cannot connect");
    }
    ~RawClient() { ::close(socket_); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    /// False when the service has closed.
    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    /// In pieces of `size` bytes.
    bool send_in_pieces(std::string_view bytes, std::size_t size) const {
        for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size())))
            if (!send(bytes.substr(0, size))) return false;
        return true;
    }

    enum class Ended { closed, reset, open };
    /// Reads until `enough(text)`, the service closes, or `wait_ms` have passed without a byte.
    template <typename Enough>
    Ended read_until(std::string& text, Enough enough, int wait_ms) const {
        while (!enough(text)) {
            pollfd entry{socket_, POLLIN, 0};
            if (::poll(&entry, 1, wait_ms) <= 0) return Ended::open;
            char buffer[16384];
            const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
            if (got == 0) return Ended::closed;
            if (got < 0) return Ended::reset;
            text.append(buffer, static_cast<std::size_t>(got));
        }
        return Ended::open;
    }
    /// All that comes until the service closes; a note at its end where it does not, or resets.
    std::string read_all(int wait_ms = 20'000) const {
        std::string text;
        const Ended ended = read_until(
            text, [](const std::string&) { return false; }, wait_ms);
        return ended == Ended::closed ? text : text + (ended == Ended::open ? "(still open)" : "(reset)");
    }

  private:
    int socket_;
};

/// The statuses of the answers in a text, in order; -1 for a text that ends otherwise than by the close.
inline std::vector<int> statuses(const std::string& text) {
    std::vector<int> found;
    for (std::size_t at = text.find("HTTP/1.1 "); at != std::string::npos;
         at = text.find("HTTP/1.1 ", at + 9))
        found.push_back(std::stoi(text.substr(at + 9, 3)));
    if (text.ends_with("(still open)") || text.ends_with("(reset)")) found.push_back(-1);
    return found;
}

} // namespace roacache::test
