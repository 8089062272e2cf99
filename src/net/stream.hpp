#pragma once

#include "src/core/clock.hpp"
#include "src/core/error.hpp"
#include "src/net/transport.hpp"

#include <optional>

namespace roacache::net {

/// A connection that was open was ended by the peer or by the network; not thrown for a wait that was given
/// up. Opening the connection again may help.
class ConnectionLost : public core::Error {
  public:
    explicit ConnectionLost(const std::string& message, std::string remedy = {})
        : core::Error(core::ExitCode::unreachable, message, std::move(remedy)) {}
};

/// The peer was reached, but nothing that it answered to the TLS handshake was TLS.
class NoTls : public core::Error {
  public:
    explicit NoTls(const std::string& message, std::string remedy = {})
        : core::Error(core::ExitCode::unreachable, message, std::move(remedy)) {}
};

/// A connected byte stream whose every step has a deadline. Every failure is a core::Error(unreachable) that
/// names the peer: `cannot connect: 127.0.0.1:6379: connection refused`, `cannot read: …: timed out`; one
/// that ends an open connection is a ConnectionLost.
class Stream {
  public:
    /// Tries the addresses of `host` in turn within the deadline; the error is that of the last one.
    /// `tls` may be null. Throws as above; a certificate that does not hold is `cannot connect: …:
    /// certificate …`, and a peer that does not speak TLS, or says nothing, a NoTls.
    static Stream connect(const HostPort& host, const TlsContext* tls, core::Deadline deadline);
    /// Likewise to these addresses, at least one, in place of the host's own.
    static Stream connect(const std::vector<Address>& addresses, const HostPort& host, const TlsContext* tls,
                          core::Deadline deadline);
    static Stream connect_unix(const std::string& path, core::Deadline deadline);

    /// At least one byte, or 0 when the peer has closed.
    std::size_t read_some(std::span<char> into, core::Deadline deadline);
    /// As read_some(), and never waits: absent where nothing has come.
    std::optional<std::size_t> read_at_once(std::span<char> into);
    void write_all(std::string_view data, core::Deadline deadline);

    /// True once a TLS stream has ended without the peer's close_notify; see TlsSession.
    bool was_cut() const { return transport_.was_cut(); }

    /// False when the peer has ended the stream, or sent something (which is lost), since the last read:
    /// asked while nothing is expected, a stream that is not silent is of no more use. Never waits.
    bool silent();

    /// As of TlsSession; absent without TLS.
    std::optional<CertificateDates> certificate_dates() const { return transport_.certificate_dates(); }

    const std::string& peer() const { return peer_; }
    int fd() const { return transport_.fd(); }

  private:
    Stream(Transport transport, std::string peer)
        : transport_(std::move(transport)), peer_(std::move(peer)) {}
    Transport transport_;
    std::string peer_;
};

} // namespace roacache::net
