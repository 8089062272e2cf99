#include "tests/cli/cache_of_names.hpp"
#include "tests/support/catch.hpp"

#include <csignal>
#include <fstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

const Keys k_three = {"cache:t:invoices_list:h1", "cache:t:invoices_list:h2", "cache:t:treasury_data:h1"};

std::vector<json> lines_of(const std::filesystem::path& path) {
    std::vector<json> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);)
        lines.push_back(json::parse(line));
    return lines;
}

json answer_in(const std::filesystem::path& path) {
    std::ifstream file(path);
    return json::parse(file);
}

/// So many keys that a run lasts long enough to be caught in the middle.
constexpr long k_many = 1'000'000;

void populate(const CacheOfNames& cache) {
    cache.redis.cli({"debug", "populate", std::to_string(k_many), "cache:t:invoices_list"});
    REQUIRE(cache.size() == k_many);
}

/// A run that has removed something and is not done; its standard output alone goes to the file.
Process caught_in_the_middle(const CacheOfNames& cache, const std::filesystem::path& answer,
                             const std::string& more = "") {
    Process process({"sh", "-c",
                     "exec '" + program() + "' invalidate -u " + cache.redis.unix_url() +
                         " -t t -o json --max-pause 20us " + more + " > " + answer.string()});
    REQUIRE(eventually([&] { return cache.size() < k_many; }, std::chrono::seconds(60)));
    return process;
}

} // namespace

TEST_CASE("invalidate asks a terminal before more than 1,000 keys go, and a pipe never", "[invalidate]") {
    const CacheOfNames cache;
    Keys many;
    for (int i = 0; i < 1001; ++i)
        many.insert("cache:t:invoices_list:h" + std::to_string(i));
    cache.pour(many);
    RunOptions terminal;
    terminal.pty = true;
    terminal.input = "n\n";
    const Finished declined = cache.invalidate({"-t", "t"}, terminal);
    CHECK(declined.exit_code == 4);
    CHECK(declined.out.find("Remove 1,001 keys (tenant t) in unix:") != std::string::npos);
    CHECK(declined.out.find("nothing done: 1,001 keys found") != std::string::npos);
    CHECK(cache.size() == 1001);
    terminal.input = "y\n";
    CHECK(cache.invalidate({"-t", "t"}, terminal).exit_code == 0);
    CHECK(cache.size() == 0);

    cache.pour(many);
    terminal.input.clear();
    const Finished reported = cache.invalidate({"-t", "t", "--yes"}, terminal);
    CHECK(reported.exit_code == 0);
    CHECK(reported.out.find("[y/N]") == std::string::npos);
    cache.pour(many);
    CHECK(cache.invalidate({"-t", "t"}).exit_code == 0);
    many.erase("cache:t:invoices_list:h1");
    cache.pour(many);
    CHECK(cache.invalidate({"-t", "t"}, terminal).out.find("[y/N]") == std::string::npos);
    CHECK(cache.size() == 0);
}

TEST_CASE("invalidate adds a line to the audit log for every run, without secrets", "[invalidate]") {
    const CacheOfNames cache({"--requirepass", "hunter2"});
    const TempDir folder;
    const auto log = folder.path() / "audit.jsonl";
    const std::string url = "redis://:hunter2@127.0.0.1:" + std::to_string(cache.redis.port());
    const auto logged = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"invalidate", "--audit-log", log.string()});
        return run_roacache(arguments).exit_code;
    };
    CHECK(logged({"-u", url, "-t", "a \"b\"\n", "--reason", "night\nly"}) == 0);
    CHECK(logged({"-u", url, "-t", "t", "-n"}) == 0);
    CHECK(logged({"-u", cache.redis.url(), "-t", "t"}) == 4);
    CHECK(logged({"-u", "redis://:hunter2@127.0.0.1:1", "-t", "t"}) == 3);
    auto lines = lines_of(log);
    REQUIRE(lines.size() == 5);
    CHECK(lines[0]["event"] == "begun");
    CHECK(lines[0]["run"] == lines[1]["run"]);
    CHECK(lines[1]["run"] != lines[2]["run"]);
    for (const char* field :
         {"time", "user", "host", "pid", "store", "profile", "selector", "reason", "max_keys", "matched"})
        CHECK(lines[0].contains(field));
    lines.erase(lines.begin());
    for (const json& line : lines)
        CHECK(line["event"] == "ended");
    for (const char* field : {"time", "user", "host", "store", "profile", "selector", "reason", "dry_run",
                              "outcome", "matched", "removed", "already_gone", "elapsed_ms", "exit_code"})
        CHECK(lines[0].contains(field));
    CHECK(lines[0]["reason"] == "night\nly");
    CHECK(lines[0]["selector"] == "tenant a \"b\"\\x0a");
    CHECK(lines[0]["outcome"] == "nothing_found");
    CHECK(lines[1]["outcome"] == "dry_run");
    CHECK(lines[2]["outcome"] == "refused");
    CHECK(lines[2]["exit_code"] == 4);
    CHECK(lines[3]["outcome"] == "unreachable");
    CHECK(lines[3]["matched"].is_null());
    for (const json& line : lines)
        CHECK(line.dump().find("hunter2") == std::string::npos);
}

