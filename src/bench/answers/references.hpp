#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace roacache::bench {

/// The response that others are held against: the first good uncached one to the same request.
struct Reference {
    static constexpr std::size_t k_head_limit = std::size_t{4} << 20;

    bool set = false;
    int status = 0;
    std::string content_type;
    std::uint64_t length = 0; ///< of the body
    std::uint64_t hash = 0;   ///< XXH3, 64 bits, of the body
    std::string head;         ///< of the body, at most k_head_limit bytes
    std::string content_encoding;
    std::string location; ///< of a 3xx

    bool whole() const { return head.size() == length; }
};

/// The references of each endpoint, one for each variant of its request: settled once, by the thread that has
/// one first, and read by all of them. Bodies take 64 MiB at most; then no more references are settled.
class References {
  public:
    /// Of each endpoint so many.
    explicit References(const std::vector<std::size_t>& variants) {
        std::size_t count = 0;
        for (const std::size_t its : variants) {
            firsts_.push_back(count);
            count += its;
        }
        firsts_.push_back(count);
        settled_ = std::vector<std::atomic<const Reference*>>(count);
    }

    /// One that is not `set` until then, and where there are not so many variants. It lives as long as this.
    const Reference& of(std::size_t endpoint, std::uint64_t variant = 0) const {
        if (variant >= variants(endpoint)) return none_;
        const Reference* const settled = at(endpoint, variant).load(std::memory_order_acquire);
        return settled == nullptr ? none_ : *settled;
    }
    /// Whether there is room for one.
    bool awaits(std::size_t endpoint, std::uint64_t variant) const {
        return variant < variants(endpoint) && !full_.load(std::memory_order_relaxed) &&
               at(endpoint, variant).load(std::memory_order_relaxed) == nullptr;
    }
    /// Where one is awaited. False when another was there first.
    bool settle(std::size_t endpoint, std::uint64_t variant, Reference reference) {
        const std::lock_guard lock(mutex_);
        std::atomic<const Reference*>& settled = settled_[firsts_[endpoint] + variant];
        if (settled.load(std::memory_order_relaxed) != nullptr) return false;
        bytes_ += reference.head.size();
        if (bytes_ > k_most_bytes) full_.store(true, std::memory_order_relaxed);
        owned_.push_back(std::make_unique<Reference>(std::move(reference)));
        settled.store(owned_.back().get(), std::memory_order_release);
        return true;
    }

  private:
    static constexpr std::size_t k_most_bytes = std::size_t{64} * 1024 * 1024;

    std::size_t variants(std::size_t endpoint) const { return firsts_[endpoint + 1] - firsts_[endpoint]; }
    const std::atomic<const Reference*>& at(std::size_t endpoint, std::uint64_t variant) const {
        return settled_[firsts_[endpoint] + variant];
    }

    Reference none_;
    std::mutex mutex_;
    std::size_t bytes_ = 0;
    std::atomic<bool> full_{false};
    std::vector<std::unique_ptr<Reference>> owned_;
    std::vector<std::size_t> firsts_; // where each endpoint's begin; last: their number
    std::vector<std::atomic<const Reference*>> settled_;
};

} // namespace roacache::bench
