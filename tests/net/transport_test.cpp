#include "src/net/transport.hpp"

#include "tests/net/peers.hpp"
#include "tests/support/catch.hpp"

#include <poll.h>

using namespace roacache;
using net::IoResult;
using net::IoStatus;
using net::Transport;
using test::certificates;
using test::patience;

namespace {

void wait_for(const Transport& transport, IoStatus wanted) {
    REQUIRE(net::wait_for(transport.fd(), wanted == IoStatus::want_read ? POLLIN : POLLOUT, patience()));
}

Transport established(std::uint16_t port, const net::TlsContext* tls) {
    Transport transport(net::resolve(test::local(port))[0], tls, "127.0.0.1");
    for (IoResult step = transport.establish(); step.status != IoStatus::done; step = transport.establish()) {
        INFO(step.error);
        REQUIRE((step.status == IoStatus::want_read || step.status == IoStatus::want_write));
        wait_for(transport, step.status);
    }
    return transport;
}

/// Sends all of `data` to an echo server and takes it back at the same time, from a buffer that moves with
/// every step.
std::string pump(Transport& transport, const std::string& data) {
    std::string back;
    std::size_t sent = 0;
    std::vector<char> into(777);
    while (back.size() < data.size()) {
        short events = 0;
        const IoResult got = transport.read(into);
        if (got.status == IoStatus::done) {
            back.append(into.data(), got.bytes);
            continue;
        }
        REQUIRE((got.status == IoStatus::want_read || got.status == IoStatus::want_write));
        events |= got.status == IoStatus::want_read ? POLLIN : POLLOUT;
        if (sent < data.size()) {
            const std::string copy = data.substr(sent, 50'000);
            const IoResult put = transport.write(copy);
            if (put.status == IoStatus::done) {
                sent += put.bytes;
                continue;
            }
            REQUIRE((put.status == IoStatus::want_read || put.status == IoStatus::want_write));
            events |= put.status == IoStatus::want_read ? POLLIN : POLLOUT;
        }
        REQUIRE(net::wait_for(transport.fd(), events, patience()));
    }
    return back;
}

} // namespace

TEST_CASE("a transport moves bytes both ways at once, plain and over TLS", "[transport]") {
    const std::string data = test::pattern(10'000'000);
    const auto plain = test::peer({"echo", "--buffer", "8192"});
    Transport transport = established(plain.port(), nullptr);
    CHECK((pump(transport, data) == data));

    net::TlsOptions options;
    options.cacert = certificates().authority();
    const net::TlsContext tls(options, "http/1.1");
    const auto secure = test::peer(certificates().serving("good", {"echo", "--buffer", "8192"}));
    transport = established(secure.port(), &tls);
    CHECK((pump(transport, data) == data));
}

TEST_CASE("a transport that is refused keeps the errno", "[transport]") {
    std::uint16_t port = 0;
    {
        auto peer = test::peer({"echo"});
        port = peer.port();
        peer.process().kill();
    }
    Transport transport(net::resolve(test::local(port))[0], nullptr, {});
    IoResult step = transport.establish();
    while (step.status == IoStatus::want_write) {
        wait_for(transport, step.status);
        step = transport.establish();
    }
    CHECK(step.status == IoStatus::failed);
    CHECK(step.error == "connection refused");
    CHECK(transport.last_errno() == ECONNREFUSED);
    CHECK_FALSE(transport.established());
}

TEST_CASE("the context may go before the transport has connected", "[transport]") {
    const auto peer = test::peer(certificates().serving("good", {"echo"}));
    const auto address = net::resolve(test::local(peer.port()))[0];
    auto tls = std::make_unique<net::TlsContext>(
        net::TlsOptions{.cacert = certificates().authority(), .cert = {}, .key_file = {}, .insecure = false});
    Transport transport(address, tls.get(), "localhost");
    tls.reset();
    for (IoResult step = transport.establish(); step.status != IoStatus::done; step = transport.establish())
        wait_for(transport, step.status);
    CHECK(pump(transport, "hello") == "hello");
}

TEST_CASE("a closed transport stays closed", "[transport]") {
    const auto peer = test::peer({"echo"});
    Transport transport = established(peer.port(), nullptr);
    transport.close();
    CHECK(transport.fd() == -1);
    std::vector<char> into(1);
    CHECK(transport.read(into).status == IoStatus::failed);
    CHECK(transport.write("x").status == IoStatus::failed);
    transport.close();
}

TEST_CASE("a read that may wait brings bytes as soon as they are there, and ends without them",
          "[transport]") {
    const auto peer = test::peer({"echo"});
    Transport transport = established(peer.port(), nullptr);
    REQUIRE(transport.may_wait());
    std::vector<char> into(64);
    CHECK(transport.wait_and_read(into).status == IoStatus::want_read);
    for (int round = 0; round < 20; ++round) {
        REQUIRE(transport.write("hello").status == IoStatus::done);
        IoResult got;
        do
            got = transport.wait_and_read(into);
        while (got.status == IoStatus::want_read);
        REQUIRE(got.status == IoStatus::done);
        CHECK(std::string_view(into.data(), got.bytes) == "hello");
    }
    CHECK(transport.read(into).status == IoStatus::want_read);
    CHECK((pump(transport, test::pattern(10'000'000)) == test::pattern(10'000'000))); // no write waits
}

TEST_CASE("a read that may wait tells how the connection ended", "[transport]") {
    const bool reset = GENERATE(false, true);
    const auto peer = test::peer({reset ? "reset" : "hang-up"});
    Transport transport = established(peer.port(), nullptr);
    REQUIRE(transport.may_wait());
    if (reset) transport.write("x");
    std::vector<char> into(64);
    IoResult got;
    do
        got = transport.wait_and_read(into);
    while (got.status == IoStatus::want_read);
    CHECK(got.status == (reset ? IoStatus::failed : IoStatus::closed));
    CHECK(transport.last_errno() == (reset ? ECONNRESET : 0));
}

TEST_CASE("over TLS, and before it is established, no read waits", "[transport]") {
    net::TlsOptions options;
    options.cacert = certificates().authority();
    const net::TlsContext tls(options, "http/1.1");
    const auto secure = test::peer(certificates().serving("good", {"echo"}));
    CHECK_FALSE(Transport(net::resolve(test::local(secure.port()))[0], nullptr, {}).may_wait());
    CHECK_FALSE(established(secure.port(), &tls).may_wait());
}
