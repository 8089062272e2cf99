#include "tests/support/process.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/child.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace roacache::test {

namespace {

using Clock = std::chrono::steady_clock;

/// What a program wrote to a terminal reaches the other end a little later, and even after the program's own
/// end, and the hang-up may overtake it. So a test keeps the terminal open and, once the program has ended,
/// writes this itself: when it has come, all that was written before it has come too.
constexpr std::string_view k_terminal_end = "\x1c-end-of-terminal-\x1c";

void write_terminal_end(const Fd& slave) {
    const auto put = ::write(slave.get(), k_terminal_end.data(), k_terminal_end.size());
    if (put != static_cast<ssize_t>(k_terminal_end.size()))
        throw std::system_error(errno, std::generic_category(), "cannot write the terminal's end");
}

/// Takes the mark off; false where it has not come.
bool cut_terminal_end(std::string& text) {
    if (!text.ends_with(k_terminal_end)) return false;
    text.resize(text.size() - k_terminal_end.size());
    return true;
}

/// Writing to a program that has closed its input is no reason to end the test.
class SigpipeIgnored {
  public:
    SigpipeIgnored() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
    ~SigpipeIgnored() { std::signal(SIGPIPE, before_); }
    SigpipeIgnored(const SigpipeIgnored&) = delete;
    SigpipeIgnored& operator=(const SigpipeIgnored&) = delete;

  private:
    void (*before_)(int);
};

/// Takes what is there now; closes the descriptor at the end of the stream.
void drain(Fd& from, std::string& into) {
    char buffer[65536];
    while (from.open()) {
        const auto got = ::read(from.get(), buffer, sizeof buffer);
        if (got > 0) {
            into.append(buffer, static_cast<std::size_t>(got));
        } else if (got < 0 && errno == EINTR) {
            continue;
        } else if (got < 0 && errno == EAGAIN) {
            return;
        } else {
            from.close(); // a terminal says EIO when its last user has gone
        }
    }
}

/// Gives what fits; closes the descriptor (unless it is a terminal, which carries output too) at the end.
void feed(Fd& to, const std::string& input, std::size_t& given) {
    while (to.open() && given < input.size()) {
        const auto put = ::write(to.get(), input.data() + given, input.size() - given);
        if (put > 0) {
            given += static_cast<std::size_t>(put);
        } else if (put < 0 && errno == EAGAIN) {
            return;
        } else if (put >= 0 || errno != EINTR) {
            given = input.size();
        }
    }
    to.close();
}

/// What a terminal has to be sent for its reader to see the end: ^D ends an unfinished line, then the stream.
std::string typed(const std::string& input) {
    const bool line_open = !input.empty() && input.back() != '\n';
    return input + (line_open ? "\x04\x04" : "\x04");
}

struct Conversation {
    Fd in, out, err;
    Fd terminal; // the program's side of `out` when that is a terminal
    std::string input;
    std::size_t given = 0;

    /// Moves what can be moved, waiting for up to `wait_ms`.
    void step(Finished& result, int wait_ms) {
        pollfd fds[3] = {{in.open() ? in.get() : -1, POLLOUT, 0},
                         {out.open() ? out.get() : -1, POLLIN, 0},
                         {err.open() ? err.get() : -1, POLLIN, 0}};
        ::poll(fds, 3, wait_ms);
        if (fds[0].revents) feed(in, input, given);
        drain(out, result.out);
        drain(err, result.err);
    }
};

Child start(const std::vector<std::string>& argv, const RunOptions& options, Conversation& talk) {
    if (options.pty) {
        Terminal terminal = open_terminal();
        Child child = spawn(argv, options, terminal.slave.get(), terminal.slave.get(), terminal.slave.get());
        talk.in = terminal.master.duplicate();
        talk.out = std::move(terminal.master);
        talk.terminal = std::move(terminal.slave);
        talk.input = typed(options.input);
        return child;
    }
    Pipe in = open_pipe();
    Pipe out = open_pipe();
    Pipe err = open_pipe();
    Child child = spawn(argv, options, in.read.get(), out.write.get(), err.write.get());
    talk = {std::move(in.write), std::move(out.read), std::move(err.read), {}, options.input};
    return child;
}

} // namespace

TempDir::TempDir() {
    // A Unix socket's path has room for 107 bytes, so a long TMPDIR is of no use.
    const char* base = std::getenv("TMPDIR");
    std::string pattern = base && *base == '/' && std::string(base).size() < 50 ? base : "/tmp";
    pattern += "/roa-XXXXXX";
    if (!::mkdtemp(pattern.data())) {
        throw std::system_error(errno, std::generic_category(), "cannot make a folder: " + pattern);
    }
    path_ = pattern;
}

TempDir::~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

