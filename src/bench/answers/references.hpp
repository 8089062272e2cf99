#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace roacache::bench {

/// The response that others are held against: the first good uncached one of an endpoint.
struct Reference {
    static constexpr std::size_t k_head_limit = std::size_t{1024} * 1024;

    bool set = false;
    int status = 0;
    std::string content_type;
    std::uint64_t length = 0; ///< of the body
    std::uint64_t hash = 0;   ///< XXH3, 64 bits, of the body
    std::string head;         ///< of the body, at most k_head_limit bytes
    std::string content_encoding;

    bool whole() const { return head.size() == length; }
};

/// Each endpoint's reference: settled once, by the thread that has one first, and read by all of them.
class References {
  public:
    explicit References(std::size_t endpoints) : settled_(endpoints) {}

    /// One that is not `set` until then. It lives as long as this.
    const Reference& of(std::size_t endpoint) const {
        const Reference* const settled = settled_[endpoint].load(std::memory_order_acquire);
        return settled == nullptr ? none_ : *settled;
    }
    /// False when another was there first.
    bool settle(std::size_t endpoint, Reference reference) {
        const std::lock_guard lock(mutex_);
        if (settled_[endpoint].load(std::memory_order_relaxed) != nullptr) return false;
        owned_.push_back(std::make_unique<Reference>(std::move(reference)));
        settled_[endpoint].store(owned_.back().get(), std::memory_order_release);
        return true;
    }

  private:
    Reference none_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Reference>> owned_;
    std::vector<std::atomic<const Reference*>> settled_;
};

} // namespace roacache::bench
