#pragma once

#include "src/bench/http/http2_session.hpp"

#include <memory>
#include <vector>

namespace roacache::bench {

/// The connection that some streams share. Where the server ends it (GOAWAY) the next request opens another,
/// while what is under way on the older one comes to its end there.
class Http2Link {
  public:
    /// Where the owners of exchanges that ended are put; it must outlive this. `streams` share the link.
    Http2Link(std::vector<std::size_t>& ended, std::size_t streams) : ended_(ended), streams_(streams) {}

    void open(const Origin& origin, const net::TlsContext* tls, int epoll, std::uint64_t tag);
    bool accepts() const { return current_ && current_->accepts(); }
    bool connecting() const { return current_ && current_->connecting(); }
    /// Unless there is something under way.
    void close_idle();
    void on_event(std::uint32_t events, std::span<char> buffer);
    bool pump(Http2Session& session, std::span<char> buffer);

    Http2Session* current() const { return current_.get(); }
    bool shared() const { return streams_ > 1; }
    std::optional<std::uint32_t> most_streams() const {
        return current_ ? current_->client().most_streams() : std::nullopt;
    }

  private:
    std::vector<std::size_t>& ended_;
    std::size_t streams_;
    std::unique_ptr<Http2Session> current_;
    std::vector<std::unique_ptr<Http2Session>> leaving_; // with something under way
};

/// One request at a time over HTTP/2. A timeout resets the stream; the connection is closed only where no
/// other stream needs it.
class Http2Stream final : public Connection {
  public:
    /// `owner` is what the link adds to `ended` when the exchange ends.
    Http2Stream(std::shared_ptr<Http2Link> link, std::size_t owner);
    ~Http2Stream() override { close(); }

    void open(const Origin& origin, const net::TlsContext* tls, int epoll, std::uint64_t tag) override;
    bool is_open() const override { return link_->accepts(); }
    bool connecting() const override { return link_->connecting(); }
    void close() override;
    void begin(const http::Request& request, http::ResponseSink& sink, std::string_view watched) override;
    void on_event(std::uint32_t events, std::span<char> buffer) override { link_->on_event(events, buffer); }
    Outcome advance(std::span<char> buffer) override;
    void release() override { session_ = nullptr; }
    std::optional<Setup> take_setup() override;
    std::optional<std::uint32_t> most_streams() const override { return link_->most_streams(); }
    bool may_send_again(const http::Request& request) const override;

  private:
    Outcome ended();

    std::shared_ptr<Http2Link> link_;
    Http2Session* session_ = nullptr; // while something is under way
    Http2Exchange exchange_;
    std::int64_t begun_ns_ = 0;
    bool on_older_ = false; // the connection had served before
    bool just_begun_ = false;
};

} // namespace roacache::bench
