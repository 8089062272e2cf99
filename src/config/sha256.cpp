#include "src/config/sha256.hpp"

#include "src/core/error.hpp"

#include <array>
#include <fmt/core.h>
#include <openssl/evp.h>

namespace roacache::config {

std::string sha256(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1)
        throw core::Error(core::ExitCode::usage, "cannot compute: SHA-256: OpenSSL refused");
    std::string hex;
    for (unsigned at = 0; at < length; ++at)
        hex += fmt::format("{:02x}", digest[at]);
    return hex;
}

} // namespace roacache::config
