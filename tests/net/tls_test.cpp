#include "src/net/stream.hpp"

#include "tests/net/peers.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <fstream>
#include <sys/stat.h>
#include <thread>

using namespace roacache;
using namespace std::chrono_literals;
using net::Stream;
using net::TlsContext;
using net::TlsOptions;
using test::certificates;
using test::failure_of;
using test::local;
using test::patience;

namespace {

TlsContext trusting(const std::string& authority) {
    TlsOptions options;
    options.cacert = authority;
    return TlsContext(options);
}

/// Why a connection fails, without `cannot connect: HOST:PORT: `.
std::string refusal(std::uint16_t port, const TlsContext& tls, const std::string& host = "127.0.0.1",
                    core::Deadline deadline = patience()) {
    const std::string error = failure_of([&] { Stream::connect(local(port, host), &tls, deadline); });
    const std::string prefix = "cannot connect: " + local(port, host).text() + ": ";
    return error.starts_with(prefix) ? error.substr(prefix.size()) : error;
}

std::string remedy_of(std::uint16_t port, const TlsContext& tls) {
    try {
        Stream::connect(local(port), &tls, patience());
    } catch (const core::Error& error) {
        return error.remedy();
    }
    return {};
}

std::string usage_error(const TlsOptions& options) {
    try {
        TlsContext{options};
    } catch (const core::Error& error) {
        CHECK(error.code() == core::ExitCode::usage);
        return error.what();
    }
    return "accepted";
}

/// `openssl s_server` on a port of its own, giving each line back reversed.
struct OpensslServer {
    explicit OpensslServer(std::vector<std::string> more = {}) : process(argv(std::move(more))) {
        REQUIRE(process.wait_for("ACCEPT 127.0.0.1:"));
        REQUIRE(test::eventually([&] {
            const std::string log = process.log();
            const std::size_t at = log.find("ACCEPT 127.0.0.1:") + 17;
            const std::size_t end = log.find('\n', at);
            if (end == std::string::npos) return false;
            port = static_cast<std::uint16_t>(std::stoi(log.substr(at, end - at)));
            return true;
        }));
    }

