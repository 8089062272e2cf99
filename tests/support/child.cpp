#include "tests/support/child.hpp"

#include "tests/support/paths.hpp"
#include "tests/support/sanitized.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <pty.h>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <termios.h>
#include <unistd.h>

namespace roacache::test {

namespace {

// Debian's own places; a version manager's shims in the developer's PATH are not what is tested. The sbin
// folders, which a normal user's PATH lacks, hold nginx.
constexpr const char* k_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

/// Under the address sanitizer the search for leaks and deep stacks of allocations take half of the time of a
/// start, so the program goes without them but for the first start of each test and every eighth after it.
bool goes_light(const std::string& argv0) {
    static std::atomic<unsigned> starts = 0;
    return k_sanitized && argv0 == program() && starts++ % 8 != 0;
}

std::map<std::string, std::string> environment(const RunOptions& options, bool light) {
    std::map<std::string, std::string> all{{"PATH", k_path}, {"LANG", "C.UTF-8"}};
    for (const char* name : {"HOME", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
        if (const char* value = std::getenv(name)) all[name] = value;
    }
    if (light) all["ASAN_OPTIONS"] += ":detect_leaks=0:malloc_context_size=1";
    if (options.pty) all["TERM"] = "xterm-256color";
    for (const auto& [name, value] : options.env)
        all[name] = value;
    // What a run leaves behind for later ones does not outlive the tests.
    static const TempDir state;
    if (!options.env.contains("HOME")) all.emplace("XDG_STATE_HOME", state.path().string());
    all.emplace("XDG_RUNTIME_DIR", state.path().string());
    return all;
}

std::string look_up(const std::string& program, const std::string& path) {
    if (program.find('/') != std::string::npos) return program;
    for (std::size_t begin = 0; begin <= path.size();) {
        const auto end = std::min(path.find(':', begin), path.size());
        const auto candidate = path.substr(begin, end - begin) + "/" + program;
        if (::access(candidate.c_str(), X_OK) == 0) return candidate;
        begin = end + 1;
    }
    throw std::runtime_error("cannot run: " + program + ": not installed");
}

/// Everything that the child needs between fork and exec, where nothing may be allocated.
struct Start {
    const char* program;
    char* const* argv;
    char* const* envp;
    const char* cwd; // null: the current one
    int in, out, err;
    int report; // gets the errno of what failed
    pid_t parent;
};

[[noreturn]] void become(const Start& start) {
    const bool terminal = ::isatty(start.in);
    bool good = ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == start.parent;
    good = good && (terminal ? ::setsid() >= 0 : ::setpgid(0, 0) == 0);
    good = good && (!terminal || ::ioctl(start.in, TIOCSCTTY, 0) == 0);
    good = good && ::dup2(start.in, 0) == 0 && ::dup2(start.out, 1) == 1 && ::dup2(start.err, 2) == 2;
    good = good && (!start.cwd || ::chdir(start.cwd) == 0);
    // A shell that runs the tests in the background has them ignore SIGINT, which would be inherited.
    for (int number = 1; number < NSIG; ++number)
        std::signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (good) ::execve(start.program, start.argv, start.envp);
    const int why = errno;
    [[maybe_unused]] const auto written = ::write(start.report, &why, sizeof why);
    ::_exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (auto& text : texts)
        all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

} // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

void Fd::close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Fd::set_nonblocking() const {
    ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
}

Fd Fd::duplicate() const {
    return Fd(::fcntl(fd_, F_DUPFD_CLOEXEC, 0));
}

Pipe open_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) fail("cannot make a pipe");
    return {Fd(ends[0]), Fd(ends[1])};
}

Terminal open_terminal() {
    int master = -1;
    int slave = -1;
    const winsize size{40, 120, 0, 0};
    if (::openpty(&master, &slave, nullptr, nullptr, &size) != 0) fail("cannot open a terminal");
    Terminal terminal{Fd(master), Fd(slave)};
    ::fcntl(master, F_SETFD, FD_CLOEXEC);
    ::fcntl(slave, F_SETFD, FD_CLOEXEC);
    termios mode{};
    ::tcgetattr(slave, &mode);
    mode.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    mode.c_oflag &= ~static_cast<tcflag_t>(OPOST);
    ::tcsetattr(slave, TCSANOW, &mode);
    return terminal;
}

bool Child::ended() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid == pid_;
}

void Child::signal(int number) const {
    ::kill(pid_, number);
}

int Child::reap() const {
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
    ::kill(-pid_, SIGKILL); // before the pid is given back: the group's number is the pid
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

Child spawn(const std::vector<std::string>& argv, const RunOptions& options, int in, int out, int err) {
    if (argv.empty()) throw std::runtime_error("cannot run: no program named");
    const auto env = environment(options, goes_light(argv.front()));
    const std::string program = look_up(argv.front(), env.at("PATH"));
    std::vector<std::string> arguments = argv;
    std::vector<std::string> settings;
    for (const auto& [name, value] : env)
        settings.push_back(name + "=" + value);
    const auto argv_pointers = pointers(arguments);
    const auto envp_pointers = pointers(settings);
    const std::string cwd = options.cwd.string();

    Pipe report = open_pipe();
    const Start start{program.c_str(),
                      argv_pointers.data(),
                      envp_pointers.data(),
                      cwd.empty() ? nullptr : cwd.c_str(),
                      in,
                      out,
                      err,
                      report.write.get(),
                      ::getpid()};
    const pid_t pid = ::fork();
    if (pid < 0) fail("cannot fork");
    if (pid == 0) become(start);
    report.write.close();
    int why = 0;
    ssize_t got = 0;
    while ((got = ::read(report.read.get(), &why, sizeof why)) < 0 && errno == EINTR) {
    }
    const Child child(pid);
    if (got == sizeof why) {
        child.reap();
        throw std::runtime_error("cannot run: " + program + ": " + std::generic_category().message(why));
    }
    return child;
}

} // namespace roacache::test
