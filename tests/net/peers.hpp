#pragma once

#include "src/core/error.hpp"
#include "src/net/stream.hpp"
#include "tests/support/authority.hpp"
#include "tests/support/servers.hpp"

#include <string>
#include <vector>

namespace roacache::test {

/// tests/net/peer.py with its behaviour and options.
PythonServer peer(std::vector<std::string> arguments);

net::HostPort local(std::uint16_t port, const std::string& host = "127.0.0.1");

/// Long enough for a busy machine under a sanitizer.
core::Deadline patience();

/// 0, 1, 2 … 250, 0 …, as peer.py has it.
std::string pattern(std::size_t size);

/// Reads until `size` bytes are there or the peer has closed, `step` bytes at most at a time.
std::string read_up_to(net::Stream& stream, std::size_t size, std::size_t step = 65536);

/// Writes `text` and gives the answer, as many bytes.
std::string ask(net::Stream& stream, const std::string& text);

/// What the core::Error says that `call` throws (it has to be "unreachable"); "nothing thrown" otherwise.
template <typename Call>
std::string failure_of(Call call) {
    try {
        call();
    } catch (const core::Error& error) {
        const bool right = error.code() == core::ExitCode::unreachable;
        return right ? error.what() : std::string("wrong code: ") + error.what();
    }
    return "nothing thrown";
}

/// An authority and what it signed, made by openssl once a process. All but `other_name` name localhost,
/// 127.0.0.1 and ::1.
struct Certificates {
    Certificates();
    std::string path(const std::string& name) const { return authority_.path(name); }
    std::string authority() const { return authority_.certificate(); }
    std::string other_authority() const { return other_.certificate(); }

    /// `--cert … --key …` for peer.py: good, expired, other_name, self_signed, client.
    std::vector<std::string> serving(const std::string& name, std::vector<std::string> arguments) const;

  private:
    Authority authority_, other_;
};
const Certificates& certificates();

} // namespace roacache::test
