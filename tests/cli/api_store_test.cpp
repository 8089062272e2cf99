// The stores behind management APIs, against services that others wrote from their description.

#include "tests/cli/api_services.hpp"

#include <fstream>
#include <set>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// The hybrid portal with entries of two companies, of ana and of bob.
class HybridPortal {
  public:
    explicit HybridPortal(std::vector<std::string> arguments = {})
        : service_("tests/systems/hybrid_service.py", std::move(arguments)) {}

    std::string api() const { return service_.url("/api/cache"); }
    void fill() const {
        for (const char* token : {"token-ana", "token-bob"})
            for (const char* what : {"dashboard/summary?company=1", "dashboard/summary?company=2",
                                     "invoices?company=1", "companies"})
                got(service_.url("/api/" + std::string(what)), token);
    }
    /// The types of the entries in its memory, and how many there are.
    std::multiset<std::string> held() const {
        const json state = json::parse(got(service_.url("/judge/state")));
        std::multiset<std::string> types;
        for (const std::string key : state.at("l1")) { // ana:invoices_list:1:c6d7…
            const std::size_t begin = key.find(':') + 1;
            types.insert(key.substr(begin, key.find(':', begin) - begin));
        }
        return types;
    }

  private:
    PythonServer service_;
};

/// The HR portal over a Redis of its own.
class HrPortal {
  public:
    HrPortal() {
        const auto file = folder_.path() / "env";
        std::ofstream(file) << "REDIS_URL=" << redis.url() << "/0\n";
        service_ = std::make_unique<PythonServer>(
            "tests/systems/hr_service.py",
            std::vector<std::string>{"--env", file.string(), "--retry", "0.1"});
    }
    std::string api() const { return service_->url("/api/cache"); }
    void set(std::vector<std::string> keys) const {
        for (const std::string& key : keys)
            redis.cli({"SET", key, "1"});
    }
    std::string keys() const {
        return redis.cli(
            {"EVAL", "local k = redis.call('KEYS', '*') table.sort(k) return table.concat(k, ' ')", "0"});
    }
    void read(const std::string& path) const { got(service_->url(path)); }

    RedisServer redis;

  private:
    TempDir folder_;
    std::unique_ptr<PythonServer> service_;
};

std::vector<std::string> with_profile(const std::string& profile, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-p", profile, "-q"});
    return arguments;
}

} // namespace

TEST_CASE("the hybrid portal is pinged and its figures are those that it can tell", "[api]") {
    const HybridPortal portal;
    portal.fill();
    portal.fill();
    const Finished ping = run_api(portal.api(), {"ping", "-o", "json"}, "");
    const json pong = document_of(ping);
    CHECK(ping.exit_code == 0);
    CHECK(pong.at("kind") == "management API");
    CHECK(pong.at("dialect") == "hybrid");
    CHECK(pong.at("backend") == "hybrid");
    CHECK(pong.at("role").is_null());
    CHECK(pong.at("rtt_ms").at("p50") > 0);
    CHECK(pong.at("can") == json{"erase_by_selection", "switches"});
    CHECK(pong.at("cannot").contains("list"));

    const Finished finished = run_api(portal.api(), {"stats", "-o", "json"});
    const json stats = document_of(finished);
    CHECK(finished.exit_code == 0);
    CHECK(stats.at("hits").is_null());
    CHECK(stats.at("hit_rate").is_null());
    CHECK(stats.at("tiers").at(0).at("name") == "memory");
    CHECK(stats.at("tiers").at(0).at("entries") == 8);
    CHECK(stats.at("tiers").at(0).at("hits") == 8);
    CHECK(stats.at("tiers").at(1).at("name") == "sqlite");
    CHECK(stats.at("tiers").at(1).at("entries") == 8);
    CHECK(stats.at("tiers").at(1).at("hits").is_null());
    CHECK(stats.at("switches") == json{{"global", true}, {"user", true}, {"auto_invalidate", false}});
    CHECK(stats.at("backend") == "hybrid");
    CHECK(stats.at("queries_saved").contains("week"));
    CHECK(stats.at("groups").is_null());
    CHECK(finished.err.find("of its memory (L1) alone") != std::string::npos);
    for (const char* format : {"table", "csv", "ndjson", "prometheus"})
        CHECK(run_api(portal.api(), {"stats", "-o", format}).exit_code == 0);
    CHECK(refused_api(run_api(portal.api(), {"stats", "--by", "resource"}), 4).find("lists no keys") !=
          std::string::npos);
    CHECK(refused_api(run_api(portal.api(), {"stats", "-r", "invoices_list"}), 4).find("lists no keys") !=
          std::string::npos);
}

