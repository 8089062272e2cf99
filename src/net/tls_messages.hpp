#pragma once

#include <string>
#include <string_view>

namespace roacache::net {

struct NameCheck;

/// What a failed check of the peer's certificate means (an X509_V_ERR_… code).
std::string certificate_message(long verify_result, const NameCheck& names);

/// What an error of OpenSSL's queue means for somebody who talks to a server.
std::string tls_error_message(unsigned long code);

/// True for an error of TlsSession's handshake with a peer that answered no TLS, if anything.
bool means_no_tls(std::string_view error);

} // namespace roacache::net
