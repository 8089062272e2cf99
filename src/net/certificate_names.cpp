#include "src/net/certificate_names.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <memory>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string_view>

namespace roacache::net {
namespace {

/// SSL_set_app_data() has it for the application.
constexpr int k_app_data = 0;

/// Whoever answers wrote it.
std::string printable_name(std::string_view text) {
    constexpr std::size_t k_longest = 100;
    std::string name(text.substr(0, k_longest));
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c <= ' ' || c > '~'; }, '?');
    return name;
}

std::string_view bytes_of(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string address_text(std::string_view bytes) {
    char text[INET6_ADDRSTRLEN] = "";
    if (bytes.size() == sizeof(in_addr)) inet_ntop(AF_INET, bytes.data(), text, sizeof text);
    if (bytes.size() == sizeof(in6_addr)) inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
    return text;
}

/// Counts where the certificate has no name of a host besides.
std::string common_name(X509* certificate) {
    const X509_NAME* subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0) return {};
    return printable_name(bytes_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

bool carries(X509* certificate, const std::string& name) {
    if (is_address(name)) return X509_check_ip_asc(certificate, name.c_str(), 0) == 1;
    return X509_check_host(certificate, name.data(), name.size(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                           nullptr) == 1;
}

/// The names and addresses that a certificate is for, printable.
std::vector<std::string> names_in(x509_st* certificate) {
    std::vector<std::string> names, addresses;
    const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
        GENERAL_NAMES_free);
    for (int at = 0; all && at < sk_GENERAL_NAME_num(all.get()); ++at) {
        int type = 0;
        const auto* value = static_cast<const ASN1_STRING*>(
            GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all.get(), at), &type));
        if (type == GEN_DNS) names.push_back(printable_name(bytes_of(value)));
        if (type == GEN_IPADD) addresses.push_back(address_text(bytes_of(value)));
    }
    if (names.empty()) names.push_back(common_name(certificate));
    names.insert(names.end(), addresses.begin(), addresses.end());
    std::erase(names, "");
    return names;
}

/// OpenSSL has compared the first of the names; another is as good.
int compare_others(int good, X509_STORE_CTX* chain) {
    const int error = X509_STORE_CTX_get_error(chain);
    const bool is_of_names = error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH;
    if (good == 1 || !is_of_names) return good;
    const auto* ssl =
        static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& check = *static_cast<NameCheck*>(SSL_get_ex_data(ssl, k_app_data));
    X509* const certificate = X509_STORE_CTX_get0_cert(chain);
    if (std::any_of(check.expected.begin(), check.expected.end(),
                    [&](const std::string& name) { return carries(certificate, name); })) {
        X509_STORE_CTX_set_error(chain, X509_V_OK);
        return 1;
    }
    check.carried = names_in(certificate);
    return 0;
}

} // namespace

std::string certificate_name(std::string host) {
    host.resize(std::min(host.find('%'), host.size()));
    if (host.ends_with('.')) host.pop_back();
    return host;
}

bool is_address(const std::string& host) {
    unsigned char binary[sizeof(in6_addr)];
    return inet_pton(AF_INET, host.c_str(), binary) == 1 || inet_pton(AF_INET6, host.c_str(), binary) == 1;
}

bool expect_names(ssl_st* ssl, NameCheck& check) {
    SSL_set_ex_data(ssl, k_app_data, &check);
    SSL_set_verify(ssl, SSL_VERIFY_PEER, compare_others);
    X509_VERIFY_PARAM* rules = SSL_get0_param(ssl);
    const std::string& name = check.expected.front();
    if (name.empty()) return false; // OpenSSL would compare nothing
    if (is_address(name)) return X509_VERIFY_PARAM_set1_ip_asc(rules, name.c_str()) == 1;
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(rules, name.data(), name.size()) == 1;
}

} // namespace roacache::net
