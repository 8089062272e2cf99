#include "src/bench/http/http2_stream.hpp"

#include "src/core/ascii.hpp"
#include "src/core/clock.hpp"

#include <algorithm>

namespace roacache::bench {

void Http2Link::open(const Origin& origin, const net::TlsContext* tls, int epoll, std::uint64_t tag) {
    std::erase_if(leaving_, [](const auto& session) { return session->client().open().empty(); });
    if (current_ && !current_->client().open().empty()) leaving_.push_back(std::move(current_));
    current_ = std::make_unique<Http2Session>(origin, origin.address(), tls, epoll, tag);
}

void Http2Link::close_idle() {
    if (current_ && current_->client().open().empty()) current_->shut(http::ErrorClass::closed);
}

/// Both have the same tag, and reading in vain does no harm.
void Http2Link::on_event(std::uint32_t events, std::span<char> buffer) {
    for (const auto& session : leaving_) {
        session->on_event(events);
        pump(*session, buffer);
    }
    if (!current_) return;
    current_->on_event(events);
    pump(*current_, buffer);
}

bool Http2Link::pump(Http2Session& session, std::span<char> buffer) {
    const bool asked = !session.client().open().empty();
    const bool more = session.pump(buffer);
    for (const Http2Exchange* exchange : session.client().take_ended())
        ended_.push_back(exchange->owner);
    if (!more) return false;
    // So that somebody goes on with it. A server that talks without end of nothing that was asked is left;
    // what is there beyond the last answer is read with the next one.
    if (!session.client().open().empty())
        ended_.push_back(session.client().open().front()->owner);
    else if (!asked && !session.connecting())
        session.shut(http::ErrorClass::protocol);
    return true;
}

Http2Stream::Http2Stream(std::shared_ptr<Http2Link> link, std::size_t owner) : link_(std::move(link)) {
    exchange_.owner = owner;
}

void Http2Stream::open(const Origin& origin, const net::TlsContext* tls, int epoll, std::uint64_t tag) {
    link_->open(origin, tls, epoll, tag);
}

void Http2Stream::close() {
    if (session_ == nullptr) return link_->close_idle();
    if (exchange_.state == Http2Exchange::State::open) {
        session_->client().cancel(exchange_);
        if (session_->client().open().empty())
            session_->shut(http::ErrorClass::closed);
        else if (session_->last_read_ns() < begun_ns_) // nobody heard of the server since
            session_->drain();
    }
    received_ = exchange_.received;
    session_ = nullptr;
}

void Http2Stream::begin(const http::Request& request, http::ResponseSink& sink, std::string_view watched) {
    session_ = link_->current();
    exchange_.request = &request;
    exchange_.sink = &sink;
    exchange_.watched = watched;
    for (char& c : exchange_.watched)
        c = core::to_lower(c);
    begun_ns_ = core::now_ns();
    on_older_ = session_->client().served() > 0;
    just_begun_ = link_->shared();
    session_->client().begin(exchange_);
}

Connection::Outcome Http2Stream::advance(std::span<char> buffer) {
    if (session_ == nullptr) {
        if (link_->current() != nullptr) link_->pump(*link_->current(), buffer);
        return link_->connecting() ? Outcome::waiting : Outcome::done;
    }
    if (exchange_.state != Http2Exchange::State::open) return ended();
    // What streams of one connection begin together is sent together.
    if (std::exchange(just_begun_, false)) return Outcome::busy;
    link_->pump(*session_, buffer);
    return exchange_.state == Http2Exchange::State::open ? Outcome::waiting : ended();
}

Connection::Outcome Http2Stream::ended() {
    received_ = exchange_.received;
    first_byte_ns_ = exchange_.first_byte_ns;
    last_byte_ns_ = exchange_.last_byte_ns;
    error_ = exchange_.error;
    system_error_ = exchange_.system_error;
    status_ = exchange_.status;
    if (exchange_.state == Http2Exchange::State::complete) return Outcome::done;
    session_ = nullptr;
    return Outcome::failed;
}

std::optional<Connection::Setup> Http2Stream::take_setup() {
    return link_->current() == nullptr ? std::nullopt : link_->current()->take_setup();
}

/// When the server did nothing with it; or when an older connection ended before anything of the response
/// came, as happens when the server closes idle ones.
bool Http2Stream::may_send_again(const http::Request& request) const {
    return exchange_.refused ||
           (request.idempotent && error_ == http::ErrorClass::closed && on_older_ && received_ == 0);
}

} // namespace roacache::bench
