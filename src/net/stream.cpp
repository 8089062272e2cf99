#include "src/net/stream.hpp"

#include "src/core/descriptor.hpp"
#include "src/core/error.hpp"
#include "src/net/tls_messages.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <poll.h>

namespace roacache::net {
namespace {

core::Error failure(std::string_view what, const std::string& peer, std::string_view why,
                    std::string remedy = {}) {
    core::Error error(core::ExitCode::unreachable, fmt::format("cannot {}: {}: {}", what, peer, why),
                      std::move(remedy));
    if (is_refusal(why)) error.set_lasting();
    return error;
}

ConnectionLost lost(std::string_view what, const std::string& peer, const std::string& why) {
    ConnectionLost error(fmt::format("cannot {}: {}: {}", what, peer, why), tls_remedy(why));
    if (is_refusal(why)) error.set_lasting();
    return error;
}

/// Waits for what the step asked for; false when the deadline passed.
bool wait(const Transport& transport, IoStatus wanted, core::Deadline deadline) {
    return wait_for(transport.fd(), wanted == IoStatus::want_read ? POLLIN : POLLOUT, deadline);
}

/// Why a wait was given up.
std::string given_up(core::Deadline deadline) {
    return core::is_cut_short(deadline) ? "interrupted" : "timed out";
}

/// An address that does not answer must leave time for those behind it.
core::Deadline share(core::Deadline deadline, std::size_t addresses_left) {
    const int left = deadline.poll_ms();
    if (left < 0 || addresses_left <= 1) return deadline;
    return deadline.or_in(std::chrono::milliseconds(left / static_cast<int>(addresses_left)));
}

/// Empty when connected as far as TCP goes, else why not.
std::string connect_socket(Transport& transport, IoResult& step, core::Deadline deadline) {
    for (step = transport.establish(); step.status == IoStatus::want_write && !transport.in_tls_handshake();
         step = transport.establish())
        if (!wait(transport, step.status, deadline)) return given_up(deadline);
    if (step.status == IoStatus::failed && !transport.in_tls_handshake()) return step.error;
    return {};
}

void finish_handshake(Transport& transport, IoResult step, const std::string& peer, core::Deadline deadline) {
    for (; step.status != IoStatus::done; step = transport.establish()) {
        if (step.status == IoStatus::failed || step.status == IoStatus::closed) {
            if (transport.last_errno() == 0 && !means_no_tls(step.error))
                throw failure("connect", peer, step.error, tls_remedy(step.error));
            throw NoTls(fmt::format("cannot connect: {}: {}", peer, step.error), tls_remedy(step.error));
        }
        if (!wait(transport, step.status, deadline))
            throw NoTls(fmt::format("cannot connect: {}: {} in the TLS handshake", peer, given_up(deadline)));
    }
}

} // namespace

Stream Stream::connect(const HostPort& host, const TlsContext* tls, core::Deadline deadline) {
    return connect(resolve(host, deadline), host, tls, deadline);
}

Stream Stream::connect(const std::vector<Address>& addresses, const HostPort& host, const TlsContext* tls,
                       core::Deadline deadline) {
    std::string why;
    for (std::size_t at = 0; at < addresses.size(); ++at) {
        Transport transport(addresses[at], tls, host.host);
        IoResult step;
        why = connect_socket(transport, step, share(deadline, addresses.size() - at));
        if (!why.empty()) continue;
        finish_handshake(transport, std::move(step), host.text(), deadline);
        return {std::move(transport), host.text()};
    }
    throw failure("connect", host.text(), why);
}

Stream Stream::connect_unix(const std::string& path, core::Deadline deadline) {
    constexpr std::chrono::milliseconds k_longest_pause{20};
    const Address address = unix_address(path);
    for (std::chrono::milliseconds pause{1};; pause = std::min(pause * 2, k_longest_pause)) {
        Transport transport(address, nullptr, {});
        IoResult step;
        const std::string why = connect_socket(transport, step, deadline);
        if (why.empty()) return {std::move(transport), path};
        if (transport.last_errno() != EAGAIN) throw failure("connect", path, why);
        // The listener's queue is full, and nothing reports when it no longer is.
        core::wait_ready(-1, 0, core::Deadline::in(pause));
        if (deadline.passed() || core::is_cut_short(deadline))
            throw failure("connect", path, given_up(deadline));
    }
}

std::size_t Stream::read_some(std::span<char> into, core::Deadline deadline) {
    for (;;) {
        const IoResult step = transport_.read(into);
        if (step.status == IoStatus::done) return step.bytes;
        if (step.status == IoStatus::closed) return 0;
        if (step.status == IoStatus::failed) throw lost("read", peer_, step.error);
        if (!wait(transport_, step.status, deadline)) throw failure("read", peer_, given_up(deadline));
    }
}

std::optional<std::size_t> Stream::read_at_once(std::span<char> into) {
    const IoResult step = transport_.read(into);
    if (step.status == IoStatus::failed) throw lost("read", peer_, step.error);
    if (step.status == IoStatus::closed) return 0;
    return step.status == IoStatus::done ? std::optional(step.bytes) : std::nullopt;
}

void Stream::write_all(std::string_view data, core::Deadline deadline) {
    while (!data.empty()) {
        const IoResult step = transport_.write(data);
        if (step.status == IoStatus::done) {
            data.remove_prefix(step.bytes);
            continue;
        }
        if (step.status == IoStatus::closed) throw lost("write", peer_, "the peer has closed the connection");
        if (step.status == IoStatus::failed) throw lost("write", peer_, step.error);
        if (!wait(transport_, step.status, deadline)) throw failure("write", peer_, given_up(deadline));
    }
}

bool Stream::silent() {
    char unexpected = 0;
    return transport_.read({&unexpected, 1}).status == IoStatus::want_read;
}

} // namespace roacache::net
