#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// A cache among another application's keys, with names that globs, shells and terminals trip over.
struct Filled {
    RedisServer redis;
    std::vector<std::string> tenants{"client-1",
                                     "client-10",
                                     "CLIENT-1",
                                     "a*",
                                     "ab",
                                     "x[ab]",
                                     "xa",
                                     "q?",
                                     "back\\slash",
                                     "two words",
                                     "line\nbreak",
                                     "q\"uote's",
                                     "\xc3\xa9\xe6\xbc\xa2"};

    Filled() {
        for (const std::string& tenant : tenants) {
            redis.cli({"setex", key(tenant, "dashboard_summary:abc456def789"), "300", "{}"});
            redis.cli(
                {"setex", key(tenant, "invoices_list:company-123:unpaid-true:xyz890xyz890"), "60", "[]"});
        }
        for (const char* foreign :
             {"session:1", "lock:cache:client-1", "cachet:client-1:dashboard_summary:abc456def789", "cache:"})
            redis.cli({"set", foreign, "x"});
    }
    static std::string key(const std::string& tenant, const std::string& rest) {
        return "cache:" + tenant + ":" + rest;
    }

    Finished keys(std::vector<std::string> arguments, RunOptions options = {}) const {
        arguments.insert(arguments.begin(), {"keys", "-u", redis.unix_url()});
        return run_roacache(arguments, options);
    }
    std::multiset<std::string> listed(std::vector<std::string> arguments,
                                      const RunOptions& options = {}) const {
        arguments.emplace_back("-0");
        const Finished finished = keys(arguments, options);
        INFO(finished.err);
        CHECK(finished.exit_code == 0);
        std::multiset<std::string> found;
        std::istringstream text(finished.out);
        for (std::string one; std::getline(text, one, '\0');)
            found.insert(one);
        return found;
    }
};

} // namespace

TEST_CASE("a tenant's keys are listed exactly, whatever its name", "[keys]") {
    const Filled filled;
    for (const std::string& tenant : filled.tenants) {
        INFO(tenant);
        CHECK(filled.listed({"-t", tenant}) ==
              std::multiset<std::string>{
                  Filled::key(tenant, "dashboard_summary:abc456def789"),
                  Filled::key(tenant, "invoices_list:company-123:unpaid-true:xyz890xyz890")});
    }
    CHECK(filled.listed({}).size() == 2 * filled.tenants.size());
    CHECK(filled.listed({"-g", "-t", "client-1*"}).size() == 4);
    CHECK(filled.listed({"-r", "invoices_list", "-w", "company=123"}).size() == filled.tenants.size());
    CHECK(filled.listed({"-w", "company=12"}).empty());
    CHECK(filled.listed({"-t", "nobody"}).empty());
    CHECK(filled.listed({"--match", "session:*"}) == std::multiset<std::string>{"session:1"});
    CHECK(filled.listed({"-t", "ab", "--match", "*summary*"}) ==
          std::multiset<std::string>{Filled::key("ab", "dashboard_summary:abc456def789")});
    CHECK(filled.listed({"-e", "treasury-transaction", "-t", "ab"}) ==
          std::multiset<std::string>{Filled::key("ab", "dashboard_summary:abc456def789")});
    CHECK(filled.listed({"-k", "session:1", "-k", "absent"}) == std::multiset<std::string>{"session:1"});
    RunOptions options;
    options.input = std::string("session:1\0absent\0", 17) +
                    Filled::key("line\nbreak", "dashboard_summary:abc456def789") + '\0';
    CHECK(filled.listed({"--keys-from", "-"}, options).size() == 2);
}

