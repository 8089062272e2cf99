// A removal that ended before its end goes on from the cursors that it had confirmed, on the same server
// alone.

#include "tests/cli/planned.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/nodes.hpp"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <functional>

using namespace roacache::test;
using nlohmann::json;

namespace {

constexpr long k_entries = 80'000;

/// A removal that is interrupted when `far_enough` says so, and the file of what it has left.
class Interrupted {
  public:
    Interrupted(const std::string& url, const std::vector<std::string>& more,
                const std::function<bool()>& far_enough) {
        std::string command = "exec '" + program() + "' invalidate -u " + url +
                              " -q -o json --max-pause 20us --max-rate 40000 --resume-file " + file.string();
        for (const std::string& word : more)
            command += " '" + word + "'";
        const auto answer = folder.path() / "answer.json";
        Process process({"sh", "-c", command + " > " + answer.string()});
        REQUIRE(eventually(far_enough, std::chrono::seconds(60)));
        process.signal(SIGINT);
        REQUIRE(eventually([&] { return !process.running(); }, std::chrono::seconds(60)));
        INFO(process.log());
        REQUIRE(process.stop() == 130);
        REQUIRE(json_in(answer).at("resume_file") == file.string());
    }

    json servers() const { return json_in(file).at("stores")[0].at("servers"); }
    Finished resume(const std::string& url, std::vector<std::string> more = {}) const {
        more.insert(more.begin(), {"invalidate", "--resume", file.string(), "-o", "json"});
        return run_at(url, more);
    }

    TempDir folder;
    std::filesystem::path file = folder.path() / "left.json";
};

json json_of_run(const Finished& finished, int exit_code = 0) {
    INFO(finished.err << finished.out);
    REQUIRE(finished.exit_code == exit_code);
    return json::parse(finished.out);
}

/// A server with many entries of a tenant, whose removal was interrupted when a quarter was left.
struct Half {
    CacheOfNames cache{{"--enable-debug-command", "yes"}};
    Interrupted run;

    Half() : run(filled(), {"-t", "t"}, [this] { return cache.size() < k_entries / 4; }) {}
    std::string filled() const {
        fill();
        return cache.redis.unix_url();
    }
    void fill() const {
        cache.redis.cli({"debug", "populate", std::to_string(k_entries), "cache:t:invoices_list"});
    }
    /// Steps of SCAN since this was asked last.
    long steps() const {
        const std::string text = cache.redis.cli({"info", "commandstats"});
        cache.redis.cli({"config", "resetstat"});
        const std::size_t at = text.find("cmdstat_scan:calls=");
        return at == std::string::npos ? 0 : std::stol(text.substr(at + 19));
    }
};

bool any_of(const Keys& keys, const Keys& others) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](const std::string& key) { return others.contains(key); });
}

} // namespace

TEST_CASE("a resumed removal goes on from where it was, on the same server", "[resume]") {
    const Half half;
    const Keys left = half.cache.left();
    REQUIRE(!left.empty());
    const json place = half.run.servers()[0];
    CHECK(place.at("identity").at("run_id").is_string());
    CHECK(!place.at("left").empty());
    half.fill(); // in front of the cursors, too
    const std::string url = half.cache.redis.unix_url();
    const json counted = json_of_run(half.run.resume(url, {"-n"}));
    CHECK(counted.at("matched") >= left.size());
    CHECK(counted.at("matched") < k_entries / 2);
    half.steps();
    const Finished finished = half.run.resume(url, {"--max-keys", std::to_string(k_entries / 2)});
    const json resumed = json_of_run(finished);
    const long steps = half.steps();
    // The last steps of a part go on into what was done before, the longer they are the further.
    CHECK(resumed.at("removed") >= left.size());
    CHECK(resumed.at("removed") < k_entries / 2);
    CHECK(resumed.at("resumed").at("walked") == "on");
    CHECK(resumed.at("resumed").at("servers")[0].at("walked") == "on");
    CHECK(finished.err.find("the same command without --resume removes it too") != std::string::npos);
    const Keys after = half.cache.left();
    CHECK(after.size() == k_entries - resumed.at("removed").get<std::size_t>());
    CHECK(!any_of(left, after));
    half.fill();
    half.steps();
    const json all = half.cache.counts({"-t", "t", "--max-keys", std::to_string(k_entries)});
    CHECK(all.at("removed") == k_entries);
    CHECK(steps < half.steps());
    CHECK(half.cache.size() == 0);
}

