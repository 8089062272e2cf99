// What is left when a removal ends before its end, and how it goes on.

#include "tests/cli/planned.hpp"
#include "tests/support/catch.hpp"

#include <csignal>

using namespace roacache::test;
using nlohmann::json;

namespace {

constexpr long k_many = 200'000;
constexpr long k_keys = 2000;

/// A server with entries of tenant t and neighbours that are to stay.
struct Filled {
    CacheOfNames cache{{"--enable-debug-command", "yes"}};
    TempDir folder;
    std::filesystem::path log = folder.path() / "audit.jsonl";

    explicit Filled(long keys = k_keys) { fill(keys); }
    void fill(long keys) const {
        cache.redis.cli({"debug", "populate", std::to_string(keys), "cache:t:invoices_list"});
        cache.pour({"session:1", "cache:u:invoices_list:h1"}, 0);
    }
    /// What is in the folder besides the audit log.
    std::vector<std::filesystem::path> files() const {
        std::vector<std::filesystem::path> all;
        for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
            if (entry.path() != log) all.push_back(entry.path());
        return all;
    }
    void check_only_neighbours() const {
        CHECK(cache.left() == Keys{"\"cache:u:invoices_list:h1\"", "\"session:1\""});
    }
    /// A removal that loses its server after some keys.
    Finished cut(std::vector<std::string> more = {"-t", "t"}) const {
        const MeddledServer cutting(cache.redis, {{"UNLINK#3", ""}, {"PEXPIRE#600", ""}});
        more.insert(more.begin(), {"invalidate", "-o", "json", "--audit-log", log.string()});
        return run_at(cutting.url(), more);
    }
};

json answer_of(const Finished& finished, int exit_code) {
    INFO(finished.err << finished.out);
    CHECK(finished.exit_code == exit_code);
    return json::parse(finished.out);
}

/// The words of the command line that a message names.
std::string command_in(const std::string& said) {
    const std::string mark = "go on with: roacache ";
    const std::size_t at = said.find(mark);
    REQUIRE(at != std::string::npos);
    return said.substr(at + mark.size(), said.find('\n', at) - at - mark.size());
}

Finished run_said(const std::string& command) {
    return run({"sh", "-c", "exec '" + program() + "' " + command + " -o json"});
}

} // namespace

TEST_CASE("a removal whose server was killed goes on with the command that its message names", "[resume]") {
    Filled filled(k_many);
    const auto answer = filled.folder.path() / "answer.json";
    Process process({"sh", "-c",
                     "exec '" + program() + "' invalidate -u " + filled.cache.redis.unix_url() +
                         " -t t -o json --max-pause 20us --audit-log " + filled.log.string() + " > " +
                         answer.string()});
    REQUIRE(eventually([&] { return filled.cache.size() < k_many; }, std::chrono::seconds(60)));
    filled.cache.redis.kill();
    REQUIRE(eventually([&] { return !process.running(); }, std::chrono::seconds(60)));
    const std::string said = process.log();
    CHECK(process.stop() == 5);
    const json first = json_in(answer);
    const std::string file = first.at("resume_file");
    CHECK(std::filesystem::path(file).parent_path() == filled.folder.path());
    CHECK(first.at("error").at("remedy").get<std::string>().find(file) != std::string::npos);
    const json kept = json_in(file);
    CHECK(kept.at("schema") == "roacache.resume/1");
    CHECK(kept.at("runs").size() == 1);
    CHECK(kept.at("runs")[0].at("removed") == first.at("removed"));
    CHECK(kept.at("stores")[0].at("identity").at("run_id").is_string());

    const Finished away = run_said(command_in(said));
    CHECK(away.exit_code == 3);
    CHECK(std::filesystem::exists(file));

    filled.cache.redis.restart();
    filled.fill(k_keys);
    const json resumed = answer_of(run_said(command_in(said)), 0);
    CHECK(resumed.at("removed") == k_keys);
    CHECK(resumed.at("resumed").at("same_server") == false);
    CHECK(resumed.at("resumed").at("walked") == "anew");
    CHECK(resumed.at("resumed").at("file_removed") == true);
    CHECK(resumed.at("resume_file").is_null());
    CHECK(!std::filesystem::exists(file));
    filled.check_only_neighbours();
}

