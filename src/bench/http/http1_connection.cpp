#include "src/bench/http/http1_connection.hpp"

#include "src/core/clock.hpp"

#include <sys/epoll.h>
#include <utility>

namespace roacache::bench {
namespace {

// A server that sends faster than it is read must not keep the others, or the clock, from their turn.
constexpr int k_reads_in_a_row = 16;

} // namespace

void Http1Connection::open(const Origin& origin, const net::TlsContext* tls, int epoll, std::uint64_t tag) {
    opened_ns_ = core::now_ns();
    setup_.reset();
    transport_.emplace(origin.address(), tls, origin.host.host);
    served_ = 0;
    tls_ = tls != nullptr;
    readable_ = hung_up_ = false;
    if (transport_->fd() < 0) return; // establish() says why
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = tag;
    epoll_ctl(epoll, EPOLL_CTL_ADD, transport_->fd(), &event);
}

void Http1Connection::close() {
    transport_.reset();
    request_ = nullptr;
}

void Http1Connection::begin(const http::Request& request, http::ResponseSink& sink,
                            std::string_view watched) {
    request_ = &request;
    sink_ = &sink;
    sent_ = 0;
    received_ = 0;
    first_byte_ns_ = last_byte_ns_ = 0;
    error_ = http::ErrorClass::none;
    parser_.watch(watched);
    parser_.begin(request.head);
}

void Http1Connection::on_event(std::uint32_t events, std::span<char>) {
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) hung_up_ = readable_ = true;
    if (events & EPOLLIN) readable_ = true;
    // Over TLS what comes while idle may be a session ticket.
    if (idle() && (hung_up_ || (readable_ && !tls_))) close();
}

bool Http1Connection::await() {
    const bool sent = request_ != nullptr && sent_ == request_->bytes.size();
    if (!sent || !transport_->may_wait()) return false;
    readable_ = awaits_ = true;
    return true;
}

Connection::Outcome Http1Connection::advance(std::span<char> buffer) {
    if (!transport_->established()) {
        if (const Outcome outcome = establish(); outcome != Outcome::done) return outcome;
    }
    if (request_ == nullptr) return Outcome::done;
    if (sent_ < request_->bytes.size()) send();
    return receive(buffer);
}

Connection::Outcome Http1Connection::establish() {
    const net::IoStatus status = transport_->establish().status;
    switch (status) {
    case net::IoStatus::done:
        setup_ = Setup{transport_->connected_ns() - opened_ns_, {}};
        if (tls_) setup_->tls_ns = core::now_ns() - transport_->connected_ns();
        return Outcome::done;
    case net::IoStatus::want_read:
    case net::IoStatus::want_write:
        return Outcome::waiting;
    default:
        return fail(transport_->in_tls_handshake() ? http::ErrorClass::tls : http::ErrorClass::connect);
    }
}

void Http1Connection::send() {
    const std::string_view bytes = request_->bytes;
    while (sent_ < bytes.size()) {
        const net::IoResult result = transport_->write(bytes.substr(sent_));
        if (result.status == net::IoStatus::done) {
            sent_ += result.bytes;
            continue;
        }
        // A server may refuse a request before it has read all of it: its answer can still be there.
        if (result.status == net::IoStatus::failed || result.status == net::IoStatus::closed)
            hung_up_ = readable_ = true;
        return;
    }
}

Connection::Outcome Http1Connection::receive(std::span<char> buffer) {
    for (int reads = 0; readable_; ++reads) {
        if (reads == k_reads_in_a_row) return Outcome::busy;
        const net::IoResult result =
            std::exchange(awaits_, false) ? transport_->wait_and_read(buffer) : transport_->read(buffer);
        switch (result.status) {
        case net::IoStatus::done: {
            last_byte_ns_ = core::now_ns();
            if (received_ == 0) first_byte_ns_ = last_byte_ns_;
            received_ += result.bytes;
            // A short read has emptied the socket; what comes later is a new edge (epoll(7)).
            readable_ = result.bytes == buffer.size() || tls_ || hung_up_;
            const Outcome outcome = take({buffer.data(), result.bytes});
            if (outcome != Outcome::waiting) return outcome;
            break;
        }
        case net::IoStatus::want_read:
            readable_ = false;
            break;
        case net::IoStatus::want_write:
            return Outcome::waiting;
        case net::IoStatus::closed:
            return on_end();
        case net::IoStatus::failed:
            return fail(tls_ && transport_->last_errno() == 0 ? http::ErrorClass::tls
                                                              : http::ErrorClass::closed);
        }
    }
    return Outcome::waiting;
}

Connection::Outcome Http1Connection::take(std::string_view data) {
    const http::ResponseParser::Fed fed = parser_.feed(data, *sink_);
    if (fed.state == http::ResponseParser::State::more) return Outcome::waiting;
    if (fed.state == http::ResponseParser::State::failed) return fail(parser_.error());
    reusable_ = parser_.keep_alive() && !request_->close && sent_ == request_->bytes.size();
    if (reusable_ && fed.used < data.size()) return fail(http::ErrorClass::protocol);
    ++served_;
    status_ = parser_.status();
    return Outcome::done;
}

Connection::Outcome Http1Connection::on_end() {
    if (parser_.finish(transport_->was_cut()) == http::ResponseParser::State::failed)
        return fail(parser_.error());
    last_byte_ns_ = core::now_ns(); // the end was what there was to wait for
    reusable_ = false;
    ++served_;
    status_ = parser_.status();
    return Outcome::done;
}

std::optional<Connection::Setup> Http1Connection::take_setup() {
    return std::exchange(setup_, std::nullopt);
}

/// When an older connection ended before a byte of the response came, as happens when the server closes idle
/// ones.
bool Http1Connection::may_send_again(const http::Request& request) const {
    return request.idempotent && error_ == http::ErrorClass::closed && served_ > 0 && !parser_.started();
}

void Http1Connection::release() {
    request_ = nullptr;
    if (!reusable_ || hung_up_) close();
}

Connection::Outcome Http1Connection::fail(http::ErrorClass error) {
    error_ = error;
    system_error_ = transport_ ? transport_->last_errno() : 0;
    close();
    return Outcome::failed;
}

} // namespace roacache::bench
