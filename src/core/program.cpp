#include "src/core/program.hpp"

#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/secret.hpp"

#include <cerrno>
#include <csignal>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace roacache::core {

Program::Program(const std::vector<std::string>& argv) {
    std::vector<std::string> words = argv;
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawnattr_t how;
    posix_spawnattr_init(&how);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&how, &signals);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP})
        sigaddset(&signals, number);
    posix_spawnattr_setsigdefault(&how, &signals);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    const int error = posix_spawnp(&pid_, arguments.front(), nullptr, &how, arguments.data(), environ);
    posix_spawnattr_destroy(&how);
    if (error != 0) {
        pid_ = -1;
        throw Error(ExitCode::usage,
                    "cannot run: " + redacted_value(argv.front()) + ": " + errno_text(error));
    }
    process_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
}

Program::~Program() {
    end();
}

/// Goes on although an interrupt came.
bool Program::ended(Deadline deadline) const {
    pollfd process{process_.get(), POLLIN, 0};
    for (;;) {
        const int ready = poll(&process, 1, deadline.poll_ms());
        if (ready >= 0 || errno != EINTR) return ready > 0;
    }
}

bool Program::wait(Deadline deadline) {
    return pid_ < 0 || !process_.open() || wait_ready(process_.get(), POLLIN, deadline) ||
           ended(Deadline::in({}));
}

int Program::end() {
    if (pid_ < 0) return status_;
    constexpr std::chrono::milliseconds k_grace{500};
    // Ctrl-C went to it as well, and a second signal at once would cut its own end short.
    const bool told = Interrupt::requested() && isatty(STDIN_FILENO) == 1;
    if (process_.open() && !ended(told ? Deadline::in(k_grace) : Deadline::in({}))) {
        kill(pid_, SIGTERM);
        if (!ended(Deadline::in(k_grace))) kill(pid_, SIGKILL);
    }
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return status_;
}

} // namespace roacache::core
