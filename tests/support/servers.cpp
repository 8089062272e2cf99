#include "tests/support/servers.hpp"

#include "tests/support/paths.hpp"

#include <algorithm>
#include <fstream>
#include <netinet/in.h>
#include <random>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace roacache::test {

namespace {

/// Below the ports that the system hands out to clients, so that only another server can hold it.
std::uint16_t random_port() {
    std::random_device device;
    return std::uniform_int_distribution<std::uint16_t>(10'000, 32'000)(device);
}

/// Starts `start(port)` with one port after another until its log has `ready`.
template <typename Start>
std::uint16_t start_on_free_port(std::unique_ptr<Process>& process, Start start, const std::string& ready) {
    for (int attempt = 0; attempt < 20; ++attempt) {
        const auto port = random_port();
        process = start(port);
        bool taken = false;
        bool good = false;
        eventually(
            [&] {
                const bool alive = process->running();
                const auto log = process->log();
                taken = log.find("Address already in use") != std::string::npos;
                good = !taken && log.find(ready) != std::string::npos;
                return taken || good || !alive;
            },
            std::chrono::seconds(60));
        if (good) return port;
        if (!taken) throw std::runtime_error("the server does not start: " + process->log());
        process->kill();
    }
    throw std::runtime_error("no free port found");
}

bool listens(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return connected;
}

std::string http_url(const char* scheme, std::uint16_t port, const std::string& target) {
    return std::string(scheme) + "://127.0.0.1:" + std::to_string(port) + target;
}

} // namespace

// ---- Redis
// -----------------------------------------------------------------------------------------------------

RedisServer::RedisServer(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
    start();
}

std::string RedisServer::url() const {
    return "redis://127.0.0.1:" + std::to_string(port_);
}

std::string RedisServer::unix_url() const {
    return "unix://" + socket().string();
}

std::filesystem::path RedisServer::socket() const {
    return folder_.path() / "redis.sock";
}

