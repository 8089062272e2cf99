#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fstream>

using namespace roacache::test;

TEST_CASE("redis-server answers on its socket and its port") {
    const RedisServer server;
    CHECK(server.cli({"PING"}) == "PONG");
    CHECK(run({"redis-cli", "-u", server.url(), "PING"}).out == "PONG\n");
    CHECK(server.unix_url() == "unix://" + server.socket().string());
    CHECK(server.cli({"CONFIG", "GET", "save"}) == "save\n");
}

TEST_CASE("redis-server can be killed and comes back empty on the same port") {
    RedisServer server({"--requirepass", "secret"});
    CHECK(server.cli({"SET", "a", "1"}) == "OK");
    const auto port = server.port();
    server.kill();
    server.restart();
    CHECK(server.port() == port);
    CHECK(server.cli({"DBSIZE"}) == "0");
}

TEST_CASE("several redis-servers run side by side") {
    const RedisServer first;
    const RedisServer second;
    CHECK(first.port() != second.port());
    CHECK(first.cli({"SET", "a", "1"}) == "OK");
    CHECK(second.cli({"EXISTS", "a"}) == "0");
}

TEST_CASE("redis-server that refuses its arguments is reported with its message") {
    CHECK_THROWS_WITH(RedisServer({"--no-such-option", "x"}), roacache::test::Contains("no-such-option"));
}

TEST_CASE("nginx serves files and what its locations add") {
    const NginxServer server("location = /hello { return 200 'hi'; }");
    std::ofstream(server.root() / "page.txt") << "text";
    CHECK(run({"curl", "-s", server.url("/page.txt")}).out == "text");
    CHECK(run({"curl", "-s", server.url("/hello")}).out == "hi");
}

TEST_CASE("nginx serves TLS with a certificate for its address and name") {
    const NginxServer server("location / { return 204; }", true);
    const auto port = std::to_string(server.port());
    for (const auto& url : {server.url(), "https://localhost:" + port + "/"}) {
        const auto finished = run({"curl", "-s", "-4", "-o", "/dev/null", "-w", "%{http_code}", "--cacert",
                                   server.certificate(), url});
        CHECK(finished.out == "204");
    }
}

TEST_CASE("a Python program is ready when its port is known") {
    PythonServer server("tests/net/port_server.py", {"hello"});
    CHECK(run({"curl", "-s", server.url("/anything")}).out == "hello");
    CHECK_THROWS_WITH(PythonServer("tests/net/no_such_server.py"),
                      roacache::test::Contains("does not start"));
}
