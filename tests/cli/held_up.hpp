#pragma once

#include "tests/cli/roacache.hpp"
#include "tests/support/child.hpp"

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace roacache::test {

/// The program, held up by streams on which nothing moves: a pipe or terminal that nobody writes into, and
/// with `blocked` a full pipe that nobody reads. stderr goes into a file.
class HeldUp {
  public:
    enum class Input { nothing, pipe, terminal };
    struct Streams {
        Input input = Input::nothing;
        bool blocked = false; ///< stdout is a pipe that nobody reads, else a file
    };

    HeldUp(const std::vector<std::string>& arguments, Streams streams, const RunOptions& options = {}) {
        std::vector<std::string> argv = arguments;
        argv.insert(argv.begin(), program());
        Fd in(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        if (streams.input == Input::pipe) {
            Pipe silent = open_pipe();
            in = std::move(silent.read);
            held_ = std::move(silent.write);
        } else if (streams.input == Input::terminal) {
            Terminal terminal = open_terminal();
            in = std::move(terminal.slave);
            held_ = std::move(terminal.master);
        }
        Fd out(::open((folder_.path() / "out").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (streams.blocked) {
            Pipe full = open_pipe();
            out = std::move(full.write);
            unread_ = std::move(full.read);
        }
        const Fd err(::open((folder_.path() / "err").c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        child_ = spawn(argv, options, in.get(), out.get(), err.get());
    }
    ~HeldUp() {
        if (pid_ended_) return;
        child_.signal(SIGKILL);
        child_.reap();
    }
    HeldUp(const HeldUp&) = delete;
    HeldUp& operator=(const HeldUp&) = delete;

    /// Waits until it sleeps and has done nothing for a while; false when it has ended.
    bool wait_until_still() const {
        constexpr int k_looks = 30;
        int still = 0;
        std::string before;
        eventually([&] {
            const std::string now = activity();
            still = now == before && now.starts_with("S ") ? still + 1 : 0;
            before = now;
            return still == k_looks || child_.ended();
        });
        return !child_.ended();
    }

    void signal(int number) const { child_.signal(number); }
    bool ended() const { return child_.ended(); }
    const Fd& terminal() const { return held_; }

    /// How long it went on after a signal; waits for the end.
    std::chrono::milliseconds ends_after(int number) {
        const auto began = std::chrono::steady_clock::now();
        child_.signal(number);
        eventually([&] { return child_.ended(); }, std::chrono::seconds(30));
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                     began);
    }

    /// Waits for the end; the exit code, or -signal. What does not end is killed.
    int exit_code() {
        if (!pid_ended_ && !eventually([&] { return child_.ended(); }, std::chrono::seconds(30)))
            child_.signal(SIGKILL);
        if (!pid_ended_) code_ = child_.reap();
        pid_ended_ = true;
        return code_;
    }
    std::string err() const { return content("err"); }
    std::string out() const { return content("out"); }
    pid_t pid() const { return child_.pid(); }

  private:
    std::string content(const char* name) const {
        std::ostringstream text;
        text << std::ifstream(folder_.path() / name, std::ios::binary).rdbuf();
        return text.str();
    }

    /// State and the time that it has computed for, of the whole process.
    std::string activity() const {
        std::ifstream file("/proc/" + std::to_string(child_.pid()) + "/stat");
        std::string line;
        std::getline(file, line);
        std::istringstream fields(line.substr(std::min(line.rfind(')') + 2, line.size())));
        std::vector<std::string> all;
        for (std::string field; fields >> field;)
            all.push_back(field);
        return all.size() < 13 ? "" : all[0] + " " + all[11] + " " + all[12];
    }

    TempDir folder_;
    Fd held_, unread_;
    Child child_;
    bool pid_ended_ = false;
    int code_ = 0;
};

} // namespace roacache::test