TEST_CASE("what is counted beforehand counts once where parts of a walk name it twice", "[resume]") {
    const Half half;
    half.fill();
    const std::string url = half.cache.redis.unix_url(), all = std::to_string(k_entries);
    json file = json_in(half.run.file);
    const json whole{{"from", "0"}, {"to", "0"}};
    file["stores"][0]["servers"][0]["left"] = json::array({whole, whole});
    write_file(half.run.file, with_digest(file));
    const Finished counted = half.run.resume(url, {"-n"});
    CHECK(json_of_run(counted).at("matched") == k_entries);
    CHECK(counted.err.find("counted twice") == std::string::npos);
    CHECK(json_of_run(half.run.resume(url, {"-n", "--max-keys", all})).at("matched") == k_entries);
    const json removed = json_of_run(half.run.resume(url, {"--max-keys", all}));
    CHECK(removed.at("removed") == k_entries);
    CHECK(half.cache.size() == 0);
}

TEST_CASE("what a server gives again is counted once beforehand", "[resume]") {
    const CacheOfNames cache;
    cache.redis.cli({"set", "cache:t:invoices_list:h1", "x"});
    std::string again = "*2\r\n$1\r\n0\r\n*40\r\n";
    for (int i = 0; i < 40; ++i)
        again += "$24\r\ncache:t:invoices_list:h1\r\n";
    const MeddledServer repeating(cache.redis, {{"SCAN", again}});
    for (const std::vector<std::string>& limit : {std::vector<std::string>{}, {"--max-keys", "1"}}) {
        std::vector<std::string> command{"invalidate", "-t", "t", "-n", "-o", "json"};
        command.insert(command.end(), limit.begin(), limit.end());
        CHECK(json_of_run(run_at(repeating.url(), command)).at("matched") == 1);
    }
}

TEST_CASE("a server that was started anew, or was a replica meanwhile, is walked anew", "[resume]") {
    Half half;
    SECTION("started anew") {
        half.cache.redis.kill();
        half.cache.redis.restart();
    }
    SECTION("a replica meanwhile") {
        half.cache.redis.cli({"replicaof", "127.0.0.1", "1"});
        half.cache.redis.cli({"replicaof", "no", "one"});
    }
    half.cache.redis.cli({"flushall"});
    half.cache.redis.cli({"debug", "populate", "2000", "cache:t:invoices_list"});
    const Finished finished = half.run.resume(half.cache.redis.unix_url());
    INFO(finished.err);
    const json resumed = json_of_run(finished);
    CHECK(resumed.at("removed") == 2000);
    CHECK(resumed.at("resumed").at("walked") == "anew");
    CHECK(resumed.at("resumed").at("servers")[0].at("why").is_string());
    CHECK(finished.err.find(" is walked anew: it was ") != std::string::npos);
    CHECK(half.cache.size() == 0);
}

TEST_CASE("a server that does not tell which one it is, is walked anew", "[resume]") {
    const Half half;
    half.fill();
    const MeddledServer silent(half.cache.redis, {{"INFO", "-NOPERM this user has no permissions\r\n"}});
    json file = json_in(half.run.file);
    file["stores"][0]["url"] = silent.url();
    write_file(half.run.file, with_digest(file));
    const json resumed = json_of_run(half.run.resume(silent.url()));
    CHECK(resumed.at("removed") == k_entries);
    CHECK(resumed.at("resumed").at("servers")[0].at("walked") == "anew");
}

TEST_CASE("a removal whose link was cut keeps a place in front of what was not confirmed", "[resume]") {
    const CacheOfNames cache{{"--enable-debug-command", "yes"}};
    const TempDir folder;
    const std::string file = folder.path() / "left.json";
    cache.redis.cli({"debug", "populate", "20000", "cache:t:invoices_list"});
    int runs = 0;
    for (int after = 2; after < 40 && cache.size() > 0; after += 3, ++runs) {
        const MeddledServer cutting(cache.redis, {{fmt::format("UNLINK#{}", after), ""}});
        std::vector<std::string> command{"invalidate", "-o", "json"};
        if (runs == 0)
            command.insert(command.end(), {"-t", "t", "--resume-file", file});
        else
            command.insert(command.end(), {"--resume", file});
        const Finished finished = run_at(cutting.url(), command);
        INFO(finished.err << finished.out);
        REQUIRE((finished.exit_code == 5 || finished.exit_code == 0));
        if (finished.exit_code == 0) break;
        CHECK(json_in(file).at("stores")[0].at("servers").size() == 1);
    }
    if (std::filesystem::exists(file))
        json_of_run(run_at(cache.redis.url(), {"invalidate", "--resume", file, "-o", "json"}));
    CHECK(cache.size() == 0);
}

