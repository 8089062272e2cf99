#include "src/core/shell.hpp"

#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace roacache::core {
namespace {

constexpr long k_most_output = 4096;

Error cannot_start(int error) {
    return {ExitCode::bug, "cannot run a command: /bin/sh: " + errno_text(error)};
}

/// In a process group of its own, so that all of it can be ended, writing into `output`.
pid_t start(const std::string& command, int output) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", 0, 0);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
    posix_spawnattr_t how;
    posix_spawnattr_init(&how);
    sigset_t as_usual;
    sigemptyset(&as_usual);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM})
        sigaddset(&as_usual, number);
    posix_spawnattr_setsigdefault(&how, &as_usual);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    std::string shell = "sh", option = "-c", text = command;
    std::array<char*, 4> arguments{shell.data(), option.data(), text.data(), nullptr};
    pid_t pid = 0;
    const int error = posix_spawn(&pid, "/bin/sh", &files, &how, arguments.data(), environ);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) throw cannot_start(error);
    return pid;
}

/// True when an interrupt came first.
bool interrupted_before_end(pid_t pid) {
    const int process = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (process < 0) return false; // waitpid() waits then
    std::array<pollfd, 2> watched{pollfd{process, POLLIN, 0}, pollfd{Interrupt::fd(), POLLIN, 0}};
    while (poll(watched.data(), watched.size(), -1) < 0 && errno == EINTR && !Interrupt::requested()) {
    }
    close(process);
    return (watched[0].revents & POLLIN) == 0 && Interrupt::requested();
}

std::string tail_of(std::FILE* file) {
    std::fseek(file, 0, SEEK_END);
    const long size = std::ftell(file);
    const long kept = size < k_most_output ? size : k_most_output;
    std::string text(static_cast<std::size_t>(kept), '\0');
    std::fseek(file, size - kept, SEEK_SET);
    text.resize(std::fread(text.data(), 1, text.size(), file));
    return text;
}

} // namespace

ShellResult run_shell(const std::string& command) {
    // A file, for a pipe would be held open by what goes on in the background.
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> output(std::tmpfile(), std::fclose);
    if (!output) throw cannot_start(errno);
    const pid_t pid = start(command, fileno(output.get()));
    ShellResult result;
    result.interrupted = interrupted_before_end(pid);
    if (result.interrupted) kill(-pid, SIGTERM);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    result.output = tail_of(output.get());
    return result;
}

} // namespace roacache::core