TEST_CASE("keys are printed for people, pipes and programs", "[keys]") {
    const Filled filled;
    CHECK(filled.keys({"-t", "line\nbreak", "-r", "dashboard_summary"}).out ==
          "cache:line\\x0abreak:dashboard_summary:abc456def789\n");
    CHECK(filled.keys({"-t", "ab", "--count"}).out == "2\n");
    CHECK(filled.keys({"--limit", "3"}).out.size() > 0);
    CHECK(lines_in(filled.keys({"--limit", "3"}).out) == 3);

    const json one = json::parse(filled.keys({"-t", "ab", "-r", "invoices_list", "-l", "-o", "ndjson"}).out);
    CHECK(one.at("key") == "cache:ab:invoices_list:company-123:unpaid-true:xyz890xyz890");
    CHECK(one.at("tenant") == "ab");
    CHECK(one.at("resource") == "invoices_list");
    CHECK(one.at("where") == json{{"company", "123"}, {"unpaid", "true"}});
    CHECK(one.at("hash") == "xyz890xyz890");
    CHECK(one.at("type") == "string");
    CHECK(one.at("ttl_ms") <= 60000);
    CHECK(one.at("bytes") > 0);

    const json all = json::parse(filled.keys({"-o", "json"}).out);
    CHECK(all.at("schema") == "roacache.keys/1");
    CHECK(all.at("keys").size() == 2 * filled.tenants.size());
    CHECK(json::parse(filled.keys({"-t", "nobody", "-o", "json"}).out).at("keys").empty());

    const Finished csv = filled.keys({"-t", "ab", "-r", "dashboard_summary", "-o", "csv"});
    CHECK(csv.out ==
          "key,tenant,resource,hash,where\ncache:ab:dashboard_summary:abc456def789,ab,dashboard_summary,"
          "abc456def789,\n");
    CHECK(filled.keys({"-t", "ab", "-r", "invoices_list", "-o", "csv"})
              .out.ends_with(R"(,"{""company"":""123"",""unpaid"":""true""}")"
                             "\n"));

    RunOptions terminal;
    terminal.pty = true;
    CHECK(filled.keys({"-t", "ab", "-l"}, terminal).out.find("type") == 0);
}

TEST_CASE("sorted lists put the largest or the soonest to go first", "[keys]") {
    const Filled filled;
    filled.redis.cli({"set", Filled::key("big", "dashboard_summary:abc456def789"), std::string(5000, 'x')});
    filled.redis.cli({"setex", Filled::key("soon", "dashboard_summary:abc456def789"), "10", "x"});
    CHECK(filled.keys({"--sort", "bytes", "--limit", "1"}).out ==
          "cache:big:dashboard_summary:abc456def789\n");
    CHECK(filled.keys({"--sort", "ttl", "--limit", "1"}).out ==
          "cache:soon:dashboard_summary:abc456def789\n");
    const std::string by_key = filled.keys({"--sort", "key", "-t", "ab"}).out;
    CHECK(by_key.find("dashboard_summary") < by_key.find("invoices_list"));
}

TEST_CASE("what cannot be selected is refused before anything is opened", "[keys]") {
    const auto refused = [](std::vector<std::string> arguments, const std::string& why) {
        arguments.insert(arguments.begin(), {"keys", "-u", "redis://127.0.0.1:1"});
        const Finished finished = run_roacache(arguments);
        INFO(finished.err);
        CHECK(finished.exit_code == 2);
        CHECK(finished.err.find(why) != std::string::npos);
    };
    refused({"-t", "a:b"}, "separates the parts of a key");
    refused({"-k", "x", "-t", "ab"}, "go with no other selector");
    refused({"-t", "ab", "--all-tenants"}, "contradict each other");
    refused({"-e", "payment-recorded", "-r", "treasury_data"}, "an event names its resources itself");
    refused({"-e", "payment-recorder"}, "payment-recorded");
    refused({"-w", "company"}, "expected NAME=VALUE");
    refused({"--keys-from", "/nonexistent"}, "cannot read: /nonexistent");
    refused({"-p", "hr-portal", "-t", "ab"}, "tenant");
}

TEST_CASE("a reader that has seen enough ends the list quietly", "[keys]") {
    const Filled filled;
    const Finished finished =
        run({"sh", "-c", "'" + program() + "' keys -u " + filled.redis.unix_url() + " | head -1"});
    CHECK(finished.err.empty());
    CHECK(lines_in(finished.out) == 1);
}
