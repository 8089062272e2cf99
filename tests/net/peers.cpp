#include "tests/net/peers.hpp"

namespace roacache::test {

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
    const std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
    run_openssl({"req", "-x509", "-days", "3", "-subj", "/CN=self_signed", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:prime256v1", "-nodes", "-addext", "subjectAltName=" + names, "-keyout",
                 path("self_signed.key"), "-out", path("self_signed.pem")});
    authority_.sign("good", names);
    authority_.sign("expired", names, true);
    authority_.sign("other_name", "DNS:elsewhere.example,IP:127.0.0.2");
    authority_.sign("client", names);
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
