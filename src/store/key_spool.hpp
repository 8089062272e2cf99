#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::store {

/// Keys in order, to be gone through as often as wanted: in memory up to a bound, and beyond it in a
/// temporary file without a name.
class KeySpool {
  public:
    static constexpr std::size_t k_in_memory = std::size_t{8} << 20;

    /// About `in_memory` bytes are held in memory at most.
    explicit KeySpool(std::size_t in_memory = k_in_memory) : in_memory_(in_memory) {}
    ~KeySpool();
    KeySpool(const KeySpool&) = delete;
    KeySpool& operator=(const KeySpool&) = delete;

    /// Throws core::Error(usage) `cannot write: FOLDER: WHY` when there is no room.
    void add(std::string_view key);
    void clear();
    std::uint64_t size() const { return size_; }

    /// From the first key on.
    void rewind();
    /// Fills an empty list with the next keys: up to `most`, and fewer where they are long; false at the end.
    bool next(std::vector<std::string>& keys, std::size_t most);

  private:
    void spill();
    void read(char* into, std::size_t bytes);

    std::size_t in_memory_;
    std::uint64_t size_ = 0;
    std::string tail_; ///< what is not in the file: each key behind its length
    int file_ = -1;
    std::uint64_t in_file_ = 0; ///< bytes
    std::uint64_t handed_on_ = 0;
    std::uint64_t place_ = 0; ///< of the next key, in bytes, over the file and then the tail
    std::string window_;      ///< of the file, from window_at_ on
    std::uint64_t window_at_ = 0;
};

} // namespace roacache::store
