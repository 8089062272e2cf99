#pragma once

#include "src/core/descriptor.hpp"
#include "src/demo/http/connection_threads.hpp"
#include "src/demo/http/connections.hpp"
#include "src/demo/http/peer.hpp"
#include "src/demo/http/request_gate.hpp"
#include "src/demo/http/router.hpp"

#include <string>
#include <thread>

namespace roacache::demo {

/// Serves JSON over HTTP/1.1 with a thread for each connection. Its framing is its own, for it bounds every
/// part of a request and refuses what two readers could understand in two ways (see RequestFraming); and
/// header and body go out together, since anything else would show in what a benchmark measures.
class HttpServer {
  public:
    /// Answers what `router` answers, to requests that `gate` lets through; the router must outlive it.
    HttpServer(const Router& router, RequestGate gate, const HttpLimits& limits);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Listens; port 0 lets the system choose. Returns the port. Throws core::Error `cannot listen:
    /// HOST:PORT: WHY`: usage for a host that is none of this machine's, unreachable for a port that is
    /// taken.
    std::uint16_t bind(const std::string& host, std::uint16_t port);

    /// Once bound: whether others than this machine can reach it.
    bool open_to_network() const;

    /// Serves in the background until stop(). Call once, after bind().
    void start();

    /// Requests under way are answered, idle connections closed. Returns when all is over; may be called
    /// again, and without start().
    void stop();

  private:
    void accept_all();
    void serve(int socket);
    std::string answer_to(const RequestFraming& framing, const std::string& local, bool& keep) const;
    HttpReply reply_to(const HttpRequest& request, const std::string& local) const;

    const Router& router_;
    const RequestGate gate_;
    const HttpLimits limits_;
    Connections connections_;
    ConnectionThreads threads_;
    core::Descriptor listening_;
    core::Descriptor stopping_; ///< an eventfd, readable from stop() on
    std::thread acceptor_;
};

} // namespace roacache::demo
