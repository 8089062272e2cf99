#pragma once

#include <openssl/bio.h>

namespace roacache::net {

/// OpenSSL's way to a non-blocking socket that it does not own. Unlike OpenSSL's own it never raises SIGPIPE,
/// whatever the process does about that signal. Null when memory is out.
BIO* new_socket_bio(int fd);

/// errno of the last read or write that failed for good; 0 when none did.
int socket_bio_errno(BIO* bio);

} // namespace roacache::net
