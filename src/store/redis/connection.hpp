#pragma once

#include "src/core/clock.hpp"
#include "src/net/stream.hpp"
#include "src/net/url.hpp"
#include "src/store/connect_options.hpp"
#include "src/store/redis/reply.hpp"

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::store::redis {

/// One connection to a Redis or Valkey server, logged in and with its database selected.
///
/// Every failure is a core::Error that names the server: unreachable (cannot connect, timed out, closed),
/// refused (see server_error(); also when what answers is no Redis). After a failure other than an error
/// reply the connection is of no use. Not for use by several threads at once.
class Connection {
  public:
    /// `url` is of kind redis or unix_socket; of several hosts the first is taken.
    static Connection connect(const net::Url& url, const ConnectOptions& options = {});

    /// Sends one command and waits for its answer. call() throws on an error reply, ask() returns it.
    Reply call(std::initializer_list<std::string_view> arguments);
    Reply ask(std::initializer_list<std::string_view> arguments);

    /// Pipelining: append() any number of commands, send() them, then receive() as many answers, error
    /// replies among them, in order.
    void append(std::initializer_list<std::string_view> arguments);
    void append(std::span<const std::string_view> arguments);
    void send();
    Reply receive();

    /// Answers that have been asked for and not yet received.
    std::size_t outstanding() const { return outstanding_; }

    const std::string& peer() const { return stream_.peer(); }
    core::Nanoseconds timeout() const { return timeout_; }

    /// Throws the error that an error reply stands for; hands any other reply on.
    Reply checked(Reply reply) const;

  private:
    Connection(net::Stream stream, core::Nanoseconds timeout);
    void log_in(const net::Url& url, const ConnectOptions& options);

    net::Stream stream_;
    core::Nanoseconds timeout_;
    ReplyReader reader_;
    std::vector<char> buffer_;
    std::string unsent_;
    std::size_t appended_ = 0;
    std::size_t outstanding_ = 0;
};

} // namespace roacache::store::redis