    static std::vector<std::string> argv(std::vector<std::string> more) {
        std::vector<std::string> all{"openssl",
                                     "s_server",
                                     "-accept",
                                     "127.0.0.1:0",
                                     "-rev",
                                     "-cert",
                                     certificates().path("good.pem"),
                                     "-key",
                                     certificates().path("good.key")};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    test::Process process;
    std::uint16_t port = 0;
};

} // namespace

TEST_CASE("TLS carries bytes when the certificate holds", "[tls]") {
    const TlsContext tls = trusting(certificates().authority());
    for (const char* version : {"--tls12", "--buffer=0"}) {
        const auto peer = test::peer(certificates().serving("good", {"echo", version}));
        for (const char* host : {"127.0.0.1", "localhost"}) {
            Stream stream = Stream::connect(local(peer.port(), host), &tls, patience());
            CHECK(test::ask(stream, "hello") == "hello");
            CHECK(test::ask(stream, std::string("\0\xff", 2)) == std::string("\0\xff", 2));
        }
    }
    const OpensslServer server;
    Stream stream = Stream::connect(local(server.port), &tls, patience());
    stream.write_all("abc\n", patience());
    CHECK(test::read_up_to(stream, 4) == "cba\n");
}

TEST_CASE("a certificate that is itself named as trusted is enough", "[tls]") {
    const auto peer = test::peer(certificates().serving("self_signed", {"echo"}));
    const TlsContext tls = trusting(certificates().path("self_signed.pem"));
    Stream stream = Stream::connect(local(peer.port()), &tls, patience());
    CHECK(test::ask(stream, "hello") == "hello");
    const auto other = test::peer(certificates().serving("good", {"echo"}));
    const TlsContext leaf = trusting(certificates().path("good.pem"));
    Stream another = Stream::connect(local(other.port()), &leaf, patience());
    CHECK(test::ask(another, "hello") == "hello");
}

TEST_CASE("a certificate that does not hold is refused with a plain message", "[tls]") {
    const TlsContext good = trusting(certificates().authority());
    const TlsContext other = trusting(certificates().other_authority());
    const TlsContext system{TlsOptions{}};
    const auto peer = test::peer(certificates().serving("good", {"echo"}));
    CHECK(refusal(peer.port(), other) == "certificate is signed by an authority that is not trusted");
    CHECK(refusal(peer.port(), system) == "certificate is signed by an authority that is not trusted");
    CHECK(remedy_of(peer.port(), system).find("--cacert") != std::string::npos);
    CHECK(refusal(peer.port(), good) == "nothing thrown");

    const auto expired = test::peer(certificates().serving("expired", {"echo"}));
    CHECK(refusal(expired.port(), good) == "certificate has expired");
    const auto other_name = test::peer(certificates().serving("other_name", {"echo"}));
    const std::string carried = " but for elsewhere.example, 127.0.0.2";
    CHECK(refusal(other_name.port(), good) == "certificate is not for 127.0.0.1" + carried);
    CHECK(refusal(other_name.port(), good, "localhost") == "certificate is not for localhost" + carried);
    const auto self_signed = test::peer(certificates().serving("self_signed", {"echo"}));
    CHECK(refusal(self_signed.port(), good) == "self-signed certificate");

    for (const std::string name : {"expired", "other_name", "self_signed"}) {
        const auto bad = test::peer(certificates().serving(name, {"echo"}));
        TlsOptions options;
        options.insecure = true;
        const TlsContext insecure(options);
        Stream stream = Stream::connect(local(bad.port()), &insecure, patience());
        CHECK(test::ask(stream, name) == name);
    }
}

TEST_CASE("a server that is known by several names may be certified for any of them", "[tls]") {
    const auto known_by = [](std::vector<std::string> names, const std::string& server_name = {}) {
        TlsOptions options;
        options.cacert = certificates().authority();
        options.other_names = std::move(names);
        options.server_name = server_name;
        return TlsContext(options);
    };
    const auto peer = test::peer(certificates().serving("other_name", {"echo"}));
    const std::string carried = " but for elsewhere.example, 127.0.0.2";
    CHECK(refusal(peer.port(), known_by({"elsewhere.example"})) == "nothing thrown");
    CHECK(refusal(peer.port(), known_by({"nowhere.example", "127.0.0.2"})) == "nothing thrown");
    CHECK(refusal(peer.port(), known_by({"nowhere.example.", "elsewhere.example."})) == "nothing thrown");
    CHECK(refusal(peer.port(), known_by({"nowhere.example", "", "127.0.0.3", "127.0.0.1"})) ==
          "certificate is not for nowhere.example or 127.0.0.3 or 127.0.0.1" + carried);
    CHECK(refusal(peer.port(), known_by({"lsewhere.example"})) ==
          "certificate is not for lsewhere.example or 127.0.0.1" + carried);
    CHECK(refusal(peer.port(), known_by({"elsewhere.example"}, "nowhere.example")) ==
          "certificate is not for nowhere.example" + carried);
    // Another name that is right makes nothing else right.
    const auto expired = test::peer(certificates().serving("expired", {"echo"}));
    CHECK(refusal(expired.port(), known_by({"nowhere.example"})) == "certificate has expired");
    const auto self_signed = test::peer(certificates().serving("self_signed", {"echo"}));
    CHECK(refusal(self_signed.port(), known_by({"nowhere.example"})) == "self-signed certificate");

    const auto& all = certificates();
    const OpensslServer by_name({"-cert", all.path("self_signed.pem"), "-key", all.path("self_signed.key"),
                                 "-servername", "elsewhere.example", "-cert2", all.path("other_name.pem"),
                                 "-key2", all.path("other_name.key")});
    CHECK(refusal(by_name.port, known_by({"127.0.0.2", "elsewhere.example"})) == "nothing thrown");
    CHECK(refusal(by_name.port, known_by({"127.0.0.2", "elsewhere.example"}), "localhost") ==
          "self-signed certificate");
}

TEST_CASE("a server that wants a client certificate gets it, or says so", "[tls]") {
    TlsOptions options;
    options.cacert = certificates().authority();
    const TlsContext without(options);
    options.cert = certificates().path("client.pem");
    options.key_file = certificates().path("client.key");
    const TlsContext with(options);
    options.cert = certificates().path("self_signed.pem");
    options.key_file = certificates().path("self_signed.key");
    const TlsContext wrong(options);
    const auto outcome = [](std::uint16_t port, const TlsContext& tls) {
        return failure_of([&] {
            Stream stream = Stream::connect(local(port), &tls, patience());
            char byte = 0;
            stream.write_all("x\n", patience());
            if (stream.read_some({&byte, 1}, patience()) == 0) FAIL("closed without a reason");
        });
    };
    const std::string authority = certificates().authority();
    const auto peer = test::peer(certificates().serving("good", {"echo", "--client-ca", authority}));
    const OpensslServer server({"-Verify", "1", "-CAfile", authority, "-verify_return_error"});
    for (const std::uint16_t port : {peer.port(), server.port}) {
        CHECK(outcome(port, with) == "nothing thrown");
        const std::string prefix = ": 127.0.0.1:" + std::to_string(port) + ": ";
        // TLS 1.3 reports it after the handshake; what was written meanwhile may be answered with a reset.
        CHECK_THAT(outcome(port, without),
                   roacache::test::EndsWith(prefix + "server requires a client certificate"));
        CHECK_THAT(outcome(port, wrong),
                   roacache::test::EndsWith(prefix + "server does not accept the client certificate"));
    }
    const auto older =
        test::peer(certificates().serving("good", {"echo", "--tls12", "--client-ca", authority}));
    CHECK(outcome(older.port(), with) == "nothing thrown");
    CHECK(refusal(older.port(), without) == "server refused the TLS handshake");
}

TEST_CASE("a server that does not speak TLS is recognised", "[tls]") {
    const TlsContext tls = trusting(certificates().authority());
    const auto chatter = test::peer({"chatter"});
    CHECK(refusal(chatter.port(), tls) == "server does not speak TLS");
    CHECK(remedy_of(chatter.port(), tls).find("without TLS") != std::string::npos);
    const auto echo = test::peer({"echo"});
    CHECK(refusal(echo.port(), tls) != "nothing thrown");
    const auto hang_up = test::peer({"hang-up"});
    CHECK_THAT(refusal(hang_up.port(), tls),
               roacache::test::Equals("server closed the connection in the TLS handshake") ||
                   roacache::test::Equals("connection reset by peer") ||
                   roacache::test::Equals("broken pipe"));
    const auto silent = test::peer({"silent"});
    CHECK(refusal(silent.port(), tls, "127.0.0.1", core::Deadline::in(100ms)) ==
          "timed out in the TLS handshake");
}

TEST_CASE("an old protocol is refused", "[tls]") {
    const OpensslServer server({"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"});
    CHECK(refusal(server.port, trusting(certificates().authority())) ==
          "server does not speak TLS 1.2 or newer");
}

TEST_CASE("the end of a TLS stream is closed with a farewell or without", "[tls]") {
    const auto before = std::signal(SIGPIPE, SIG_DFL);
    const TlsContext tls = trusting(certificates().authority());
    for (const auto& [behaviour, text] : {std::pair{"half", "half"}, std::pair{"farewell", "whole"}}) {
        INFO(behaviour);
        const auto peer = test::peer(certificates().serving("good", {behaviour}));
        Stream stream = Stream::connect(local(peer.port()), &tls, patience());
        stream.write_all("x", patience());
        CHECK(test::read_up_to(stream, 100) == text);
        char byte = 0;
        CHECK(stream.read_some({&byte, 1}, patience()) == 0);
        CHECK(stream.read_some({&byte, 1}, patience()) == 0);
        CHECK(stream.was_cut() == (text == std::string("half")));
    }
    const auto peer = test::peer(certificates().serving("good", {"reset"}));
    Stream stream = Stream::connect(local(peer.port()), &tls, patience());
    stream.write_all("x", patience());
    CHECK(test::eventually([&] {
        return failure_of([&] { stream.write_all("more", patience()); })
            .starts_with("cannot write: 127.0.0.1:");
    }));
    std::signal(SIGPIPE, before);
}

TEST_CASE("the peer is informed when a TLS stream ends", "[tls]") {
    OpensslServer server({"-state"});
    { Stream::connect(local(server.port), nullptr, patience()); }
    const TlsContext tls = trusting(certificates().authority());
    {
        Stream stream = Stream::connect(local(server.port), &tls, patience());
        CHECK(test::ask(stream, "a\n") == "a\n");
    }
    CHECK(server.process.wait_for("SSL3 alert read:warning:close notify"));
}

TEST_CASE("10 MB pass both ways over TLS through small buffers", "[tls]") {
    constexpr std::size_t k_size = 10'000'000;
    const TlsContext tls = trusting(certificates().authority());
    const auto peer = test::peer(
        certificates().serving("good", {"sink", "--size", std::to_string(k_size), "--buffer", "4096"}));
    Stream stream = Stream::connect(local(peer.port()), &tls, patience());
    const int small = 4096;
    REQUIRE(setsockopt(stream.fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0);
    stream.write_all(test::pattern(k_size), patience());
    CHECK((test::read_up_to(stream, k_size, 1000) == test::pattern(k_size)));
}

TEST_CASE("certificate files that cannot be used are named", "[tls]") {
    const test::TempDir folder;
    const std::string none = folder.path() / "none.pem";
    const std::string rubbish = folder.path() / "rubbish.pem";
    std::ofstream(rubbish) << "rubbish\n";
    const auto& all = certificates();
    const auto options = [](const std::string& authority, const std::string& cert, const std::string& key) {
        TlsOptions made;
        made.cacert = authority;
        made.cert = cert;
        made.key_file = key;
        return made;
    };
    CHECK(usage_error(options(none, "", "")) ==
          "cannot load certificate authorities: " + none + ": no such file or directory");
    CHECK(usage_error(options(rubbish, "", "")) ==
          "cannot load certificate authorities: " + rubbish + ": holds no certificate in PEM form");
    CHECK(usage_error(options(folder.path(), "", "")) ==
          "cannot load certificate authorities: " + folder.path().string() + ": is a directory");
    CHECK(usage_error(options("", none, "")) ==
          "cannot load certificate: " + none + ": no such file or directory");
    CHECK(usage_error(options("", rubbish, "")) ==
          "cannot load certificate: " + rubbish + ": holds no certificate in PEM form");
    CHECK(usage_error(options("", "", rubbish)) ==
          "cannot load key: " + rubbish + ": a certificate is missing (--cert)");
    const std::string cert = all.path("client.pem");
    CHECK(usage_error(options("", cert, rubbish)) ==
          "cannot load key: " + rubbish + ": holds no private key in PEM form");
    CHECK(usage_error(options("", cert, "")) ==
          "cannot load key: " + cert + ": holds no private key in PEM form");
    CHECK(usage_error(options("", cert, all.path("good.key"))) ==
          "cannot load key: " + all.path("good.key") + ": does not belong to the certificate " + cert);
    const std::string locked = folder.path() / "locked.key";
    REQUIRE(test::run({"openssl", "pkey", "-in", all.path("client.key"), "-aes256", "-passout", "pass:x",
                       "-out", locked})
                .exit_code == 0);
    CHECK(usage_error(options("", cert, locked)) ==
          "cannot load key: " + locked + ": is protected by a passphrase");

    const std::string both = folder.path() / "both.pem";
    std::ofstream(both) << std::ifstream(cert).rdbuf() << std::ifstream(all.path("client.key")).rdbuf();
    CHECK(usage_error(options("", both, "")) == "accepted");
}

TEST_CASE("certificates and keys may come out of pipes", "[tls]") {
    const test::TempDir folder;
    const auto& all = certificates();
    std::vector<std::jthread> writers;
    const auto pipe_of = [&](const std::string& file) {
        const std::string pipe = folder.path() / std::filesystem::path(file).filename();
        REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
        writers.emplace_back([pipe, file] { std::ofstream(pipe) << std::ifstream(file).rdbuf(); });
        return pipe;
    };
    TlsOptions options;
    options.cert = pipe_of(all.path("client.pem"));
    options.cacert = pipe_of(all.path("good.pem"));
    options.key_file = pipe_of(all.path("client.key"));
    CHECK(usage_error(options) == "accepted");
}
