#pragma once

#include "src/core/clock.hpp"
#include "src/net/stream.hpp"
#include "src/net/url.hpp"
#include "src/store/connect_options.hpp"
#include "src/store/redis/reply.hpp"

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roacache::store::redis {

/// An answer that is larger than roacache takes in, or than the server keeps for a client that reads slowly.
class ReplyTooLarge : public core::Error {
  public:
    using core::Error::Error;
};

/// A node of a cluster says that the key is another's, or on its way.
class KeyElsewhere : public core::Error {
  public:
    /// `words` are the server's: `ASK SLOT HOST:PORT` and the like.
    KeyElsewhere(const core::Error& error, std::string words)
        : core::Error(error), words_(std::move(words)) {}
    const std::string& words() const { return words_; }

  private:
    std::string words_;
};

/// One connection to a Redis or Valkey server, logged in and with its database selected.
///
/// Every failure is a core::Error that names the server: unreachable (cannot connect, timed out; closed, as a
/// net::ConnectionLost), refused (see server_error(); also when what answers is no Redis, or ReplyTooLarge).
/// After a failure other than an error reply the connection is of no use until it is opened again. Not for
/// use by several threads at once.
///
/// The timeout bounds every wait without progress; progress is an answer, or 256 KiB of one, and the same of
/// what is sent. Opening the connection, logging in included, is one wait.
class Connection {
  public:
    /// `url` is of kind redis or unix_socket; of several hosts the first is taken.
    static Connection connect(const net::Url& url, const ConnectOptions& options = {});

    /// The number of the database that is selected.
    unsigned database() const { return url_.database.value_or(0); }

    /// Closes the connection and opens another to the same server, database and user, in what is left of the
    /// wait that was under way; the wait for the next answer shares it too. Answers that were outstanding are
    /// forgotten; commands that were appended and not sent stay.
    void reopen();

    /// Closes the connection, and forgets the answers that are outstanding; reopen_if_ended() opens another.
    void close();

    /// As reopen(), with a wait of its own, where the server has ended the connection while nothing was
    /// outstanding; true then.
    bool reopen_if_ended();

    /// Sends one command and waits for its answer. call() throws on an error reply, ask() returns it.
    Reply call(std::initializer_list<std::string_view> arguments);
    Reply ask(std::initializer_list<std::string_view> arguments);

    /// Pipelining: append() any number of commands, send() them, then receive() as many answers, error
    /// replies among them, in order.
    void append(std::initializer_list<std::string_view> arguments);
    void append(std::span<const std::string_view> arguments);
    void send();
    Reply receive();
    /// What the server says unasked, as to a subscriber; absent where nothing has begun to come in that time.
    std::optional<Reply> receive_within(core::Nanoseconds limit);
    /// Asks a node of a cluster to answer as the replica that it is (READONLY), on later connections as well.
    /// Servers that do not know it are replicas without.
    void read_as_replica();

    /// From now on each command is preceded by ASKING, which a node of a cluster wants where a key is on its
    /// way to it, or no more. Nothing may be under way.
    void set_asking(bool asking) { asking_ = asking; }
    /// True when receive() would not wait for its first byte.
    bool ready();
    /// What the next receive() waits for, and the end of that wait.
    int fd() const { return stream_ ? stream_->fd() : -1; }
    core::Deadline end_of_wait() const { return wait_; }
    /// Forgets what was appended and not sent.
    void forget_appended();

    /// Answers that have been asked for and not yet received.
    std::size_t outstanding() const { return outstanding_; }
    /// Bytes received since the connection was made.
    std::uint64_t received_bytes() const { return received_; }

    /// Of the certificate that the server has shown; absent without TLS.
    std::optional<net::CertificateDates> certificate_dates() const {
        return stream_ ? stream_->certificate_dates() : std::nullopt;
    }

    const std::string& peer() const { return peer_; }
    core::Nanoseconds timeout() const { return options_.timeout; }

    /// Throws the error that an error reply means; hands any other reply on.
    Reply checked(Reply reply) const;

  private:
    Connection(const net::Url& url, const ConnectOptions& options);
    void open();
    void open_stream();
    net::Stream& stream();
    void log_in();
    [[noreturn]] void explain_refused_login(const core::Error& refusal);
    void begin_wait();
    Reply receive_one();
    void write(std::string_view data);
    void fill();
    void take_in(std::size_t size);

    net::Url url_;
    ConnectOptions options_;
    std::string peer_;
    std::optional<net::Stream> stream_;
    ReplyReader reader_;
    std::vector<char> buffer_;
    std::string first_bytes_; ///< of the stream, as many as show what answers
    std::string unsent_;
    std::size_t appended_ = 0;
    std::size_t outstanding_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t received_in_wait_ = 0;
    core::Deadline wait_ = core::Deadline::never(); ///< the end of the wait under way
    bool carries_wait_ = false;                     ///< the next wait has no time of its own
    bool asking_ = false;
    bool reads_as_replica_ = false;
    bool courteous_ = true;  ///< names itself to the server; not to one that refused or ended it
    bool found_out_ = false; ///< was asked what it is, if no Redis
};

} // namespace roacache::store::redis
