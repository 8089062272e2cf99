#include "src/store/redis/connection.hpp"

#include "src/core/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fmt/format.h>
#include <functional>

using namespace roacache;
using core::ExitCode;
using store::ConnectOptions;
using store::redis::Connection;
using store::redis::Reply;

namespace {

Connection connect(const std::string& url, const ConnectOptions& options = {}) {
    return Connection::connect(net::parse_url(url), options);
}

ConnectOptions within(core::Nanoseconds timeout) {
    ConnectOptions options;
    options.timeout = timeout;
    return options;
}

/// The error that `action` ends with; a test that gets none fails.
core::Error error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const core::Error& error) {
        return error;
    }
    FAIL("no error");
    throw 0;
}

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes)
        text += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return text;
}

std::string local(std::uint16_t port) {
    return fmt::format("redis://127.0.0.1:{}", port);
}

} // namespace

TEST_CASE("commands are answered over TCP and over a Unix socket", "[connection]") {
    test::RedisServer server;
    for (const std::string& url : {server.url(), server.unix_url(), server.url() + "/3"}) {
        Connection connection = connect(url);
        CHECK(connection.call({"PING"}).text == "PONG");
        const std::string binary("a\0b\r\n\xff", 6);
        connection.call({"SET", binary, binary});
        CHECK(connection.call({"GET", binary}).text == binary);
        CHECK(connection.call({"GET", "absent"}).type == Reply::Type::nil);
        CHECK(connection.call({"STRLEN", binary}).integer == 6);
        CHECK(connection.call({"CLIENT", "GETNAME"}).text == "roacache");
    }
    CHECK(server.cli({"-n", "3", "DBSIZE"}) == "1");
    CHECK(server.cli({"DBSIZE"}) == "1");
}

TEST_CASE("a pipeline's answers come in order, errors among them", "[connection]") {
    test::RedisServer server;
    Connection connection = connect(server.url());
    for (int i = 0; i < 20'000; ++i) {
        connection.append({"INCR", "n"});
        if (i % 100 == 0) connection.append({"HGET", "n", "field"});
    }
    connection.send();
    for (int i = 0; i < 20'000; ++i) {
        REQUIRE(connection.receive().integer == i + 1);
        if (i % 100 == 0) REQUIRE(connection.receive().text.starts_with("WRONGTYPE"));
    }
    CHECK(connection.outstanding() == 0);
    CHECK(connection.call({"GET", "n"}).text == "20000");
}

TEST_CASE("a password is needed, right or wrong, and never shown", "[connection]") {
    test::RedisServer server({"--requirepass", "s3cret pass"});
    const auto missing = error_of([&] { connect(server.url()); });
    CHECK(missing.code() == ExitCode::refused);
    CHECK(std::string(missing.what()).ends_with("the server asks for a password"));
    const auto wrong = error_of([&] { connect(fmt::format("redis://:wr0ng@127.0.0.1:{}", server.port())); });
    CHECK(wrong.code() == ExitCode::refused);
    CHECK(std::string(wrong.what()).find("wr0ng") == std::string::npos);
    CHECK(connect(fmt::format("redis://:s3cret%20pass@127.0.0.1:{}/1", server.port())).call({"PING"}).text ==
          "PONG");
    ConnectOptions options;
    options.password = "s3cret pass";
    CHECK(connect(server.url(), options).call({"PING"}).text == "PONG");
}

TEST_CASE("a password that the server does not have is refused with the reason", "[connection]") {
    test::RedisServer server;
    const auto error = error_of([&] { connect(fmt::format("redis://:s3cret@127.0.0.1:{}", server.port())); });
    CHECK(error.code() == ExitCode::refused);
    CHECK(std::string(error.what()).ends_with("a password was given, but the server has none"));
}

