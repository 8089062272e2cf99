#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

namespace roacache::http {

/// The statuses that answers are to have. By default 200 to 299, and 304, which answers a question that was
/// asked on condition.
class StatusSet {
  public:
    StatusSet();

    /// `200-299,304`: statuses from 200 to 599, and ranges of them, both ends included, with commas between.
    /// Absent: it is no such list.
    static std::optional<StatusSet> parse(std::string_view text);

    bool has(int status) const {
        return status >= 0 && status < k_end && statuses_.test(static_cast<std::size_t>(status));
    }
    std::string text() const; ///< as parse() reads it, in ascending order
    bool operator==(const StatusSet&) const = default;

  private:
    static constexpr int k_begin = 200, k_end = 600;

    std::bitset<k_end> statuses_;
};

} // namespace roacache::http
