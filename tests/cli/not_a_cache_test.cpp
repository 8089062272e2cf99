#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// Every command at something that is no cache, or not a whole one: refused, with this message, within one
/// timeout, and nothing on stdout.
void check_all_refused(const std::string& url, const std::string& why, bool ping_too = true,
                       const std::vector<std::string>& more = {}) {
    for (const auto& [name, command] : served_commands()) {
        if (!ping_too && (name == "ping" || name == "stats --no-scan")) continue;
        auto arguments = command;
        arguments.insert(arguments.end(), {"--timeout", "2s"});
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Finished finished = run_at(url, arguments);
        INFO(name << " at " << url << ": " << finished.err);
        CHECK(finished.exit_code == 4);
        CHECK(is_one_error(finished.err));
        CHECK(finished.err.find(why) != std::string::npos);
        CHECK(lines_in(finished.err) == 2); // with a remedy
        CHECK(finished.out.empty());
        CHECK(finished.seconds < 3);
    }
}

std::string at_port(std::uint16_t port, const std::string& scheme = "redis") {
    return scheme + "://127.0.0.1:" + std::to_string(port);
}

} // namespace

TEST_CASE("a cluster of one node is served as any other", "[cluster]") {
    const RedisServer redis({"--cluster-enabled", "yes"});
    redis.cli({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
    REQUIRE(eventually([&] { return redis.cli({"SET", k_first_entry, "1"}) == "OK"; }));
    for (const std::string& url : {redis.url(), redis.unix_url()}) {
        CHECK(run_at(url, {"keys"}).out == std::string(k_first_entry) + "\n");
        const Finished ping = run_at(url, {"ping", "-o", "json"});
        CHECK(ping.exit_code == 0);
        CHECK(json::parse(ping.out).at("topology") == "cluster");
        CHECK(ping.err.empty());
    }
    check_all_refused(redis.url() + "/3", "a cluster has only database 0");
    // For a user who may not ask INFO, HELLO shows it.
    redis.cli({"ACL", "SETUSER", "ana", "on", ">pw", "~*", "+@all", "-info"});
    const std::string ana = "redis://ana:pw@127.0.0.1:" + std::to_string(redis.port());
    CHECK(run_at(ana, {"keys"}).out == std::string(k_first_entry) + "\n");
    CHECK(redis.cli({"dbsize"}) == "1");
}

TEST_CASE("a key of another node is recognised, where the server reports nothing else", "[cluster]") {
    const RedisServer redis;
    fill_entries(redis);
    for (const std::string error :
         {"-MOVED 3999 127.0.0.1:6381\r\n", "-CROSSSLOT Keys in request don't hash to the same slot\r\n",
          "-ASK 3999 127.0.0.1:6381\r\n"}) {
        const MeddledServer server(redis, {{"UNLINK", error}, {"TYPE", error}});
        for (const auto& command :
             {std::vector<std::string>{"invalidate", "-t", "t"}, {"inspect", k_first_entry}}) {
            const Finished finished = run_at(server.url(), command);
            INFO(error << finished.err);
            CHECK(finished.exit_code == 4);
            CHECK(finished.err.find("one node of a cluster") != std::string::npos);
        }
    }
    CHECK(redis.cli({"dbsize"}) == "4");
}

TEST_CASE("a Sentinel is named", "[not a cache]") {
    const TempDir folder;
    const std::filesystem::path file = folder.path() / "sentinel.conf";
    std::uint16_t port = 0;
    std::unique_ptr<Process> sentinel;
    for (int attempt = 0; attempt < 20 && port == 0; ++attempt) {
        const auto candidate = static_cast<std::uint16_t>(20'000 + (getpid() * 7 + attempt * 131) % 10'000);
        std::ofstream(file) << "port " << candidate << "\nbind 127.0.0.1\n";
        sentinel = std::make_unique<Process>(std::vector<std::string>{"redis-server", file, "--sentinel"});
        if (sentinel->wait_for("Sentinel ID is", std::chrono::seconds(10))) port = candidate;
    }
    REQUIRE(port > 0);
    check_all_refused(at_port(port), "this is a Sentinel", false);
    check_all_refused(at_port(port) + "/2", "this is a Sentinel");
    check_all_refused("redis://:secret@127.0.0.1:" + std::to_string(port), "this is a Sentinel");
    const Finished ping = run_at(at_port(port), {"ping"});
    CHECK(ping.exit_code == 0);
    CHECK(ping.err.find("this is a Sentinel") != std::string::npos);
}

TEST_CASE("other servers are named for what they are", "[not a cache]") {
    const NginxServer http("");
    check_all_refused(at_port(http.port()), "an HTTP server answers");
    const NginxServer https("", true);
    check_all_refused(at_port(https.port()), "an HTTP server answers"); // it says so in plain text
    check_all_refused(at_port(https.port(), "rediss"), "an HTTP server answers", true,
                      {"--cacert", https.certificate()});
    struct Greeting {
        std::string bytes, kind;
    };
    const std::vector<Greeting> greetings = {
        {std::string("J\0\0\0\x0a"
                     "8.0.36\0",
                     12),
         "a MySQL or MariaDB server answers"},
        {std::string("F\0\0\0\xff\x6a\x04Host is not allowed", 26), "a MySQL or MariaDB server answers"},
        {"SSH-2.0-OpenSSH_9.2\r\n", "an SSH server answers"},
        {"220 mail ESMTP\r\n", "a mail or FTP server answers"}};
    for (const auto& [bytes, kind] : greetings) {
        const PythonServer server("tests/store/scripted_server.py", {"--greeting", in_hex(bytes)});
        check_all_refused(at_port(server.port()), kind);
        check_all_refused(at_port(server.port(), "rediss"), kind);
    }
    const PythonServer memcached("tests/store/scripted_server.py",
                                 {"--answer", in_hex("ERROR\r\nERROR\r\n"), "--keep"});
    check_all_refused(at_port(memcached.port()), "a memcached server answers");
    const PythonServer postgres("tests/support/quiet_server.py", {"postgres"});
    check_all_refused(at_port(postgres.port()), "a PostgreSQL server answers");
    check_all_refused(at_port(postgres.port(), "rediss"), "a PostgreSQL server answers");
}

TEST_CASE("Redis with TLS and without are distinguished, either way round", "[not a cache]") {
    const TempDir folder;
    const Certificate files = make_certificate(folder.path());
    const RedisServer redis({"--tls-cert-file", files.certificate, "--tls-key-file", files.key,
                             "--tls-ca-cert-file", files.certificate, "--tls-auth-clients", "no"});
    fill_entries(redis);
    std::uint16_t tls = 0;
    for (int attempt = 0; attempt < 50 && tls == 0; ++attempt) {
        const auto candidate = static_cast<std::uint16_t>(20'000 + (redis.port() + attempt * 7) % 12'000);
        if (redis.cli({"CONFIG", "SET", "tls-port", std::to_string(candidate)}) == "OK") tls = candidate;
    }
    REQUIRE(tls > 0);
    check_all_refused(at_port(tls), "the server speaks TLS");
    check_all_refused("redis://:secret@127.0.0.1:" + std::to_string(tls) + "/3", "the server speaks TLS");
    check_all_refused(at_port(redis.port(), "rediss"), "the server speaks Redis without TLS");
    CHECK(redis.cli({"dbsize"}) == "4");
}

TEST_CASE("a server whose certificate is for another name is asked for and checked by --server-name",
          "[tls]") {
    const TempDir folder;
    const std::string config = folder.path() / "name.cnf", certificate = folder.path() / "c.pem",
                      key = folder.path() / "k.pem";
    REQUIRE(run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out",
                 certificate, "-days", "2", "-subj", "/CN=cache.internal", "-addext",
                 "subjectAltName=DNS:cache.internal,IP:10.9.8.7"})
                .exit_code == 0);
    const RedisServer redis({"--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file",
                             certificate, "--tls-auth-clients", "no"});
    fill_entries(redis);
    std::uint16_t tls = 0;
    for (int attempt = 0; attempt < 50 && tls == 0; ++attempt) {
        const auto candidate = static_cast<std::uint16_t>(20'000 + (redis.port() + attempt * 7) % 12'000);
        if (redis.cli({"CONFIG", "SET", "tls-port", std::to_string(candidate)}) == "OK") tls = candidate;
    }
    REQUIRE(tls > 0);
    const std::string url = "rediss://127.0.0.1:" + std::to_string(tls);
    for (const auto& [name, command] : served_commands()) {
        const auto with = [&, &command = command](std::vector<std::string> more) {
            auto arguments = command;
            arguments.insert(arguments.end(), {"--cacert", certificate});
            arguments.insert(arguments.end(), more.begin(), more.end());
            fill_entries(redis);
            return run_at(url, arguments);
        };
        INFO(name);
        const Finished without = with({});
        CHECK(without.exit_code == 3);
        CHECK(without.err.find("certificate is not for 127.0.0.1") != std::string::npos);
        CHECK(without.err.find("--server-name") != std::string::npos);
        CHECK(with({"--server-name", "cache.internal"}).exit_code == 0);
        CHECK(with({"--server-name", "10.9.8.7"}).exit_code == 0);
        CHECK(with({"--server-name", "other.internal"}).exit_code == 3);
        CHECK(redis.cli({"dbsize"}) == "4");
    }
    const Finished waited = run_at(url, {"ping", "--wait", "30s", "--cacert", certificate});
    CHECK(waited.exit_code == 3);
    CHECK(waited.seconds < 10); // no time mends a certificate
}
