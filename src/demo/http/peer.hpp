#pragma once

#include "src/demo/http/connections.hpp"
#include "src/demo/http/limits.hpp"
#include "src/demo/http/request_framing.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace roacache::demo {

/// The client at the other end of a socket. Its requests come whole and its answers go whole, each within a
/// time that single bytes do not extend. The connection counts as waiting meanwhile.
class Peer {
  public:
    /// All of it must outlive the peer.
    Peer(Connections::Entry& connection, const Connections& all, const HttpLimits& limits);

    enum class Came {
        request, ///< whole
        refusal, ///< what came is none; see RequestFraming::refusal()
        late,    ///< the beginning of one, and not the rest of it in time
        nothing, ///< the client closed, or was silent for as long as it may be
    };
    /// Reads the next request. Bytes that follow it are buffered for the next.
    Came receive(RequestFraming& framing);

    /// False when the client is gone or does not take the bytes in time.
    bool send(std::string_view bytes);

    /// Says that nothing more comes, and takes what the client still sends, for a moment and up to a bound:
    /// to close over unread bytes would reset the connection, and the answer could be lost.
    void finish();

  private:
    enum class Filled { bytes, closed, late };
    Filled fill(core::Deadline deadline);

    /// Whether poll(2) `events` are there by the deadline, or by the end of the patience while others wait.
    bool ready(short events, core::Deadline deadline) const;

    Connections::Entry& connection_;
    const Connections& all_;
    const HttpLimits& limits_;
    const int socket_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

/// The socket's own address as text, for a client's connection the one at which it reached the service; empty
/// when it has none.
std::string local_address(int socket);

} // namespace roacache::demo
