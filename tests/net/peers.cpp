#include "tests/net/peers.hpp"

#include <fstream>
#include <stdexcept>

namespace roacache::test {
namespace {

void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    const Finished finished = run(arguments);
    if (finished.exit_code != 0) throw std::runtime_error("openssl " + arguments[1] + ": " + finished.err);
}

} // namespace

PythonServer peer(std::vector<std::string> arguments) {
    return PythonServer("tests/net/peer.py", std::move(arguments));
}

net::HostPort local(std::uint16_t port, const std::string& host) {
    return {host, port};
}

core::Deadline patience() {
    return core::Deadline::in(std::chrono::seconds(60));
}

std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t at = 0; at < size; ++at)
        text[at] = static_cast<char>(at % 251);
    return text;
}

std::string read_up_to(net::Stream& stream, std::size_t size, std::size_t step) {
    std::string text;
    std::string buffer(step, '\0');
    while (text.size() < size) {
        const std::size_t got = stream.read_some(buffer, patience());
        if (got == 0) break;
        text.append(buffer, 0, got);
    }
    return text;
}

std::string ask(net::Stream& stream, const std::string& text) {
    stream.write_all(text, patience());
    return read_up_to(stream, text.size());
}

Certificates::Certificates() {
    const std::vector<std::string> new_key{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                                           "-nodes"};
    const auto request = [&](const std::string& name, std::vector<std::string> more) {
        std::vector<std::string> all{"req", "-subj", "/CN=" + name, "-keyout", path(name + ".key")};
        all.insert(all.end(), new_key.begin(), new_key.end());
        all.insert(all.end(), more.begin(), more.end());
        openssl(all);
    };
    const std::string names = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1";
    request("ca", {"-x509", "-days", "3", "-out", authority()});
    request("other-ca", {"-x509", "-days", "3", "-out", other_authority()});
    request("self_signed", {"-x509", "-days", "3", "-addext", names, "-out", path("self_signed.pem")});
    // `openssl x509` of today refuses to sign what has expired; `openssl ca` keeps a list of what it signs.
    std::ofstream(path("signed.txt")).close();
    std::ofstream(path("ca.conf")) << "[ca]\ndefault_ca = this\n[this]\ndatabase = " << path("signed.txt")
                                   << "\nnew_certs_dir = " << path("")
                                   << "\nrand_serial = yes\ndefault_md = sha256\npolicy = any\n"
                                      "[any]\ncommonName = supplied\n";
    const auto signed_for = [&](const std::string& name, const std::string& alternatives,
                                const std::vector<std::string>& time) {
        std::ofstream(path(name + ".ext")) << "basicConstraints=CA:FALSE\n" << alternatives << "\n";
        request(name, {"-new", "-out", path(name + ".csr")});
        std::vector<std::string> all{"ca",
                                     "-batch",
                                     "-notext",
                                     "-config",
                                     path("ca.conf"),
                                     "-cert",
                                     authority(),
                                     "-keyfile",
                                     path("ca.key"),
                                     "-in",
                                     path(name + ".csr"),
                                     "-extfile",
                                     path(name + ".ext"),
                                     "-out",
                                     path(name + ".pem")};
        all.insert(all.end(), time.begin(), time.end());
        openssl(all);
    };
    const std::vector<std::string> now{"-days", "3"};
    signed_for("good", names, now);
    signed_for("expired", names, {"-startdate", "20200101000000Z", "-enddate", "20200102000000Z"});
    signed_for("other_name", "subjectAltName=DNS:elsewhere.example,IP:127.0.0.2", now);
    signed_for("client", names, now);
}

std::vector<std::string> Certificates::serving(const std::string& name,
                                               std::vector<std::string> arguments) const {
    for (const std::string& more :
         {std::string("--cert"), path(name + ".pem"), std::string("--key"), path(name + ".key")})
        arguments.push_back(more);
    return arguments;
}

const Certificates& certificates() {
    static const Certificates made;
    return made;
}

} // namespace roacache::test
