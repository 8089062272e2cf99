// The tiers of one cache: several stores, the deepest first, and the instances that are told.

#include "src/core/file.hpp"
#include "tests/cli/api_services.hpp"
#include "tests/support/sanitized.hpp"

#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <optional>

using namespace roacache;
using namespace roacache::test;
using nlohmann::json;

namespace {

const std::string k_channel = "cache:invalidate";

/// The hybrid portal with two workers that listen to a channel, each with a memory over one SQLite file.
class TieredPortal {
  public:
    TieredPortal()
        : service_("tests/systems/hybrid_service.py",
                   {"--l2", file_.string(), "--workers", "2", "--slow-read-ms", "1", "--notify-redis",
                    redis.url(), "--channel", k_channel}) {}

    std::string api() const { return service_.url("/api/cache"); }
    std::string file() const { return "sqlite:" + file_.string(); }
    void fill() const {
        for (const char* path :
             {"/api/invoices?company=5", "/api/treasury?company=5", "/api/treasury?company=6"})
            got(service_.url(path));
    }
    std::string source(const std::string& path) const {
        return json::parse(got(service_.url(path))).at("metadata").at("source").get<std::string>();
    }
    Finished command(const std::vector<std::string>& words, const RunOptions& more = {}) const {
        RunOptions options = more;
        options.env["ROACACHE_TOKEN"] = "token-ana";
        std::vector<std::string> all = words;
        all.insert(all.end(), {"-p", "roa2web-hybrid"});
        return run_roacache(all, options);
    }
    Finished invalidate(std::vector<std::string> words) const {
        words.insert(words.begin(), {"invalidate", "-e", "company-changed=5", "-u", file(), "-u", api()});
        return command(words);
    }
    long entries() const {
        return document_of(command({"stats", "-u", file(), "-o", "json"})).at("keys").get<long>();
    }

    RedisServer redis;

  private:
    TempDir folder_;
    std::filesystem::path file_ = folder_.path() / "cache.db";
    PythonServer service_;
};

/// What subscribers of a channel are told, a line each.
class Subscriber {
  public:
    Subscriber(const RedisServer& redis, const std::string& channel)
        : process_({"redis-cli", "-s", redis.socket().string(), "subscribe", channel}) {
        REQUIRE(process_.wait_for("subscribe"));
    }
    /// The first message that has the text.
    json message(const std::string& text) {
        REQUIRE(process_.wait_for(text));
        std::istringstream lines(process_.log());
        for (std::string line; std::getline(lines, line);)
            if (line.starts_with("{") && line.find(text) != std::string::npos) return json::parse(line);
        FAIL("no message has " << text);
        return {};
    }

  private:
    Process process_;
};

} // namespace

TEST_CASE("tiers are done deepest first, and each one's outcome is listed", "[tiers]") {
    const TieredPortal portal;
    portal.fill();
    const Finished done = portal.invalidate({"--settle", "20ms", "--verify", "--notify", k_channel,
                                             "--notify-url", portal.redis.url(), "-o", "json"});
    const json document = document_of(done);
    CHECK(done.exit_code == 0);
    CHECK(document.at("outcome") == "done");
    CHECK(document.at("store").is_null());
    CHECK(document.at("removed").is_null()); // the portal does not tell
    const json& targets = document.at("targets");
    REQUIRE(targets.size() == 2);
    CHECK(targets.at(0).at("store") == portal.file());
    CHECK(targets.at(0).at("outcome") == "done");
    CHECK(targets.at(0).at("matched") == 2);
    CHECK(targets.at(0).at("removed") == 2);
    CHECK(targets.at(0).at("remaining") == 0);
    CHECK(targets.at(0).at("settled") == 0);
    CHECK(targets.at(1).at("store") == portal.api());
    CHECK(targets.at(1).at("removed").is_null());
    for (const json& target : targets)
        CHECK(target.at("error").is_null());
    CHECK(document.at("notification").at("receivers") == 2);
    CHECK(document.at("notification").at("channel") == k_channel);
    CHECK(document.at("memory_tier_stale_ms").is_null());
    // Whichever worker answers.
    CHECK(portal.source("/api/treasury?company=5") == "Oracle");
    CHECK(portal.source("/api/treasury?company=6") != "Oracle");

    const Finished told = portal.invalidate({"-o", "table"});
    CHECK(told.out.find("\n" + portal.file() + ": removed 1 of 1 key\n" + portal.api() + ": removed; ") !=
          std::string::npos);
    const Finished plain = portal.invalidate({});
    CHECK(plain.out.find("\ntarget\t" + portal.file() + "\tnothing_found\t0\t0\n") != std::string::npos);
}