TEST_CASE("a removal that was interrupted goes on", "[resume]") {
    const Filled filled(k_many);
    const auto answer = filled.folder.path() / "answer.json", file = filled.folder.path() / "left.json";
    Process process({"sh", "-c",
                     "exec '" + program() + "' invalidate -u " + filled.cache.redis.unix_url() +
                         " -t t -q -o json --max-pause 20us --resume-file " + file.string() + " > " +
                         answer.string()});
    REQUIRE(eventually([&] { return filled.cache.size() < k_many; }, std::chrono::seconds(60)));
    process.signal(SIGINT);
    REQUIRE(eventually([&] { return !process.running(); }, std::chrono::seconds(60)));
    const std::string said = process.log();
    CHECK(process.stop() == 130);
    CHECK(json_in(answer).at("resume_file") == file.string());
    const long left = filled.cache.size() - 2;
    REQUIRE(left > 0);
    const json resumed = answer_of(run_said(command_in(said)), 0);
    CHECK(resumed.at("removed") == left);
    CHECK(resumed.at("resumed").at("same_server") == true);
    CHECK(!std::filesystem::exists(file));
    filled.check_only_neighbours();
}

TEST_CASE("a resumed removal that ends early again keeps what is left in the same file", "[resume]") {
    const Filled filled;
    const json first = answer_of(filled.cut(), 5);
    const std::string file = first.at("resume_file");
    const MeddledServer cutting(filled.cache.redis, {{"UNLINK#2", ""}});
    const json second = answer_of(run_at(cutting.url(), {"invalidate", "--resume", file, "-o", "json"}), 5);
    CHECK(second.at("resume_file") == file);
    CHECK(json_in(file).at("runs").size() == 2);
    const std::string url = filled.cache.redis.url();
    CHECK(answer_of(run_at(url, {"invalidate", "--resume", file, "-o", "json", "-n"}), 0).at("matched") ==
          filled.cache.size() - 2);
    CHECK(std::filesystem::exists(file));
    answer_of(run_at(url, {"invalidate", "--resume", file, "-o", "json"}), 0);
    CHECK(filled.files().empty());
    filled.check_only_neighbours();
}

TEST_CASE("what was shortened is shortened on, and never removed", "[resume]") {
    const Filled filled;
    const json first = answer_of(filled.cut({"-t", "t", "--soft", "20000h"}), 5);
    const std::string file = first.at("resume_file");
    CHECK(json_in(file).at("soft_ms") == k_soft_ms);
    const json resumed =
        answer_of(run_at(filled.cache.redis.url(), {"invalidate", "--resume", file, "-o", "json"}), 0);
    CHECK(resumed.at("soft_ms") == k_soft_ms);
    CHECK(resumed.at("removed") == 0);
    CHECK(filled.cache.size() == k_keys + 2);
    const std::string keyspace = filled.cache.redis.cli({"info", "keyspace"});
    CHECK(keyspace.find("expires=" + std::to_string(k_keys)) != std::string::npos);
}

TEST_CASE("named keys are gone on with, to the byte", "[resume]") {
    const Filled filled;
    std::string list;
    for (long i = 0; i < k_keys; i += 2)
        list += "cache:t:invoices_list:" + std::to_string(i) + "\n";
    filled.cache.pour({"odd\xff\n key"}, 0);
    list += "odd\\xff\\x0a key\n";
    const auto keys = filled.folder.path() / "keys.txt";
    write_file(keys, list);
    const Finished cut = filled.cut({"--keys-from", keys.string()});
    std::filesystem::remove(keys);
    const std::string file = answer_of(cut, 5).at("resume_file");
    answer_of(run_at(filled.cache.redis.url(), {"invalidate", "--resume", file, "-o", "json"}), 0);
    CHECK(filled.cache.size() == k_keys / 2 + 2);
    CHECK(filled.cache.redis.cli({"exists", "cache:t:invoices_list:1", "cache:t:invoices_list:0"}) == "1");
}

TEST_CASE("of a limit on the keys only what is left of it holds for the rest", "[resume]") {
    const Filled filled;
    const std::string file = answer_of(filled.cut({"-t", "t", "--max-keys", "2000"}), 5).at("resume_file");
    const long gone = k_keys + 2 - filled.cache.size();
    CHECK(json_in(file).at("max_keys") >= k_keys - gone);
    filled.cache.redis.cli({"debug", "populate", "3000", "cache:t:dashboard_summary"});
    const std::string before = filled.cache.redis.cli({"debug", "digest"});
    const Finished more = run_at(filled.cache.redis.url(), {"invalidate", "--resume", file, "-o", "json"});
    CHECK(more.exit_code == 4);
    CHECK(filled.cache.redis.cli({"debug", "digest"}) == before);
    CHECK(std::filesystem::exists(file));
    answer_of(run_at(filled.cache.redis.url(),
                     {"invalidate", "--resume", file, "-o", "json", "--max-keys", "10000"}),
              0);
    for (const std::string& key : filled.cache.left()) // those set since then where it had been stay
        CHECK(key.find("cache:t:invoices_list") == std::string::npos);
}

