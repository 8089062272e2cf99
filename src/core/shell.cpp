#include "src/core/shell.hpp"

#include "src/core/ascii.hpp"
#include "src/core/clock.hpp"
#include "src/core/descriptor.hpp"
#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace roacache::core {
namespace {

constexpr off_t k_most_output = 4096;
/// What a command has for ending in order.
constexpr std::chrono::milliseconds k_grace{500};
/// A process descriptor tells of an end, but not of a stop; where output is limited it must not grow far.
constexpr std::chrono::milliseconds k_between_looks{100}, k_between_looks_at_output{10};

/// What ends a command that does not end by itself.
struct Limits {
    std::optional<std::chrono::nanoseconds> time;
    bool interrupt = true;
    int output = -1; ///< a file
    off_t most_output = 0;
};

Error cannot_start(int error) {
    return {ExitCode::bug, "cannot run a command: /bin/sh: " + errno_text(error)};
}

/// In a process group of its own, so that all of it can be ended, writing into `output` and `errors`.
pid_t start(const std::string& command, int output, int errors) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", 0, 0);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
    posix_spawnattr_t how;
    posix_spawnattr_init(&how);
    sigset_t as_usual;
    sigemptyset(&as_usual);
    posix_spawnattr_setsigmask(&how, &as_usual);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP})
        sigaddset(&as_usual, number);
    posix_spawnattr_setsigdefault(&how, &as_usual);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    std::string shell = "sh", option = "-c", text = command;
    std::array<char*, 4> arguments{shell.data(), option.data(), text.data(), nullptr};
    pid_t pid = 0;
    const int error = posix_spawn(&pid, "/bin/sh", &files, &how, arguments.data(), environ);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) throw cannot_start(error);
    return pid;
}

bool ended_by(int process, Deadline deadline) {
    pollfd ended{process, POLLIN, 0};
    for (;;) {
        const int ready = poll(&ended, 1, deadline.poll_ms());
        if (ready >= 0 || errno != EINTR) return ready > 0;
    }
}

/// Whether the kernel has stopped the command since the last look because it wanted the terminal: its group
/// is never the one in the foreground.
bool stopped_by_terminal(pid_t pid) {
    siginfo_t state{};
    if (waitid(P_PID, static_cast<id_t>(pid), &state, WSTOPPED | WNOHANG) != 0 || state.si_pid == 0)
        return false;
    return state.si_status == SIGTTIN || state.si_status == SIGTTOU;
}

bool is_larger(int file, off_t most) {
    struct stat state {};
    return file >= 0 && fstat(file, &state) == 0 && state.st_size > most;
}

/// Waits until the command has ended, or something says that it is to end.
ShellEnd wait_for_end(pid_t pid, int process, const Limits& limits) {
    const Deadline deadline = limits.time ? Deadline::in(*limits.time) : Deadline::never();
    for (;;) {
        const Deadline next_look =
            deadline.or_in(limits.output < 0 ? k_between_looks : k_between_looks_at_output);
        if (limits.interrupt ? wait_ready(process, POLLIN, next_look) : ended_by(process, next_look))
            return ShellEnd::itself;
        if (stopped_by_terminal(pid)) return ShellEnd::terminal;
        if (ended_by(process, Deadline::in({}))) return ShellEnd::itself;
        if (limits.interrupt && Interrupt::requested()) return ShellEnd::interrupt;
        if (is_larger(limits.output, limits.most_output)) return ShellEnd::output;
        if (deadline.passed()) return ShellEnd::limit;
    }
}

/// Waits for the command, and ends the whole group where it does not end by itself: with SIGTERM, and with
/// SIGKILL what does not heed it.
ShellEnd await(pid_t pid, const Limits& limits) {
    const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!process.open()) return ShellEnd::itself;
    const ShellEnd end = wait_for_end(pid, process.get(), limits);
    if (end == ShellEnd::itself) return end;
    kill(-pid, SIGTERM);
    kill(-pid, SIGCONT); // what is stopped gets no signal
    ended_by(process.get(), Deadline::in(k_grace));
    kill(-pid, SIGKILL);
    return end;
}

std::string tail_of(int file, off_t most) {
    const off_t size = lseek(file, 0, SEEK_END);
    std::string text(static_cast<std::size_t>(std::min(std::max<off_t>(size, 0), most)), '\0');
    const ssize_t got = pread(file, text.data(), text.size(), size - static_cast<off_t>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return text;
}

int status_of(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace

std::string shell_quoted(std::string_view text) {
    const auto is_plain = [](char c) {
        return is_alnum(c) || std::string_view("%+,-./:=@_").find(c) != std::string_view::npos;
    };
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
    std::string quoted = "'";
    for (const char c : text)
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

ShellResult run_shell(const std::string& command, std::optional<std::chrono::nanoseconds> limit) {
    // A file, for a pipe would be held open by what goes on in the background.
    const Descriptor output = open_memory_file();
    if (!output.open()) throw cannot_start(errno);
    const pid_t pid = start(command, output.get(), output.get());
    ShellResult result;
    result.ended_by = await(pid, {limit, !limit});
    result.status = status_of(pid);
    result.output = tail_of(output.get(), k_most_output);
    return result;
}

ShellAnswer ask_shell(const std::string& command, std::chrono::nanoseconds limit, std::size_t most_output) {
    const Descriptor output = open_memory_file(), errors = open_memory_file();
    if (!output.open() || !errors.open()) throw cannot_start(errno);
    const pid_t pid = start(command, output.get(), errors.get());
    const auto most = static_cast<off_t>(most_output);
    ShellAnswer answer;
    answer.ended_by = await(pid, {limit, true, output.get(), most});
    answer.status = status_of(pid);
    if (answer.ended_by == ShellEnd::itself && is_larger(output.get(), most))
        answer.ended_by = ShellEnd::output;
    answer.output = tail_of(output.get(), most);
    answer.errors = tail_of(errors.get(), k_most_output);
    return answer;
}

} // namespace roacache::core