TEST_CASE("what one tier cannot do changes none", "[tiers]") {
    const TieredPortal portal;
    portal.fill();
    const auto refused = [&](const std::vector<std::string>& words, int code) {
        const Finished finished = portal.command(words);
        INFO(finished.err << finished.out);
        CHECK(finished.exit_code == code);
        CHECK(finished.out.empty());
        CHECK(finished.err.find(portal.api()) != std::string::npos);
        CHECK(lines_in(finished.err) <= 3);
        CHECK(portal.entries() == 3);
    };
    const std::vector<std::string> stores{"-u", portal.file(), "-u", portal.api()};
    const auto with = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "invalidate");
        words.insert(words.end(), stores.begin(), stores.end());
        return words;
    };
    refused(with({"-w", "user=ana", "-w", "company=5"}), 4);
    refused(with({"-k", "ana:treasury_data:5:0123456789abcdef"}), 4);
    refused(with({"-r", "treasury_data", "--soft", "1m"}), 4);
    refused(with({"-r", "treasury_data", "--fail-if-none"}), 4);
    const Finished limited = portal.invalidate({"--max-keys", "1"});
    CHECK(limited.exit_code == 4);
    CHECK(limited.err.find("too many keys: " + portal.file().substr(7)) != std::string::npos);
    CHECK(portal.entries() == 3);
    const Finished rehearsal = portal.invalidate({"--dry-run", "-o", "json"});
    CHECK(rehearsal.exit_code == 0);
    CHECK(document_of(rehearsal).at("targets").at(0).at("matched") == 2);
    CHECK(document_of(rehearsal).at("targets").at(1).at("matched").is_null());
    CHECK(document_of(rehearsal).at("targets").at(1).at("outcome") == "dry_run");
    CHECK(portal.entries() == 3);
    CHECK(portal.source("/api/treasury?company=5") != "Oracle");
}

TEST_CASE("when one tier fails the others are still done", "[tiers]") {
    const TieredPortal portal;
    portal.fill();
    const std::string away = "http://127.0.0.1:1/api/cache";
    const TempDir folder;
    const std::string log = (folder.path() / "log").string();
    const Finished some = portal.command({"invalidate", "-e", "company-changed=5", "-u", away, "-u",
                                          portal.file(), "-o", "json", "--audit-log", log});
    CHECK(some.exit_code == 5);
    const json document = document_of(some);
    CHECK(document.at("outcome") == "partial");
    CHECK(document.at("targets").at(0).at("outcome") == "unreachable");
    CHECK(document.at("targets").at(0).at("error").at("exit_code") == 3);
    CHECK(document.at("targets").at(1).at("removed") == 2);
    CHECK(some.err.find("roacache: partly done: 1 of 2 stores have failed: cannot connect: 127.0.0.1:1") !=
          std::string::npos);
    std::istringstream lines(core::read_file(log));
    std::vector<json> logged;
    for (std::string line; std::getline(lines, line);)
        logged.push_back(json::parse(line));
    REQUIRE(logged.size() == 2);
    CHECK(logged.at(0).at("stores") == json({away, portal.file()}));
    CHECK(logged.at(1).at("targets").at(1).at("removed") == 2);
    CHECK(logged.at(1).at("exit_code") == 5);

    const Finished none = portal.command({"invalidate", "-e", "company-changed=5", "-u", away, "-u",
                                          "http://127.0.0.1:2/api/cache", "-o", "json"});
    CHECK(none.exit_code == 3);
    CHECK(document_of(none).at("targets").size() == 2);
    CHECK(portal
              .command({"invalidate", "-e", "company-changed=5", "-u", away, "-u", portal.file(),
                        "--allow-unreachable"})
              .exit_code == 0);
}

TEST_CASE("a token that one tier refuses is part of a removal", "[tiers]") {
    const TieredPortal portal;
    portal.fill();
    RunOptions options;
    const std::vector<std::string> words{"invalidate",
                                         "-e",
                                         "company-changed=5",
                                         "-p",
                                         "roa2web-hybrid",
                                         "-u",
                                         portal.file(),
                                         "-u",
                                         portal.api(),
                                         "-o",
                                         "json"};
    options.env["ROACACHE_TOKEN"] = "wrong-token-here";
    const Finished finished = run_roacache(words, options);
    CHECK(finished.exit_code == 5);
    CHECK(document_of(finished).at("targets").at(1).at("error").at("exit_code") == 4);
    CHECK((finished.out + finished.err).find("wrong-token-here") == std::string::npos);
}

