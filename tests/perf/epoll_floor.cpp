// The least that a load generator can do: over each connection a request is sent as soon as the answer is
// whole. It measures nothing, looks at no answer but the first, of which it takes the length, and serves as
// the floor that roacache's own cost is held against.
//
// usage: epoll_floor PORT TARGET CONNECTIONS SECONDS
// Prints how many answers were whole.

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <unistd.h>
#include <vector>

namespace {

std::array<char, 65536> buffer;

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

int connected(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

void send_all(int fd, std::string_view request) {
    if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
        fail("send");
}

std::size_t received(int fd) {
    const ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
    if (size <= 0) fail("recv");
    return static_cast<std::size_t>(size);
}

/// Of the answer to a first request, which has a Content-Length.
std::size_t length_of_answer(int fd, std::string_view request) {
    send_all(fd, request);
    std::string answer;
    for (;;) {
        answer.append(buffer.data(), received(fd));
        const std::size_t head = answer.find("\r\n\r\n"), field = answer.find("Content-Length: ");
        if (head == std::string::npos) continue;
        if (field == std::string::npos) fail("Content-Length");
        const std::size_t length = head + 4 + std::stoul(answer.substr(field + 16));
        if (answer.size() >= length) return length;
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    const std::string request =
        std::string("GET ") + argv[2] +
        " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: roacache/0.1.0\r\nAccept: */*\r\n\r\n";
    const auto connections = std::stoul(argv[3]);
    std::vector<std::size_t> missing(connections);
    std::vector<int> fds(connections);
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    std::size_t length = 0;
    for (std::size_t i = 0; i < connections; ++i) {
        fds[i] = connected(std::stoi(argv[1]));
        if (length == 0) length = length_of_answer(fds[i], request);
        epoll_event event{};
        event.events = EPOLLIN | EPOLLET;
        event.data.u64 = i;
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event) != 0) fail("epoll_ctl");
        missing[i] = length;
        send_all(fds[i], request);
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(std::stod(argv[4]));
    std::uint64_t answers = 0;
    std::array<epoll_event, 64> events{};
    while (std::chrono::steady_clock::now() < end) {
        const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 1000);
        for (int i = 0; i < count; ++i) {
            const std::size_t which = events[static_cast<std::size_t>(i)].data.u64;
            missing[which] -= received(fds[which]);
            if (missing[which] != 0) continue;
            ++answers;
            missing[which] = length;
            send_all(fds[which], request);
        }
    }
    std::printf("%llu\n", static_cast<unsigned long long>(answers));
}
