#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitized.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// The formats that each command has besides what it prints when none is asked for.
const std::map<std::vector<std::string>, std::vector<std::string>> k_formats = {
    {{"ping", "-c", "2"}, {"table", "json", "ndjson", "csv"}},
    {{"keys"}, {"table", "json", "ndjson", "csv"}},
    {{"keys", "-l"}, {"table", "json", "ndjson", "csv"}},
    {{"keys", "--count"}, {"table", "json", "ndjson", "csv"}},
    {{"inspect", k_first_entry, "session:1"}, {"table", "json", "ndjson", "csv"}},
    {{"invalidate", "-t", "t", "-n"}, {"table", "json", "ndjson", "csv"}},
    {{"stats"}, {"table", "json", "ndjson", "csv", "prometheus"}},
    {{"stats", "--no-scan"}, {"table", "json", "ndjson", "csv", "prometheus"}},
    {{"key", "invoices_list", "company:=1"}, {"table", "json", "ndjson"}},
    {{"profile", "list"}, {"table", "json", "ndjson"}},
    {{"profile", "show"}, {"table", "json", "ndjson"}}};

struct Place {
    const char* name;
    bool terminal;
    std::vector<std::string> options;
    std::map<std::string, std::string> env;
    bool coloured; ///< a table may be
};

/// Under the sanitizers, where a start of the program takes long, a few that differ in all that the others
/// do.
std::vector<Place> places() {
    if (k_sanitized)
        return {{"pipe, in colour", false, {"--color", "always"}, {}, true},
                {"terminal", true, {}, {}, true},
                {"dumb terminal", true, {}, {{"TERM", "dumb"}}, false}};
    return {{"pipe", false, {}, {}, false},
            {"pipe, in colour", false, {"--color", "always"}, {}, true},
            {"terminal", true, {}, {}, true},
            {"terminal with NO_COLOR", true, {}, {{"NO_COLOR", "1"}}, false},
            {"terminal without colour", true, {"--color", "never"}, {}, false},
            {"dumb terminal", true, {}, {{"TERM", "dumb"}}, false}};
}

bool every_line_is_json(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (!json::accept(line)) return false;
    return true;
}

/// Every line has as many columns as the first; no value here holds a comma.
bool is_rectangular(const std::string& text) {
    std::istringstream lines(text);
    std::string line;
    std::getline(lines, line);
    const auto columns = std::count(line.begin(), line.end(), ',');
    while (std::getline(lines, line))
        if (std::count(line.begin(), line.end(), ',') != columns) return false;
    return true;
}

bool has_form(const std::string& format, const std::string& text) {
    if (text.empty() || text.back() != '\n') return false;
    if (format == "json") return json::accept(text);
    if (format == "ndjson") return every_line_is_json(text);
    if (format == "csv") return is_rectangular(text);
    if (format == "prometheus") return text.starts_with("# HELP roacache_");
    return true;
}

bool is_drawn(const std::string& text) {
    return text.find("\x1b[2K") != std::string::npos || text.find("█") != std::string::npos;
}

} // namespace

TEST_CASE("every command has its formats in a pipe and on a terminal, in colour only where it may be",
          "[streams]") {
    const RedisServer redis;
    fill_entries(redis);
    for (const auto& [command, formats] : k_formats)
        for (const Place& place : places()) {
            std::vector<std::string> choices = formats;
            choices.emplace_back("");
            for (const std::string& format : choices) {
                INFO(command.at(0) << " " << command.back() << " -o " << format << " at a " << place.name);
                RunOptions options;
                options.pty = place.terminal;
                options.env = place.env;
                options.env["ROACACHE_URL"] = redis.url();
                std::vector<std::string> arguments = command;
                arguments.emplace_back("-q");
                if (!format.empty()) arguments.insert(arguments.end(), {"-o", format});
                arguments.insert(arguments.end(), place.options.begin(), place.options.end());
                const Finished finished = run_roacache(arguments, options);
                INFO(finished.out << finished.err);
                CHECK(finished.exit_code == 0);
                CHECK(finished.err.empty());
                CHECK(has_form(format, finished.out));
                CHECK_FALSE(is_drawn(finished.out));
                const bool for_people = format == "table" || format.empty();
                if (!place.coloured || !for_people) CHECK(finished.out.find('\x1b') == std::string::npos);
            }
        }
}

TEST_CASE("what is asked for in a format that a command does not have is a usage error", "[streams]") {
    for (const auto& [command, formats] : k_formats)
        for (const char* format : {"markdown", "prometheus", "yaml", "JSON"}) {
            if (std::find(formats.begin(), formats.end(), format) != formats.end()) continue;
            std::vector<std::string> arguments = command;
            arguments.insert(arguments.end(), {"-o", format, "-u", "redis://127.0.0.1:1"});
            const Finished finished = run_roacache(arguments);
            INFO(command.at(0) << " -o " << format << ": " << finished.err);
            CHECK(finished.exit_code == 2);
            CHECK(is_one_error(finished.err));
            CHECK(finished.out.empty());
        }
}

TEST_CASE("progress is drawn on a terminal that takes it, and nowhere else", "[streams]") {
    const RedisServer redis({"--enable-debug-command", "yes"});
    const std::vector<std::vector<std::string>> commands = {
        {"stats"}, {"invalidate", "-t", "t", "-n"}, {"invalidate", "-t", "t", "-y", "--soft", "1h"}};
    redis.cli({"debug", "populate", "3000", "cache:t:invoices_list"});
    for (const std::vector<std::string>& command : commands)
        for (const Place& place : places()) {
            INFO(command.at(0) << " " << command.back() << " at a " << place.name);
            RunOptions options;
            options.pty = place.terminal;
            options.env = place.env;
            std::vector<std::string> arguments = command;
            // Steps so small that the walk takes long enough for the bar.
            arguments.insert(arguments.end(), {"--max-pause", "20us"});
            arguments.insert(arguments.end(), place.options.begin(), place.options.end());
            const Finished finished = run_at(redis.url(), arguments, options);
            CHECK(finished.exit_code == 0);
            CHECK(is_drawn(finished.out) == (place.terminal && place.coloured));
            CHECK_FALSE(is_drawn(finished.err));
            if (!place.terminal) continue;
            arguments.emplace_back("-q");
            CHECK_FALSE(is_drawn(run_at(redis.url(), arguments, options).out));
        }
}