TEST_CASE("a plan that was applied in part goes on within what it allowed", "[resume][plan]") {
    const Filled filled;
    const std::string plan = filled.folder.path() / "plan.json";
    const std::string url = filled.cache.redis.url();
    REQUIRE(run_at(url, {"plan", "-t", "t", "-O", plan}).exit_code == 0);
    const MeddledServer cutting(filled.cache.redis, {{"UNLINK#3", ""}});
    const json first = answer_of(run_at(cutting.url(), {"apply", plan, "-o", "json"}), 5);
    const std::string file = first.at("resume_file");
    CHECK(json_in(plan).at("applied").at("outcome") == "partial");
    CHECK(json_in(file).at("max_keys") == 2100 - first.at("removed").get<long>());
    const Finished again = run_at(url, {"apply", plan});
    CHECK(again.exit_code == 4);
    CHECK(again.err.find("invalidate --resume") != std::string::npos);
    answer_of(run_at(url, {"invalidate", "--resume", file, "-o", "json"}), 0);
    filled.check_only_neighbours();
    std::filesystem::remove(file);
}

TEST_CASE("resume refuses another store, another profile and other selectors", "[resume]") {
    const Filled filled, other;
    const std::string file = answer_of(filled.cut(), 5).at("resume_file");
    const std::string before = other.cache.redis.cli({"debug", "digest"});
    const Finished elsewhere = run_at(other.cache.redis.url(), {"invalidate", "--resume", file});
    CHECK(elsewhere.exit_code == 4);
    CHECK(elsewhere.err.find("is not the store that the run was of") != std::string::npos);
    const std::string url = filled.cache.redis.url();
    CHECK(run_at(url + "/2", {"invalidate", "--resume", file}).exit_code == 4);
    CHECK(run_at(url, {"invalidate", "--resume", file, "-p", "hr-portal"}).exit_code == 4);
    for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{
             {"-t", "u"}, {"-k", "session:1"}, {"--soft", "1h"}, {"--all-tenants"}}) {
        std::vector<std::string> command{"invalidate", "--resume", file};
        command.insert(command.end(), more.begin(), more.end());
        CHECK(run_at(url, command).exit_code == 2);
    }
    CHECK(other.cache.redis.cli({"debug", "digest"}) == before);
    const long left = filled.cache.size();
    json changed = json_in(file);
    changed["selectors"]["tenant"] = "u";
    write_file(file, changed.dump());
    const Finished damaged = run_at(url, {"invalidate", "--resume", file});
    CHECK(damaged.exit_code == 2);
    CHECK(damaged.err.find("bad resume file: " + file + ": /digest") != std::string::npos);
    changed["runs"] = "none";
    write_file(file, with_digest(changed));
    CHECK(run_at(url, {"invalidate", "--resume", file}).exit_code == 2);
    CHECK(run_at(url, {"invalidate", "--resume", filled.folder.path() / "nothing"}).exit_code == 2);
    CHECK(filled.cache.size() == left);
}

TEST_CASE("what is left of several tiers goes on in their order", "[resume][tiers]") {
    const Filled deep, near;
    const MeddledServer cutting(near.cache.redis, {{"UNLINK#3", ""}});
    const auto file = deep.folder.path() / "left.json";
    const json first =
        answer_of(run_roacache({"invalidate", "-u", deep.cache.redis.unix_url(), "-u", cutting.url(), "-t",
                                "t", "-o", "json", "--resume-file", file.string()}),
                  5);
    CHECK(first.at("targets")[0].at("outcome") == "done");
    CHECK(json_in(file).at("stores").size() == 2);
    const Finished one = run_at(near.cache.redis.url(), {"invalidate", "--resume", file});
    CHECK(one.exit_code == 2);
    answer_of(run_roacache({"invalidate", "--resume", file, "-o", "json", "-u", deep.cache.redis.unix_url(),
                            "-u", near.cache.redis.url()}),
              0);
    deep.check_only_neighbours();
    near.check_only_neighbours();
    CHECK(deep.files().empty());
}

