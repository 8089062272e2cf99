#include "src/demo/http/http_server.hpp"

#include "src/core/error.hpp"
#include "src/demo/http/connection_threads.hpp"
#include "src/demo/http/request_stream.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace roacache::demo {
namespace {

constexpr std::size_t k_other_files = 256; // what else the process may have open
constexpr int k_backlog = 1024;
constexpr std::chrono::milliseconds k_grace{500};
/// Where a request's handlers find the address at which it arrived; what a client sends by this name is
/// dropped.
constexpr const char* k_local_address = "LOCAL_ADDR";

bool may_have_body(const httplib::Request& request) {
    const std::string& method = request.method;
    return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
}

void set_json(httplib::Response& response, const std::string& body) {
    response.set_content(body, "application/json");
}

/// The whole answer to what is no request. The phrase that stands behind the status in HTTP/1.1 may be empty.
std::string refusal_text(const Refusal& refusal) {
    const std::string body = *error_reply(refusal.status, refusal.why).body;
    return fmt::format("HTTP/1.1 {} \r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
                       "Connection: close\r\n\r\n{}",
                       refusal.status, body.size(), body);
}

/// How many connections the process can have open, after asking the system for as many as it may give. In
/// `bench --demo` the clients' ends are in the same process.
std::size_t connection_limit(std::size_t most) {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return most;
    const rlim_t wanted = 2 * most + k_other_files;
    if (files.rlim_cur < wanted) {
        const rlim_t before = files.rlim_cur;
        files.rlim_cur = std::min(files.rlim_max, wanted);
        if (::setrlimit(RLIMIT_NOFILE, &files) != 0) files.rlim_cur = before;
    }
    const rlim_t left = files.rlim_cur > k_other_files ? files.rlim_cur - k_other_files : 0;
    return std::clamp<std::size_t>(left / 2, 1, most);
}

} // namespace

