#pragma once

#include <cstdint>

namespace roacache::http {

/// Why a request failed. The names are the fixed ones of Errors in result.hpp.
enum class ErrorClass : std::uint8_t {
    none,
    connect,
    tls,
    timeout,
    unsent,
    closed,
    protocol,
    too_large,
    missing_text,
    http_2xx,
    http_3xx,
    http_4xx,
    http_5xx,
};

constexpr const char* name_of(ErrorClass error) {
    switch (error) {
    case ErrorClass::connect:
        return "connect";
    case ErrorClass::tls:
        return "tls";
    case ErrorClass::timeout:
        return "timeout";
    case ErrorClass::unsent:
        return "unsent";
    case ErrorClass::closed:
        return "closed";
    case ErrorClass::protocol:
        return "protocol";
    case ErrorClass::too_large:
        return "too_large";
    case ErrorClass::missing_text:
        return "missing_text";
    case ErrorClass::http_2xx:
        return "http_2xx";
    case ErrorClass::http_3xx:
        return "http_3xx";
    case ErrorClass::http_4xx:
        return "http_4xx";
    case ErrorClass::http_5xx:
        return "http_5xx";
    case ErrorClass::none:
        break;
    }
    return "none";
}

/// Of a whole response whose status is not expected.
constexpr ErrorClass class_of(int status) {
    if (status >= 500) return ErrorClass::http_5xx;
    if (status >= 400) return ErrorClass::http_4xx;
    return status >= 300 ? ErrorClass::http_3xx : ErrorClass::http_2xx;
}

} // namespace roacache::http
