#pragma once

#include "src/demo/http/connections.hpp"
#include "src/demo/http/peer.hpp"
#include "src/demo/http/request_gate.hpp"
#include "src/demo/http/router.hpp"

#include <httplib.h>
#include <thread>

namespace roacache::demo {

/// cpp-httplib's server, with the connections handled in another way: the library's own loop polls an idle
/// connection every 10 ms and sleeps in between, opens a new buffer for each request (and loses what a
/// client sent ahead), sends header and body apart, lets a second server share a taken port, keeps only five
/// connections waiting to be accepted, bounds neither lines nor chunked bodies, and understands framing that
/// others understand in another way. The first of these would show in what a benchmark measures.
class HttpServer : private httplib::Server {
  public:
    /// Answers what `router` answers, to requests that `gate` lets through; the router must outlive it.
    HttpServer(const Router& router, RequestGate gate, const HttpLimits& limits);
    ~HttpServer() override;

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
    void answer(const httplib::Request& request, httplib::Response& response) const;
    /// False when the gate has answered.
    bool let_through(const httplib::Request& request, httplib::Response& response) const;
    std::string answer_to(const RequestFraming& framing, const std::string& address, bool& kept);
    void serve(Connections::Entry& entry);
    bool process_and_close_socket(socket_t socket) override;

    const Router& router_;
    const RequestGate gate_;
    const HttpLimits limits_;
    std::thread acceptor_;
    Connections connections_;
};

} // namespace roacache::demo