TEST_CASE("a resume file with places that no server gave is refused, and nothing is removed", "[resume]") {
    const Half half;
    const json sound = json_in(half.run.file);
    const std::string before = half.cache.redis.cli({"debug", "digest"});
    const auto refused = [&](const std::function<void(json&)>& change, const std::string& place) {
        json file = sound;
        change(file["stores"][0]["servers"]);
        write_file(half.run.file, with_digest(file));
        const Finished finished = half.run.resume(half.cache.redis.unix_url());
        INFO(place << ": " << finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find(place) != std::string::npos);
    };
    for (const char* cursor : {"", "x", "-1", "1.5", " 1", "0x10", "18446744073709551616", "1e3"}) {
        refused([&](json& servers) { servers[0]["left"][0]["from"] = cursor; },
                "/stores/0/servers/0/left/0/from");
        refused([&](json& servers) { servers[0]["left"][0]["to"] = cursor; },
                "/stores/0/servers/0/left/0/to");
    }
    refused([](json& servers) { servers[0]["left"][0]["from"] = 7; }, "/stores/0/servers/0/left/0/from");
    refused([](json& servers) { servers.push_back(servers[0]); }, "/stores/0/servers/1: the same server");
    refused([](json& servers) { servers[0]["identity"].erase("run_id"); }, "/stores/0/servers/0/identity");
    refused([](json& servers) { servers[0]["cursor"] = "0"; }, "/stores/0/servers/0");
    refused([](json& servers) { servers = "all"; }, "/stores/0/servers");
    refused(
        [](json& servers) {
            while (servers[0]["left"].size() < 9)
                servers[0]["left"].push_back({{"from", "0"}, {"to", "0"}});
        },
        "/stores/0/servers/0/left");
    write_file(half.run.file, std::string("\0\xff\x7f{\"schema\"", 12));
    CHECK(half.run.resume(half.cache.redis.unix_url()).exit_code == 2);
    CHECK(half.cache.redis.cli({"debug", "digest"}) == before);

    json elsewhere = sound; // a server that is none of the store's now
    elsewhere["stores"][0]["servers"][0]["server"] = "10.0.0.1:6379";
    elsewhere["stores"][0]["servers"][0]["identity"]["run_id"] = std::string(40, '0');
    write_file(half.run.file, with_digest(elsewhere));
    const json resumed = json_of_run(half.run.resume(half.cache.redis.unix_url()));
    CHECK(resumed.at("resumed").at("walked") == "anew");
    CHECK(half.cache.size() == 0);
}

TEST_CASE("what is left of a plan is removed from the server alone that was planned", "[resume][plan]") {
    CacheOfNames cache{{"--enable-debug-command", "yes"}};
    const TempDir folder;
    const std::string plan = folder.path() / "plan.json", file = folder.path() / "left.json";
    cache.redis.cli({"debug", "populate", "2000", "cache:t:invoices_list"});
    REQUIRE(run_at(cache.redis.unix_url(), {"plan", "-t", "t", "-O", plan}).exit_code == 0);
    {
        const MeddledServer cutting(cache.redis, {{"UNLINK#3", ""}});
        json_of_run(run_at(cutting.url(), {"apply", plan, "-o", "json", "--resume-file", file}), 5);
    }
    cache.redis.kill();
    cache.redis.restart();
    cache.redis.cli({"debug", "populate", "500", "cache:t:invoices_list"});
    const Finished finished = run_at(cache.redis.unix_url(), {"invalidate", "--resume", file});
    INFO(finished.err);
    CHECK(finished.exit_code == 4);
    CHECK(finished.err.find("is not proven to be the store that was planned") != std::string::npos);
    CHECK(cache.size() == 500);
}
