#include "src/net/tls.hpp"

#include "src/core/error.hpp"
#include "src/net/certificate_names.hpp"
#include "src/net/socket_bio.hpp"
#include "src/net/tls_messages.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <time.h>

namespace roacache::net {
namespace {

/// Absent where the certificate has none that can be read.
std::optional<CertificateDates> dates_of(const X509* certificate) {
    tm from{}, until{};
    if (ASN1_TIME_to_tm(X509_get0_notBefore(certificate), &from) != 1 ||
        ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &until) != 1)
        return std::nullopt;
    return CertificateDates{timegm(&from), timegm(&until)};
}

} // namespace

void TlsSession::Free::operator()(ssl_st* ssl) const {
    SSL_free(ssl);
}

TlsSession::TlsSession(const TlsContext& context, int fd, const std::string& host)
    : ssl_(SSL_new(context.get())), names_(std::make_unique<NameCheck>()) {
    names_->expected = context.names_for(host);
    BIO* bio = ssl_ == nullptr ? nullptr : new_socket_bio(fd);
    if (bio == nullptr) throw core::Error(core::ExitCode::bug, "cannot set up TLS: OpenSSL: out of memory");
    SSL_set_bio(ssl_.get(), bio, bio);
    const std::string asked = context.asked_for(host);
    const bool asks = is_address(asked) || SSL_set_tlsext_host_name(ssl_.get(), asked.c_str()) == 1;
    // Without the name that it must carry no certificate could be checked.
    if (!asks || (!context.insecure() && !expect_names(ssl_.get(), *names_)))
        throw core::Error(core::ExitCode::usage,
                          "bad host for TLS: " + names_->expected.front() + ": no name of a certificate");
    SSL_set_connect_state(ssl_.get());
}

TlsSession::~TlsSession() = default;
TlsSession::TlsSession(TlsSession&&) noexcept = default;
TlsSession& TlsSession::operator=(TlsSession&&) noexcept = default;

IoResult TlsSession::outcome(int result, std::size_t bytes) {
    if (result == 1) return {IoStatus::done, bytes, {}};
    const int kind = SSL_get_error(ssl_.get(), result);
    if (kind == SSL_ERROR_WANT_READ) return {IoStatus::want_read, 0, {}};
    if (kind == SSL_ERROR_WANT_WRITE) return {IoStatus::want_write, 0, {}};
    if (kind == SSL_ERROR_ZERO_RETURN) return {IoStatus::closed, 0, {}};
    failed_ = true;
    const unsigned long code = ERR_peek_error();
    ERR_clear_error();
    if (const int error = last_errno(); error != 0) return {IoStatus::failed, 0, core::errno_text(error)};
    was_cut_ = kind == SSL_ERROR_SYSCALL || (ERR_GET_LIB(code) == ERR_LIB_SSL &&
                                             ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
    if (was_cut_) return {IoStatus::closed, 0, {}};
    const long verified = SSL_get_verify_result(ssl_.get());
    if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return {IoStatus::failed, 0, certificate_message(verified, *names_)};
    return {IoStatus::failed, 0, tls_error_message(code)};
}

IoResult TlsSession::handshake() {
    ERR_clear_error();
    IoResult result = outcome(SSL_do_handshake(ssl_.get()), 0);
    if (result.status != IoStatus::closed) return result;
    failed_ = true;
    return {IoStatus::failed, 0, "server closed the connection in the TLS handshake"};
}

IoResult TlsSession::read(std::span<char> into) {
    if (was_cut_) return {IoStatus::closed, 0, {}};
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
    return outcome(result, bytes);
}

IoResult TlsSession::write(std::string_view data) {
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result = SSL_write_ex(ssl_.get(), data.data(), data.size(), &bytes);
    IoResult written = outcome(result, bytes);
    if (written.status == IoStatus::failed) find_alert(written);
    return written;
}

void TlsSession::find_alert(IoResult& written) {
    char unwanted[256];
    std::size_t bytes = 0;
    ERR_clear_error();
    if (SSL_read_ex(ssl_.get(), unwanted, sizeof unwanted, &bytes) == 1) return;
    const unsigned long code = ERR_peek_error();
    ERR_clear_error();
    if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) > SSL_AD_REASON_OFFSET)
        written.error = tls_error_message(code);
}

void TlsSession::close_notify() {
    if (ssl_ == nullptr || failed_ || SSL_is_init_finished(ssl_.get()) != 1) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

std::string_view TlsSession::protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

std::optional<CertificateDates> TlsSession::certificate_dates() const {
    std::optional<CertificateDates> first;
    const STACK_OF(X509)* const sent = SSL_get_peer_cert_chain(ssl_.get());
    for (int at = 0; sent != nullptr && at < sk_X509_num(sent); ++at) {
        const auto dates = dates_of(sk_X509_value(sent, at));
        if (dates && (!first || dates->until_s < first->until_s)) first = dates;
    }
    return first;
}

int TlsSession::last_errno() const {
    return socket_bio_errno(SSL_get_rbio(ssl_.get()));
}

} // namespace roacache::net
