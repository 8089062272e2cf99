#include "src/net/stream.hpp"

#include "tests/net/peers.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>

using namespace roacache;
using namespace std::chrono_literals;
using net::Socket;
using net::Stream;
using test::failure_of;
using test::local;
using test::patience;

namespace {

/// Listens with the shortest queue and never accepts.
struct DeafListener {
    explicit DeafListener(const net::Address& at) : socket(::socket(at.storage.ss_family, SOCK_STREAM, 0)) {
        const auto* name = reinterpret_cast<const sockaddr*>(&at.storage);
        REQUIRE(bind(socket.fd(), name, at.length) == 0);
        REQUIRE(listen(socket.fd(), 0) == 0);
    }

    std::uint16_t port() const {
        sockaddr_in name{};
        socklen_t length = sizeof name;
        REQUIRE(getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&name), &length) == 0);
        return ntohs(name.sin_port);
    }

    Socket socket;
};

/// Connects until the listener's queue takes no more.
std::vector<Socket> fill_queue(const net::Address& address) {
    std::vector<Socket> held;
    for (int count = 0; count < 64; ++count) {
        int error = 0;
        Socket socket = net::start_connect(address, error);
        const bool waits = error == EAGAIN || !net::wait_for(socket.fd(), POLLOUT, core::Deadline::in(200ms));
        held.push_back(std::move(socket));
        if (waits) return held;
    }
    FAIL("the queue never fills");
    return held;
}

std::uint16_t free_port() {
    const DeafListener listener(net::resolve({"127.0.0.1", 0})[0]);
    return listener.port();
}

} // namespace

TEST_CASE("bytes go both ways over TCP and a Unix socket", "[net]") {
    const auto tcp = test::peer({"echo"});
    Stream stream = Stream::connect(local(tcp.port()), nullptr, patience());
    CHECK(stream.peer() == "127.0.0.1:" + std::to_string(tcp.port()));
    CHECK(test::ask(stream, "hello") == "hello");
    CHECK(test::ask(stream, std::string("\0\r\n\xff", 4)) == std::string("\0\r\n\xff", 4));

    const test::TempDir folder;
    const std::string path = folder.path() / "a b.sock";
    const auto unix_peer = test::peer({"echo", "--unix", path});
    Stream other = Stream::connect_unix(path, patience());
    CHECK(other.peer() == path);
    CHECK(test::ask(other, "hello") == "hello");

    other = std::move(stream);
    CHECK(test::ask(other, "still there") == "still there");
}

TEST_CASE("a name is connected to by whichever of its addresses answers", "[net]") {
    const auto tcp = test::peer({"echo"});
    Stream stream = Stream::connect(local(tcp.port(), "localhost"), nullptr, patience());
    CHECK(test::ask(stream, "x") == "x");
    CHECK(stream.peer() == "localhost:" + std::to_string(tcp.port()));
    CHECK_FALSE(net::resolve({"localhost", 1}).empty());
    CHECK(net::resolve({"::1", 80})[0].text == "[::1]:80");
}

TEST_CASE("a connection that is refused or cannot be is named with its reason", "[net]") {
    const std::string port = std::to_string(free_port());
    CHECK(failure_of([&] {
              Stream::connect(local(static_cast<std::uint16_t>(std::stoi(port))), nullptr, patience());
          }) == "cannot connect: 127.0.0.1:" + port + ": connection refused");
    const auto unknown = failure_of([] {
        Stream::connect({"no-such-host.invalid", 1}, nullptr, patience());
    });
    CHECK(unknown.starts_with("cannot resolve: no-such-host.invalid: "));
    const test::TempDir folder;
    const std::string path = folder.path() / "none.sock";
    CHECK(failure_of([&] { Stream::connect_unix(path, patience()); }) ==
          "cannot connect: " + path + ": no such file or directory");
    CHECK_THROWS_AS(Stream::connect_unix(std::string(200, 'x'), patience()), core::Error);
    CHECK_THROWS_AS(Stream::connect_unix(std::string("a\0b", 3), patience()), core::Error);
    CHECK_THROWS_AS(Stream::connect_unix("", patience()), core::Error);
    CHECK(net::unix_address(std::string(107, 'x')).text.size() == 107);
}

