#include "src/store/redis/connection.hpp"

#include "src/store/redis/errors.hpp"

#include <fmt/format.h>

namespace roacache::store::redis {
namespace {

constexpr std::size_t k_read_bytes = std::size_t{64} * 1024;

net::Stream open_stream(const net::Url& url, const ConnectOptions& options) {
    const core::Deadline deadline = core::Deadline::in(options.timeout);
    if (url.kind == net::UrlKind::unix_socket) return net::Stream::connect_unix(url.path, deadline);
    if (!url.tls) return net::Stream::connect(url.hosts.front(), nullptr, deadline);
    const net::TlsContext tls(options.tls);
    return net::Stream::connect(url.hosts.front(), &tls, deadline);
}

} // namespace

Connection::Connection(net::Stream stream, core::Nanoseconds timeout)
    : stream_(std::move(stream)), timeout_(timeout), buffer_(k_read_bytes) {}

Connection Connection::connect(const net::Url& url, const ConnectOptions& options) {
    Connection connection(open_stream(url, options), options.timeout);
    connection.log_in(url, options);
    return connection;
}

/// All in one round trip. The name is a courtesy to who looks at CLIENT LIST; a refusal does not matter.
void Connection::log_in(const net::Url& url, const ConnectOptions& options) {
    const auto& user = options.user ? options.user : url.user;
    const auto& password = options.password ? options.password : url.password;
    const bool authenticates = user || password;
    if (user)
        append({"AUTH", *user, password.value_or("")});
    else if (password)
        append({"AUTH", *password});
    const bool selects = url.database.value_or(0) != 0;
    if (selects) append({"SELECT", fmt::format_int(*url.database).c_str()});
    append({"CLIENT", "SETNAME", "roacache"});
    send();
    if (authenticates) {
        const Reply reply = receive();
        if (reply.is_error()) throw auth_error(peer(), reply.text);
    }
    if (selects) checked(receive());
    const Reply named = receive();
    // What a server says to any first command, before it closes.
    if (named.is_error() && turns_away(named.text)) throw server_error(peer(), named.text);
}

Reply Connection::checked(Reply reply) const {
    if (reply.is_error()) throw server_error(peer(), reply.text);
    return reply;
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
    append_command(unsent_, arguments);
    ++appended_;
}

void Connection::send() {
    outstanding_ += appended_;
    appended_ = 0;
    try {
        stream_.write_all(unsent_, core::Deadline::in(timeout_));
    } catch (const core::Error&) {
        // A server that turns a client away says why, closes, and may have done so before the first command.
        const auto failure = std::current_exception();
        Reply last_words;
        try {
            last_words = receive();
        } catch (const core::Error&) {
            std::rethrow_exception(failure);
        }
        if (last_words.is_error()) throw server_error(peer(), last_words.text);
        std::rethrow_exception(failure);
    }
    unsent_.clear();
}

Reply Connection::receive() {
    const core::Deadline deadline = core::Deadline::in(timeout_);
    Reply reply;
    try {
        while (!reader_.next(reply)) {
            const std::size_t size = stream_.read_some(buffer_, deadline);
            if (size == 0)
                throw core::Error(core::ExitCode::unreachable,
                                  fmt::format("cannot read: {}: the server closed the connection{}", peer(),
                                              reader_.within_reply() ? " in the middle of an answer" : ""));
            reader_.feed({buffer_.data(), size});
        }
    } catch (const core::Error&) {
        throw;
    } catch (const std::runtime_error& rubbish) {
        throw core::Error(core::ExitCode::refused,
                          fmt::format("cannot understand: {}: {}", peer(), rubbish.what()),
                          "Check that host and port are those of the cache.");
    }
    if (outstanding_ > 0) --outstanding_;
    return reply;
}

} // namespace roacache::store::redis
