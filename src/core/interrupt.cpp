#include "src/core/interrupt.hpp"

#include "src/core/clock.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace roacache::core {
namespace {

// The one piece of state of the process: a signal handler can reach nothing else.
std::atomic<bool> g_requested{false};
std::atomic<std::int64_t> g_requested_ns{0};
std::atomic<int> g_fd{-1};
std::atomic<bool> g_in_background{false}; ///< a shell's job that Ctrl-C is not meant for
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free &&
              std::atomic<std::int64_t>::is_always_lock_free);

/// timeout(1), make and npm pass a signal on that the terminal has sent to the whole group already.
constexpr std::int64_t k_same_signal_ns = 50'000'000;

void raise_flag() {
    g_requested_ns = now_ns();
    g_requested = true;
    const std::uint64_t one = 1;
    if (const int fd = g_fd; fd >= 0) {
        [[maybe_unused]] const auto written = write(fd, &one, sizeof one);
    }
}

extern "C" void on_signal(int number, siginfo_t* info, void*) {
    const int saved_errno = errno;
    const bool from_terminal = info->si_code == SI_KERNEL;
    const bool meant = !(number == SIGINT && from_terminal && g_in_background);
    if (meant && !g_requested) {
        raise_flag();
    } else if (meant && number != SIGHUP && now_ns() - g_requested_ns > k_same_signal_ns) {
        _exit(130); // a terminal that goes away sends more than one SIGHUP
    }
    errno = saved_errno;
}

bool is_ignored(int number) {
    struct sigaction action {};
    return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

} // namespace

void Interrupt::install() {
    if (g_fd < 0) g_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    g_in_background = is_ignored(SIGINT) && isatty(STDIN_FILENO) == 0;
    struct sigaction action {};
    action.sa_sigaction = on_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_SIGINFO; // no SA_RESTART: a call that blocks ends with EINTR
    sigset_t taken;
    sigemptyset(&taken);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        if (number == SIGHUP && is_ignored(SIGHUP)) continue; // nohup
        sigaction(number, &action, nullptr);
        sigaddset(&taken, number);
    }
    pthread_sigmask(SIG_UNBLOCK, &taken, nullptr);
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, nullptr);
}

void Interrupt::part_from_parent() {
    const int parents = g_fd.exchange(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (parents >= 0) close(parents);
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

bool is_cut_short(Deadline deadline) {
    return !deadline.outlasts_interrupts() && Interrupt::requested();
}

} // namespace roacache::core
