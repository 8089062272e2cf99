// How doctor answers, where it may not ask, and that it changes nothing.

#include "tests/cli/examined.hpp"
#include "tests/cli/served_commands.hpp"

#include <csignal>
#include <map>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// How often each command was run so far.
std::map<std::string, std::string> calls_of(const RedisServer& redis) {
    std::istringstream lines(redis.cli({"INFO", "commandstats"}));
    std::map<std::string, std::string> calls;
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("cmdstat_"))
            calls[line.substr(8, line.find(':') - 8)] =
                line.substr(line.find("calls="), line.find(',') - line.find("calls="));
    return calls;
}

std::size_t not_checked_in(const json& answer) {
    return answer.at("not_checked").size();
}

} // namespace

TEST_CASE("doctor changes nothing on the server", "[doctor]") {
    const SoundServer server({"--enable-debug-command", "yes"});
    const std::string digest = server.redis.cli({"DEBUG", "DIGEST"});
    const auto before = calls_of(server.redis);
    server.examine();
    server.redis.cli({"ACL", "SETUSER", "plain", "on", ">pw", "~*", "+@all", "-acl"});
    server.examine({},
                   "redis://plain:pw@127.0.0.1:" + std::to_string(server.redis.port())); // by a transaction
    CHECK(server.redis.cli({"DEBUG", "DIGEST"}) == digest);
    std::size_t ran = 0;
    for (const auto& [command, calls] : calls_of(server.redis)) {
        const auto known = before.find(command);
        if (known != before.end() && known->second == calls) continue;
        if (calls == "calls=0" || command == "acl|setuser" || command == "debug") continue; // the test's own
        INFO(command << " " << calls);
        CHECK(server.redis.cli({"COMMAND", "INFO", command}).find("write") == std::string::npos);
        ++ran;
    }
    CHECK(ran > 5);
}

TEST_CASE("the answer in JSON has what the contract says", "[doctor]") {
    const SoundServer server;
    server.redis.cli({"CONFIG", "SET", "maxmemory", "0"});
    server.redis.cli({"KEYS", "nothing"}); // a note
    const json answer = server.examine({"--level", "note"});
    CHECK(answer.at("schema") == "roacache.doctor/1");
    CHECK(answer.at("outcome") == "findings");
    CHECK(answer.at("keys").at("looked_at") == 200);
    CHECK(answer.at("keys").at("recognised") == 200);
    bool limit = false;
    for (const auto& finding : answer.at("findings")) {
        INFO(finding);
        for (const char* name : {"id", "level", "title", "threshold", "remedy", "source"})
            CHECK_FALSE(finding.at(name).get<std::string>().empty());
        CHECK(finding.at("evidence").is_object());
        CHECK_FALSE(finding.at("evidence").empty());
        if (finding.at("id") == "no-maxmemory") limit = finding.at("evidence").at("maxmemory_bytes") == 0;
    }
    CHECK(limit);
    CHECK(answer.at("acl").at("user") == "default");
    CHECK(answer.at("acl").at("basis") == "dry_run");
    CHECK(answer.at("acl").at("missing").empty());
    CHECK(answer.at("acl").at("minimal").get<std::string>().starts_with("ACL SETUSER "));
    const Finished line = server.doctor({"-o", "ndjson"});
    CHECK(lines_in(line.out) == 1);
    CHECK(server.examine().at("below_level") > 0);
    CHECK(server.doctor({"--level", "error"}).exit_code == 0);
}

TEST_CASE("the answer as JUnit is well-formed and has a case for each rule", "[doctor]") {
    const SoundServer server;
    server.redis.cli({"CONFIG", "SET", "maxmemory", "0"});
    const Finished finished = server.doctor({"-o", "junit"});
    CHECK(finished.exit_code == 1);
    RunOptions options;
    options.input = finished.out;
    const Finished read =
        run({"/usr/bin/python3", "-c",
             "import sys, xml.etree.ElementTree as e\nr = e.fromstring(sys.stdin.read())\n"
             "print(len(r), r.get('tests'), len(r.findall('.//failure')), r.get('failures'), "
             "len(r.findall('.//skipped')), r.get('skipped'))"},
            options);
    INFO(read.err);
    std::istringstream counts(read.out);
    int cases = 0, tests = 0, failed = 0, failures = 0, passed_over = 0, skipped = 0;
    counts >> cases >> tests >> failed >> failures >> passed_over >> skipped;
    CHECK(cases >= 20);
    CHECK(cases == tests);
    CHECK(failed == 1);
    CHECK(failures == 1);
    CHECK(passed_over == skipped);
    CHECK(finished.out.find("name=\"no-maxmemory\"") != std::string::npos);
    const std::string failure = finished.out.substr(finished.out.find("<failure"));
    CHECK(failure.find(">found: maxmemory 0 B, used memory ") != std::string::npos);
    CHECK(failure.find("\nwanted: maxmemory above 0\nremedy: redis-cli CONFIG SET") != std::string::npos);
    // What is below the level is told with its evidence too, and fails nothing.
    server.redis.cli({"CONFIG", "SET", "maxmemory", "400mb"});
    server.redis.cli({"KEYS", "nothing"});
    const Finished passed = server.doctor({"-o", "junit"});
    CHECK(passed.exit_code == 0);
    CHECK(passed.out.find("<system-out>note: KEYS is used") != std::string::npos);
    CHECK(passed.out.find("\nfound: calls ") != std::string::npos);
}