TEST_CASE("commands that look at one store do not choose among several", "[tiers]") {
    const TieredPortal portal;
    const std::vector<std::string> stores{"-u", portal.file(), "-u", portal.api()};
    for (std::vector<std::string> words :
         std::vector<std::vector<std::string>>{{"keys"},
                                               {"inspect", "-r", "treasury_data"},
                                               {"toggle", "user", "off"},
                                               {"clear", "--yes"},
                                               {"benchmark"},
                                               {"stats", "--watch"}}) {
        words.insert(words.end(), stores.begin(), stores.end());
        const Finished finished = portal.command(words);
        INFO(words.front() << ": " << finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(finished.out.empty());
        CHECK(finished.err.find("one store") != std::string::npos);
    }
    for (const char* command : {"ping", "stats"}) {
        std::vector<std::string> words{command, "-o", "json"};
        words.insert(words.end(), stores.begin(), stores.end());
        const json document = document_of(portal.command(words));
        CHECK(document.at("outcome") == "done");
        CHECK(document.at("targets").at(0).at("store") == portal.file());
        CHECK(document.at("targets").at(1).at("store") == portal.api());
    }
    const Finished twice = portal.command({"ping", "-u", portal.file(), "-u", portal.file()});
    CHECK(twice.exit_code == 2);
    CHECK(twice.err.find("is named twice") != std::string::npos);
}

TEST_CASE("the file of settings names the tiers", "[tiers]") {
    const TieredPortal portal;
    portal.fill();
    const TempDir folder;
    const std::string config = (folder.path() / "roacache.toml").string();
    std::ofstream(config) << fmt::format(
        "profile = 'roa2web-hybrid'\n[[tiers]]\nurl = '{}'\n[[tiers]]\nurl = '{}'\n", portal.file(),
        portal.api());
    std::filesystem::permissions(config,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const auto named = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"--config", config});
        return portal.command(words);
    };
    const json document = document_of(named({"invalidate", "-w", "company=6", "-o", "json"}));
    CHECK(document.at("targets").size() == 2);
    CHECK(document.at("targets").at(0).at("removed") == 1);
    const Finished deepest = named({"keys", "--count"});
    CHECK(deepest.exit_code == 0);
    CHECK(deepest.err.find("store: " + portal.file() + " (" + config +
                           ": tiers), the deepest of 2; -u names another") != std::string::npos);
    CHECK(named({"clear", "--yes"}).exit_code == 2);
    CHECK(named({"keys", "-u", portal.file()}).exit_code == 0);
    CHECK(named({"keys", "-u", portal.file()}).err.empty());

    INFO("a service's address of a higher precedence is said to go before");
    RunOptions options;
    options.env["REDIS_URL"] = portal.redis.url();
    const Finished before = run_roacache({"ping", "-p", "roa2web", "--config", config}, options);
    CHECK(before.err.find("tiers are not used: environment REDIS_URL goes before") != std::string::npos);

    INFO("of a directory that nobody trusts they lead nowhere");
    RunOptions there;
    there.cwd = folder.path();
    const Finished untrusted = portal.command({"ping"}, there);
    CHECK(untrusted.exit_code == 2);
    CHECK(untrusted.err.find("not trusted") != std::string::npos);

    for (const char* bad :
         {"url = 'redis://h'\n[[tiers]]\nurl = 'sqlite:x'\n", "tiers = ['sqlite:x']\n",
          "[[tiers]]\nname = 'x'\n", "[tiers]\nurl = 'sqlite:x'\n", "[[tiers]]\nurl = ''\n"}) {
        INFO(bad);
        std::ofstream(config) << bad;
        const Finished finished = named({"ping"});
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find("bad config: ") != std::string::npos);
    }
}