TEST_CASE("an ACL user may do what it may, and no more", "[connection]") {
    test::RedisServer server;
    server.cli({"ACL", "SETUSER", "ana", "on", ">geheim", "~cache:*", "+get", "+ping", "+select"});
    Connection connection = connect(fmt::format("redis://ana:geheim@127.0.0.1:{}/2", server.port()));
    CHECK(connection.call({"PING"}).text == "PONG");
    CHECK(connection.call({"GET", "cache:x"}).type == Reply::Type::nil);
    const auto denied = error_of([&] { connection.call({"SET", "cache:x", "y"}); });
    CHECK(denied.code() == ExitCode::refused);
    CHECK(std::string(denied.what()).find("NOPERM") != std::string::npos);
    CHECK(connection.ask({"FLUSHALL"}).is_error());
    const auto wrong =
        error_of([&] { connect(fmt::format("redis://ana:geheim2@127.0.0.1:{}", server.port())); });
    CHECK(wrong.code() == ExitCode::refused);
    CHECK(std::string(wrong.what()).find("geheim") == std::string::npos);
}

TEST_CASE("a renamed AUTH does not make the server repeat the password to the user", "[connection]") {
    test::RedisServer server({"--rename-command", "AUTH", "LOGIN"});
    const auto error = error_of([&] { connect(fmt::format("redis://:s3cret@127.0.0.1:{}", server.port())); });
    CHECK(error.code() == ExitCode::refused);
    CHECK((std::string(error.what()) + error.remedy()).find("s3cret") == std::string::npos);
}

TEST_CASE("a database that the server does not have is refused", "[connection]") {
    test::RedisServer server;
    const auto error = error_of([&] { connect(server.url() + "/99"); });
    CHECK(error.code() == ExitCode::refused);
    CHECK(std::string(error.what()).find("DB index is out of range") != std::string::npos);
}

TEST_CASE("TLS works with the authority's file and is refused without", "[connection]") {
    test::TempDir folder;
    const auto files = test::make_certificate(folder.path());
    test::RedisServer plain;
    test::RedisServer server({"--tls-port", "0", "--tls-cert-file", files.certificate.string(),
                              "--tls-key-file", files.key.string(), "--tls-ca-cert-file",
                              files.certificate.string(), "--tls-auth-clients", "no"});
    // The server is asked to take TLS on a port that it can bind; the fixture's own port stays plain.
    std::string port;
    for (int attempt = 0; attempt < 50 && port.empty(); ++attempt) {
        const std::string candidate = std::to_string(20'000 + (server.port() + attempt * 7) % 20'000);
        if (server.cli({"CONFIG", "SET", "tls-port", candidate}) == "OK") port = candidate;
    }
    REQUIRE_FALSE(port.empty());
    const std::string url = "rediss://localhost:" + port;
    ConnectOptions options;
    options.tls.cacert = files.certificate.string();
    CHECK(connect(url, options).call({"PING"}).text == "PONG");
    CHECK(error_of([&] { connect(url); }).code() == ExitCode::unreachable);
    options.tls = {};
    options.tls.insecure = true;
    CHECK(connect(url, options).call({"PING"}).text == "PONG");
    options.timeout =
        std::chrono::seconds(1); // a server without TLS waits for more of what it takes for a command
    CHECK(error_of([&] { connect(fmt::format("rediss://127.0.0.1:{}", plain.port()), options); }).code() ==
          ExitCode::refused);
}

TEST_CASE("a server with all its clients says so", "[connection]") {
    test::RedisServer server;
    Connection one = connect(server.url());
    one.call({"CONFIG", "SET", "maxclients", "1"});
    const auto error = error_of([&] {
        Connection other = connect(server.url());
        other.call({"PING"});
    });
    CHECK(error.code() == ExitCode::unreachable);
    CHECK(std::string(error.what()).ends_with("the server has as many clients as it allows"));
}