Finished run(const std::vector<std::string>& argv, const RunOptions& options) {
    const SigpipeIgnored guard;
    const auto begun = Clock::now();
    Finished result;
    Conversation talk;
    Child child = start(argv, options, talk);
    for (Fd* fd : {&talk.in, &talk.out, &talk.err}) {
        if (fd->open()) fd->set_nonblocking();
    }
    while (!child.ended()) {
        if (Clock::now() - begun > options.timeout) {
            result.timed_out = true;
            child.signal(SIGKILL);
        }
        // Streams that the program closes wake poll(); else its end is looked for.
        talk.step(result, !options.pty && (talk.out.open() || talk.err.open()) ? 10 : 1);
    }
    const int code = child.reap();
    talk.step(result, 0);
    if (options.pty) {
        write_terminal_end(talk.terminal);
        while (!cut_terminal_end(result.out))
            talk.step(result, 10);
    }
    result.exit_code = code < 0 ? -1 : code;
    result.signal = code < 0 ? -code : 0;
    result.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    return result;
}

// ---- Process
// ---------------------------------------------------------------------------------------------------

struct Process::State {
    TempDir folder;
    std::string name;
    Child child;
    int code = 0;
    bool over = false;
    Terminal terminal;
    std::jthread copier; // from the terminal to the log
    int exceptions = std::uncaught_exceptions();

    std::filesystem::path log_file() const { return folder.path() / "log"; }

    void finish() {
        code = child.reap();
        over = true;
        if (copier.joinable()) {
            write_terminal_end(terminal.slave);
            copier.join();
        }
    }

    bool test_is_failing() const {
        if (std::uncaught_exceptions() > exceptions) return true;
        auto* capture = Catch::getCurrentContext().getResultCapture();
        return capture && !capture->lastAssertionPassed();
    }
};

namespace {

/// Until the mark of its end comes.
void copy_terminal(const Fd& master, const std::filesystem::path& log) {
    std::ofstream out(log, std::ios::app | std::ios::binary);
    std::string text;
    char buffer[65536];
    for (bool ended = false; !ended;) {
        const auto got = ::read(master.get(), buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return;
        text.append(buffer, static_cast<std::size_t>(got));
        ended = cut_terminal_end(text);
        // What may be the begin of the mark waits for the rest of it.
        const auto mark = ended ? text.size() : std::min(text.find(k_terminal_end.front()), text.size());
        out << std::string_view(text).substr(0, mark) << std::flush;
        text.erase(0, mark);
    }
}

} // namespace

Process::Process(std::vector<std::string> argv, const RunOptions& options)
    : state_(std::make_unique<State>()) {
    State& state = *state_;
    state.name = argv.empty() ? "" : argv.front();
    const Fd log(::open(state.log_file().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!log.open()) throw std::system_error(errno, std::generic_category(), "cannot write: log");
    if (options.pty) {
        state.terminal = open_terminal();
        const int slave = state.terminal.slave.get();
        state.child = spawn(argv, options, slave, slave, slave);
        if (!options.input.empty()) {
            std::size_t given = 0;
            Fd writer = state.terminal.master.duplicate();
            feed(writer, options.input, given);
        }
        state.copier = std::jthread([&state] { copy_terminal(state.terminal.master, state.log_file()); });
        return;
    }
    const auto input = state.folder.path() / "input";
    std::ofstream(input, std::ios::binary) << options.input;
    const Fd in(::open(input.c_str(), O_RDONLY | O_CLOEXEC));
    state.child = spawn(argv, options, in.get(), log.get(), log.get());
}

Process::~Process() {
    if (!state_) return;
    stop();
    if (state_->test_is_failing()) {
        const std::string text = log();
        const auto tail = text.substr(text.size() - std::min<std::size_t>(text.size(), 10'000));
        std::fprintf(stderr, "---- log of %s\n%s\n----\n", state_->name.c_str(), tail.c_str());
    }
}

Process::Process(Process&&) noexcept = default;

pid_t Process::pid() const {
    return state_->child.pid();
}

bool Process::running() {
    if (!state_->over && state_->child.ended()) state_->finish();
    return !state_->over;
}

std::string Process::log() const {
    std::ifstream in(state_->log_file(), std::ios::binary);
    std::ostringstream text;
    if (in.peek() != std::ifstream::traits_type::eof()) text << in.rdbuf();
    return text.str();
}

bool Process::wait_for(const std::string& text, std::chrono::seconds limit) {
    bool found = false;
    eventually(
        [&] {
            const bool alive = running(); // asked first, so that a log's last lines are not missed
            found = log().find(text) != std::string::npos;
            return found || !alive;
        },
        limit);
    return found;
}

void Process::signal(int number) {
    if (running()) state_->child.signal(number);
}

int Process::stop() {
    signal(SIGTERM);
    if (!eventually([this] { return !running(); }, std::chrono::seconds(5))) kill();
    return state_->code;
}

void Process::kill() {
    signal(SIGKILL);
    while (running())
        pause_briefly();
}

void pause_briefly() {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
}

} // namespace roacache::test
