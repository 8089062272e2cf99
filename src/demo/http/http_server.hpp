#pragma once

#include "src/demo/http/router.hpp"

#include <httplib.h>
#include <mutex>
#include <set>
#include <thread>

namespace roacache::demo {

/// cpp-httplib's server, with the connections handled in another way: the library's own loop polls an idle
/// connection every 10 ms and sleeps in between, opens a new buffer for each request (and loses what a
/// client sent ahead), sends header and body apart, lets a second server share a taken port, and keeps only
/// five connections waiting to be accepted. All that would show in what a benchmark measures.
class HttpServer : private httplib::Server {
  public:
    /// Answers what `router` answers; it must outlive the server.
    explicit HttpServer(const Router& router);
    ~HttpServer() override;

    /// Listens; port 0 lets the system choose. Returns the port. Throws core::Error `cannot listen:
    /// HOST:PORT: WHY`: usage for a host that is none of this machine's, unreachable for a port that is
    /// taken.
    std::uint16_t bind(const std::string& host, std::uint16_t port);

    /// Serves in the background until stop(). Call once, after bind().
    void start();

    /// Requests under way are answered, idle connections closed. Returns when all is over; may be called
    /// again, and without start().
    void stop();

  private:
    void answer(const httplib::Request& request, httplib::Response& response) const;
    bool process_and_close_socket(socket_t socket) override;
    bool admit(socket_t socket);
    void forget(socket_t socket);

    const Router& router_;
    std::thread acceptor_;
    std::mutex mutex_; // of the two below
    std::set<socket_t> connections_;
    bool stopping_ = false;
};

} // namespace roacache::demo
