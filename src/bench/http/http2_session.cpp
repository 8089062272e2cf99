#include "src/bench/http/http2_session.hpp"

#include "src/core/clock.hpp"

#include <sys/epoll.h>

namespace roacache::bench {
namespace {

// As of HTTP/1.1: a server that sends faster than it is read must not keep the others from their turn.
constexpr int k_most_reads = 16;
constexpr const char* k_not_offered = "it does not offer HTTP/2 (h2) over TLS";
constexpr std::size_t k_written_at_once = std::size_t{64} * 1024;

} // namespace

Http2Session::Http2Session(const Origin& origin, const net::Address& address, const net::TlsContext* tls,
                           int epoll, std::uint64_t tag)
    : transport_(address, tls, origin.host.host), opened_ns_(core::now_ns()), tls_(tls != nullptr) {
    if (epoll < 0 || transport_.fd() < 0) return; // pump() says why
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = tag;
    epoll_ctl(epoll, EPOLL_CTL_ADD, transport_.fd(), &event);
}

void Http2Session::on_event(std::uint32_t events) {
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) hung_up_ = readable_ = true;
    if (events & EPOLLIN) readable_ = true;
}

bool Http2Session::pump(std::span<char> buffer) {
    if (closed_ || !establish()) return false;
    send();
    const bool more = receive(buffer);
    if (closed_) return false;
    send(); // what it was answered
    if (client_.over()) shut(client_.broken() ? http::ErrorClass::protocol : http::ErrorClass::closed);
    return more;
}

void Http2Session::shut(http::ErrorClass error) {
    if (closed_) return;
    if (client_.broken()) why_ = "it does not speak HTTP/2";
    closed_ = true;
    failure_ = error;
    const int system_error = transport_.last_errno();
    transport_.close();
    client_.end(error, system_error);
}

bool Http2Session::refuse(http::ErrorClass error, std::string why) {
    why_ = std::move(why);
    shut(error);
    return false;
}

bool Http2Session::establish() {
    if (transport_.established()) return true;
    net::IoResult result = transport_.establish();
    waits_to_write_ = result.status == net::IoStatus::want_write;
    switch (result.status) {
    case net::IoStatus::done:
        break;
    case net::IoStatus::want_read:
    case net::IoStatus::want_write:
        return false;
    default:
        if (result.error.find("no application protocol") != std::string::npos) // the alert of RFC 7301 3.2
            return refuse(http::ErrorClass::protocol, k_not_offered);
        return refuse(transport_.in_tls_handshake() ? http::ErrorClass::tls : http::ErrorClass::connect,
                      std::move(result.error));
    }
    setup_ = Connection::Setup{transport_.connected_ns() - opened_ns_, {}};
    if (tls_) setup_->tls_ns = core::now_ns() - transport_.connected_ns();
    if (tls_ && transport_.protocol() != "h2") return refuse(http::ErrorClass::protocol, k_not_offered);
    return true;
}

void Http2Session::send() {
    for (;;) {
        if (sent_ == unsent_.size()) {
            unsent_.clear();
            sent_ = 0;
            if (!client_.output(unsent_, k_written_at_once)) return shut(http::ErrorClass::protocol);
            waits_to_write_ = false;
            if (unsent_.empty()) return;
        }
        const net::IoResult result = transport_.write(std::string_view(unsent_).substr(sent_));
        if (result.status == net::IoStatus::done) {
            sent_ += result.bytes;
            continue;
        }
        waits_to_write_ = result.status == net::IoStatus::want_write;
        // What the server said before it hung up can still be there.
        if (result.status == net::IoStatus::failed || result.status == net::IoStatus::closed)
            hung_up_ = readable_ = true;
        return;
    }
}

bool Http2Session::receive(std::span<char> buffer) {
    for (int reads = 0; readable_ && !closed_; ++reads) {
        if (reads == k_most_reads) return true;
        const net::IoResult result = transport_.read(buffer);
        switch (result.status) {
        case net::IoStatus::done:
            last_read_ns_ = core::now_ns();
            readable_ = result.bytes == buffer.size() || tls_ || hung_up_;
            if (!client_.feed({buffer.data(), result.bytes}, last_read_ns_)) shut(http::ErrorClass::protocol);
            break;
        case net::IoStatus::want_read:
            readable_ = false;
            break;
        case net::IoStatus::want_write:
            return false;
        case net::IoStatus::closed:
            send(); // what the client would answer shows whether the server broke the rules
            refuse(client_.broken() ? http::ErrorClass::protocol : http::ErrorClass::closed,
                   "it closed the connection");
            break;
        case net::IoStatus::failed:
            refuse(tls_ && transport_.last_errno() == 0 ? http::ErrorClass::tls : http::ErrorClass::closed,
                   result.error);
            break;
        }
    }
    return false;
}

} // namespace roacache::bench
