#pragma once

#include <string>
#include <vector>

struct ssl_st;
struct x509_st;

namespace roacache::net {

/// The name as certificates carry it: no zone behind an IPv6 address, no dot behind a name.
std::string certificate_name(std::string host);

bool is_address(const std::string& host);

/// By what a session knows its server, and what came of comparing.
struct NameCheck {
    std::vector<std::string> expected; ///< the certificate has to carry one of them; at least one
    std::vector<std::string> carried;  ///< of a certificate that carries none of them
};

/// Has the session refuse a certificate that carries none of the names. `check` outlives the session. False
/// where the first of the names is none that a certificate could carry.
bool expect_names(ssl_st* ssl, NameCheck& check);

} // namespace roacache::net
