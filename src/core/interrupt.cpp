#include "src/core/interrupt.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace roacache::core {
namespace {

// The one piece of state of the process: a signal handler can reach nothing else.
std::atomic<bool> g_requested{false};
std::atomic<int> g_fd{-1};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void raise_flag() {
    g_requested = true;
    const std::uint64_t one = 1;
    if (const int fd = g_fd; fd >= 0) {
        [[maybe_unused]] const auto written = write(fd, &one, sizeof one);
    }
}

extern "C" void on_signal(int) {
    if (g_requested) _exit(130);
    raise_flag();
}

} // namespace

void Interrupt::install() {
    if (g_fd < 0) g_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, nullptr);
}

bool Interrupt::requested() {
    return g_requested;
}

int Interrupt::fd() {
    return g_fd;
}

void Interrupt::request() {
    raise_flag();
}

} // namespace roacache::core
