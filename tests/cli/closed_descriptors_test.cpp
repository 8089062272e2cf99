#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

struct Closed {
    bool in, out, err;

    std::string redirections() const {
        return std::string(in ? " <&-" : "") + (out ? " >&-" : "") + (err ? " 2>&-" : "");
    }
};

std::vector<Closed> every_choice() {
    std::vector<Closed> all;
    for (const bool in : {false, true})
        for (const bool out : {false, true})
            for (const bool err : {false, true})
                all.push_back({in, out, err});
    return all;
}

Finished run_closed(const std::string& command, const Closed& closed, const std::string& url) {
    RunOptions options;
    options.env["ROACACHE_URL"] = url;
    options.input = "cache:t:invoices_list:h1\n";
    return run({"sh", "-c", "exec '" + program() + "' " + command + closed.redirections()}, options);
}

} // namespace

TEST_CASE("nothing that is meant for a closed descriptor goes elsewhere", "[descriptors]") {
    const RedisServer redis;
    const TempDir folder;
    const std::string log = (folder.path() / "audit").string();
    const std::string answer = (folder.path() / "answer").string();
    const std::vector<std::string> commands = {"ping",
                                               "keys -v",
                                               "keys -l -o json",
                                               "inspect " + std::string(k_first_entry),
                                               "inspect nothing", // warns
                                               "stats",
                                               "stats -o prometheus",
                                               "invalidate -t t -n",
                                               "invalidate -t t --audit-log " + log,
                                               "keys --output-file " + answer,
                                               "no-such-command"};
    std::map<std::string, std::string>
        usual_errors; // of each command: subcommands that the server does not know
    for (const Closed& closed : every_choice())
        for (const std::string& command : commands) {
            INFO(command << closed.redirections());
            fill_entries(redis);
            redis.cli({"config", "resetstat"});
            std::filesystem::remove(log);
            std::filesystem::remove(answer);
            const Finished finished = run_closed(command, closed, redis.url());
            // What is no command of the protocol would be counted as an error.
            const std::string errors = redis.cli({"info", "errorstats"});
            if (!closed.in && !closed.out && !closed.err) usual_errors[command] = errors;
            CHECK(errors == usual_errors.at(command));
            const bool wrong = command == "no-such-command";
            const bool answers = !wrong && command.find("--output-file") == std::string::npos;
            if (closed.out && answers) {
                const bool removes = command.find("--audit-log") != std::string::npos;
                CHECK(finished.exit_code == (removes ? 5 : 2));
                if (!closed.err)
                    CHECK(finished.err.find("cannot write: standard output: bad file descriptor") !=
                          std::string::npos);
            } else {
                CHECK(finished.exit_code == (wrong ? 2 : command == "inspect nothing" ? 1 : 0));
            }
            if (closed.out) CHECK(finished.out.empty());
            if (closed.err) CHECK(finished.err.empty());
            if (command.find(log) != std::string::npos) {
                std::ifstream lines(log);
                for (std::string line; std::getline(lines, line);)
                    CHECK(json::accept(line));
            }
            if (command.find(answer) != std::string::npos) {
                std::ostringstream text;
                text << std::ifstream(answer).rdbuf();
                CHECK(lines_in(text.str()) == 3);
            }
        }
}

TEST_CASE("closed standard input is no empty list", "[descriptors]") {
    const RedisServer redis;
    fill_entries(redis);
    for (const char* command : {"keys --keys-from -", "inspect --keys-from -", "invalidate --keys-from - -y",
                                "invalidate --keys-from - -n", "key --stdin"}) {
        INFO(command);
        const Finished finished = run_closed(command, {true, false, false}, redis.url());
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find("cannot read: standard input: bad file descriptor\n") != std::string::npos);
    }
    CHECK(redis.cli({"dbsize"}) == "4");
}
