#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace roacache::test {

/// A folder of its own under the system's temporary folder, removed at the end.
class TempDir {
  public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

struct RunOptions {
    std::string input; ///< given on standard input, then closed
    std::map<std::string, std::string>
        env; ///< added to a clean environment (Debian's PATH, HOME, LANG=C.UTF-8, sanitizer options only)
    std::filesystem::path cwd;        ///< empty: the current one
    std::chrono::seconds timeout{60}; ///< then killed; Finished::timed_out is set
    /// stdin, stdout and stderr are one terminal of 120 x 40 (TERM is xterm-256color); all output comes in
    /// `out`, newlines as the program wrote them, and nothing is echoed.
    bool pty = false;
};

struct Finished {
    int exit_code = -1; ///< -1 when ended by a signal
    int signal = 0;
    bool timed_out = false;
    std::string out;
    std::string err;
    double seconds = 0;
};

/// Runs a program to its end. argv[0] is looked up in PATH. Throws std::runtime_error when it cannot be
/// started. What it leaves running in its process group is killed.
Finished run(const std::vector<std::string>& argv, const RunOptions& options = {});

/// A program that runs during the test, in a process group of its own; it is killed when the thread that
/// constructed it ends, so that no server outlives a killed test. Output goes to files that log() gives;
/// ended (TERM, after 5 s KILL) and reaped on every path. Its log is shown (Catch UNSCOPED_INFO-like, on
/// stderr) when the test ends with an exception or a failed assertion is under way. RunOptions::timeout is
/// not looked at.
class Process {
  public:
    Process(std::vector<std::string> argv, const RunOptions& options = {});
    ~Process();
    Process(Process&&) noexcept;
    Process& operator=(Process&&) = delete;

    pid_t pid() const;
    bool running();
    /// stdout and stderr so far, together.
    std::string log() const;
    /// Waits until `text` is in the log; false when the process ended or the time is over first.
    bool wait_for(const std::string& text, std::chrono::seconds limit = std::chrono::seconds(30));
    void signal(int number);
    /// TERM, after 5 s KILL; waits. Returns the exit code, or -signal.
    int stop();
    /// KILL; waits.
    void kill();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

void pause_briefly();

/// Calls `condition` until it is true, with short pauses; false after `limit`.
template <typename Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        pause_briefly();
    }
    return true;
}

} // namespace roacache::test