TEST_CASE("connecting ends at its deadline", "[net]") {
    const DeafListener tcp(net::resolve({"127.0.0.1", 0})[0]);
    const auto held = fill_queue(net::resolve(local(tcp.port()))[0]);
    CHECK(failure_of([&] { Stream::connect(local(tcp.port()), nullptr, core::Deadline::in(100ms)); }) ==
          "cannot connect: 127.0.0.1:" + std::to_string(tcp.port()) + ": timed out");

    const test::TempDir folder;
    const std::string path = folder.path() / "deaf.sock";
    const DeafListener listener(net::unix_address(path));
    const auto held_too = fill_queue(net::unix_address(path));
    CHECK(failure_of([&] { Stream::connect_unix(path, core::Deadline::in(100ms)); }) ==
          "cannot connect: " + path + ": timed out");
}

TEST_CASE("reading and writing end at their deadline", "[net]") {
    const auto peer = test::peer({"silent"});
    Stream stream = Stream::connect(local(peer.port()), nullptr, patience());
    char byte = 0;
    CHECK(failure_of([&] {
              stream.read_some({&byte, 1}, core::Deadline::in(50ms));
          }) == "cannot read: " + stream.peer() + ": timed out");
    CHECK(failure_of([&] {
              stream.read_some({&byte, 1}, core::Deadline::in(0ms));
          }) == "cannot read: " + stream.peer() + ": timed out");
    const std::string much(64 << 20, 'x');
    CHECK(failure_of([&] { stream.write_all(much, core::Deadline::in(300ms)); }) ==
          "cannot write: " + stream.peer() + ": timed out");
}

TEST_CASE("a peer that goes midway is seen as closed or as an error, never as a signal", "[net]") {
    const auto before = std::signal(SIGPIPE, SIG_DFL);
    const auto half = test::peer({"half"});
    Stream stream = Stream::connect(local(half.port()), nullptr, patience());
    stream.write_all("x", patience());
    CHECK(test::read_up_to(stream, 100) == "half");
    char byte = 0;
    CHECK(stream.read_some({&byte, 1}, patience()) == 0);
    // The first bytes after the end may still be taken by the system; the peer answers them with a reset.
    CHECK(test::eventually([&] {
        return failure_of([&] { stream.write_all("more", patience()); })
            .starts_with("cannot write: 127.0.0.1:");
    }));

    const auto reset = test::peer({"reset"});
    Stream other = Stream::connect(local(reset.port()), nullptr, patience());
    other.write_all("x", patience());
    CHECK(failure_of([&] {
              other.read_some({&byte, 1}, patience());
          }) == "cannot read: " + other.peer() + ": connection reset by peer");
    std::signal(SIGPIPE, before);
}

TEST_CASE("10 MB pass both ways through small buffers", "[net]") {
    constexpr std::size_t k_size = 10'000'000;
    const auto peer = test::peer({"sink", "--size", std::to_string(k_size), "--buffer", "65536"});
    Stream stream = Stream::connect(local(peer.port()), nullptr, patience());
    const int small = 4096;
    REQUIRE(setsockopt(stream.fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0);
    stream.write_all(test::pattern(k_size), patience());
    CHECK((test::read_up_to(stream, k_size, 1000) == test::pattern(k_size)));
}

TEST_CASE("descriptors are non-blocking, closed on exec and closed at the end", "[net]") {
    const auto peer = test::peer({"echo"});
    int fd = -1;
    {
        const Stream stream = Stream::connect(local(peer.port()), nullptr, patience());
        fd = stream.fd();
        CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
        CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    }
    CHECK(fcntl(fd, F_GETFD) == -1);
}
