#pragma once

#include <string>
#include <string_view>

namespace roacache::net {

/// What a failed check of the peer's certificate means (an X509_V_ERR_… code), in words for `host`.
std::string certificate_words(long verify_result, const std::string& host);

/// What an error of OpenSSL's queue means for somebody who talks to a server.
std::string tls_error_words(unsigned long code);

/// True for an error of TlsSession's handshake with a peer that answered no TLS, if anything.
bool tells_no_tls(std::string_view error);

} // namespace roacache::net
