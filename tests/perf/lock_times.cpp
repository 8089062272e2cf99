// Preloaded into a program, writes down when it took or gave back a lock of a file (fcntl), for which a
// tracer would stop the program while it holds the lock.
//
// usage: LD_PRELOAD=./lock_times.so LOCK_TIMES=FILE PROGRAM ARGUMENT…
// A line for each call that succeeded: the seconds since the epoch before and after it, the kind of lock
// (F_RDLCK, F_WRLCK or F_UNLCK, as numbers), its first byte, its length (0: to the end), and the thread's CPU
// seconds. Only what is taken without waiting (F_SETLK), as SQLite does.

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>

namespace {

double seconds(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

int noted(int fd, int command, void* argument) {
    using Call = int (*)(int, int, ...);
    static const Call call = reinterpret_cast<Call>(dlsym(RTLD_NEXT, "fcntl64"));
    static const char* const name = std::getenv("LOCK_TIMES");
    static FILE* const file = name == nullptr ? nullptr : std::fopen(name, "w");
    const double before = seconds(CLOCK_REALTIME);
    const int result = call(fd, command, argument);
    if (command != F_SETLK || result != 0 || file == nullptr) return result;
    const auto* lock = static_cast<const struct flock*>(argument);
    std::fprintf(file, "%.6f %.6f %d %lld %lld %.6f\n", before, seconds(CLOCK_REALTIME), lock->l_type,
                 static_cast<long long>(lock->l_start), static_cast<long long>(lock->l_len),
                 seconds(CLOCK_THREAD_CPUTIME_ID));
    return result;
}

} // namespace

#define ROACACHE_NOTED(NAME)                                                                                 \
    extern "C" int NAME(int fd, int command, ...) {                                                          \
        va_list arguments;                                                                                   \
        va_start(arguments, command);                                                                        \
        void* const argument = va_arg(arguments, void*);                                                     \
        va_end(arguments);                                                                                   \
        return noted(fd, command, argument);                                                                 \
    }

ROACACHE_NOTED(fcntl)
ROACACHE_NOTED(fcntl64)
