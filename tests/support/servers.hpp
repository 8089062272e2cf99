#pragma once

#include "tests/support/process.hpp"

#include <cstdint>

namespace roacache::test {

/// A real redis-server in a folder of its own, without persistence, ready when constructed.
/// Listens on a Unix socket and on a TCP port of 127.0.0.1 that the server itself managed to bind (another is
/// tried when it is taken).
class RedisServer {
  public:
    /// `arguments` are added to the command line, such as {"--requirepass", "secret"}.
    explicit RedisServer(std::vector<std::string> arguments = {});

    std::uint16_t port() const { return port_; }
    std::string url() const;      ///< redis://127.0.0.1:PORT
    std::string unix_url() const; ///< unix:///…/redis.sock
    std::filesystem::path socket() const;
    pid_t pid() const { return process_->pid(); }

    /// redis-cli over the Unix socket; what it printed, without the last newline.
    std::string cli(const std::vector<std::string>& arguments) const;

    void kill();    ///< SIGKILL
    void restart(); ///< on the same port and socket, empty

  private:
    void start();
    TempDir folder_;
    std::vector<std::string> arguments_;
    std::uint16_t port_ = 0;
    std::unique_ptr<Process> process_;
};

/// A Python program of tests/ (path relative to the source tree) run by /usr/bin/python3, which prints `PORT
/// <number>` on a line of its own once it listens.
class PythonServer {
  public:
    explicit PythonServer(const std::string& script, const std::vector<std::string>& arguments = {},
                          const std::map<std::string, std::string>& environment = {});
    std::uint16_t port() const { return port_; }
    std::string url(const std::string& target = "/") const; ///< http://127.0.0.1:PORT/…
    Process& process() { return *process_; }

  private:
    std::uint16_t port_ = 0;
    std::unique_ptr<Process> process_;
};

/// nginx serving `root` (and whatever `locations`, raw configuration, adds; `http` to its surroundings) on a
/// port that it managed to bind.
class NginxServer {
  public:
    explicit NginxServer(const std::string& locations, bool tls = false, bool http2 = false,
                         const std::string& http = {});
    std::uint16_t port() const { return port_; }
    std::string url(const std::string& target = "/") const;
    const std::filesystem::path& root() const { return root_; } ///< files put here are served
    std::filesystem::path
    certificate() const; ///< with tls: the self-signed authority to trust (names localhost and 127.0.0.1)

  private:
    TempDir folder_;
    std::filesystem::path root_;
    bool tls_;
    std::uint16_t port_ = 0;
    std::unique_ptr<Process> process_;
};

/// Varnish before an origin on a port of this machine, on a port that it managed to bind; as Debian
/// configures it, or with what `vcl` adds: subroutines.
class VarnishServer {
  public:
    explicit VarnishServer(std::uint16_t origin, const std::string& vcl = {});
    std::string url(const std::string& target = "/") const;

  private:
    TempDir folder_;
    std::uint16_t port_ = 0;
    std::unique_ptr<Process> process_;
};

/// nghttpd, which speaks HTTP/2 and nothing else, serving `root` on a port that it managed to bind.
class NghttpdServer {
  public:
    explicit NghttpdServer(bool tls = false);
    std::string url(const std::string& target = "/") const;
    const std::filesystem::path& root() const { return root_; } ///< files put here are served
    std::filesystem::path certificate() const;                  ///< as of NginxServer

  private:
    TempDir folder_;
    std::filesystem::path root_;
    bool tls_;
    std::uint16_t port_ = 0;
    std::unique_ptr<Process> process_;
};

/// A self-signed certificate and its key, made by openssl, for localhost and 127.0.0.1.
struct Certificate {
    std::filesystem::path certificate, key;
};
Certificate make_certificate(const std::filesystem::path& folder);

} // namespace roacache::test