TEST_CASE("where what is left is kept: beside the audit log, else in the user's state folder", "[resume]") {
    const Filled filled;
    const MeddledServer cutting(filled.cache.redis, {{"UNLINK#3", ""}});
    const auto kept_with = [&](const std::map<std::string, std::string>& environment,
                               const std::vector<std::string>& more) {
        filled.cache.redis.cli({"flushall"});
        filled.fill(k_keys);
        const MeddledServer cut(filled.cache.redis, {{"UNLINK#3", ""}});
        RunOptions options;
        options.env = environment;
        std::vector<std::string> command{"invalidate", "-t", "t", "-o", "json"};
        command.insert(command.end(), more.begin(), more.end());
        return run_at(cut.url(), command, options);
    };
    const std::string home = filled.folder.path() / "home", state = filled.folder.path() / "state";
    const auto folder_of = [](const Finished& finished) {
        const json file = answer_of(finished, 5).at("resume_file");
        return std::filesystem::path(file.get<std::string>()).parent_path();
    };
    CHECK(folder_of(kept_with({{"HOME", home}}, {})) == home + "/.local/state/roacache");
    CHECK(folder_of(kept_with({{"HOME", home}, {"XDG_STATE_HOME", state}}, {})) == state + "/roacache");
    CHECK((std::filesystem::status(state + "/roacache").permissions() & std::filesystem::perms(0077)) ==
          std::filesystem::perms::none);
    CHECK(folder_of(kept_with({{"HOME", home}}, {"--audit-log", filled.log.string()})) ==
          filled.folder.path());
    CHECK(folder_of(kept_with({{"HOME", home}}, {"--audit-log", "/dev/null"})) ==
          home + "/.local/state/roacache");
    const Finished nowhere = kept_with({{"HOME", ""}}, {});
    CHECK(answer_of(nowhere, 5).at("resume_file").is_null());
    CHECK(nowhere.err.find("what is left is not kept in a file: ") != std::string::npos);
    CHECK(nowhere.err.find("Run it again to go on") != std::string::npos);
    const Finished unwritable = kept_with({{"HOME", home}}, {"--resume-file", "/nowhere/left.json"});
    CHECK(answer_of(unwritable, 5).at("resume_file").is_null());
    CHECK(unwritable.err.find("/nowhere/left.json") != std::string::npos);
}

TEST_CASE("a file of what is left has no secret, and says that it is missing", "[resume]") {
    const RedisServer redis({"--requirepass", "pass word", "--enable-debug-command", "yes"});
    const TempDir folder;
    const std::string file = folder.path() / "left.json";
    redis.cli({"-a", "pass word", "debug", "populate", "2000", "cache:t:invoices_list"});
    const MeddledServer cutting(redis, {{"UNLINK#3", ""}});
    std::string url = cutting.url();
    url.insert(url.find("//") + 2, ":pass%20word@");
    const Finished cut = run_at(url, {"invalidate", "-t", "t", "-o", "json", "--resume-file", file});
    answer_of(cut, 5);
    CHECK(content_of(file).find("pass") == std::string::npos);
    CHECK(command_in(cut.err).find("-u 'redis://:***@") != std::string::npos);
    CHECK(cut.err.find("pass") == std::string::npos);
    RunOptions options;
    options.env["REDISCLI_AUTH"] = "pass word";
    CHECK(run_at(redis.url(), {"invalidate", "--resume", file, "-q"}, options).exit_code == 0);
}

TEST_CASE("no file is left by a run that is done, refused or only counts", "[resume]") {
    const Filled filled;
    const std::string url = filled.cache.redis.url();
    const std::string log = filled.log.string();
    CHECK(run_at(url, {"invalidate", "-t", "t", "-n", "--audit-log", log}).exit_code == 0);
    CHECK(run_at(url, {"invalidate", "-t", "t", "--max-keys", "5", "--audit-log", log}).exit_code == 4);
    CHECK(run_at("redis://127.0.0.1:1", {"invalidate", "-t", "t", "--audit-log", log}).exit_code == 3);
    CHECK(run_at(url, {"invalidate", "-t", "t", "--audit-log", log}).exit_code == 0);
    CHECK(filled.files().empty());
}
