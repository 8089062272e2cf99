#pragma once

#include <condition_variable>
#include <functional>
#include <httplib.h>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace roacache::demo {

/// One thread a connection, started when none is idle, up to a limit; beyond it connections wait.
class ConnectionThreads : public httplib::TaskQueue {
  public:
    explicit ConnectionThreads(std::size_t limit) : limit_(limit) {}

    void enqueue(std::function<void()> task) override;
    /// Returns when every task has ended.
    void shutdown() override;

  private:
    void work();

    const std::size_t limit_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::list<std::function<void()>> tasks_;
    std::vector<std::thread> threads_;
    std::size_t idle_ = 0;
    bool stopping_ = false;
};

} // namespace roacache::demo
