#pragma once

#include "src/demo/http/connections.hpp"

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace roacache::demo {

/// One thread a connection, started when none is idle, up to a limit; beyond it a connection that waits for
/// its client has to make room.
class ConnectionThreads {
  public:
    /// `connections` must outlive it.
    ConnectionThreads(std::size_t limit, Connections& connections)
        : limit_(limit), connections_(connections) {}
    ConnectionThreads(const ConnectionThreads&) = delete;
    ConnectionThreads& operator=(const ConnectionThreads&) = delete;

    void enqueue(std::function<void()> task);
    /// Returns when every task has ended. To be called once, before destruction.
    void shutdown();

  private:
    void work();

    const std::size_t limit_;
    Connections& connections_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::list<std::function<void()>> tasks_;
    std::vector<std::thread> threads_;
    std::size_t idle_ = 0;
    bool stopping_ = false;
};

} // namespace roacache::demo
