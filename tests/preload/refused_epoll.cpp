// A kernel, or a sandbox of the time before epoll_pwait2, that refuses it in the way that REFUSED_BY names:
// EPERM as old seccomp filters do, or ENOSYS.

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sys/epoll.h>

extern "C" int epoll_pwait2(int, epoll_event*, int, const timespec*, const sigset_t*) {
    const char* by = getenv("REFUSED_BY");
    errno = by != nullptr && strcmp(by, "ENOSYS") == 0 ? ENOSYS : EPERM;
    return -1;
}
