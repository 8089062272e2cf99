#include "src/store/redis/connection.hpp"

#include "src/core/descriptor.hpp"
#include "src/store/redis/errors.hpp"
#include "src/store/redis/foreign.hpp"
#include "src/store/redis/server_info.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <poll.h>
#include <stdexcept>
#include <utility>

namespace roacache::store::redis {
namespace {

constexpr std::size_t k_read_bytes = std::size_t{64} * 1024;
constexpr std::size_t k_first_bytes = 64;

constexpr std::string_view k_never_answered =
    "A proxy does so when no server behind it lives, or when it wants the PROXY protocol first; so does the "
    "port by which the nodes of a cluster speak to each other, the node's own and 10000 more.";

/// So many bytes are progress.
constexpr std::size_t k_bytes_of_progress = std::size_t{256} * 1024;

} // namespace

Connection::Connection(const net::Url& url, const ConnectOptions& options)
    : url_(url), options_(options), buffer_(k_read_bytes) {}

Connection Connection::connect(const net::Url& url, const ConnectOptions& options) {
    Connection connection(url, options);
    connection.begin_wait();
    connection.open();
    return connection;
}

void Connection::close() {
    stream_.reset();
    outstanding_ = 0;
    carries_wait_ = false;
    forget_appended();
}

net::Stream& Connection::stream() {
    if (!stream_) throw net::ConnectionLost(fmt::format("cannot read: {}: the connection is closed", peer_));
    return *stream_;
}

void Connection::reopen() {
    open();
    carries_wait_ = true;
}

bool Connection::reopen_if_ended() {
    if (stream_ && (outstanding_ > 0 || stream_->silent())) return false;
    carries_wait_ = false;
    begin_wait();
    reopen();
    return true;
}

/// Within wait_.
void Connection::open() {
    const std::string unsent = std::exchange(unsent_, {});
    const std::size_t appended = std::exchange(appended_, 0);
    const core::Deadline wait = wait_;
    for (bool open = false; !open;) {
        try {
            open_stream();
            log_in();
            open = true;
        } catch (const net::ConnectionLost& error) {
            if (!courteous_ || error.lasts()) throw;
            courteous_ = false;
        }
        forget_appended();
        wait_ = wait;
    }
    unsent_ = unsent;
    appended_ = appended;
    carries_wait_ = false;
}

void Connection::open_stream() {
    stream_.reset();
    reader_ = ReplyReader();
    first_bytes_.clear();
    outstanding_ = 0;
    if (url_.kind == net::UrlKind::unix_socket) {
        stream_ = net::Stream::connect_unix(url_.path, wait_);
    } else if (!url_.tls) {
        stream_ = net::Stream::connect(url_.hosts.front(), nullptr, wait_);
    } else {
        const net::TlsContext tls(options_.tls);
        // A Redis without TLS keeps silent, and the rest of the time is for finding that out.
        const auto share = std::chrono::milliseconds(std::int64_t{wait_.poll_ms()} * 3 / 4);
        try {
            stream_ = net::Stream::connect(url_.hosts.front(), &tls, core::Deadline::in(share));
        } catch (const net::NoTls&) {
            if (const auto found = find_out_what_answers(url_, wait_)) throw core::Error(*found);
            throw;
        }
    }
    peer_ = stream_->peer();
}

/// All in one round trip. The name is for those who look at CLIENT LIST; a refusal does not matter.
void Connection::log_in() {
    const auto& user = options_.user ? options_.user : url_.user;
    const auto& password = options_.password ? options_.password : url_.password;
    const bool authenticates = user || password;
    if (user)
        append({"AUTH", *user, password.value_or("")});
    else if (password)
        append({"AUTH", *password});
    const bool selects = url_.database.value_or(0) != 0;
    if (selects) append({"SELECT", fmt::format_int(*url_.database).c_str()});
    if (reads_as_replica_) append({"READONLY"});
    if (courteous_) append({"CLIENT", "SETNAME", "roacache"});
    carries_wait_ = true;
    send();
    std::optional<core::Error> refusal;
    if (authenticates) {
        const Reply reply = receive();
        if (reply.is_error()) refusal = auth_error(peer(), reply.text);
        if (refusal && !options_.login_hint.empty())
            refusal = core::Error(refusal->code(), refusal->what(), options_.login_hint + refusal->remedy());
    }
    if (selects && !refusal) {
        const Reply reply = receive();
        if (reply.is_error()) refusal = server_error(peer(), reply.text);
    }
    if (refusal) explain_refused_login(*refusal);
    if (reads_as_replica_) receive();
    if (!courteous_) return;
    const Reply named = receive();
    // What a server says to any first command, before it closes.
    if (named.is_error() && turns_away(named.text)) throw server_error(peer(), named.text);
    courteous_ = !named.is_error(); // some end the connection after the refusal
}

/// A Sentinel and a node of a cluster know no databases, and a Sentinel other passwords.
void Connection::explain_refused_login(const core::Error& refusal) {
    try {
        append({"INFO", "server"});
        send();
        while (outstanding_ > 1)
            receive();
        const Fields server = parse_info(receive().text);
        const auto mode = server.find("redis_mode");
        if (mode != server.end() && mode->second == "sentinel") throw is_sentinel(peer());
        if (mode != server.end() && mode->second == "cluster") throw cluster_database(peer());
    } catch (const net::ConnectionLost&) {
        // It said why before it ended the connection.
    }
    throw core::Error(refusal);
}

void Connection::read_as_replica() {
    reads_as_replica_ = true;
    ask({"READONLY"});
}

Reply Connection::checked(Reply reply) const {
    if (!reply.is_error()) return reply;
    if (is_redirect(reply.text)) throw KeyElsewhere(server_error(peer(), reply.text), reply.text);
    throw server_error(peer(), reply.text);
}

Reply Connection::call(std::initializer_list<std::string_view> arguments) {
    return checked(ask(arguments));
}

Reply Connection::ask(std::initializer_list<std::string_view> arguments) {
    append(arguments);
    send();
    return receive();
}

void Connection::append(std::initializer_list<std::string_view> arguments) {
    append(std::span<const std::string_view>(arguments.begin(), arguments.size()));
}

void Connection::append(std::span<const std::string_view> arguments) {
    constexpr std::array<std::string_view, 1> k_asking{"ASKING"};
    if (asking_) append_command(unsent_, k_asking);
    append_command(unsent_, arguments);
    ++appended_;
}

void Connection::forget_appended() {
    unsent_.clear();
    appended_ = 0;
}

void Connection::begin_wait() {
    if (!carries_wait_) wait_ = core::Deadline::in(timeout());
}

void Connection::send() {
    outstanding_ += appended_;
    appended_ = 0;
    try {
        write(unsent_);
        unsent_.clear();
    } catch (const net::ConnectionLost&) {
        unsent_.clear();
        // A server that turns a client away says why, closes, and may have done so before the first command.
        const auto failure = std::current_exception();
        Reply last_reply;
        try {
            last_reply = receive();
        } catch (const net::ConnectionLost&) {
            std::rethrow_exception(failure);
        }
        if (last_reply.is_error()) throw server_error(peer(), last_reply.text);
        std::rethrow_exception(failure);
    } catch (const core::Error&) {
        close();
        throw;
    }
}

void Connection::write(std::string_view data) {
    while (!data.empty()) {
        begin_wait();
        const std::string_view part = data.substr(0, k_bytes_of_progress);
        stream().write_all(part, wait_);
        data.remove_prefix(part.size());
        if (!data.empty()) carries_wait_ = false;
    }
}

Reply Connection::receive() {
    if (asking_) receive_one();
    Reply reply = receive_one();
    if (outstanding_ > 0) --outstanding_;
    return reply;
}

Reply Connection::receive_one() {
    begin_wait();
    received_in_wait_ = 0;
    Reply reply;
    try {
        while (!reader_.next(reply))
            fill();
    } catch (const net::ConnectionLost&) {
        throw;
    } catch (const core::Error&) {
        close(); // what comes late would be taken for the next answer
        throw;
    } catch (const TooLarge& why) {
        throw ReplyTooLarge(core::ExitCode::refused,
                            fmt::format("cannot understand: {}: {}", peer(), why.what()));
    } catch (const std::runtime_error& rubbish) {
        if (const std::string_view kind = foreign_kind(first_bytes_); !kind.empty())
            throw foreign_server(peer(), kind);
        throw core::Error(core::ExitCode::refused,
                          fmt::format("cannot understand: {}: {}", peer(), rubbish.what()),
                          "Check that host and port are those of the cache.");
    }
    carries_wait_ = false;
    return reply;
}

bool Connection::ready() {
    if (reader_.within_reply()) return true;
    try {
        const auto size = stream().read_at_once(buffer_);
        if (!size) return false;
        if (*size > 0) take_in(*size);
    } catch (const net::ConnectionLost&) {
        // receive() comes upon it again, and tells.
    }
    return true;
}

std::optional<Reply> Connection::receive_within(core::Nanoseconds limit) {
    if (!reader_.within_reply() && !core::wait_ready(stream().fd(), POLLIN, core::Deadline::in(limit)))
        return std::nullopt;
    return receive();
}

/// Takes some bytes in.
void Connection::fill() {
    std::optional<net::ConnectionLost> lost;
    std::size_t size = 0;
    try {
        size = stream().read_some(buffer_, wait_);
        if (size == 0)
            lost.emplace(fmt::format("cannot read: {}: the server closed the connection{}", peer(),
                                     reader_.within_reply() ? " in the middle of an answer" : ""),
                         received_ == 0 ? std::string(k_never_answered) : "");
    } catch (const net::ConnectionLost& error) {
        lost = error;
    }
    if (lost) {
        // The first login is tried again without its courtesies, which may be what ended it.
        const bool asks = received_ == 0 && !courteous_ && !std::exchange(found_out_, true);
        const auto found = asks ? find_out_what_answers(url_, wait_) : std::nullopt;
        if (found) throw core::Error(*found);
        throw net::ConnectionLost(*lost);
    }
    take_in(size);
}

void Connection::take_in(std::size_t size) {
    if (first_bytes_.size() < k_first_bytes)
        first_bytes_.append(buffer_.data(), std::min(size, k_first_bytes - first_bytes_.size()));
    received_ += size;
    received_in_wait_ += size;
    if (received_in_wait_ >= k_bytes_of_progress) {
        received_in_wait_ = 0;
        carries_wait_ = false;
        begin_wait();
    }
    reader_.feed({buffer_.data(), size});
}

} // namespace roacache::store::redis
