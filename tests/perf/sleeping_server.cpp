// A service that answers after a fixed time, exactly: one thread for each connection sleeps, and no timer's
// tick gathers answers of several connections, which would then depend on how a client's requests are
// bunched.
//
// usage: sleeping_server
// Prints the port on 127.0.0.1. GET /N is answered N milliseconds after it came; connections are kept open.

#include <arpa/inet.h>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace {

constexpr std::string_view k_fields =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nok\n";

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

void serve(int fd) {
    prctl(PR_SET_TIMERSLACK, 1UL);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::array<char, 4096> buffer;
    std::string request;
    for (ssize_t size = 0; (size = read(fd, buffer.data(), buffer.size())) > 0;) {
        request.append(buffer.data(), static_cast<std::size_t>(size));
        if (request.size() < 4 || request.substr(request.size() - 4) != "\r\n\r\n") continue;
        const std::size_t number = request.find('/');
        const long ms = number == std::string::npos ? 0 : std::atol(request.c_str() + number + 1);
        const timespec time{ms / 1000, ms % 1000 * 1'000'000};
        clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
        if (write(fd, k_fields.data(), k_fields.size()) < 0) break;
        request.clear();
    }
    close(fd);
}

} // namespace

int main() {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* at = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener, at, size) != 0 || listen(listener, 1024) != 0 || getsockname(listener, at, &size) != 0)
        fail("listen");
    std::printf("%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    for (;;) {
        const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) fail("accept");
        std::thread(serve, fd).detach();
    }
}