TEST_CASE("a connection cut after any byte of an answer is unreachable, never a hang or a half answer",
          "[connection]") {
    const std::string answer = "+OK\r\n*3\r\n$5\r\nhe\r\no\r\n:42\r\n*1\r\n$-1\r\n";
    for (std::size_t cut = 0; cut < answer.size(); ++cut) {
        INFO("cut after byte " << cut);
        test::PythonServer server("tests/store/scripted_server.py",
                                  {"--answer", hex(answer), "--cut", std::to_string(cut)});
        const auto error = error_of([&] {
            Connection connection = connect(local(server.port()));
            connection.call({"PING"});
        });
        CHECK(error.code() == ExitCode::unreachable);
        CHECK(
            std::string(error.what()).starts_with(fmt::format("cannot read: 127.0.0.1:{}: ", server.port())));
    }
    test::PythonServer whole("tests/store/scripted_server.py", {"--answer", hex(answer)});
    const Reply reply = connect(local(whole.port())).call({"PING"});
    REQUIRE(reply.elements.size() == 3);
    CHECK(reply.elements[0].text == "he\r\no");
    CHECK(reply.elements[1].integer == 42);
    CHECK(reply.elements[2].elements.at(0).type == Reply::Type::nil);
}

TEST_CASE("rubbish in place of an answer is refused in one line", "[connection]") {
    const std::string rubbish[] = {"HTTP/1.1 400 Bad Request\r\n\r\n",
                                   "+OK\r\n*2147483648\r\n",
                                   "+OK\r\n*-7\r\n",
                                   "+OK\r\n$99999999999999999999\r\n",
                                   "+OK\r\n$1073741824\r\n",
                                   "+OK\r\n:12x\r\n",
                                   "+OK\r\n" + std::string(40, '*'),
                                   "+OK\r\n" +
                                       [] {
                                           std::string deep;
                                           for (int i = 0; i < 30; ++i)
                                               deep += "*1\r\n";
                                           return deep;
                                       }(),
                                   std::string("\0\0\0\0\xff\xfe", 6)};
    for (const std::string& bytes : rubbish) {
        INFO(bytes);
        test::PythonServer server("tests/store/scripted_server.py", {"--answer", hex(bytes)});
        const auto error = error_of([&] {
            Connection connection = connect(local(server.port()));
            connection.call({"PING"});
        });
        CHECK((error.code() == ExitCode::refused || error.code() == ExitCode::unreachable));
        CHECK(std::string(error.what()).find('\n') == std::string::npos);
    }
}

TEST_CASE("an answer without end does not exhaust memory", "[connection]") {
    for (const char* endless : {"x", "+", "$", ":1\r\n"}) {
        INFO(endless);
        const std::string begin = std::string("+OK\r\n") + (endless[0] == ':' ? "*2147483647\r\n" : "+");
        test::PythonServer server("tests/store/scripted_server.py",
                                  {"--answer", hex(begin), "--repeat", hex(endless)});
        const auto error = error_of([&] {
            Connection connection = connect(local(server.port()), within(std::chrono::seconds(60)));
            connection.call({"PING"});
        });
        CHECK(error.code() == ExitCode::refused);
    }
}

TEST_CASE("errors of the server get the exit code that they call for", "[connection]") {
    const std::pair<std::string, ExitCode> cases[] = {
        {"-LOADING Redis is loading the dataset in memory", ExitCode::unreachable},
        {"-MASTERDOWN Link with MASTER is down", ExitCode::unreachable},
        {"-READONLY You can't write against a read only replica.", ExitCode::refused},
        {"-NOAUTH Authentication required.", ExitCode::refused},
        {"-DENIED Redis is running in protected mode", ExitCode::refused},
        {"-ERR something \x1b[31m new", ExitCode::refused}};
    for (const auto& [line, code] : cases) {
        INFO(line);
        test::PythonServer server("tests/store/scripted_server.py",
                                  {"--answer", hex("+OK\r\n" + line + "\r\n"), "--keep"});
        const auto error = error_of([&] {
            Connection connection = connect(local(server.port()));
            connection.call({"PING"});
        });
        CHECK(error.code() == code);
        CHECK(std::string(error.what()).find('\x1b') == std::string::npos);
    }
}

TEST_CASE("a server that says nothing runs into the time limit", "[connection]") {
    test::PythonServer server("tests/store/scripted_server.py", {"--keep"});
    const auto error =
        error_of([&] { connect(local(server.port()), within(std::chrono::milliseconds(200))); });
    CHECK(error.code() == ExitCode::unreachable);
    CHECK(std::string(error.what()).ends_with("timed out"));
}
