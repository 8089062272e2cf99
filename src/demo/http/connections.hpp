#pragma once

#include "src/core/clock.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>

namespace roacache::demo {

/// The open connections of a server that has one thread for each, so that none of them can keep others out
/// and all can be ended. Safe to use from several threads.
class Connections {
  public:
    /// One of them, from admit() to forget().
    struct Entry {
        int socket = -1;
        /// Since when (core::now_ns()) the server waits for this client, to ask or to take its answer; 0
        /// while it is being answered.
        std::atomic<std::int64_t> waiting_since{0};
    };

    explicit Connections(core::Nanoseconds patience) : patience_(patience) {}

    /// nullptr once end_all() has been called; the socket stays the caller's.
    Entry* admit(int socket);
    /// Before the socket is closed.
    void forget(Entry* entry);

    /// Ends the connection whose client has been waited for the longest, if that is longer than the patience:
    /// another one wants its thread.
    void make_room();
    /// Until when the connection may wait for its client while others wait for a thread.
    core::Deadline patience(const Entry& entry) const;
    /// How many connections wait for a thread; as long as there are any, none is kept alive.
    void set_queued(std::size_t count) { queued_ = count; }
    bool crowded() const { return queued_ > 0; }

    /// What was asked is still answered, for as long as `grace`; then everything is cut. Returns at once; the
    /// threads of the connections end soon after.
    void end_all(std::chrono::milliseconds grace);

  private:
    const core::Nanoseconds patience_;
    std::mutex mutex_; // of what follows but queued_
    std::condition_variable forgotten_;
    std::list<Entry> entries_;
    bool ending_ = false;
    std::atomic<std::size_t> queued_{0};
};

} // namespace roacache::demo
