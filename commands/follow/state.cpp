#include "commands/follow/state.hpp"

#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/link_target.hpp"
#include "src/core/regular_file.hpp"
#include "src/output/json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <fmt/core.h>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace roacache::commands::follow {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ExitCode;
using nlohmann::json;
using std::chrono::milliseconds;

constexpr const char* k_schema = "roacache.follow-state/1";
constexpr std::size_t k_most_state = std::size_t{64} << 20;

/// A moment of this process's clock on the wall's, which other processes know, and back.
std::int64_t wall_ms(core::Clock::time_point at) {
    const auto moment = std::chrono::system_clock::now() + (at - core::Clock::now());
    return std::chrono::duration_cast<milliseconds>(moment.time_since_epoch()).count();
}

core::Clock::time_point moment_of(std::int64_t wall_ms, core::Nanoseconds longest) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const core::Nanoseconds left = milliseconds(wall_ms) - std::chrono::duration_cast<milliseconds>(now);
    return core::Clock::now() + std::clamp(left, core::Nanoseconds(0), longest);
}

/// Beside the file, for what is locked must not be replaced; the same one for whatever link leads to it.
fs::path lock_path(const fs::path& path) {
    int error = 0;
    fs::path target = core::link_target(path, error);
    if (error != 0)
        throw Error(ExitCode::usage,
                    fmt::format("cannot write: {}: {}", path.string(), core::errno_text(error)));
    return target += ".lock";
}

core::FileLock locked(const fs::path& path) {
    core::check_writable(path);
    core::FileLock lock(lock_path(path));
    if (lock.held()) {
        const std::string pid = fmt::format("{}\n", getpid());
        const bool noted =
            ftruncate(lock.descriptor(), 0) == 0 && pwrite(lock.descriptor(), pid.data(), pid.size(), 0) > 0;
        static_cast<void>(noted); // only for who comes later
        return lock;
    }
    std::array<char, 16> text{};
    const ssize_t size = pread(lock.descriptor(), text.data(), text.size(), 0);
    int pid = 0;
    std::from_chars(text.data(), text.data() + std::max<ssize_t>(size, 0), pid);
    throw Error(ExitCode::refused,
                fmt::format("cannot follow: {}: another roacache{} follows with this state", path.string(),
                            pid > 0 ? fmt::format(" (process {})", pid) : ""),
                "End that one first, or give this one a --state of its own.");
}

Followed followed_of(const json& entry, core::Nanoseconds longest_settle) {
    Followed followed{entry.at("watermark"), {}};
    for (const json& due : entry.at("settle_at_ms"))
        followed.settles.push_back(moment_of(due.get<std::int64_t>(), longest_settle));
    return followed;
}

} // namespace

StateFile::StateFile(fs::path path, StateOf of)
    : path_(std::move(path)), of_(std::move(of)), lock_(locked(path_)) {}

StateFile::~StateFile() {
    lock_.remove();
}

State StateFile::read(const fs::path& path, const StateOf& of, core::Nanoseconds longest_settle) {
    State state;
    std::error_code error;
    if (!fs::exists(path, error) && !error) return state;
    const auto refuse = [&](const std::string& why) {
        throw Error(ExitCode::usage, fmt::format("cannot follow: {}: {}", path.string(), why),
                    "Name another file, or remove this one to begin anew: then the next poll notes the "
                    "watermarks and invalidates nothing.");
    };
    const json document = json::parse(core::read_regular_file(path, k_most_state).content, nullptr, false);
    try {
        if (document.at("schema") != k_schema) refuse("it is no state of follow");
        if (document.at("source") != of.source) refuse("it is the state of another query or command");
        if (document.at("selector") != of.selector) refuse("it is the state of other selectors");
        if (document.at("store") != of.store) refuse("it is the state of another store");
        state.columns = document.at("columns").get<std::size_t>();
        for (const json& entry : document.at("values"))
            state.values.emplace(entry.at("value").get<RowValue>(), followed_of(entry, longest_settle));
        state.begun = true;
    } catch (const json::exception&) {
        refuse("it is no state of follow, or damaged");
    }
    return state;
}

void StateFile::write(const State& state) const {
    nlohmann::ordered_json document{{"schema", k_schema},       {"source", of_.source},
                                    {"selector", of_.selector}, {"store", of_.store},
                                    {"columns", state.columns}, {"values", nlohmann::ordered_json::array()}};
    for (const auto& [value, followed] : state.values) {
        nlohmann::ordered_json due = nlohmann::ordered_json::array();
        for (const auto& at : followed.settles)
            due.push_back(wall_ms(at));
        document["values"].push_back(
            {{"value", value}, {"watermark", followed.seen}, {"settle_at_ms", std::move(due)}});
    }
    core::write_file_atomically(path_, output::json_text(document) + "\n");
}

} // namespace roacache::commands::follow
