#pragma once

#include <cstdint>
#include <span>
#include <sys/epoll.h>

namespace roacache::bench {

/// Reports `fd` with this tag whenever it is readable.
void watch_readable(int epoll, int fd, std::uint64_t tag);

/// As epoll_wait(2), to the nanosecond; to the millisecond where the kernel is older than 5.11.
int wait_for_events(int epoll, std::span<epoll_event> events, std::int64_t wait_ns);

} // namespace roacache::bench
