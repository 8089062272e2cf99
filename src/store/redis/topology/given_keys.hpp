#pragma once

#include <cstddef>
#include <memory_resource>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace roacache::store::redis {

/// The keys that a walk has given: of more than 20 MiB those that came first. It is cheap as long as it is
/// not asked about any.
class GivenKeys {
  public:
    GivenKeys() = default;
    GivenKeys(const GivenKeys&) = delete;
    GivenKeys& operator=(const GivenKeys&) = delete;

    void add(std::string_view key);
    /// False, too, for a key that is not remembered.
    bool contains(std::string_view key);
    /// Whether there were more than are remembered.
    bool forgot() const { return forgot_; }

  private:
    std::pmr::monotonic_buffer_resource names_;
    std::vector<std::string_view> keys_; ///< in names_
    std::unordered_set<std::string_view> index_;
    std::size_t indexed_ = 0; ///< of keys_
    std::size_t bytes_ = 0;
    bool forgot_ = false;
};

} // namespace roacache::store::redis
