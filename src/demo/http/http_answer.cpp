#include "src/demo/http/http_answer.hpp"

#include <fmt/format.h>

namespace roacache::demo {
namespace {

/// The phrases of RFC 9110 15, of the statuses that the service answers with.
const char* phrase_of(int status) {
    switch (status) {
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 413:
        return "Content Too Large";
    case 414:
        return "URI Too Long";
    case 415:
        return "Unsupported Media Type";
    case 417:
        return "Expectation Failed";
    case 421:
        return "Misdirected Request";
    case 422:
        return "Unprocessable Content";
    case 431:
        return "Request Header Fields Too Large";
    case 500:
        return "Internal Server Error";
    case 501:
        return "Not Implemented";
    case 503:
        return "Service Unavailable";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return ""; // may be empty, RFC 9112 4
    }
}

} // namespace

std::string answer_text(const HttpReply& reply, Persistence persistence, bool without_body) {
    std::string text;
    const auto out = std::back_inserter(text);
    fmt::format_to(out, "HTTP/1.1 {} {}\r\n", reply.status, phrase_of(reply.status));
    if (persistence == Persistence::kept) text += "Connection: Keep-Alive\r\n";
    if (persistence == Persistence::closed) text += "Connection: close\r\n";
    fmt::format_to(out, "Content-Length: {}\r\nContent-Type: application/json\r\n", reply.body->size());
    for (const auto& [name, value] : reply.headers)
        fmt::format_to(out, "{}: {}\r\n", name, value);
    text += "\r\n";
    if (!without_body) text += *reply.body;
    return text;
}

} // namespace roacache::demo
