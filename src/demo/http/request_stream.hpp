#pragma once

#include <algorithm>
#include <cstring>
#include <httplib.h>
#include <string>
#include <string_view>

namespace roacache::demo {

/// One whole request for cpp-httplib to read, and the place for its answer. Nothing comes behind the request,
/// so the library cannot take one request's bytes for another's.
class RequestStream : public httplib::Stream {
  public:
    /// `request` must outlive the stream; the answer is appended to `answer`.
    RequestStream(std::string_view request, std::string& answer) : rest_(request), answer_(answer) {}

    bool is_readable() const override { return !rest_.empty(); }
    bool is_writable() const override { return true; }
    ssize_t read(char* into, std::size_t size) override {
        const std::size_t taken = std::min(size, rest_.size());
        std::memcpy(into, rest_.data(), taken);
        rest_.remove_prefix(taken);
        return static_cast<ssize_t>(taken);
    }
    ssize_t write(const char* data, std::size_t size) override {
        answer_.append(data, size);
        return static_cast<ssize_t>(size);
    }
    // Nothing in the service asks the library for addresses.
    void get_remote_ip_and_port(std::string& ip, int& port) const override { forget(ip, port); }
    void get_local_ip_and_port(std::string& ip, int& port) const override { forget(ip, port); }
    socket_t socket() const override { return 0; } // the library refuses what select(2) could not take

  private:
    static void forget(std::string& ip, int& port) {
        ip.clear();
        port = 0;
    }

    std::string_view rest_;
    std::string& answer_;
};

} // namespace roacache::demo
