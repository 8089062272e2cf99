#include "src/demo/http/http_server.hpp"

#include "src/core/error.hpp"
#include "src/demo/http/connection_stream.hpp"
#include "src/demo/http/connection_threads.hpp"

#include <cerrno>
#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

namespace roacache::demo {
namespace {

constexpr std::size_t k_most_connections = 1024;
constexpr int k_backlog = 1024;
constexpr std::size_t k_most_body_bytes = std::size_t{1} << 20;
// A benchmark lets the connections of one arm rest while it runs the other.
constexpr int k_idle_ms = 300'000;

bool sends_body(const httplib::Request& request) {
    return request.has_header("Transfer-Encoding") ||
           (request.has_header("Content-Length") && request.get_header_value("Content-Length") != "0");
}

bool may_have_body(const httplib::Request& request) {
    const std::string& method = request.method;
    return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
}

void set_json(httplib::Response& response, const std::string& body) {
    response.set_content(body, "application/json");
}

void prepare(httplib::Request& request) {
    // Every answer is short and whole, so neither compression nor ranges.
    request.headers.erase("Accept-Encoding");
    request.headers.erase("Range");
    request.ranges.clear();
    if (may_have_body(request) && !sends_body(request)) {
        // Without a length the library would read on until the client closes; `curl -X POST` sends none.
        request.headers.erase("Content-Length");
        request.headers.emplace("Content-Length", "0");
    }
    if (!may_have_body(request) && sends_body(request)) {
        // The library leaves it unread, and it would be taken for the next request.
        request.headers.erase("Connection");
        request.headers.emplace("Connection", "close");
    }
}

} // namespace

HttpServer::HttpServer(const Router& router) : router_(router) {
    // Reads are answered before the library tries its list of regular expressions; what may have a body,
    // after that has been read.
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
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
    set_payload_max_length(k_most_body_bytes);
    set_keep_alive_timeout(k_idle_ms / 1000);
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
    new_task_queue = [] { return new ConnectionThreads(k_most_connections); };
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
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        // What was asked is still answered: only the reading half is closed.
        for (const socket_t socket : connections_)
            ::shutdown(socket, SHUT_RD);
    }
    httplib::Server::stop();
    acceptor_.join();
}

bool HttpServer::admit(socket_t socket) {
    const std::lock_guard lock(mutex_);
    if (!stopping_) connections_.insert(socket);
    return !stopping_;
}

void HttpServer::forget(socket_t socket) {
    const std::lock_guard lock(mutex_);
    connections_.erase(socket);
}

bool HttpServer::process_and_close_socket(socket_t socket) {
    if (admit(socket)) {
        ConnectionStream stream(socket);
        bool closed = false;
        while (!closed && stream.wait_for_request(k_idle_ms)) {
            // After a request that could not be read to its end, nobody knows where the next one begins.
            bool understood = false;
            const bool served = process_request(stream, false, closed, [&](httplib::Request& request) {
                prepare(request);
                closed = closed || request.get_header_value("Connection") == "close";
                understood = true;
            });
            if (!stream.flush() || !served || !understood) break;
        }
        forget(socket);
    }
    ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
    return true;
}

} // namespace roacache::demo
