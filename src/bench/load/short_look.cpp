#include "src/bench/load/short_look.hpp"

#include "src/core/clock.hpp"

namespace roacache::bench {
namespace {

constexpr std::int64_t k_look_ns = 2500;
constexpr unsigned k_judged_by = 64;     // looks
constexpr unsigned k_nearly_always = 58; // of these
constexpr unsigned k_seldom = 16;        // of these: looking costs more than the waking that it spares
constexpr unsigned k_left_out = 2048;    // looks, then

} // namespace

int ShortLook::events(int epoll, std::span<epoll_event> events) {
    if (left_out_ > 0) {
        --left_out_;
        return 0;
    }
    const std::int64_t until = core::now_ns() + k_look_ns;
    int count = 0;
    do
        count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 0);
    while (count == 0 && core::now_ns() < until);
    ++looks_;
    if (count > 0) ++found_;
    if (looks_ == k_judged_by) {
        if (found_ >= k_nearly_always || found_ <= k_seldom) left_out_ = k_left_out;
        looks_ = found_ = 0;
    }
    return count;
}

} // namespace roacache::bench
