#pragma once

#include "src/demo/http/connections.hpp"

#include <condition_variable>
#include <functional>
#include <httplib.h>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace roacache::demo {

/// One thread a connection, started when none is idle, up to a limit; beyond it a connection that waits for
/// its client has to make room.
class ConnectionThreads : public httplib::TaskQueue {
  public:
    /// `connections` must outlive it.
    ConnectionThreads(std::size_t limit, Connections& connections)
        : limit_(limit), connections_(connections) {}

    void enqueue(std::function<void()> task) override;
    /// Returns when every task has ended.
    void shutdown() override;

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
