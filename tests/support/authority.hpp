#pragma once

#include "tests/support/process.hpp"
#include "tests/support/servers.hpp"

#include <string>

namespace roacache::test {

/// An authority that signs certificates, made by openssl.
class Authority {
  public:
    Authority();

    std::string certificate() const { return path("ca.pem"); }
    std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
    /// NAME.pem and NAME.key for `alternatives`, such as `DNS:localhost,IP:127.0.0.1`; they are of this week,
    /// or of 2020.
    Certificate sign(const std::string& name, const std::string& alternatives, bool expired = false) const;

  private:
    TempDir folder_;
};

/// Runs openssl; throws where it fails.
void run_openssl(std::vector<std::string> arguments);

} // namespace roacache::test
