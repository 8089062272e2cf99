// Any text is a URL or an Error(usage), and neither what is printed nor the error gives a password away.

#include "src/core/error.hpp"
#include "src/net/url.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>

using namespace roacache;

namespace {

constexpr std::string_view k_password = "Zq7~hunter2~Zq7";

void require(bool holds, const char* what, std::string_view text) {
    if (holds) return;
    std::cerr << what << ": " << text << "\n";
    std::abort();
}

bool printable(std::string_view text) {
    for (const char c : text)
        if (c < 0x20 || c == 0x7f) return false;
    return true;
}

void check_parts(const net::Url& url, std::string_view text) {
    const bool is_path = url.kind == net::UrlKind::unix_socket || url.kind == net::UrlKind::sqlite;
    require(is_path ? !url.path.empty() : !url.hosts.empty(), "nowhere to go", text);
    for (const net::HostPort& host : url.hosts)
        require(!host.host.empty() && host.port != 0 && printable(host.host), "bad host", text);
    require(url.path.find('\0') == std::string::npos, "NUL in a path", text);
    if (url.kind == net::UrlKind::http)
        require(url.target.starts_with('/') && printable(url.target) &&
                    url.target.find(' ') == std::string::npos,
                "bad target", text);
}

void check_printed(const net::Url& url, std::string_view text) {
    const std::string shown = url.redacted();
    require(printable(shown), "not printable", text);
    net::Url other = url;
    if (other.password) other.password = "another";
    require(other.redacted() == shown, "the password shows", text);
    const net::Url again = net::parse_url(shown);
    require(again.redacted() == shown, "printing changes what is printed", text);
    if (shown.find("***") == std::string::npos) require(again == url, "another URL is printed", text);
}

void check(std::string_view text) {
    require(printable(net::redact_url_text(text)), "not printable", text);
    try {
        const net::Url url = net::parse_url(text);
        check_parts(url, text);
        check_printed(url, text);
    } catch (const core::Error& error) {
        require(error.code() == core::ExitCode::usage, "wrong code", text);
        require(printable(error.what()), "not printable", text);
    }
}

void check_hidden(const std::string& text) {
    require(net::redact_url_text(text).find(k_password) == std::string::npos, "the password shows", text);
    try {
        const net::Url url = net::parse_url(text);
        require(url.redacted().find(k_password) == std::string::npos, "the password shows", text);
    } catch (const core::Error& error) {
        require(std::string_view(error.what()).find(k_password) == std::string_view::npos,
                "the password shows", text);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    check(text);
    for (const char* scheme :
         {"redis://", "rediss+sentinel://", "redis+cluster://", "unix://", "http://", "sqlite:"})
        check(scheme + text);
    if (text.find(k_password) != std::string::npos) return 0;
    // Before the last @ of a redis URL everything behind the first colon is the password; for http only up to
    // the first slash.
    const std::string password(k_password);
    for (const char* start : {"redis://", "rediss+sentinel://", "redis+cluster://"}) {
        check_hidden(start + text + ":" + password + "@host/0");
        check_hidden(start + (":" + password) + text + "@host/0");
        check_hidden(start + ("u:" + password + "@") + text);
    }
    check_hidden("unix://u:" + password + "@" + text);
    check_hidden("http://u:" + password + "@" + text);
    check_hidden("nope://u:" + password + "@" + text);
    check_hidden("redis://h/?password=" + password + "&" + text);
    check_hidden("http://h/?token=" + password + "&" + text);
    check_hidden("http://h/" + text + "?api_key=" + password);
    return 0;
}
