#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace roacache::bench {

/// Threads that do the same work at the same time; the caller is the first of them. They live as long as the
/// team, so that a block begins without waiting for threads to be made.
class ThreadTeam {
  public:
    using Work = std::function<void(std::size_t member)>;

    /// Starts `size` − 1 threads. Throws core::Error(usage) when the system allows no more.
    explicit ThreadTeam(std::size_t size);
    ~ThreadTeam();
    ThreadTeam(const ThreadTeam&) = delete;
    ThreadTeam& operator=(const ThreadTeam&) = delete;

    std::size_t size() const { return threads_.size() + 1; }
    /// The first `members` do the work, at most size() of them. Returns when all are done; what one of them
    /// threw is then thrown here. Only one call at a time.
    void work(std::size_t members, const Work& part);

  private:
    void serve(std::size_t member);
    void do_part(std::size_t member);
    void dismiss();

    std::mutex mutex_;
    std::condition_variable called_, ended_;
    const Work* part_ = nullptr;
    std::size_t members_ = 0; // of this call
    std::size_t left_ = 0;    // of these, without the caller, who are not done
    std::uint64_t calls_ = 0;
    bool dismissed_ = false;
    std::exception_ptr failure_;
    std::vector<std::thread> threads_;
};

} // namespace roacache::bench