TEST_CASE("who listens is told exactly what was invalidated", "[tiers][notify]") {
    const RedisServer redis;
    Subscriber subscriber(redis, "changes");
    const auto told = [&](std::vector<std::string> words, const std::string& text) {
        words.insert(words.begin(),
                     {"invalidate", "-u", redis.url(), "--notify", "changes", "-o", "json", "-q"});
        const Finished finished = run_roacache(words);
        INFO(finished.err << finished.out);
        CHECK(finished.exit_code == 0);
        CHECK(json::parse(finished.out).at("notification").at("receivers") == 1);
        const json message = subscriber.message(text);
        CHECK(message.at("schema") == "roacache.invalidation/1");
        return message;
    };
    CHECK(told({"-e", "company-changed=5", "-t", "client-1"}, "company").at("selections") ==
          json::parse(R"([{"tenant": "client-1", "resources": ["companies_list", {"glob": "dashboard_*"}],
                           "segments": [{"name": "company", "value": "5", "or_absent": true}]}])"));
    CHECK(told({"-r", "x*y", "-w", "unpaid=true"}, "x*y").at("selections") ==
          json::parse(R"([{"tenant": "default", "resources": ["x*y"],
                           "segments": [{"name": "unpaid", "value": "true", "or_absent": false}]}])"));
    CHECK(told({"-r", "gl*", "-g", "--all-tenants"}, "gl*").at("selections") ==
          json::parse(R"([{"resources": [{"glob": "gl*"}]}])"));
    CHECK(told({"--match", "session:*"}, "session").at("selections") ==
          json::parse(R"([{"match": ["session:*"]}])"));
    CHECK(told({"-k", "one", "-k", "a*"}, "one").at("selections") ==
          json::parse(R"([{"keys": ["one", "a*"]}])"));
    CHECK(told({"-e", "employee-changed=7", "-p", "hr-portal"}, "employee:7")
              .at("selections")
              .at(0)
              .contains("keys"));
    const json all = told({"--all-tenants", "--yes"}, "\"everything\":true");
    CHECK(all.at("selections").empty());
}

TEST_CASE("when nobody could be told, that is said", "[tiers][notify]") {
    const RedisServer redis;
    redis.cli({"set", "cache:default:invoices_list:1", "old"});
    const auto invalidate = [&](std::vector<std::string> more) {
        more.insert(more.begin(),
                    {"invalidate", "-u", redis.url(), "-r", "invoices_list", "--notify", "changes"});
        return run_roacache(more);
    };
    const Finished unheard = invalidate({});
    CHECK(unheard.exit_code == 0);
    CHECK(unheard.err.find("warning: nobody listens to channel changes of redis://") != std::string::npos);
    const Finished away = invalidate({"--notify-url", "redis://127.0.0.1:1", "-o", "json"});
    CHECK(away.exit_code == 5);
    CHECK(document_of(away).at("notification").at("error").at("exit_code") == 3);
    CHECK(document_of(away).at("notification").at("receivers").is_null());
    CHECK(invalidate({"--notify-url", "sqlite:x"}).exit_code == 2);
    CHECK(invalidate({"--soft", "1m"}).exit_code == 2);
    CHECK(run_roacache({"invalidate", "-u", "sqlite:/none", "-r", "x", "--notify", "c"}).exit_code == 2);
    CHECK(run_roacache({"invalidate", "-u", redis.url(), "-r", "x", "--notify-url", redis.url()}).exit_code ==
          2);
    redis.cli({"acl", "setuser", "u", "on", ">p", "~*", "+@all", "resetchannels"});
    redis.cli({"set", "cache:default:invoices_list:1", "old"});
    const Finished forbidden =
        run_roacache({"invalidate", "-u", "redis://u:p@127.0.0.1:" + std::to_string(redis.port()), "-r",
                      "invoices_list", "--notify", "changes", "-o", "json"});
    CHECK(forbidden.exit_code == 5);
    CHECK(document_of(forbidden).at("removed") == 1);
    CHECK(document_of(forbidden).at("notification").at("error").at("exit_code") == 4);
    const Finished rehearsed = invalidate({"--dry-run", "-o", "json"});
    CHECK(rehearsed.exit_code == 0);
    CHECK_FALSE(document_of(rehearsed).contains("notification"));
}

TEST_CASE("what a removal by the API leaves is said", "[tiers][api]") {
    const TieredPortal portal;
    portal.fill();
    const auto invalidate = [&] {
        portal.fill();
        return portal.command({"invalidate", "-e", "company-changed=5", "-u", portal.api()}).err;
    };
    CHECK(invalidate().find("entries of no company") != std::string::npos);
    // Which worker a request reaches is the kernel's choice.
    CHECK(eventually(
        [&] { return invalidate().find("--notify CHANNEL tells those that listen") != std::string::npos; }));
}

TEST_CASE("no stale answer is served after all tiers were invalidated, under load", "[tiers][load]") {
    RunOptions options;
    options.timeout = std::chrono::seconds(300);
    const std::string runs = k_sanitized ? "1" : "3";
    const Finished finished = run({"/usr/bin/python3", source_dir() + "/tests/systems/tiers_under_load.py",
                                   program(), "--runs", runs, "--readers", "4"},
                                  options);
    INFO(finished.out << finished.err);
    CHECK(finished.exit_code == 0);
    CHECK(finished.out.find("notify     " + runs + " runs, 0 with stale answers") != std::string::npos);
}