TEST_CASE("the hybrid portal invalidates what can be said to it exactly, and nothing else", "[api]") {
    const HybridPortal portal;
    const auto invalidate = [&](std::vector<std::string> selectors) {
        portal.fill();
        selectors.insert(selectors.begin(), {"invalidate", "-o", "json"});
        return run_api(portal.api(), with_profile("roa2web-hybrid", selectors));
    };
    const Finished company = invalidate({"-e", "company-changed=1"});
    const json result = document_of(company);
    CHECK(company.exit_code == 0);
    CHECK(result.at("outcome") == "done");
    CHECK(result.at("matched").is_null());
    CHECK(result.at("removed").is_null());
    CHECK(result.at("groups").is_null());
    CHECK(result.at("calls") == 1);
    CHECK(portal.held().count("dashboard_summary") == 2);
    CHECK(portal.held().count("invoices_list") == 0);
    CHECK(invalidate({"-r", "invoices_list"}).exit_code == 0);
    CHECK(portal.held().count("invoices_list") == 0);
    CHECK(portal.held().count("dashboard_summary") == 4);
    CHECK(document_of(invalidate({"-e", "invoice-changed=1"})).at("calls") == 4);
    CHECK(portal.held().count("dashboard_summary") == 2);
    CHECK(invalidate({"-w", "company=2"}).exit_code == 0);
    CHECK(portal.held().count("dashboard_summary") == 2);
    const auto everything = invalidate({"--all-tenants"});
    CHECK(everything.exit_code == 2);
    CHECK_THAT(everything.err, Contains("Say --yes if that is meant.") && !Contains("--dry-run"));
    CHECK(portal.held().size() == 8);
    CHECK(invalidate({"--all-tenants", "--yes"}).exit_code == 0);
    CHECK(portal.held().empty());

    INFO("a name that only the profile could tell is wrong");
    const Finished misspelt =
        run_api(portal.api(), {"invalidate", "-p", "roa2web-hybrid", "-r", "dashboard_sumary"});
    CHECK(misspelt.err.find("resource 'dashboard_sumary': the profile has none of that name; did you mean "
                            "'dashboard_summary'?") != std::string::npos);
    CHECK(run_api(portal.api(), {"invalidate", "-p", "roa2web-hybrid", "-r", "dashboard_summary"})
              .err.find("none of that name") == std::string::npos);

    INFO("refused before anything is changed");
    for (const std::vector<std::string>& selectors :
         std::vector<std::vector<std::string>>{{"-w", "user=ana"},
                                               {"-w", "company=abc"},
                                               {"-w", "company=007"},
                                               {"-w", "company=0"},
                                               {"-w", "company=-0"},
                                               {"-r", "invoices_list", "-w", "company=0"},
                                               {"-e", "company-changed=0"},
                                               {"-e", "invoice-changed=1", "-e", "invoice-changed=0"},
                                               {"-w", "company=1", "-w", "user=ana"},
                                               {"-g", "-r", "dash*"},
                                               {"-k", "dashboard_summary:company-1:user-ana:x"},
                                               {"--match", "dashboard*"},
                                               {"-r", "invoices_list", "--dry-run"},
                                               {"-r", "invoices_list", "--max-keys", "5"},
                                               {"-r", "invoices_list", "--verify"},
                                               {"-r", "invoices_list", "--vacuum"},
                                               {"-r", "invoices_list", "--soft", "5m"},
                                               {"-r", "invoices_list", "--fail-if-none"}}) {
        const Finished finished = invalidate(selectors);
        INFO(selectors.at(0) << finished.err);
        CHECK(finished.exit_code == 4);
        CHECK(portal.held().size() == 8);
    }
    CHECK(invalidate({"-w", "company=0"}).err.find("company 0 is none to a service that asks whether") !=
          std::string::npos);
    INFO("the default profile names a tenant, which the service has not");
    CHECK(refused_api(run_api(portal.api(), {"invalidate", "-r", "invoices_list"}), 4).find("no tenants") !=
          std::string::npos);
    CHECK(refused_api(run_api(portal.api(), {"keys"}), 4).find("cannot list keys") != std::string::npos);
    CHECK(refused_api(run_api(portal.api(), {"inspect", "some:key", "-q"}), 4).find("hands no values out") !=
          std::string::npos);
}

