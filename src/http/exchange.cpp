#include "src/http/exchange.hpp"

#include "src/core/error.hpp"
#include "src/http/request.hpp"
#include "src/http/response_parser.hpp"
#include "src/net/stream.hpp"

#include <array>
#include <fmt/core.h>
#include <optional>
#include <utility>

namespace roacache::http {
namespace {

constexpr std::size_t k_longest_body = std::size_t{1} << 20;

class CollectedBody final : public ResponseSink {
  public:
    void on_watched(std::string_view value) override { set_cookies.emplace_back(value); }
    void on_head(const ResponseHead& head) override {
        location = head.location;
        content_encoding = head.content_encoding;
    }
    void on_body(std::string_view bytes) override { text.append(bytes); }

    std::string text, location, content_encoding;
    std::vector<std::string> set_cookies;
};

} // namespace

Answer exchange(RequestSpec spec, const net::TlsOptions& tls, core::Nanoseconds timeout) {
    return exchange(std::move(spec), tls, core::Deadline::in(timeout));
}

Answer exchange(RequestSpec spec, const net::TlsOptions& tls, core::Deadline deadline) {
    spec.headers.emplace_back("Connection", "close");
    const Request request = build_request(spec);
    const net::HostPort& host = spec.url.hosts.front();
    std::optional<net::TlsContext> context;
    if (spec.url.tls) context.emplace(tls, "http/1.1");
    net::Stream stream = net::Stream::connect(host, context ? &*context : nullptr, deadline);
    return exchange(request, stream, deadline);
}

Answer exchange(const Request& request, net::Stream& stream, core::Deadline deadline) {
    stream.write_all(request.bytes, deadline);

    const auto refuse = [&](core::ExitCode code, const char* why) {
        return core::Error(code, fmt::format("cannot read: {}: {}", stream.peer(), why));
    };
    ResponseParser parser("Set-Cookie");
    parser.begin(request.head);
    CollectedBody body;
    std::array<char, 16384> buffer{};
    for (auto state = ResponseParser::State::more; state != ResponseParser::State::complete;) {
        const std::size_t count = stream.read_some(buffer, deadline);
        state =
            count == 0 ? parser.finish(stream.was_cut()) : parser.feed({buffer.data(), count}, body).state;
        if (state == ResponseParser::State::failed)
            throw parser.error() == ErrorClass::closed
                ? refuse(core::ExitCode::unreachable, "the peer closed before its answer was whole")
                : refuse(core::ExitCode::refused, "the answer is not HTTP/1.1");
        if (body.text.size() > k_longest_body)
            throw refuse(core::ExitCode::refused, "the answer is longer than 1 MiB");
    }
    return {parser.status(), std::move(body.text), std::move(body.location), std::move(body.content_encoding),
            std::move(body.set_cookies)};
}

} // namespace roacache::http
