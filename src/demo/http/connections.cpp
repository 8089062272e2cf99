#include "src/demo/http/connections.hpp"

#include <sys/socket.h>

namespace roacache::demo {

Connections::Entry* Connections::admit(int socket) {
    const std::lock_guard lock(mutex_);
    if (ending_) return nullptr;
    Entry& entry = entries_.emplace_back();
    entry.socket = socket;
    return &entry;
}

void Connections::forget(Entry* entry) {
    const std::lock_guard lock(mutex_);
    entries_.remove_if([&](const Entry& one) { return &one == entry; });
    forgotten_.notify_all();
}

void Connections::make_room() {
    const std::lock_guard lock(mutex_);
    Entry* longest = nullptr;
    std::int64_t since = 0;
    for (Entry& entry : entries_) {
        const std::int64_t waiting = entry.waiting_since;
        if (waiting == 0 || (longest != nullptr && waiting >= since)) continue;
        longest = &entry;
        since = waiting;
    }
    // One that is younger looks itself whether it is crowded, once it has waited for that long.
    if (longest == nullptr || since + patience_.count() > core::now_ns()) return;
    longest->waiting_since = 0; // the next who wants room gets another one
    ::shutdown(longest->socket, SHUT_RDWR);
}

core::Deadline Connections::patience(const Entry& entry) const {
    const std::int64_t since = entry.waiting_since;
    return core::Deadline::in(core::Nanoseconds(since + patience_.count() - core::now_ns()));
}

void Connections::end_all(std::chrono::milliseconds grace) {
    std::unique_lock lock(mutex_);
    ending_ = true;
    for (const Entry& entry : entries_)
        ::shutdown(entry.socket, SHUT_RD);
    forgotten_.wait_for(lock, grace, [&] { return entries_.empty(); });
    for (const Entry& entry : entries_)
        ::shutdown(entry.socket, SHUT_RDWR);
}

} // namespace roacache::demo