HttpServer::HttpServer(const Router& router, RequestGate gate, const HttpLimits& limits)
    : router_(router), gate_(std::move(gate)), limits_(limits), connections_(limits.patience) {
    // Reads are answered before the library tries its list of regular expressions; what may have a body,
    // after that has been read.
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
        if (!let_through(request, response)) return HandlerResponse::Handled;
        if (may_have_body(request)) return HandlerResponse::Unhandled;
        answer(request, response);
        return HandlerResponse::Handled;
    });
    const auto handler = [this](const httplib::Request& request, httplib::Response& response) {
        answer(request, response);
    };
    Post(".*", handler);
    Put(".*", handler);
    Patch(".*", handler);
    Delete(".*", handler);
    // What the library refuses by itself.
    set_error_handler(HandlerWithResponse([](const httplib::Request&, httplib::Response& response) {
        if (response.body.empty())
            set_json(response, *error_reply(response.status, "the request cannot be understood").body);
        return HandlerResponse::Handled;
    }));
    set_tcp_nodelay(true);
    set_payload_max_length(RequestFraming::k_most_body);
    set_socket_options([](socket_t socket) {
        const int yes = 1;
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    set_post_routing_handler([](const httplib::Request& request, httplib::Response& response) {
        response.headers.erase("Keep-Alive");
        // A client of the older protocol, such as ab -k, takes silence for a no, and waits for the end.
        if (request.version == "HTTP/1.0" && request.get_header_value("Connection") == "Keep-Alive")
            response.set_header("Connection", "Keep-Alive");
    });
    new_task_queue = [this] {
        return new ConnectionThreads(connection_limit(limits_.connections), connections_);
    };
}

bool HttpServer::let_through(const httplib::Request& request, httplib::Response& response) const {
    const auto header = [&](const char* name) { return request.get_header_value(name); };
    const std::string host = header("Host"), origin = header("Origin"), site = header("Sec-Fetch-Site"),
                      type = header("Content-Type"), length = header("Content-Length"),
                      local = header(k_local_address);
    const Refusal refusal = gate_.check({.method = request.method,
                                         .host = host,
                                         .origin = origin,
                                         .fetch_site = site,
                                         .content_type = type,
                                         .local_address = local,
                                         .has_host = request.has_header("Host"),
                                         .has_body = !length.empty() && length != "0"});
    if (refusal.status == 0) return true;
    response.status = refusal.status;
    set_json(response, *error_reply(refusal.status, refusal.why).body);
    return false;
}

void HttpServer::answer(const httplib::Request& request, httplib::Response& response) const {
    const std::string cache_control = request.get_header_value("Cache-Control");
    const std::string authorization = request.get_header_value("Authorization");
    const HttpReply reply = router_.route({.method = request.method,
                                           .path = request.path,
                                           .query = request.params,
                                           .body = request.body,
                                           .cache_control = cache_control,
                                           .authorization = authorization});
    response.status = reply.status;
    for (const auto& [name, value] : reply.headers)
        response.set_header(name, value);
    set_json(response, *reply.body);
}

HttpServer::~HttpServer() {
    stop();
}

std::uint16_t HttpServer::bind(const std::string& host, std::uint16_t port) {
    errno = 0;
    const int bound = port == 0 ? bind_to_any_port(host) : (bind_to_port(host, port) ? port : -1);
    const int saved = errno;
    if (bound < 0) {
        const bool taken = saved == EADDRINUSE || saved == EACCES;
        throw core::Error(taken ? core::ExitCode::unreachable : core::ExitCode::usage,
                          fmt::format("cannot listen: {}:{}: {}", host, port,
                                      saved != 0 ? core::errno_text(saved) : "no address of this machine"),
                          taken ? "Choose another port, or 0 for any that is free." : "");
    }
    ::listen(svr_sock_, k_backlog);
    return static_cast<std::uint16_t>(bound);
}

bool HttpServer::open_to_network() const {
    return !is_loopback(local_address(svr_sock_));
}

void HttpServer::start() {
    acceptor_ = std::thread([this] { listen_after_bind(); });
    while (!is_running())
        std::this_thread::yield();
}

void HttpServer::stop() {
    if (!acceptor_.joinable()) {
        if (const socket_t listening = svr_sock_.exchange(INVALID_SOCKET); listening != INVALID_SOCKET)
            ::close(listening);
        return;
    }
    connections_.end_all(k_grace);
    httplib::Server::stop();
    acceptor_.join();
}

std::string HttpServer::answer_to(const RequestFraming& framing, const std::string& address, bool& kept) {
    std::string answer;
    RequestStream stream(framing.text(), answer);
    bool closed = false, understood = false;
    const bool last = connections_.crowded();
    const bool served = process_request(stream, last, closed, [&](httplib::Request& request) {
        request.headers.erase(k_local_address);
        request.headers.emplace(k_local_address, address);
        understood = true;
    });
    kept = framing.keeps_alive() && served && understood && !closed && !last;
    return answer.empty() ? refusal_text({400, "the request cannot be understood"}) : answer;
}

void HttpServer::serve(Connections::Entry& entry) {
    Peer peer(entry, connections_, limits_);
    const std::string address = local_address(entry.socket);
    RequestFraming framing;
    for (bool kept = true; kept;) {
        const Peer::Came came = peer.receive(framing);
        if (came == Peer::Came::nothing) return;
        kept = false;
        const std::string answer = came == Peer::Came::request ? answer_to(framing, address, kept)
                                   : came == Peer::Came::refusal
                                       ? refusal_text(framing.refusal())
                                       : refusal_text({408, "the request did not come whole in time"});
        if (!peer.send(answer)) return;
    }
    peer.finish();
}

bool HttpServer::process_and_close_socket(socket_t socket) {
    if (Connections::Entry* entry = connections_.admit(socket)) {
        serve(*entry);
        connections_.forget(entry);
    }
    ::close(socket);
    return true;
}

} // namespace roacache::demo
