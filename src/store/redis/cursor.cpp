#include "src/store/redis/cursor.hpp"

#include <algorithm>
#include <bit>
#include <charconv>

namespace roacache::store::redis {
namespace {

/// The bits of `value` read backwards, as a fraction of 1.
double reversed_fraction(std::uint64_t value) {
    double fraction = 0;
    for (double weight = 0.5; value != 0; value >>= 1, weight /= 2)
        if (value & 1) fraction += weight;
    return fraction;
}

} // namespace

void CursorWatch::see(std::string_view cursor) {
    std::uint64_t value = 0;
    const char* end = cursor.data() + cursor.size();
    const auto parsed = std::from_chars(cursor.data(), end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end || value == 0) return;
    progress_ = std::max(progress_.value_or(0), reversed_fraction(value));

    widths_[seen_++ % k_window] = static_cast<unsigned>(std::bit_width(value));
    if (seen_ < k_window) return;
    const unsigned bits = *std::max_element(widths_.begin(), widths_.end());
    if (table_bits_ == 0) table_bits_ = bits;
    resized_ |= bits != table_bits_;
}

} // namespace roacache::store::redis
