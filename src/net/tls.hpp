#pragma once

#include "src/core/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;

namespace roacache::net {

struct NameCheck;

struct TlsOptions {
    std::string cacert;    ///< PEM file with the authorities to trust; empty: the system's
    std::string cert;      ///< PEM file with the client's certificate chain; empty: none
    std::string key_file;  ///< PEM file with its key
    bool insecure = false; ///< accept any certificate and name
    /// The name to ask the server for (SNI) and that its certificate must carry; empty: the host's
    std::string server_name = {};
    /// What else the server is known by: its certificate may carry any of these in place of the host's name,
    /// and where the host is an address the first name of them is asked for. Only where server_name is empty.
    std::vector<std::string> other_names = {};
    core::Nanoseconds file_limit = std::chrono::seconds(5); ///< for each of the files, which may be a pipe
};

/// From when until when a certificate is valid, in seconds since 1970.
struct CertificateDates {
    std::int64_t from_s = 0, until_s = 0;
};

/// How a step that must not block came out.
enum class IoStatus {
    done,       ///< `bytes` were moved (at least one)
    want_read,  ///< again when the socket is readable
    want_write, ///< again when the socket is writable
    closed,     ///< the peer ended the stream in order
    failed,     ///< `error` says why
};

struct IoResult {
    IoStatus status = IoStatus::done;
    std::size_t bytes = 0;
    std::string error; ///< lower case, without target; set when failed (allocated only then)
};

/// The certificates and rules that sessions share; cheap to copy, safe to use from several threads.
class TlsContext {
  public:
    /// Throws core::Error(usage) naming the file when a certificate or key cannot be loaded or does not
    /// match; the key may be in the certificate's file. TLS 1.2 is the least spoken. `alpn` is what to offer,
    /// such as `http/1.1`; empty offers nothing.
    explicit TlsContext(const TlsOptions& options, std::string_view alpn = {});

    ssl_ctx_st* get() const { return context_.get(); }
    bool insecure() const { return insecure_; }
    /// What the certificate of a server that is connected to by this host has to carry one of; at least one.
    std::vector<std::string> names_for(const std::string& host) const;
    /// What that server is asked for (SNI), if it is no address.
    std::string asked_for(const std::string& host) const;

  private:
    std::shared_ptr<ssl_ctx_st> context_;
    std::string server_name_;
    std::vector<std::string> other_names_;
    bool insecure_;
};

/// The client's side of one TLS connection over a non-blocking socket that it does not own. Checks the
/// certificate's chain and that it names `host` (DNS name or IP address), or what the context has in its
/// place, unless the context is insecure. An end of the stream without the peer's close_notify counts as
/// closed too, and was_cut() is true of it: the protocol above knows whether something may be missing. Never
/// raises SIGPIPE. After want_read or want_write repeat the call with the same bytes or more (the buffer may
/// have moved); read until want_read before waiting for the socket, as decrypted bytes may be left that it
/// does not know of.
class TlsSession {
  public:
    TlsSession(const TlsContext& context, int fd, const std::string& host);
    ~TlsSession();
    TlsSession(TlsSession&&) noexcept;
    TlsSession& operator=(TlsSession&&) noexcept;

    /// Call until done; a failure says what is wrong with the certificate.
    IoResult handshake();
    IoResult read(std::span<char> into);
    IoResult write(std::string_view data);
    /// Informs the peer that nothing more comes; never waits.
    void close_notify();

    /// True once the stream has ended without the peer's close_notify, as when somebody on the way cut it
    /// off.
    bool was_cut() const { return was_cut_; }

    /// What both sides agreed to speak (ALPN), such as `h2`; empty when the server chose nothing.
    std::string_view protocol() const;

    /// Of the peer's certificate, or of one that it sent along and that ends before it; absent before the
    /// handshake.
    std::optional<CertificateDates> certificate_dates() const;

    /// errno of the step that failed; 0 when it failed for another reason.
    int last_errno() const;

  private:
    IoResult outcome(int result, std::size_t bytes);
    /// A peer that refuses sends its reason and hangs up: the reason says more than the broken pipe.
    void find_alert(IoResult& written);
    struct Free {
        void operator()(ssl_st* ssl) const;
    };
    std::unique_ptr<ssl_st, Free> ssl_;
    std::unique_ptr<NameCheck> names_; ///< which the session's callback knows by its address
    bool failed_ = false;
    bool was_cut_ = false;
};

/// True of an error of TlsSession by which one side refused the other, as it will the next time: a
/// certificate does not hold, or is wanted.
bool is_refusal(std::string_view error);

/// What the user can do about an error of TlsSession; empty for any other error.
std::string tls_remedy(std::string_view error);

} // namespace roacache::net
