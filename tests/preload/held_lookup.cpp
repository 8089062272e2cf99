// A resolver whose servers never answer, for a program that is started with this in LD_PRELOAD.

#include <netdb.h>
#include <unistd.h>

extern "C" int getaddrinfo(const char*, const char*, const addrinfo* hints, addrinfo**) {
    if (hints != nullptr && (hints->ai_flags & AI_NUMERICHOST) != 0) return EAI_NONAME;
    for (;;)
        pause();
}
