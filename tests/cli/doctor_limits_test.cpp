// What comes to its end at real servers: the memory, and the server's certificate.

#include "tests/cli/examined.hpp"

#include <fmt/format.h>

using namespace roacache::test;
using nlohmann::json;

namespace {

using FoundIds = std::set<std::string>;

/// A machine with so much more than the 400 MiB that the server is limited to.
void set_memory(const SoundServer& server, int mebibytes) {
    server.set_host("proc/meminfo", fmt::format("MemTotal:  {} kB\nMemFree:  1 kB\n", mebibytes * 1'024));
}

/// Made and signed by itself, valid between two moments as `date` takes them.
Certificate certificate_between(const std::filesystem::path& folder, const std::string& from,
                                const std::string& until) {
    std::ofstream(folder / "ca.cnf") << "[ca]\ndefault_ca = d\n[d]\ndatabase = "
                                     << (folder / "index").string() << "\nnew_certs_dir = " << folder.string()
                                     << "\nrand_serial = yes\ndefault_md = sha256\npolicy = p\n"
                                        "x509_extensions = v3\n[p]\ncommonName = supplied\n[v3]\n"
                                        "basicConstraints = CA:true\n"
                                        "subjectAltName = DNS:localhost,IP:127.0.0.1\n";
    RunOptions options;
    options.cwd = folder;
    const Finished made =
        run({"bash", "-c",
             "set -e; : > index; moment() { date -u -d \"$1\" +%Y%m%d%H%M%SZ; }; "
             "openssl req -new -newkey rsa:2048 -nodes -keyout key.pem -subj /CN=localhost -out request; "
             "openssl ca -selfsign -batch -notext -config ca.cnf -keyfile key.pem -in request -out "
             "certificate.pem -startdate \"$(moment '" +
                 from + "')\" -enddate \"$(moment '" + until + "')\""},
            options);
    INFO(made.out << made.err);
    REQUIRE(made.exit_code == 0);
    return {folder / "certificate.pem", folder / "key.pem"};
}

/// The same server with TLS.
std::string tls_url_of(const SoundServer& server, const Certificate& files) {
    for (const auto& [name, value] : {std::pair{"tls-cert-file", files.certificate},
                                      {"tls-key-file", files.key},
                                      {"tls-ca-cert-file", files.certificate},
                                      {"tls-auth-clients", "no"}})
        server.redis.cli({"CONFIG", "SET", name, value});
    for (int attempt = 0; attempt < 50; ++attempt) {
        const std::string port = std::to_string(20'000 + (server.redis.port() + attempt * 7) % 12'000);
        if (server.redis.cli({"CONFIG", "SET", "tls-port", port}) == "OK")
            return "rediss://127.0.0.1:" + port;
    }
    FAIL("no port for TLS: " + server.redis.cli({"CONFIG", "GET", "tls-port"}));
    return {};
}

} // namespace

TEST_CASE("a limit with too little room beside it is found, more where the server forks", "[doctor]") {
    const SoundServer server;
    set_memory(server, 440); // 91 %
    CHECK(server.found() == FoundIds{"maxmemory-near-memory"});
    set_memory(server, 500); // 80 %
    CHECK(server.found() == FoundIds{});
    REQUIRE(server.redis.cli({"CONFIG", "SET", "save", "3600 1"}) == "OK");
    CHECK(server.found() == FoundIds{"maxmemory-near-memory", "persistence-on-cache"});
    set_memory(server, 600);
    CHECK(server.found() == FoundIds{"persistence-on-cache"});
    REQUIRE(server.redis.cli({"CONFIG", "SET", "save", ""}) == "OK");
    // A container's limit, and the remedy for it.
    server.set_process("cgroup", "0::/cache\n");
    server.set_host("sys/fs/cgroup/cache/memory.max", std::to_string(420 << 20) + "\n");
    const json answer = server.examine();
    REQUIRE(answer.at("findings").size() == 1);
    const json finding = answer.at("findings")[0];
    CHECK(finding.at("id") == "maxmemory-near-memory");
    CHECK(finding.at("evidence").at("memory_bytes") == 420 << 20);
    CHECK(finding.at("evidence").at("forks") == false);
    const std::string remedy = finding.at("remedy");
    REQUIRE(remedy.starts_with("redis-cli CONFIG SET maxmemory 315mb,"));
    REQUIRE(server.redis.cli({"CONFIG", "SET", "maxmemory", "315mb"}) == "OK");
    CHECK(server.found() == FoundIds{});
}

TEST_CASE("writes that the server refused are found", "[doctor]") {
    const SoundServer server;
    server.redis.cli({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
    server.redis.cli({"CONFIG", "SET", "maxmemory", "1"});
    REQUIRE(server.redis.cli({"SET", "cache:t:invoices_list:h0", "x", "EX", "60"}).find("OOM") !=
            std::string::npos);
    server.redis.cli({"CONFIG", "SET", "maxmemory", "400mb"});
    server.redis.cli({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
    CHECK(server.found() == FoundIds{"writes-refused"});
    // Over a time in which none was refused it is of long ago.
    CHECK(server.found({"--for", "100ms"}) == FoundIds{});
    CHECK(server.found({"--for", "100ms", "--level", "note"}).contains("writes-refused"));
    server.redis.cli({"CONFIG", "RESETSTAT"});
    CHECK(server.found() == FoundIds{});
}

TEST_CASE("scripts that are kept by the thousand are found at the server", "[doctor]") {
    const SoundServer server;
    RunOptions options;
    options.env["REDISCLI_AUTH"] = "s3cret";
    for (int i = 0; i < 1'100; ++i)
        options.input += fmt::format("SCRIPT LOAD \"return {}\"\n", i);
    REQUIRE(run({"redis-cli", "-s", server.redis.socket().string()}, options).exit_code == 0);
    CHECK(server.found() == FoundIds{"cached-scripts"});
    server.redis.cli({"SCRIPT", "FLUSH"});
    CHECK(server.found() == FoundIds{});
}

TEST_CASE("a replica that is not filled yet is a note at its primary", "[doctor]") {
    const SoundServer server({"--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "600"});
    const RedisServer replica(
        {"--replicaof", fmt::format("127.0.0.1 {}", server.redis.port()), "--masterauth", "s3cret"});
    REQUIRE(eventually([&] {
        return server.redis.cli({"INFO", "replication"}).find("state=wait_bgsave") != std::string::npos;
    }));
    CHECK(server.found() == FoundIds{});
    CHECK(server.found({"--level", "note"}).contains("replica-behind"));
}

TEST_CASE("a certificate that is about to expire is found, and so is one that has", "[doctor][tls]") {
    const TempDir folder;
    const std::string ca = (folder.path() / "certificate.pem").string();
    const SoundServer server;
    const auto found_with = [&](const char* from, const char* until, std::vector<std::string> arguments) {
        const Certificate files = certificate_between(folder.path(), from, until);
        return server.found(arguments, tls_url_of(server, files));
    };
    CHECK(found_with("-300 days", "+60 days", {"--cacert", ca}) == FoundIds{});
    CHECK(found_with("-300 days", "+5 days", {"--cacert", ca}) == FoundIds{"certificate-expires"});
    CHECK(found_with("-1 day", "+5 days", {"--cacert", ca}) == FoundIds{});
    CHECK(found_with("-300 days", "-1 hour", {"--insecure", "--level", "error"}) ==
          FoundIds{"certificate-expires"});
}
