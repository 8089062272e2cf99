#include "tests/cli/held_up.hpp"
#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <fstream>
#include <regex>
#include <sstream>
#include <sys/stat.h>
#include <thread>

using namespace roacache::test;

namespace {

std::string text_in(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

/// Each number as `#`: times to live and ages move between two runs.
std::string without_digits(const std::string& text) {
    return std::regex_replace(text, std::regex("[0-9]+"), "#");
}

std::size_t files_in(const std::filesystem::path& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

} // namespace

TEST_CASE("an answer goes into a file as it would go into a pipe", "[output-file]") {
    const RedisServer redis;
    fill_entries(redis);
    const TempDir folder;
    const std::string file = (folder.path() / "answer").string();
    RunOptions options;
    options.env["ROACACHE_URL"] = redis.url();
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"keys"},
                                               {"keys", "-0"},
                                               {"keys", "-l"},
                                               {"keys", "--count"},
                                               {"keys", "-o", "json"},
                                               {"keys", "-o", "ndjson"},
                                               {"keys", "-o", "csv"},
                                               {"keys", "-o", "table"},
                                               {"keys", "-r", "nothing"},
                                               {"inspect", k_first_entry},
                                               {"inspect", "--raw", k_first_entry},
                                               {"inspect", "nothing", "-o", "json"},
                                               {"stats", "--by", "tenant", "-q", "-o", "csv"},
                                               {"key", "invoices_list", "company:=1"},
                                               {"profile", "show"},
                                               {"completion", "bash"}})
        for (const bool terminal : {false, true})
            for (const bool first : {false, true}) {
                INFO(command[0] << " " << command.back() << (terminal ? " on a terminal" : ""));
                const Finished in_pipe = run_roacache(command, options);
                std::vector<std::string> arguments = command;
                arguments.insert(first ? arguments.begin() : arguments.end(), {"--output-file", file});
                RunOptions given = options;
                given.pty = terminal;
                std::ofstream(file) << "old";
                const Finished finished = run_roacache(arguments, given);
                INFO(finished.out << finished.err);
                CHECK(finished.exit_code == in_pipe.exit_code);
                CHECK(without_digits(text_in(file)) == without_digits(in_pipe.out));
                if (!terminal) CHECK(finished.out.empty());
                if (!terminal) CHECK(finished.err == in_pipe.err);
                CHECK(files_in(folder.path()) == 1);
            }
    CHECK(run_roacache({"keys", "--output-file", "-"}, options).out == run_roacache({"keys"}, options).out);
    CHECK(run_roacache({"keys", "--output-file", "/dev/stdout"}, options).out ==
          run_roacache({"keys"}, options).out);
    CHECK(run_roacache({"keys", "--output-file", "/dev/stderr"}, options).err ==
          run_roacache({"keys"}, options).out);
}

TEST_CASE("a file may be the list that the answer is made from", "[output-file]") {
    const RedisServer redis;
    fill_entries(redis);
    const TempDir folder;
    const std::string file = (folder.path() / "keys").string();
    RunOptions options;
    options.env["ROACACHE_URL"] = redis.url();
    REQUIRE(run_roacache({"keys", "--output-file", file}, options).exit_code == 0);
    const std::string all = text_in(file);
    CHECK(run_roacache({"keys", "--keys-from", file, "--output-file", file}, options).exit_code == 0);
    CHECK(text_in(file) == all);
    CHECK(lines_in(all) == 3);
}

TEST_CASE("without an answer the old file stays", "[output-file]") {
    const RedisServer redis;
    fill_entries(redis);
    const TempDir folder;
    const std::string file = (folder.path() / "answer").string();
    std::ofstream(file) << "old";
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"keys", "--no-such-option"},
                                               {"keys", "-o", "yaml"},
                                               {"invalidate"},
                                               {"inspect"},
                                               {"keys", "-u", "redis://127.0.0.1:1"},
                                               {"keys", "-w", "x"},
                                               {"keys", "-p", "none"}}) {
        std::vector<std::string> arguments = command;
        arguments.insert(arguments.end(), {"--output-file", file});
        RunOptions options;
        options.env["ROACACHE_URL"] = redis.url();
        const Finished finished = run_roacache(arguments, options);
        INFO(command.back() << ": " << finished.err);
        CHECK(finished.exit_code >= 2);
        CHECK(text_in(file) == "old");
    }
    const Finished full = run_roacache({"keys", "--output-file", "/dev/full", "-u", redis.url()});
    CHECK(full.exit_code == 2);
    CHECK(full.err == "roacache: cannot write: /dev/full: no space left on device\n");
    const Finished astray = run_roacache({"keys", "--output-file", file + "/x", "-u", redis.url()});
    CHECK(astray.exit_code == 2);
    CHECK(astray.err == "roacache: cannot write: " + file + "/x: not a directory\n");
    CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("a list that is interrupted or runs out of room does not take the old one's place",
          "[output-file]") {
    const RedisServer redis({"--enable-debug-command", "yes"});
    redis.cli({"debug", "populate", "300000", "cache:t:invoices_list"});
    const TempDir folder;
    const std::string file = (folder.path() / "answer").string();
    std::ofstream(file) << "old";
    HeldUp held({"keys", "-l", "--max-pause", "20us", "-u", redis.unix_url(), "--output-file", file}, {});
    REQUIRE(eventually([&] {
        return redis.cli({"info", "commandstats"}).find("cmdstat_scan:") != std::string::npos;
    }));
    held.signal(SIGINT);
    CHECK(held.exit_code() == 130);
    CHECK(held.err().find("answer stays as it was") != std::string::npos);
    CHECK(text_in(file) == "old");
    const Finished full = run({"sh", "-c",
                               "trap '' XFSZ; ulimit -f 100; exec '" + program() + "' keys -u " +
                                   redis.url() + " --output-file " + file});
    CHECK(full.exit_code == 2);
    CHECK(full.err == "roacache: cannot write: " + file + ": file too large\n");
    CHECK(text_in(file) == "old");
    CHECK(files_in(folder.path()) == 1);
}
