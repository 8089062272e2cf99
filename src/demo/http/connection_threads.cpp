#include "src/demo/http/connection_threads.hpp"

#include <algorithm>

namespace roacache::demo {

void ConnectionThreads::enqueue(std::function<void()> task) {
    bool room = true;
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
        if (tasks_.size() > idle_) {
            room = threads_.size() < limit_;
            if (room) threads_.emplace_back([this] { work(); });
        }
        connections_.set_queued(room ? 0 : tasks_.size() - idle_);
    }
    changed_.notify_one();
    if (!room) connections_.make_room();
}

void ConnectionThreads::shutdown() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_)
        thread.join();
}

void ConnectionThreads::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        ++idle_;
        changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
        --idle_;
        if (tasks_.empty()) return;
        const std::function<void()> task = std::move(tasks_.front());
        tasks_.pop_front();
        connections_.set_queued(threads_.size() < limit_ ? 0
                                                         : tasks_.size() - std::min(tasks_.size(), idle_));
        lock.unlock();
        task();
        lock.lock();
    }
}

} // namespace roacache::demo