std::string RedisServer::cli(const std::vector<std::string>& arguments) const {
    std::vector<std::string> argv{"redis-cli", "-s", socket().string()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    RunOptions options;
    const auto password = std::find(arguments_.begin(), arguments_.end(), "--requirepass");
    if (password != arguments_.end() && password + 1 != arguments_.end()) {
        options.env["REDISCLI_AUTH"] = password[1];
    }
    auto finished = run(argv, options);
    if (finished.out.ends_with('\n')) finished.out.pop_back();
    return finished.out;
}

void RedisServer::kill() {
    process_->kill();
}

void RedisServer::restart() {
    process_->stop();
    start();
}

void RedisServer::start() {
    const auto launch = [this](std::uint16_t port) {
        std::vector<std::string> argv{"redis-server",
                                      "--port",
                                      std::to_string(port),
                                      "--bind",
                                      "127.0.0.1",
                                      "--unixsocket",
                                      socket(),
                                      "--dir",
                                      folder_.path(),
                                      "--save",
                                      "",
                                      "--appendonly",
                                      "no",
                                      "--daemonize",
                                      "no",
                                      "--databases",
                                      "16"};
        argv.insert(argv.end(), arguments_.begin(), arguments_.end());
        return std::make_unique<Process>(argv);
    };
    const std::string ready = "Ready to accept connections";
    if (port_ == 0) {
        port_ = start_on_free_port(process_, launch, ready);
        return;
    }
    process_ = launch(port_);
    if (!process_->wait_for(ready)) {
        throw std::runtime_error("redis-server does not start again: " + process_->log());
    }
}

// ---- Python
// ----------------------------------------------------------------------------------------------------

PythonServer::PythonServer(const std::string& script, const std::vector<std::string>& arguments,
                           const std::map<std::string, std::string>& environment) {
    // Not the python3 of PATH, which may be another one without Debian's modules.
    std::vector<std::string> argv{"/usr/bin/python3", source_dir() + "/" + script};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    RunOptions options;
    options.env = environment;
    options.env.insert({{"PYTHONUNBUFFERED", "1"}, {"PYTHONDONTWRITEBYTECODE", "1"}});
    process_ = std::make_unique<Process>(argv, options);
    const std::string word = "\nPORT ";
    eventually(
        [&] {
            const bool alive = process_->running();
            const auto log = "\n" + process_->log();
            const auto at = log.find(word);
            const auto end = at == std::string::npos ? at : log.find('\n', at + 1);
            if (end == std::string::npos) return !alive;
            port_ = static_cast<std::uint16_t>(std::stoul(log.substr(at + word.size(), end)));
            return true;
        },
        std::chrono::seconds(60));
    if (port_ == 0) throw std::runtime_error(script + " does not start: " + process_->log());
}

std::string PythonServer::url(const std::string& target) const {
    return http_url("http", port_, target);
}

// ---- nginx
// -----------------------------------------------------------------------------------------------------

namespace {

std::string nginx_configuration(const std::filesystem::path& folder, std::uint16_t port, bool tls, bool http2,
                                const std::string& locations, const std::string& http) {
    const auto quoted = [&folder](const char* name) { return "\"" + (folder / name).string() + "\""; };
    // One process: a master that is killed would leave its worker behind.
    std::string text =
        "daemon off;\nmaster_process off;\npid " + quoted("nginx.pid") + ";\n" +
        "error_log stderr notice;\nevents { worker_connections 512; }\nhttp {\naccess_log off;\n"
        "default_type application/octet-stream;\n"
        "types { text/html html; text/plain txt; application/json json; image/svg+xml svg; }\n";
    for (const char* name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
        text += std::string(name) + "_temp_path " + quoted(name) + ";\n";
    }
    text += http + "\nserver {\nlisten 127.0.0.1:" + std::to_string(port) + (tls ? " ssl" : "") +
            (http2 ? " http2" : "") + ";\nroot " + quoted("root") + ";\n";
    if (tls) {
        text += "ssl_certificate " + quoted("certificate.pem") + ";\nssl_certificate_key " +
                quoted("key.pem") + ";\n";
    }
    return text + locations + "\n}\n}\n";
}

} // namespace

NginxServer::NginxServer(const std::string& locations, bool tls, bool http2, const std::string& http)
    : root_(folder_.path() / "root"), tls_(tls) {
    std::filesystem::create_directory(root_);
    if (tls) make_certificate(folder_.path());
    const auto launch = [&](std::uint16_t port) {
        const auto file = folder_.path() / "nginx.conf";
        std::ofstream(file) << nginx_configuration(folder_.path(), port, tls, http2, locations, http);
        return std::make_unique<Process>(
            std::vector<std::string>{"nginx", "-p", folder_.path(), "-c", file, "-e", "stderr"});
    };
    // Said after the sockets listen.
    port_ = start_on_free_port(process_, launch, "event method");
}

std::string NginxServer::url(const std::string& target) const {
    return http_url(tls_ ? "https" : "http", port_, target);
}

std::filesystem::path NginxServer::certificate() const {
    return folder_.path() / "certificate.pem";
}

VarnishServer::VarnishServer(std::uint16_t origin, const std::string& vcl) {
    const auto file = folder_.path() / "default.vcl";
    std::ofstream(file) << "vcl 4.1;\nbackend default { .host = \"127.0.0.1\"; .port = \"" << origin
                        << "\"; }\n"
                        << vcl;
    const auto launch = [&](std::uint16_t port) {
        return std::make_unique<Process>(std::vector<std::string>{
            "varnishd", "-F", "-n", folder_.path() / "work", "-a", "127.0.0.1:" + std::to_string(port), "-f",
            file, "-s", "malloc,32m", "-j", "none", "-p", "thread_pools=1", "-p", "thread_pool_min=20"});
    };
    port_ = start_on_free_port(process_, launch, "Child launched OK"); // which begins to listen then
    if (!eventually([&] { return listens(port_); }))
        throw std::runtime_error("varnishd does not listen: " + process_->log());
}

std::string VarnishServer::url(const std::string& target) const {
    return http_url("http", port_, target);
}

NghttpdServer::NghttpdServer(bool tls) : root_(folder_.path() / "root"), tls_(tls) {
    std::filesystem::create_directory(root_);
    if (tls) make_certificate(folder_.path());
    const auto launch = [&](std::uint16_t port) {
        std::vector<std::string> arguments{"nghttpd", "-v", "-a", "127.0.0.1", "-d", root_.string()};
        if (!tls) arguments.emplace_back("--no-tls");
        arguments.push_back(std::to_string(port));
        if (tls) arguments.push_back((folder_.path() / "key.pem").string());
        if (tls) arguments.push_back(certificate().string());
        return std::make_unique<Process>(arguments);
    };
    port_ = start_on_free_port(process_, launch, "IPv4: listen");
}

std::string NghttpdServer::url(const std::string& target) const {
    return http_url(tls_ ? "https" : "http", port_, target);
}

std::filesystem::path NghttpdServer::certificate() const {
    return folder_.path() / "certificate.pem";
}

Certificate make_certificate(const std::filesystem::path& folder) {
    Certificate made{folder / "certificate.pem", folder / "key.pem"};
    const auto finished = run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                               "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                               "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1",
                               "-keyout", made.key, "-out", made.certificate});
    if (finished.exit_code != 0) throw std::runtime_error("openssl makes no certificate: " + finished.err);
    return made;
}

} // namespace roacache::test
