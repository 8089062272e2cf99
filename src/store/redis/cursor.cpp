#include "src/store/redis/cursor.hpp"

#include <algorithm>
#include <bit>
#include <charconv>

namespace roacache::store::redis {
namespace {

std::uint64_t reversed(std::uint64_t value) {
    std::uint64_t result = 0;
    for (int bit = 0; bit < 64; ++bit, value >>= 1U)
        result = result << 1U | (value & 1U);
    return result;
}

} // namespace

std::optional<std::uint64_t> place_of(std::string_view cursor) {
    std::uint64_t value = 0;
    const char* end = cursor.data() + cursor.size();
    const auto parsed = std::from_chars(cursor.data(), end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end) return {};
    return reversed(value);
}

std::string cursor_at(std::uint64_t place) {
    return std::to_string(reversed(place));
}

void CursorWatch::see(std::string_view cursor) {
    const std::uint64_t place = place_of(cursor).value_or(0);
    if (place == 0) return;
    widths_[seen_++ % k_window] = 64 - static_cast<unsigned>(std::countr_zero(place));
    const auto bits = table_bits();
    if (!bits) return;
    if (first_bits_ == 0) first_bits_ = *bits;
    resized_ |= *bits != first_bits_;
}

std::optional<unsigned> CursorWatch::table_bits() const {
    if (seen_ < k_window) return {};
    return *std::max_element(widths_.begin(), widths_.end());
}

} // namespace roacache::store::redis