TEST_CASE("a person is asked before a service removes what it does not count", "[api]") {
    const HybridPortal portal;
    portal.fill();
    RunOptions options;
    options.env = {{"ROACACHE_TOKEN", "token-ana"}};
    options.pty = true;
    options.input = "n\n";
    const std::vector<std::string> command{"invalidate",     "-r", "invoices_list", "-p",
                                           "roa2web-hybrid", "-u", portal.api()};
    const Finished no = run_roacache(command, options);
    CHECK(no.out.find("How many keys that is the service does not tell.") != std::string::npos);
    CHECK(no.exit_code == 4);
    CHECK(portal.held().count("invoices_list") == 2);
    options.input = "y\n";
    CHECK(run_roacache(command, options).exit_code == 0);
    CHECK(portal.held().count("invoices_list") == 0);
}

TEST_CASE("the HR portal's figures, and its patterns", "[api]") {
    const HrPortal portal;
    const json pong = document_of(run_api(portal.api(), {"ping", "-o", "json"}, ""));
    CHECK(pong.at("dialect") == "hr");
    CHECK(pong.at("backend") == "redis");
    CHECK(pong.at("fallback") == false);
    portal.read("/api/users/1");
    portal.read("/api/users/1");
    const json stats = document_of(run_api(portal.api(), {"stats", "-o", "json"}, "token-admin"));
    CHECK(stats.at("hits") == 1);
    CHECK(stats.at("misses") == 1);
    CHECK(stats.at("hit_rate") == 0.5);
    CHECK(stats.at("keys") == 1);
    CHECK(stats.at("memory").at("used_bytes") > 500'000);
    CHECK(stats.at("backend") == "redis");

    const std::vector<std::string> all{"user:1",
                                       "user:1:roles",
                                       "user:2",
                                       "employee:7",
                                       "employee:70",
                                       "employee:list:p1:pp20",
                                       "payroll:f1:summary",
                                       "salary:1:2025-11",
                                       "dashboard:summary:1"};
    const auto left = [&](std::vector<std::string> selectors, int code, const json& removed) {
        portal.redis.cli({"FLUSHALL"});
        portal.set(all);
        selectors.insert(selectors.begin(), {"invalidate", "-o", "json"});
        const Finished finished = run_api(portal.api(), with_profile("hr-portal", selectors), "token-admin");
        INFO(selectors.back() << finished.err << finished.out);
        CHECK(finished.exit_code == code);
        if (code == 0) CHECK(document_of(finished).at("removed") == removed);
        return portal.keys();
    };
    CHECK(left({"-e", "employee-changed=7"}, 0, 2).find("employee:70") != std::string::npos);
    CHECK(left({"-e", "payroll-generated=f1"}, 0, 3).find("payroll") == std::string::npos);
    CHECK(left({"--match", "user:*"}, 0, 3).find("user") == std::string::npos);
    CHECK(left({"-k", "user:1", "-k", "user:9"}, 0, 1).find("user:1:roles") != std::string::npos);
    CHECK(left({"-r", "user_roles"}, 0, 1).find("user:1 user:2") != std::string::npos);
    CHECK(left({"-r", "user_roles", "-w", "id=1"}, 0, 1).find("user:1 ") != std::string::npos);
    CHECK(left({"-r", "salary"}, 0, 1).find("salary") == std::string::npos);
    CHECK(left({"--all-tenants", "--yes"}, 0, static_cast<int>(all.size())).empty());

    const std::string whole = left({"-k", "user:5"}, 0, 0);
    const TempDir folder;
    const std::string with_empty_key = (folder.path() / "keys.json").string();
    std::ofstream(with_empty_key) << R"(["user:1", ""])";
    INFO("refused, for it would take more, or not the same in the fallback");
    for (const std::vector<std::string>& selectors :
         std::vector<std::vector<std::string>>{{"-r", "user"},
                                               {"-r", "employee"},
                                               {"-e", "employee-changed=7*"},
                                               {"-e", "employee-changed=[7]"},
                                               {"-k", "user:*"},
                                               {"-k", "user:1", "-k", "user:?"},
                                               {"--match", "user:[^1]"},
                                               {"--match", "user:[!1]"},
                                               {"--match", "user:\\*"},
                                               {"-g", "-r", "user_*"},
                                               {"--keys-from", with_empty_key},
                                               {"-r", "salary", "--dry-run"}})
        CHECK(left(selectors, 4, {}) == whole);
}

TEST_CASE("the HR portal in its fallback is warned of, and fails where that is asked for", "[api]") {
    HrPortal portal;
    portal.redis.kill();
    const Finished finished = run_api(portal.api(), {"ping", "-o", "json"}, "");
    CHECK(document_of(finished).at("fallback") == true);
    CHECK(finished.exit_code == 0);
    CHECK(finished.err.find("warning: " + portal.api() + ": the service is in its in-memory fallback") !=
          std::string::npos);
    CHECK(run_api(portal.api(), {"ping", "--fail-on-fallback"}, "").exit_code == 1);
    const json stats = document_of(run_api(portal.api(), {"stats", "-o", "json"}, "token-admin"));
    CHECK(stats.at("backend") == "in-memory");
    CHECK(stats.at("memory").at("used_bytes").is_null());
    CHECK(stats.at("keys") == 0);
    portal.redis.restart();
    CHECK(eventually([&] {
        return run_api(portal.api(), {"ping", "--fail-on-fallback"}, "").exit_code == 0;
    }));
}

TEST_CASE("who may not is told so", "[api]") {
    const HrPortal portal;
    for (const char* token : {"", "wrong-secret"})
        CHECK(refused_api(run_api(portal.api(), {"stats"}, token), 4, "wrong-secret").find("/stats: 401") !=
              std::string::npos);
    CHECK(refused_api(run_api(portal.api(), {"stats"}), 4).find("/stats: 403") != std::string::npos);
    CHECK(refused_api(run_api(portal.api(), {"clear", "--yes"}, "token-admin"), 4, "token-admin")
              .find("/clear: 403") != std::string::npos);
    CHECK(refused_api(run_api(portal.api(), {"toggle", "user", "off"}), 4).find("has no switches") !=
          std::string::npos);
    CHECK(refused_api(run_api(portal.api(), {"benchmark"}), 4).find("have none") != std::string::npos);
    CHECK(run_api(portal.api(), {"stats"}, "two\nlines").exit_code == 2);
    CHECK(run_api(portal.api() + "?a=b", {"ping"}).exit_code == 2);
    CHECK(run_api(portal.api(), {"ping", "--dialect", "basque"}).exit_code == 2);
}

TEST_CASE("a service clears and times its own cache", "[api]") {
    for (const char* method : {"POST", "DELETE"}) {
        const HybridPortal portal(
            {"--clear-method", method, "--benchmark-method", method == std::string("POST") ? "POST" : "GET"});
        portal.fill();
        CHECK(run_api(portal.api(), {"clear"}).exit_code == 2);
        CHECK(portal.held().size() == 8);
        const Finished cleared = run_api(portal.api(), {"clear", "--yes", "-o", "json"});
        CHECK(cleared.exit_code == 0);
        CHECK(document_of(cleared).at("message") == "All cache cleared");
        CHECK(portal.held().empty());
        const json timed = document_of(run_api(portal.api(), {"benchmark", "-o", "json"}));
        CHECK(timed.at("schema") == "roacache.benchmark/1");
        CHECK(timed.at("answer").at("results").contains("l2"));
        CHECK(json::parse(run_api(portal.api(), {"benchmark"}).out).contains("results"));
    }
    const HrPortal portal;
    portal.set({"user:1"});
    CHECK(run_api(portal.api(), {"clear", "-y"}, "token-super").exit_code == 0);
    CHECK(portal.keys().empty());
    CHECK(refused_api(run_api(portal.redis.url(), {"clear", "-y", "-q"}), 4).find("cannot clear") == 10);
}

TEST_CASE("a service whose cache has not started or is in error is unreachable, and waited for", "[api]") {
    const HybridPortal portal({"--not-initialised"});
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"ping"},
                                               {"stats"},
                                               {"ping", "--wait", "300ms", "-q"},
                                               {"toggle", "user", "off"},
                                               {"clear", "-y"},
                                               {"invalidate", "-r", "invoices_list", "-p", "roa2web-hybrid"}})
        CHECK(refused_api(run_api(portal.api(), command), 3).find("not initialised") != std::string::npos);
}
