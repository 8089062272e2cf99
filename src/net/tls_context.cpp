#include "src/net/tls.hpp"

#include "src/core/error.hpp"
#include "src/core/reader.hpp"
#include "src/core/secret.hpp"
#include "src/net/certificate_names.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string>

namespace roacache::net {
namespace {

[[noreturn]] void fail(std::string_view what, const std::string& path, std::string_view why) {
    ERR_clear_error();
    throw core::Error(core::ExitCode::usage,
                      fmt::format("cannot load {}: {}: {}", what, core::redacted_value(path), why));
}

struct Freed {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(STACK_OF(X509_INFO) * all) const { sk_X509_INFO_pop_free(all, X509_INFO_free); }
};
template <typename T>
using Owned = std::unique_ptr<T, Freed>;

/// Read once, so that it may be a pipe, and before OpenSSL, whose message for a missing file is poor.
std::string read_pem(std::string_view what, const std::string& path, core::Nanoseconds limit) {
    constexpr std::size_t k_most = std::size_t{16} << 20;
    try {
        return core::read_small(path, k_most, limit);
    } catch (const core::Error& error) {
        if (error.code() == core::ExitCode::interrupted) throw;
        fail(what, path,
             std::string_view(error.what())
                 .substr(("cannot read: " + core::redacted_value(path) + ": ").size()));
    }
}

Owned<BIO> over(const std::string& pem) {
    return Owned<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

void load_authorities(SSL_CTX* context, const TlsOptions& options) {
    const std::string& path = options.cacert;
    if (path.empty()) {
        SSL_CTX_set_default_verify_paths(context);
        return;
    }
    const std::string pem = read_pem("certificate authorities", path, options.file_limit);
    const Owned<STACK_OF(X509_INFO)> all(PEM_X509_INFO_read_bio(over(pem).get(), nullptr, nullptr, nullptr));
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    bool any = false;
    for (int i = 0; all && i < sk_X509_INFO_num(all.get()); ++i) {
        const X509_INFO* info = sk_X509_INFO_value(all.get(), i);
        if (info->x509 != nullptr) any |= X509_STORE_add_cert(store, info->x509) == 1;
        if (info->crl != nullptr) X509_STORE_add_crl(store, info->crl);
    }
    if (!any) fail("certificate authorities", path, "holds no certificate in PEM form");
}

/// A passphrase is never asked for: the terminal may be a pipe. Notes that one would be needed.
int no_passphrase(char*, int, int, void* needed) {
    *static_cast<bool*>(needed) = true;
    return 0;
}

void load_key(SSL_CTX* context, const std::string& certificate, const std::string& path,
              const std::string& pem) {
    bool locked = false;
    const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(over(pem).get(), nullptr, no_passphrase, &locked));
    if (key && SSL_CTX_use_PrivateKey(context, key.get()) == 1) return;
    if (locked) fail("key", path, "is protected by a passphrase");
    const unsigned long code = ERR_peek_error();
    if (ERR_GET_LIB(code) == ERR_LIB_X509 && ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH)
        fail("key", path, "does not belong to the certificate " + certificate);
    fail("key", path, "holds no private key in PEM form");
}

/// The first certificate is this client's own, those behind it lead to its authority.
bool use_chain(SSL_CTX* context, const std::string& pem) {
    const Owned<BIO> bio = over(pem);
    const Owned<X509> own(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
    if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return false;
    while (const Owned<X509> next{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)})
        if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) return false;
    const unsigned long code = ERR_peek_last_error();
    const bool ended = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return ended;
}

void load_client_certificate(SSL_CTX* context, const TlsOptions& options) {
    if (options.cert.empty() && options.key_file.empty()) return;
    if (options.cert.empty()) fail("key", options.key_file, "a certificate is missing (--cert)");
    const std::string pem = read_pem("certificate", options.cert, options.file_limit);
    if (!use_chain(context, pem)) fail("certificate", options.cert, "holds no certificate in PEM form");
    if (options.key_file.empty())
        load_key(context, options.cert, options.cert, pem);
    else
        load_key(context, options.cert, options.key_file,
                 read_pem("key", options.key_file, options.file_limit));
}

void offer_protocol(SSL_CTX* context, std::string_view name) {
    if (name.empty()) return;
    std::string wire(1, static_cast<char>(name.size()));
    wire += name;
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(wire.data()),
                            static_cast<unsigned>(wire.size()));
}

} // namespace

TlsContext::TlsContext(const TlsOptions& options, std::string_view alpn)
    : server_name_(options.server_name), other_names_(options.other_names), insecure_(options.insecure) {
    ERR_clear_error();
    context_.reset(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX* context = context_.get();
    if (context == nullptr) throw core::Error(core::ExitCode::bug, "cannot set up TLS: OpenSSL: no context");
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(context, insecure_ ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
    // A certificate that the user names is trusted as it is, whoever signed it.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    load_authorities(context, options);
    load_client_certificate(context, options);
    offer_protocol(context, alpn);
    ERR_clear_error();
}

std::vector<std::string> TlsContext::names_for(const std::string& host) const {
    if (!server_name_.empty()) return {certificate_name(server_name_)};
    std::vector<std::string> names;
    const auto add = [&](const std::string& name) {
        std::string one = certificate_name(name);
        if (!one.empty() && std::find(names.begin(), names.end(), one) == names.end())
            names.push_back(std::move(one));
    };
    for (const std::string& name : other_names_)
        add(name);
    add(host);
    if (names.empty()) names.emplace_back();
    return names;
}

std::string TlsContext::asked_for(const std::string& host) const {
    std::string own = certificate_name(server_name_.empty() ? host : server_name_);
    if (!server_name_.empty() || !is_address(own)) return own;
    for (const std::string& other : other_names_)
        if (std::string name = certificate_name(other); !name.empty() && !is_address(name)) return name;
    return own;
}

} // namespace roacache::net
