#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

TEST_CASE("ping shows who answers, in every format", "[ping]") {
    const RedisServer redis;
    const Finished plain = run_roacache({"ping", "-u", redis.url()});
    CHECK(plain.exit_code == 0);
    CHECK(plain.err.empty());
    CHECK(plain.out.find("kind\tredis\n") != std::string::npos);
    CHECK(plain.out.find("role\tmaster\n") != std::string::npos);

    const json answer =
        json::parse(run_roacache({"ping", "-u", redis.unix_url(), "-c", "50", "-o", "json"}).out);
    CHECK(answer.at("schema") == "roacache.ping/1");
    CHECK(answer.at("kind") == "redis");
    CHECK(answer.at("version").get<std::string>().find('.') != std::string::npos);
    CHECK(answer.at("role") == "master");
    CHECK(answer.at("topology") == "standalone");
    CHECK(answer.at("nodes").size() == 1);
    const json& rtt = answer.at("rtt_ms");
    CHECK(rtt.at("min") <= rtt.at("p50"));
    CHECK(rtt.at("p50") <= rtt.at("p99"));
    CHECK(rtt.at("p99") <= rtt.at("max"));
    CHECK(rtt.at("min") > 0);
    CHECK(rtt.at("mean") > 0);

    RunOptions terminal;
    terminal.pty = true;
    const Finished table = run_roacache({"ping", "-u", redis.url()}, terminal);
    CHECK(table.out.find("\x1b[32manswers\x1b[0m") != std::string::npos);
    terminal.env["NO_COLOR"] = "1";
    CHECK(run_roacache({"ping", "-u", redis.url()}, terminal).out.find('\x1b') == std::string::npos);
    CHECK(run_roacache({"ping", "-u", redis.url(), "-o", "csv"}).out.find("name,value\nkind,redis\n") == 0);
}

TEST_CASE("ping says why it cannot: exit 3 for nobody there, 4 for a refusal", "[ping]") {
    const Finished nobody = run_roacache({"ping", "-u", "redis://127.0.0.1:1"});
    CHECK(nobody.exit_code == 3);
    CHECK(nobody.out.empty());
    CHECK(nobody.err.find("roacache: cannot connect: 127.0.0.1:1: connection refused\n") == 0);

    const RedisServer locked({"--requirepass", "hunter2"});
    const Finished refused = run_roacache({"ping", "-u", locked.url()});
    CHECK(refused.exit_code == 4);
    CHECK(refused.err.find("the server asks for a password") != std::string::npos);
    const std::string wrong_url = "redis://:hunter3@127.0.0.1:" + std::to_string(locked.port());
    const Finished wrong = run_roacache({"ping", "-u", wrong_url});
    CHECK(wrong.exit_code == 4);
    CHECK(wrong.err.find("hunter3") == std::string::npos);

    RunOptions options;
    options.env["REDISCLI_AUTH"] = "hunter2";
    CHECK(run_roacache({"ping", "-u", locked.url()}, options).exit_code == 0);
}

TEST_CASE("ping --wait goes on until the server is there, and gives up in time", "[ping]") {
    RedisServer redis;
    redis.kill();
    Process waiting({program(), "ping", "-u", redis.url(), "--wait", "60s"});
    REQUIRE(waiting.wait_for("; waiting"));
    redis.restart();
    REQUIRE(eventually([&] { return !waiting.running(); }, std::chrono::seconds(60)));
    CHECK(waiting.stop() == 0);

    const Finished gave_up = run_roacache({"ping", "-u", "redis://127.0.0.1:1", "--wait", "200ms", "-q"});
    CHECK(gave_up.exit_code == 3);
    CHECK(gave_up.seconds >= 0.2);
    CHECK(gave_up.err.find("connection refused") != std::string::npos);
}

TEST_CASE("ping --wait gives a server that keeps silent no more time than is left", "[ping]") {
    for (const char* way : {"closes-late", "drips"}) {
        const PythonServer silent("tests/support/quiet_server.py", {way, "600"});
        const Finished gave_up =
            run_roacache({"ping", "-u", "redis://127.0.0.1:" + std::to_string(silent.port()), "--wait", "1s",
                          "--timeout", "20s", "-q"});
        INFO(way << gave_up.err);
        CHECK(gave_up.exit_code == 3);
        CHECK(gave_up.err.find("timed out") != std::string::npos);
        CHECK(gave_up.seconds >= 1);
        CHECK(gave_up.seconds < 10);
    }
}
