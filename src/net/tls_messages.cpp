#include "src/net/tls_messages.hpp"

#include "src/net/certificate_names.hpp"
#include "src/net/tls.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace roacache::net {
namespace {

constexpr const char* k_no_tls = "server does not speak TLS";
constexpr const char* k_closed_in_handshake = "server closed the connection in the TLS handshake";
constexpr const char* k_old_tls = "server does not speak TLS 1.2 or newer";
constexpr const char* k_needs_certificate = "server requires a client certificate";
constexpr const char* k_refused = "server refused the TLS handshake";
constexpr const char* k_other_certificate = "server does not accept the client certificate";

/// `certificate is not for 10.0.0.5 but for cache-1.internal, cache-2.internal and 7 more`
std::string other_names_message(const NameCheck& names) {
    constexpr std::size_t k_most = 5;
    std::string text = fmt::format("certificate is not for {}", fmt::join(names.expected, " or "));
    if (names.carried.empty()) return text + ", nor for any host";
    const auto end =
        names.carried.begin() + static_cast<std::ptrdiff_t>(std::min(names.carried.size(), k_most));
    text += fmt::format(" but for {}", fmt::join(names.carried.begin(), end, ", "));
    if (names.carried.size() > k_most) text += fmt::format(" and {} more", names.carried.size() - k_most);
    return text;
}

} // namespace

std::string certificate_message(long verify_result, const NameCheck& names) {
    switch (verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "certificate is not valid yet";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return "self-signed certificate";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return "certificate is signed by an authority that is not trusted";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return other_names_message(names);
    default:
        break;
    }
    return std::string("certificate does not hold: ") + X509_verify_cert_error_string(verify_result);
}

std::string tls_error_message(unsigned long code) {
    if (ERR_GET_LIB(code) == ERR_LIB_SSL) {
        switch (ERR_GET_REASON(code)) {
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
        case SSL_R_HTTPS_PROXY_REQUEST:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
        case SSL_R_RECORD_LENGTH_MISMATCH:
            return k_no_tls;
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
            return k_old_tls;
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
            return k_needs_certificate;
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
            return k_other_certificate;
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
            return k_refused;
        default:
            break;
        }
    }
    const char* reason = ERR_reason_error_string(code);
    return std::string("TLS: ") + (reason != nullptr ? reason : "unknown error");
}

bool means_no_tls(std::string_view error) {
    return error == k_no_tls || error == k_closed_in_handshake;
}

bool is_refusal(std::string_view error) {
    return error.starts_with("certificate ") || error == "self-signed certificate" ||
           error == k_needs_certificate || error == k_other_certificate || error == k_refused ||
           error == k_old_tls;
}

std::string tls_remedy(std::string_view error) {
    if (error == k_no_tls)
        return "Name the server without TLS: http:// for https://, redis:// for rediss://.";
    if (error == k_refused) return "It may want a client certificate: --cert FILE --key-file FILE.";
    if (error == k_needs_certificate) return "Give one with --cert FILE --key-file FILE.";
    if (error.starts_with("certificate is not for"))
        return "Use a name that the certificate carries, or name it with --server-name.";
    if (error.starts_with("certificate is signed") || error.starts_with("self-signed"))
        return "Name the authority to trust with --cacert FILE, or accept any certificate with --insecure.";
    return {};
}

} // namespace roacache::net