TEST_CASE("a pipe gets a line a finding, a terminal what to do", "[doctor]") {
    const SoundServer server;
    server.redis.cli({"CONFIG", "SET", "maxmemory", "0"});
    const Finished piped = server.doctor({});
    CHECK(piped.out.starts_with("warning\tno-maxmemory\t"));
    CHECK(lines_in(piped.out) == 1);
    CHECK(piped.err.empty());
    const Finished table = server.doctor({"-o", "table", "--level", "note"});
    CHECK(table.out.find("remedy    redis-cli CONFIG SET maxmemory") != std::string::npos);
    CHECK(table.out.find("hit-rate-under-goal: --for DUR measures it") != std::string::npos);
    CHECK(table.out.find("ACL SETUSER roacache reset") != std::string::npos);
    CHECK(table.out.find("200 of 200 keys looked at") != std::string::npos);
}

TEST_CASE("what is refused is not checked, and no finding", "[doctor]") {
    for (const char* refused :
         {"info", "config", "latency", "slowlog", "acl", "scan", "pttl", "cluster", "multi"}) {
        const SoundServer server;
        server.redis.cli(
            {"ACL", "SETUSER", "part", "on", ">s3cret", "~*", "+@all", std::string("-") + refused});
        INFO(refused);
        const json answer = server.examine({"--for", "10ms"},
                                           "redis://part@127.0.0.1:" + std::to_string(server.redis.port()));
        CHECK(answer.at("findings").empty());
        const std::string text = answer.at("not_checked").dump();
        const bool matters = std::string(refused) != "cluster" && std::string(refused) != "multi";
        CHECK((text.find("NOPERM") != std::string::npos ||
               text.find("does not tell this user") != std::string::npos) == matters);
    }
}

TEST_CASE("servers without commands are examined as far as they go", "[doctor]") {
    std::vector<std::string> arguments;
    for (const char* renamed : {"info", "config", "latency", "slowlog", "acl", "multi"}) {
        arguments.insert(arguments.end(), {"--rename-command", renamed, ""});
        const SoundServer server(arguments);
        const json answer = server.examine();
        INFO(renamed << answer);
        CHECK(answer.at("findings").empty());
        CHECK(not_checked_in(answer) > 10);
    }
}

TEST_CASE("a user without any rights gets an answer", "[doctor]") {
    const SoundServer server;
    server.redis.cli({"ACL", "SETUSER", "nobody", "on", ">s3cret"});
    const json answer = server.examine({}, "redis://nobody@127.0.0.1:" + std::to_string(server.redis.port()));
    CHECK(answer.at("findings").empty());
    CHECK(not_checked_in(answer) > 15);
    CHECK(answer.at("acl").at("user").is_null());
    CHECK(answer.at("keys").is_null());
    CHECK_FALSE(answer.at("acl").at("missing").empty());
}

TEST_CASE("a measurement that is interrupted ends at once", "[doctor]") {
    const SoundServer server;
    Process doctor({program(), "doctor", "--for", "1h", "-u",
                    "redis://:s3cret@127.0.0.1:" + std::to_string(server.redis.port())});
    REQUIRE(eventually([&] {
        return server.redis.cli({"CLIENT", "LIST"}).find("name=roacache") != std::string::npos;
    }));
    doctor.signal(SIGINT);
    REQUIRE(eventually([&] { return !doctor.running(); }, std::chrono::seconds(10)));
    CHECK(doctor.stop() == 130);
}

TEST_CASE("doctor ends as other commands do", "[doctor]") {
    const auto ended = [](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "doctor");
        const Finished finished = run_roacache(arguments);
        INFO(finished.err);
        CHECK(finished.out.empty());
        CHECK(is_one_error(finished.err));
        return finished.exit_code;
    };
    const SoundServer server;
    CHECK(ended({"-u", "redis://127.0.0.1:1"}) == 3);
    CHECK(ended({"-u", server.redis.url()}) == 4); // no password
    CHECK(ended({"--level", "all"}) == 2);
    CHECK(ended({"-u", server.redis.url(), "--for", "soon"}) == 2);
    const TempDir folder;
    const auto file = (folder.path() / "cache.db").string();
    REQUIRE(run({"/usr/bin/python3", source_dir() + "/tests/systems/fill.py", "roa2web-hybrid", file,
                 "--entries", "5"})
                .exit_code == 0);
    CHECK(ended({"-p", "roa2web-hybrid", "-u", "sqlite:" + file}) == 4);
}
