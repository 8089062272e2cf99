#include "src/bench/load/thread_team.hpp"

#include "src/core/error.hpp"

#include <fmt/format.h>
#include <system_error>
#include <utility>

namespace roacache::bench {

ThreadTeam::ThreadTeam(std::size_t size) {
    threads_.reserve(size);
    try {
        for (std::size_t member = 1; member < size; ++member)
            threads_.emplace_back([this, member] { serve(member); });
    } catch (const std::system_error& error) {
        dismiss();
        throw core::Error(
            core::ExitCode::usage,
            fmt::format("cannot start {} threads: {}", size, core::errno_text(error.code().value())),
            "Use fewer (-j), or raise the limit (ulimit -u).");
    }
}

ThreadTeam::~ThreadTeam() {
    dismiss();
}

void ThreadTeam::dismiss() {
    {
        const std::lock_guard lock(mutex_);
        dismissed_ = true;
    }
    called_.notify_all();
    for (std::thread& thread : threads_)
        thread.join();
}

void ThreadTeam::work(std::size_t members, const Work& part) {
    part_ = &part; // nobody looks at it before the lock is taken and left
    if (members > 1) {
        const std::lock_guard lock(mutex_);
        members_ = members;
        left_ = members - 1;
        ++calls_;
        called_.notify_all();
    }
    do_part(0);
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return left_ == 0; });
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadTeam::serve(std::size_t member) {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
        called_.wait(lock, [&] { return dismissed_ || calls_ != seen; });
        if (dismissed_) return;
        seen = calls_;
        if (member >= members_) continue;
        lock.unlock();
        do_part(member);
        lock.lock();
        if (--left_ == 0) ended_.notify_one();
    }
}

void ThreadTeam::do_part(std::size_t member) {
    try {
        (*part_)(member);
    } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
    }
}

} // namespace roacache::bench
