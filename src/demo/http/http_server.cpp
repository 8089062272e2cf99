#include "src/demo/http/http_server.hpp"

#include "src/core/error.hpp"
#include "src/demo/http/http_answer.hpp"
#include "src/net/socket.hpp"
#include "src/net/url.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace roacache::demo {
namespace {

constexpr std::size_t k_other_files = 256; // what else the process may have open
constexpr int k_backlog = 1024;
constexpr std::chrono::milliseconds k_grace{500};

/// How many connections the process can have open, after asking the system for as many as it may give. The
/// clients' ends may be in the same process.
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

/// An option that is 1 or not set.
void set_option(int socket, int level, int option) {
    const int yes = 1;
    ::setsockopt(socket, level, option, &yes, sizeof yes);
}

/// A socket that listens at the address; closed with errno where there can be none.
core::Descriptor listen_at(const net::Address& address) {
    core::Descriptor socket(
        ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR);
    const auto* name = reinterpret_cast<const sockaddr*>(&address.storage);
    if (::bind(socket.get(), name, address.length) == 0 && ::listen(socket.get(), k_backlog) == 0)
        return socket;
    const int error = errno;
    socket.close();
    errno = error;
    return socket;
}

std::uint16_t port_of(int socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
    return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                               : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

/// What the framing took has no escapes that are none.
std::string decoded(std::string_view text) {
    return net::percent_decode(text).value_or(std::string(text));
}

/// `a=1&b=2` as forms write it, where a plus is a blank.
std::multimap<std::string, std::string> read_query(std::string_view query) {
    std::multimap<std::string, std::string> parameters;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        std::string part(query.substr(0, end));
        query.remove_prefix(std::min(end + 1, query.size()));
        if (part.empty()) continue;
        std::replace(part.begin(), part.end(), '+', ' ');
        const std::size_t equals = std::min(part.find('='), part.size());
        const std::string_view value = std::string_view(part).substr(std::min(equals + 1, part.size()));
        parameters.emplace(decoded(part.substr(0, equals)), decoded(value));
    }
    return parameters;
}

} // namespace

HttpServer::HttpServer(const Router& router, RequestGate gate, const HttpLimits& limits)
    : router_(router), gate_(std::move(gate)), limits_(limits), connections_(limits.patience),
      threads_(connection_limit(limits.connections), connections_),
      stopping_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

HttpServer::~HttpServer() {
    stop();
}

std::uint16_t HttpServer::bind(const std::string& host, std::uint16_t port) {
    const auto refuse = [&](core::ExitCode code, const std::string& why, const char* remedy) {
        return core::Error(code, fmt::format("cannot listen: {}:{}: {}", host, port, why), remedy);
    };
    std::vector<net::Address> addresses;
    try {
        addresses = net::resolve({host, port});
    } catch (const core::Error&) {
        throw refuse(core::ExitCode::usage, "no address of this machine", "");
    }
    // Whoever is told localhost may well type 127.0.0.1, and those who ask for [::1] say so.
    std::stable_partition(addresses.begin(), addresses.end(),
                          [](const net::Address& address) { return address.storage.ss_family == AF_INET; });
    int error = 0;
    for (const net::Address& address : addresses) {
        listening_ = listen_at(address);
        if (listening_.open()) return port_of(listening_.get());
        error = errno;
    }
    const bool taken = error == EADDRINUSE || error == EACCES;
    throw refuse(taken ? core::ExitCode::unreachable : core::ExitCode::usage, core::errno_text(error),
                 taken ? "Choose another port, or 0 for any that is free." : "");
}

bool HttpServer::open_to_network() const {
    return !is_loopback(local_address(listening_.get()));
}

void HttpServer::start() {
    acceptor_ = std::thread([this] { accept_all(); });
}

void HttpServer::stop() {
    if (!acceptor_.joinable()) {
        listening_.close();
        return;
    }
    connections_.end_all(k_grace);
    ::eventfd_write(stopping_.get(), 1);
    acceptor_.join();
    listening_.close();
    threads_.shutdown();
}

void HttpServer::accept_all() {
    constexpr int k_pause_ms = 10; // where the system gives no more descriptors
    pollfd waits[] = {{stopping_.get(), POLLIN, 0}, {listening_.get(), POLLIN, 0}};
    for (;;) {
        ::poll(waits, std::size(waits), -1);
        if (waits[0].revents != 0) return;
        const int socket = ::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (socket >= 0) {
            set_option(socket, IPPROTO_TCP, TCP_NODELAY);
            threads_.enqueue([this, socket] { serve(socket); });
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            connections_.make_room();
            ::poll(waits, 1, k_pause_ms);
        }
    }
}

HttpReply HttpServer::reply_to(const HttpRequest& request, const std::string& local) const {
    const std::string host = request.field("Host"), origin = request.field("Origin"),
                      site = request.field("Sec-Fetch-Site"), type = request.field("Content-Type"),
                      cache_control = request.field("Cache-Control"),
                      authorization = request.field("Authorization");
    const Refusal refusal = gate_.check({.method = request.method,
                                         .host = host,
                                         .origin = origin,
                                         .fetch_site = site,
                                         .content_type = type,
                                         .local_address = local,
                                         .has_host = request.has("Host"),
                                         .has_body = !request.body.empty()});
    if (refusal.status != 0) return error_reply(refusal.status, refusal.why);
    const std::string_view target = request.target;
    const std::size_t mark = std::min(target.find('?'), target.size());
    const std::string path = decoded(target.substr(0, mark));
    const auto query = read_query(target.substr(std::min(mark + 1, target.size())));
    return router_.route({.method = request.method,
                          .path = path,
                          .query = query,
                          .body = request.body,
                          .cache_control = cache_control,
                          .authorization = authorization});
}

std::string HttpServer::answer_to(const RequestFraming& framing, const std::string& local, bool& keep) const {
    keep = framing.keeps_alive() && !connections_.crowded();
    // A client of the older protocol, such as ab -k, takes silence for a no, and waits for the end.
    const Persistence persistence = !keep                ? Persistence::closed
                                    : framing.http_1_0() ? Persistence::kept
                                                         : Persistence::as_usual;
    const HttpRequest& request = framing.request();
    return answer_text(reply_to(request, local), persistence, request.method == "HEAD");
}

void HttpServer::serve(int socket) {
    const core::Descriptor owner(socket);
    Connections::Entry* entry = connections_.admit(socket);
    if (!entry) return;
    Peer peer(*entry, connections_, limits_);
    const std::string local = local_address(socket);
    RequestFraming framing;
    for (bool keep = true; keep;) {
        const Peer::Came came = peer.receive(framing);
        keep = false;
        if (came == Peer::Came::nothing) break;
        const Refusal refusal = came == Peer::Came::late
                                    ? Refusal{408, "the request did not come whole in time"}
                                    : framing.refusal();
        const std::string answer =
            came == Peer::Came::request
                ? answer_to(framing, local, keep)
                : answer_text(error_reply(refusal.status, refusal.why), Persistence::closed);
        if (!peer.send(answer)) break;
        if (!keep) peer.finish();
    }
    connections_.forget(entry);
}

} // namespace roacache::demo
