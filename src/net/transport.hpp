#pragma once

#include "src/net/socket.hpp"
#include "src/net/tls.hpp"

#include <optional>
#include <sys/socket.h>

namespace roacache::net {

/// A connection that does not block unless it is told to: a socket that connects, then TLS when asked for,
/// then bytes both ways. For event loops; Stream puts deadlines on top.
class Transport {
  public:
    /// Begins to connect. `tls` may be null; its context is shared, so it need not outlive this. `host` is
    /// the name that the certificate must carry.
    Transport(const Address& address, const TlsContext* tls, const std::string& host);
    ~Transport() { close(); }
    Transport(Transport&&) noexcept = default;
    Transport& operator=(Transport&& other) noexcept;

    /// Sends a TLS peer close_notify without waiting, and closes the socket.
    void close();

    /// -1 when closed or when the system refused at once.
    int fd() const { return socket_.fd(); }

    /// Carries connecting and the TLS handshake on. `done` when bytes can flow; `failed` carries errno text
    /// or the TLS reason.
    IoResult establish();
    /// True between the end of the TCP connect and the end of the TLS handshake.
    bool in_tls_handshake() const { return connected_ && !established_; }
    bool established() const { return established_; }
    /// When the TCP connect ended, by core::now_ns(); 0 before.
    std::int64_t connected_ns() const { return connected_ns_; }

    /// What was agreed in the TLS handshake; empty without TLS.
    std::string_view protocol() const { return tls_ ? tls_->protocol() : std::string_view(); }

    /// As of TlsSession; absent without TLS.
    std::optional<CertificateDates> certificate_dates() const {
        return tls_ ? tls_->certificate_dates() : std::nullopt;
    }

    /// Both only once established. Read until want_read before waiting: see TlsSession.
    IoResult read(std::span<char> into) { return read(into, MSG_DONTWAIT); }
    IoResult write(std::string_view data);

    /// Whether wait_and_read() may be called: not over TLS, nor where the system does not let a read wait.
    bool may_wait();
    /// As read(), but waits for bytes: for the rest of a tick of the kernel (1 to 10 ms), then want_read. One
    /// system call in place of two where there is nothing else to wait for.
    IoResult wait_and_read(std::span<char> into) { return read(into, 0); }

    /// True once a TLS stream has ended without the peer's close_notify; see TlsSession.
    bool was_cut() const { return tls_ && tls_->was_cut(); }

    /// errno of a failed connect, read or write; 0 when the failure was not the system's (TLS).
    int last_errno() const { return errno_; }

  private:
    IoResult read(std::span<char> into, int flags);
    IoResult failure(int error);
    IoResult tls_result(IoResult result);
    Socket socket_;
    std::optional<TlsSession> tls_;
    std::optional<TlsContext> context_; ///< until the handshake begins
    std::string host_;
    int errno_ = 0;
    std::int64_t connected_ns_ = 0;
    bool connected_ = false;
    bool established_ = false;
    bool waits_ = false; ///< the socket waits where a call does not forbid it
};

} // namespace roacache::net
