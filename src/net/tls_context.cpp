#include "src/net/tls.hpp"

#include "src/core/error.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <fstream>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace roacache::net {
namespace {

[[noreturn]] void fail(std::string_view what, const std::string& path, std::string_view why) {
    ERR_clear_error();
    throw core::Error(core::ExitCode::usage, fmt::format("cannot load {}: {}: {}", what, path, why));
}

/// The system's reason first: OpenSSL words a missing file poorly.
void check_readable(std::string_view what, const std::string& path) {
    std::ifstream file(path);
    file.peek();
    const int saved_errno = errno;
    if (!file.is_open() || file.bad()) fail(what, path, core::errno_text(saved_errno));
}

void load_authorities(SSL_CTX* context, const std::string& path) {
    if (path.empty()) {
        SSL_CTX_set_default_verify_paths(context);
        return;
    }
    check_readable("certificate authorities", path);
    if (SSL_CTX_load_verify_file(context, path.c_str()) != 1)
        fail("certificate authorities", path, "holds no certificate in PEM form");
}

/// A passphrase is never asked for: the terminal may be a pipe. Notes that one would be needed.
int no_passphrase(char*, int, int, void* needed) {
    *static_cast<bool*>(needed) = true;
    return 0;
}

void load_key(SSL_CTX* context, const std::string& certificate, const std::string& path) {
    check_readable("key", path);
    bool locked = false;
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(context, &locked);
    const bool loaded = SSL_CTX_use_PrivateKey_file(context, path.c_str(), SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
    SSL_CTX_set_default_passwd_cb(context, nullptr);
    if (loaded) return;
    if (locked) fail("key", path, "is protected by a passphrase");
    const unsigned long code = ERR_peek_error();
    if (ERR_GET_LIB(code) == ERR_LIB_X509 && ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH)
        fail("key", path, "does not belong to the certificate " + certificate);
    fail("key", path, "holds no private key in PEM form");
}

void load_client_certificate(SSL_CTX* context, const TlsOptions& options) {
    if (options.cert.empty() && options.key_file.empty()) return;
    if (options.cert.empty()) fail("key", options.key_file, "a certificate is missing (--cert)");
    check_readable("certificate", options.cert);
    if (SSL_CTX_use_certificate_chain_file(context, options.cert.c_str()) != 1)
        fail("certificate", options.cert, "holds no certificate in PEM form");
    load_key(context, options.cert, options.key_file.empty() ? options.cert : options.key_file);
}

void offer_protocol(SSL_CTX* context, std::string_view name) {
    if (name.empty()) return;
    std::string wire(1, static_cast<char>(name.size()));
    wire += name;
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(wire.data()),
                            static_cast<unsigned>(wire.size()));
}

} // namespace

TlsContext::TlsContext(const TlsOptions& options, std::string_view alpn) : insecure_(options.insecure) {
    ERR_clear_error();
    context_.reset(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX* context = context_.get();
    if (context == nullptr) throw core::Error(core::ExitCode::bug, "cannot set up TLS: OpenSSL: no context");
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context, insecure_ ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
    // A certificate that the user names is trusted as it is, whoever signed it.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    load_authorities(context, options.cacert);
    load_client_certificate(context, options);
    offer_protocol(context, alpn);
    ERR_clear_error();
}

} // namespace roacache::net
