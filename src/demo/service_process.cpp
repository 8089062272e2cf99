#include "src/demo/service_process.hpp"

#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fmt/core.h>
#include <poll.h>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <sys/wait.h>
#include <tuple>
#include <type_traits>
#include <unistd.h>

namespace roacache::demo {
namespace {

using core::Error;
using core::ExitCode;

// One character, each in a message of its own, which an answer follows.
constexpr char k_counters = 'c', k_empty = 'e';
// What an answer begins with.
constexpr char k_done = '+', k_error = '-', k_failure = '!';
constexpr std::size_t k_most_bytes = 65'536; // of a message

static_assert(std::is_trivially_copyable_v<Counters>);

void say(int channel, std::string_view message) {
    while (send(channel, message.data(), std::min(message.size(), k_most_bytes), MSG_NOSIGNAL) < 0 &&
           errno == EINTR)
        ;
}

/// Empty at the end: no message is.
std::string hear(int channel) {
    std::string message(k_most_bytes, '\0');
    ssize_t size = 0;
    do
        size = recv(channel, message.data(), message.size(), 0);
    while (size < 0 && errno == EINTR);
    message.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return message;
}

std::string two(std::string_view first, std::string_view second) {
    return fmt::format("{}{}{}", first, '\0', second);
}

std::pair<std::string, std::string> halves(std::string_view text) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    return {std::string(text.substr(0, end)), std::string(text.substr(std::min(end + 1, text.size())))};
}

/// What the work answers, or why it failed.
template <typename Work>
std::string answer(Work work) {
    try {
        return k_done + work();
    } catch (const Error& error) {
        return std::string{k_error, static_cast<char>(error.code())} + two(error.what(), error.remedy());
    } catch (const std::exception& error) {
        return k_failure + std::string(error.what());
    }
}

std::string understood(const std::string& message) {
    std::string rest = message.empty() ? "" : message.substr(1);
    if (message.starts_with(k_done)) return rest;
    if (message.starts_with(k_failure)) throw std::runtime_error(rest);
    if (rest.empty()) throw Error(ExitCode::unreachable, "the reference service has ended");
    const auto [what, remedy] = halves(std::string_view(rest).substr(1));
    throw Error(static_cast<ExitCode>(static_cast<unsigned char>(rest.front())), what, remedy);
}

void ignore_signals() {
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        std::signal(number, SIG_IGN);
}

/// Until whoever asks is gone.
void serve(const ServiceOptions& options, int channel) {
    std::unique_ptr<Service> service;
    const std::string started = answer([&] {
        service = std::make_unique<Service>(options);
        return two(service->base_url(), service->token());
    });
    // From here on the end of the channel is the only end: it comes after all that an interrupt still has to
    // report.
    ignore_signals();
    say(channel, started);
    while (service) {
        const std::string question = hear(channel);
        if (question.empty()) break;
        say(channel, answer([&]() -> std::string {
                if (question.front() == k_empty) {
                    service->empty_cache();
                    return {};
                }
                const Counters counters = service->counters();
                return {reinterpret_cast<const char*>(&counters), sizeof counters};
            }));
    }
}

/// The service's first message. An interrupt is passed on, for a signal may have been sent to this process
/// alone.
std::string first_message(int channel, pid_t child) {
    std::array<pollfd, 2> either{{{channel, POLLIN, 0}, {core::Interrupt::fd(), POLLIN, 0}}};
    while (poll(either.data(), either.size(), -1) <= 0 || either[0].revents == 0) {
        if (either[1].revents == 0) continue;
        kill(child, SIGINT);
        break;
    }
    return hear(channel);
}

} // namespace

ServiceProcess::ServiceProcess(const ServiceOptions& options) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw Error(ExitCode::usage,
                    fmt::format("cannot start the reference service: {}", core::errno_text(errno)));
    channel_ = core::Descriptor(ends[0]);
    core::Descriptor others(ends[1]);
    child_ = fork();
    if (child_ < 0)
        throw Error(ExitCode::usage,
                    fmt::format("cannot start the reference service: {}", core::errno_text(errno)));
    if (child_ == 0) {
        channel_.close();
        core::Interrupt::part_from_parent();
        try {
            serve(options, others.get());
        } catch (...) {
            _exit(static_cast<int>(ExitCode::bug)); // the parent sees its end
        }
        _exit(0); // what is still to be written is the parent's
    }
    others.close();
    try {
        std::tie(base_url_, token_) = halves(understood(first_message(channel_.get(), child_)));
    } catch (...) {
        end();
        throw;
    }
}

ServiceProcess::~ServiceProcess() {
    end();
}

void ServiceProcess::end() {
    channel_.close();
    while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR)
        ;
}

std::string ServiceProcess::ask(char question) const {
    say(channel_.get(), {&question, 1});
    return understood(hear(channel_.get()));
}

Counters ServiceProcess::counters() const {
    const std::string bytes = ask(k_counters);
    Counters counters;
    std::memcpy(&counters, bytes.data(), std::min(bytes.size(), sizeof counters));
    return counters;
}

void ServiceProcess::empty_cache() {
    ask(k_empty);
}

} // namespace roacache::demo
