#include "src/store/redis/foreign.hpp"

#include "src/net/stream.hpp"

#include <array>
#include <fmt/format.h>
#include <string>

namespace roacache::store::redis {
namespace {

using core::Error;
using core::ExitCode;

struct Greeting {
    std::size_t at; ///< of the first byte that is compared
    std::string_view bytes;
    std::string_view kind;
};

/// What servers say first, unasked or to commands that they do not know.
constexpr Greeting k_greetings[] = {
    {0, "HTTP/", "an HTTP server"},
    {0, "<html", "an HTTP server"},
    {0, "<!DOCTYPE", "an HTTP server"},
    {0, "ERROR\r\n", "a memcached server"},
    {0, "SSH-", "an SSH server"},
    {0, "220 ", "a mail or FTP server"},
    {0, "220-", "a mail or FTP server"},
    {0, "* OK", "an IMAP server"},
    {0, "AMQP", "an AMQP message broker"},
    {3, std::string_view("\x00\x0a", 2), "a MySQL or MariaDB server"},
    {3, std::string_view("\x00\xff", 2), "a MySQL or MariaDB server"},
};

constexpr std::string_view k_without_tls = "the server speaks Redis without TLS";

/// A TLS record: an alert or a handshake of version 3.x.
bool is_tls(std::string_view bytes) {
    return bytes.size() > 1 && (bytes[0] == 0x15 || bytes[0] == 0x16) && bytes[1] == 0x03;
}

bool is_redis(std::string_view bytes) {
    return bytes.starts_with("+PONG") || bytes.starts_with("-");
}

net::Stream connect_plain(const net::Url& url, core::Deadline deadline) {
    if (url.kind == net::UrlKind::unix_socket) return net::Stream::connect_unix(url.path, deadline);
    return net::Stream::connect(url.hosts.front(), nullptr, deadline);
}

/// The first bytes that a new connection gives to `question`; empty for none. One that keeps silent takes a
/// quarter of the time that is left: the rest may be needed for another conversation.
std::string first_answer(const net::Url& url, std::string_view question, core::Deadline whole) {
    const int left = whole.poll_ms();
    const core::Deadline deadline = left < 0 ? whole : whole.or_in(std::chrono::milliseconds(left / 4));
    try {
        net::Stream stream = connect_plain(url, deadline);
        stream.write_all(question, deadline);
        std::array<char, 64> bytes{};
        return {bytes.data(), stream.read_some(bytes, deadline)};
    } catch (const Error&) {
        return {};
    }
}

/// The opening of a TLS 1.2 handshake: a server that speaks TLS answers with a record, be it a refusal.
constexpr char k_client_hello[] = "\x16\x03\x01\x00\x33"     // handshake, 51 bytes
                                  "\x01\x00\x00\x2f\x03\x03" // ClientHello, 47 bytes, TLS 1.2
                                  "roacache asks whether you speak."
                                  "\x00\x00\x08\xc0\x2f\xc0\x30\x00\x9c\x00\x2f" // no session, four ciphers
                                  "\x01\x00";                                    // no compression

} // namespace

std::string_view foreign_kind(std::string_view first_bytes) {
    for (const Greeting& greeting : k_greetings)
        if (first_bytes.size() > greeting.at && first_bytes.substr(greeting.at).starts_with(greeting.bytes))
            return greeting.kind;
    if (is_tls(first_bytes)) return "a server that speaks TLS";
    return {};
}

bool is_redis_without_tls(const core::Error& error) {
    return std::string_view(error.what()).ends_with(k_without_tls);
}

core::Error foreign_server(const std::string& peer, std::string_view kind) {
    if (kind == "a server that speaks TLS")
        return {ExitCode::refused, fmt::format("cannot understand: {}: the server speaks TLS", peer),
                "Write rediss:// for redis://, and --cacert FILE where its authority is your own."};
    return {ExitCode::refused, fmt::format("cannot understand: {}: {} answers, and no cache", peer, kind),
            "Check host and port; a Redis listens on 6379 unless told otherwise."};
}

std::optional<core::Error> find_out_what_answers(const net::Url& url, core::Deadline deadline) {
    const std::string peer = url.hosts.empty() ? url.path : url.hosts.front().text();
    const std::string plain = first_answer(url, "PING\r\n", deadline);
    if (url.tls && is_redis(plain))
        return Error(ExitCode::refused, fmt::format("cannot understand: {}: {}", peer, k_without_tls),
                     "Write redis:// for rediss://.");
    if (const std::string_view kind = foreign_kind(plain); !kind.empty() && !(url.tls && is_tls(plain)))
        return foreign_server(peer, kind);
    if (!plain.empty()) return std::nullopt;
    // Postgres is asked whether it speaks TLS before it says anything, and answers in one letter.
    const std::string postgres =
        first_answer(url, std::string_view("\0\0\0\x08\x04\xd2\x16\x2f", 8), deadline);
    if (postgres == "S" || postgres == "N") return foreign_server(peer, "a PostgreSQL server");
    if (!url.tls && is_tls(first_answer(url, {k_client_hello, sizeof k_client_hello - 1}, deadline)))
        return foreign_server(peer, "a server that speaks TLS");
    return std::nullopt;
}

} // namespace roacache::store::redis
