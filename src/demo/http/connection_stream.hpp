#pragma once

#include <httplib.h>
#include <string>
#include <vector>

namespace roacache::demo {

/// A connection's bytes for cpp-httplib. Reads through a buffer that lives as long as the connection; writes
/// are gathered and go out in one piece with flush(), or earlier when there is much.
class ConnectionStream : public httplib::Stream {
  public:
    explicit ConnectionStream(socket_t socket);

    /// Waits for the next request's first byte; false when the peer closed, or said nothing for `idle_ms`.
    bool wait_for_request(int idle_ms);
    /// False when the peer is gone or does not take the bytes within the time limit.
    bool flush();

    bool is_readable() const override;
    bool is_writable() const override { return true; }
    ssize_t read(char* into, std::size_t size) override;
    ssize_t write(const char* data, std::size_t size) override;
    void get_remote_ip_and_port(std::string& ip, int& port) const override;
    void get_local_ip_and_port(std::string& ip, int& port) const override;
    socket_t socket() const override { return 0; } // the library refuses what select(2) could not take

  private:
    bool fill(int wait_ms);

    socket_t socket_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::string unsent_;
};

} // namespace roacache::demo
