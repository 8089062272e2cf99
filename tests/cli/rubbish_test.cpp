#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

struct Odd {
    std::string word;   ///< the command of the server that is answered oddly
    std::string answer; ///< with this
    std::string name;   ///< of the command of roacache
    int exit_code;
};

/// Answers of a form that the command never has. Where the exit code is 0 the figure is not known.
const std::vector<Odd> k_odd = {
    {"SCAN", "+OK\r\n", "keys", 4},
    {"SCAN", "*-1\r\n", "invalidate", 4},
    {"SCAN", "*2\r\n" + bulk("0") + bulk("x"), "stats", 4},
    {"SCAN", "*2\r\n" + bulk("0") + "*2\r\n:1\r\n$-1\r\n", "invalidate", 4},
    {"UNLINK", "+OK\r\n", "invalidate", 5},
    {"UNLINK", "*0\r\n", "invalidate --verify", 5},
    {"PEXPIRE", bulk("1"), "invalidate --soft", 5},
    {"GETRANGE", "*1\r\n:7\r\n", "inspect", 4},
    {"TYPE", ":3\r\n", "inspect", 4},
    {"TYPE", "*0\r\n", "keys -l", 0},
    {"PTTL", bulk("soon"), "keys -l", 0},
    {"MEMORY", ":-7\r\n", "keys -l", 0},
    {"OBJECT", "*1\r\n*0\r\n", "inspect", 0},
    {"INFO", ":1\r\n", "stats", 0},
    {"INFO", bulk("keyspace_hits:x\r\nused_memory:-5\r\nmaxmemory:99999999999999999999999\r\n:\r\n\n#"),
     "stats", 0},
    {"DBSIZE", ":-1\r\n", "stats", 0},
    {"HELLO", "*3\r\n*0\r\n:1\r\n$-1\r\n", "ping", 0},
    {"PING", "*0\r\n", "ping", 0}};

} // namespace

TEST_CASE("what is no Redis at all is reported in one line by every command", "[rubbish]") {
    std::string deep;
    for (int i = 0; i < 30; ++i)
        deep += "*1\r\n";
    const std::vector<std::string> rubbish = {"HTTP/1.1 400 Bad Request\r\n\r\n",
                                              "\x16\x03\x01\x02",
                                              "+OK\r\n$99999999999999999999\r\n",
                                              "+OK\r\n*-7\r\n",
                                              "+OK\r\n" + deep,
                                              "-ERR \x1b[31m two\rlines\xff \r\n"};
    for (const std::string& bytes : rubbish) {
        const PythonServer server("tests/store/scripted_server.py", {"--answer", in_hex(bytes)});
        const std::string url = "redis://:hunter2@127.0.0.1:" + std::to_string(server.port());
        for (const auto& [name, command] : served_commands()) {
            INFO(name << " answered by " << in_hex(bytes));
            const Finished finished = run_at(url, command);
            INFO(finished.err);
            CHECK((finished.exit_code == 4 || finished.exit_code == 3));
            CHECK(is_one_error(finished.err));
            CHECK(finished.err.find('\x1b') == std::string::npos);
            CHECK(finished.err.find("hunter2") == std::string::npos);
            CHECK(finished.out.empty());
        }
    }
}

TEST_CASE("an answer of another form than the command has is refused, or the figure is n/a", "[rubbish]") {
    const RedisServer redis;
    for (const Odd& odd : k_odd) {
        const MeddledServer server(redis, {{odd.word, odd.answer}});
        fill_entries(redis);
        INFO(odd.name << " with " << odd.word << " answered " << odd.answer);
        auto command = served_commands().at(odd.name);
        if (odd.exit_code == 0) command.insert(command.end(), {"-o", "json"});
        const Finished finished = run_at(server.url(), command);
        INFO(finished.out << finished.err);
        CHECK(finished.exit_code == odd.exit_code);
        if (odd.exit_code == 0) {
            CHECK((finished.err.empty() || finished.err.starts_with("roacache: note: ")));
            CHECK(lines_in(finished.err) <= 1);
            CHECK(json::accept(finished.out));
            CHECK((odd.name == "ping" || finished.out.find("null") != std::string::npos));
        } else {
            CHECK(is_one_error(finished.err));
            CHECK(finished.err.find("the answer to " + odd.word) != std::string::npos);
        }
    }
}

TEST_CASE("removals that are answered with rubbish are reported as uncertain", "[rubbish]") {
    const RedisServer redis;
    fill_entries(redis);
    for (const std::string answer : {"+OK\r\n", "$2\r\nno\r\n"}) {
        const MeddledServer server(redis, {{"UNLINK", answer}, {"PEXPIRE", answer}});
        for (const char* name : {"invalidate", "invalidate --soft"}) {
            auto command = served_commands().at(name);
            command.insert(command.end(), {"-o", "json"});
            const Finished finished = run_at(server.url(), command);
            INFO(finished.out << finished.err);
            CHECK(finished.exit_code == 5);
            const json reported = json::parse(finished.out);
            CHECK(reported.at("uncertain") == 3);
            CHECK(reported.at("matched") == 3);
            CHECK(reported.at("removed") == 0);
        }
    }
}

TEST_CASE("more removals than were asked for are not believed", "[rubbish]") {
    const RedisServer redis;
    fill_entries(redis);
    for (const std::string answer : {":9000000000000000000\r\n", ":-3\r\n"}) {
        const MeddledServer server(redis, {{"UNLINK", answer}});
        const json reported = json::parse(run_at(server.url(), {"invalidate", "-t", "t", "-o", "json"}).out);
        CHECK(reported.at("matched") == 3);
        CHECK(reported.at("removed") == (answer[1] == '9' ? 3 : 0));
    }
}