TEST_CASE("invalidate removes nothing when the audit log cannot be opened", "[invalidate]") {
    const CacheOfNames cache;
    cache.pour(k_three);
    const Finished refused = cache.invalidate({"-t", "t", "--audit-log", "/no/such/folder/log"});
    CHECK(refused.exit_code == 2);
    CHECK(refused.err.find("roacache: cannot write: /no/such/folder/log: no such file or directory") == 0);
    CHECK(cache.size() == 3);
}

TEST_CASE("invalidate does nothing when the service's settings switch the cache off", "[invalidate]") {
    const CacheOfNames cache;
    cache.pour(k_three);
    for (const auto& [name, value] :
         std::map<std::string, std::string>{{"REDIS_ENABLED", "false"}, {"DISABLE_CACHE", "true"}}) {
        RunOptions off;
        off.env[name] = value;
        const Finished nothing = cache.invalidate({"-t", "t", "-o", "json"}, off);
        CHECK(nothing.exit_code == 0);
        CHECK(nothing.err.find("switched off (environment " + name + ")") != std::string::npos);
        CHECK(json::parse(nothing.out).at("outcome") == "switched_off");
        CHECK(cache.size() == 3);
    }
    RunOptions off;
    off.env["REDIS_ENABLED"] = "false";
    CHECK(cache.counts({"-t", "t", "--force"}, 0, off).at("removed") == 3);
}

TEST_CASE("a switch that is not set, which the service takes for off, is noted and stops nothing",
          "[invalidate][goals]") {
    const RedisServer redis;
    const auto with = [&](const std::string& variable, const std::string& value, const char* profile,
                          std::vector<std::string> arguments) {
        RunOptions options;
        options.env["REDIS_URL"] = redis.url();
        if (!variable.empty()) options.env[variable] = value;
        arguments.insert(arguments.end(), {"-p", profile});
        return run_roacache(arguments, options);
    };
    constexpr const char* k_note = "note: the service as it is configured here does not use this cache: "
                                   "REDIS_ENABLED is not set, which roa2web takes for off";
    redis.cli({"SET", "cache:default:invoices_list:0123456789ab", "1"});
    const std::vector<std::string> invalidate{"invalidate", "-r", "invoices_list", "-o", "json"};
    const Finished unset = with("", "", "roa2web", invalidate);
    INFO(unset.err);
    CHECK(unset.exit_code == 0);
    CHECK(unset.err.find(k_note) != std::string::npos);
    CHECK(json::parse(unset.out).at("removed") == 1);
    CHECK(with("", "", "roa2web", {"stats"}).err.find(k_note) != std::string::npos);
    CHECK(with("", "", "roa2web", {"stats", "-q"}).err.empty());
    // It is set, or the service has no such rule, or is not known.
    redis.cli({"SET", "cache:default:invoices_list:0123456789ab", "1"});
    const Finished on = with("REDIS_ENABLED", "true", "roa2web", invalidate);
    CHECK(on.err.find("does not use") == std::string::npos);
    CHECK(json::parse(on.out).at("removed") == 1);
    const Finished off = with("REDIS_ENABLED", "false", "roa2web", invalidate);
    CHECK(off.exit_code == 0);
    CHECK(json::parse(off.out).at("outcome") == "switched_off");
    CHECK(with("", "", "hr-portal", {"stats"}).err.find("does not use") == std::string::npos);
    CHECK(run_roacache({"stats", "-p", "roa2web", "-u", redis.url()}).err.find("does not use") ==
          std::string::npos);
}

