#pragma once

#include "src/core/clock.hpp"

#include <cstddef>

namespace roacache::demo {

/// What clients are given. Each time is for the whole of what it is for: single bytes do not extend it.
struct HttpLimits {
    /// Connections at once. One beyond them waits until one of them ends, or has kept the service waiting for
    /// its client for as long as `patience`: that one is closed.
    std::size_t connections = 1024;
    core::Nanoseconds patience = std::chrono::milliseconds(500);
    /// Between requests. A benchmark lets the connections of one arm rest while it runs the other.
    core::Nanoseconds idle = std::chrono::seconds(300);
    core::Nanoseconds head = std::chrono::seconds(10);   ///< of a request, from its first byte
    core::Nanoseconds body = std::chrono::seconds(30);   ///< of a request
    core::Nanoseconds answer = std::chrono::seconds(30); ///< until it is taken
};

} // namespace roacache::demo