TEST_CASE("invalidate says why it cannot, and lets an import go on when that is allowed", "[invalidate]") {
    const std::vector<std::string> nobody = {"invalidate", "-u", "redis://127.0.0.1:1", "-t", "t"};
    const Finished unreachable = run_roacache(nobody);
    CHECK(unreachable.exit_code == 3);
    CHECK(unreachable.out.empty());
    CHECK(unreachable.err.find("connection refused") != std::string::npos);
    auto allowing = nobody;
    allowing.insert(allowing.end(), {"--allow-unreachable", "-o", "json"});
    const Finished allowed = run_roacache(allowing);
    CHECK(allowed.exit_code == 0);
    CHECK(allowed.err.find("roacache: warning: cannot connect") == 0);
    CHECK(json::parse(allowed.out).at("outcome") == "unreachable");

    const CacheOfNames cache;
    cache.pour(k_three);
    cache.redis.cli({"replicaof", "127.0.0.1", "1"});
    const Finished replica = cache.invalidate({"-t", "t", "--allow-unreachable"});
    CHECK(replica.exit_code == 4);
    CHECK(replica.err.find("read-only replica") != std::string::npos);
    CHECK(cache.size() == 3);

    const CacheOfNames locked({"--requirepass", "hunter2"});
    CHECK(locked.invalidate({"-t", "t"}).exit_code == 4);
}

TEST_CASE("invalidate does without UNLINK", "[invalidate]") {
    const CacheOfNames renamed({"--rename-command", "UNLINK", ""});
    renamed.pour(k_three);
    const json removed = renamed.counts({"-t", "t"});
    CHECK(removed.at("removed") == 3);
    CHECK(removed.at("groups").size() == 2);
    CHECK(renamed.size() == 0);

    const CacheOfNames neither({"--rename-command", "UNLINK", "", "--rename-command", "DEL", ""});
    neither.pour(k_three);
    CHECK(neither.invalidate({"-t", "t"}).exit_code == 4);
    CHECK(neither.size() == 3);
}

TEST_CASE("invalidate --verify finds keys that stayed", "[invalidate]") {
    // A server that says it removes and does not.
    const CacheOfNames cache({"--rename-command", "UNLINK", "", "--rename-command", "TOUCH", "UNLINK"});
    cache.pour(k_three, 50);
    const json stayed = cache.counts({"-t", "t", "--verify"}, 5);
    CHECK(stayed.at("remaining") == 3);
    CHECK(stayed.at("refilled") == 0);
    CHECK(stayed.at("outcome") == "incomplete");
}

TEST_CASE("invalidate --verify recognises keys that were filled again by their times to live",
          "[invalidate]") {
    const CacheOfNames cache;
    cache.pour(k_three, 50);
    const Process writer({"redis-cli", "-s", cache.redis.socket().string(), "-r", "-1", "setex",
                          "cache:t:invoices_list:busy", "60", "v"});
    CHECK(eventually([&] {
        const json run = cache.counts({"-t", "t", "--verify"});
        REQUIRE(run.at("remaining") == 0);
        return run.at("refilled") == 1;
    }));
}

TEST_CASE("invalidate that is interrupted reports exactly what it removed", "[invalidate]") {
    const CacheOfNames cache({"--enable-debug-command", "yes"});
    const TempDir folder;
    const auto answer = folder.path() / "answer.json";
    populate(cache);
    Process process = caught_in_the_middle(cache, answer);
    process.signal(SIGINT);
    REQUIRE(eventually([&] { return !process.running(); }, std::chrono::seconds(60)));
    CHECK(process.stop() == 130);
    const json reported = answer_in(answer);
    CHECK(reported.at("outcome") == "interrupted");
    CHECK(reported.at("removed") == k_many - cache.size());
    CHECK(cache.size() > 0);
}

TEST_CASE("invalidate whose server dies in the middle is partly done and says how to go on", "[invalidate]") {
    CacheOfNames cache({"--enable-debug-command", "yes"});
    const TempDir folder;
    const auto answer = folder.path() / "answer.json";
    const auto log = folder.path() / "audit.jsonl";
    populate(cache);
    Process process = caught_in_the_middle(cache, answer, "--audit-log " + log.string());
    cache.redis.kill();
    REQUIRE(eventually([&] { return !process.running(); }, std::chrono::seconds(60)));
    const std::string said = process.log();
    CHECK(process.stop() == 5);
    CHECK(said.find("roacache: partly done: ") != std::string::npos);
    CHECK(said.find("go on with: roacache invalidate --resume ") != std::string::npos);
    const json reported = answer_in(answer);
    CHECK(reported.at("outcome") == "partial");
    CHECK(reported.at("removed") > 0);
    CHECK(reported.at("removed") < k_many);
    CHECK(reported.at("groups")[0].at("removed") == reported.at("removed"));
    const auto lines = lines_of(log);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].at("event") == "begun");
    CHECK(lines[1].at("event") == "ended");
    CHECK(lines[1].at("run") == lines[0].at("run"));
    CHECK(lines[1].at("removed") == reported.at("removed"));
}
