#include "tests/cli/cache_of_names.hpp"
#include "tests/support/catch.hpp"

#include <map>
#include <random>

using namespace roacache::test;
using nlohmann::json;

namespace {

Keys entries(const std::string& tenant) {
    return {"cache:" + tenant + ":invoices_list:company-123:unpaid-true:abc456def789",
            "cache:" + tenant + ":invoices_list:0123456789ab", "cache:" + tenant + ":dashboard_summary:abc"};
}

const Keys k_foreign = {"session:client-1", "lock:cache:client-1", "cache:client-1", "xcache:client-1:r:h",
                        "cachet:client-1:invoices_list:h"};

std::vector<std::string> hostile_names() {
    std::vector<std::string> names = {"client-1",  "client-10", "CLIENT-1",  "a*",         "ab",
                                      "x[ab]",     "xa",        "q?",        "qq",         "back\\slash",
                                      "backslash", "two words", "new\nline", "\"quoted\"", "it's",
                                      "\xC3\xA9",  "\xff\xfe",  "{tag}",     "\r\n",       "*",
                                      "?",         "\\",        "[",         "-t",         "--yes"};
    std::mt19937 random(std::random_device{}());
    const std::string alphabet = "a*?[]\\^-{}\n\xff\xC3 '\"";
    const auto upto = [&](std::size_t most) {
        return std::uniform_int_distribution<std::size_t>(0, most)(random);
    };
    for (int i = 0; i < 12; ++i) {
        std::string name;
        for (std::size_t size = 1 + upto(4); size > 0; --size)
            name += alphabet[upto(alphabet.size() - 1)];
        names.push_back(name);
    }
    return names;
}

} // namespace

TEST_CASE("invalidate removes the set that is named, key by key, whatever the names", "[invalidate]") {
    const CacheOfNames cache;
    const auto names = hostile_names();
    Keys all = k_foreign;
    for (const std::string& name : names)
        all.merge(entries(name));
    cache.pour(all);
    Keys expected = quoted(all);
    REQUIRE(cache.left() == expected);
    for (const std::string& name : Keys(names.begin(), names.end())) {
        INFO("tenant " << as_redis_cli_quotes(name));
        const json counted = cache.counts({"--tenant=" + name, "--dry-run"});
        CHECK(counted.at("matched") == 3);
        CHECK(counted.at("removed") == 0);
        const json removed = cache.counts({"--tenant=" + name});
        CHECK(removed.at("matched") == 3);
        CHECK(removed.at("removed") == 3);
        expected = without(expected, quoted(entries(name)));
        REQUIRE(cache.left() == expected);
    }
    CHECK(cache.left() == quoted(k_foreign));
}

TEST_CASE("invalidate reports what it did field by field, in every format", "[invalidate]") {
    const CacheOfNames cache;
    const auto fill = [&] {
        cache.pour(entries("client-1"));
        cache.pour(entries("b\xff"));
    };
    fill();
    const json dry = cache.counts({"--all-tenants", "-n"});
    json real = cache.counts({"--all-tenants", "-y"});
    CHECK(dry.at("dry_run") == true);
    CHECK(dry.at("matched") == real.at("matched"));
    CHECK(real.at("schema") == "roacache.invalidate/1");
    CHECK(real.at("dry_run") == false);
    CHECK(real.at("matched") == 6);
    CHECK(real.at("removed") == 6);
    CHECK(real.at("already_gone") == 0);
    CHECK(real.at("remaining").is_null());
    CHECK(real.at("refilled").is_null());
    CHECK(real.at("elapsed_ms") > 0);
    REQUIRE(real.at("groups").size() == 4);
    CHECK(
        real["groups"][0] ==
        json::parse(
            R"({"tenant": {"base64": "Yv8="}, "resource": "dashboard_summary", "matched": 1, "removed": 1})"));
    CHECK(real["groups"][3] ==
          json::parse(R"({"tenant": "client-1", "resource": "invoices_list", "matched": 2, "removed": 2})"));

    cache.pour({"session:1", "session:2"});
    const json raw = cache.counts({"--match", "session:*"});
    CHECK(raw.at("groups") ==
          json::parse(R"([{"tenant": null, "resource": null, "matched": 2, "removed": 2}])"));
    fill();
    CHECK(cache.invalidate({"-t", "client-1"}).out.find("matched\t3\nremoved\t3\nalready_gone\t0\n") !=
          std::string::npos);
    const Finished csv = cache.invalidate({"--all-tenants", "-y", "-o", "csv"});
    CHECK(csv.out ==
          "tenant,resource,matched,removed\nb\\xff,dashboard_summary,1,1\nb\\xff,invoices_list,2,2\n");
    fill();
    const Finished lines = cache.invalidate({"-t", "client-1", "-o", "ndjson"});
    CHECK(lines_in(lines.out) == 3);
    CHECK(lines.err.empty());
    RunOptions terminal;
    terminal.pty = true;
    fill();
    const Finished table = cache.invalidate({"-t", "client-1"}, terminal);
    CHECK(table.out.find("removed 3 of 3 keys") != std::string::npos);
    CHECK(table.out.find("client-1  invoices_list            2        2") != std::string::npos);
    CHECK(cache.invalidate({"-t", "client-1", "-o", "markdown"}).exit_code == 2);
}

TEST_CASE("invalidate's resources, segments and events cover the default tenant unless asked otherwise",
          "[invalidate]") {
    const CacheOfNames cache;
    const auto key = [](const std::string& tenant, const std::string& rest) {
        return "cache:" + tenant + ":" + rest + ":abc456def789";
    };
    const std::map<std::string, std::vector<std::string>> events = {
        {"invoice-changed", {"invoices_list", "invoices_summary", "dashboard_summary", "dashboard_trends"}},
        {"payment-recorded", {"invoices_list", "dashboard_summary", "treasury_data", "dashboard_cashflow"}},
        {"treasury-transaction", {"treasury_data", "dashboard_summary", "dashboard_cashflow"}},
        {"company-changed=123",
         {"companies_list", "dashboard_summary", "dashboard_trends", "dashboard_cashflow",
          "dashboard_summary:company-123"}}};
    Keys all = k_foreign;
    for (const char* tenant : {"default", "client-1"})
        for (const char* rest : {"invoices_list", "invoices_summary", "dashboard_summary", "dashboard_trends",
                                 "treasury_data", "dashboard_cashflow", "companies_list",
                                 "dashboard_summary:company-123", "dashboard_summary:company-456"})
            all.insert(key(tenant, rest));
    for (const auto& [event, resources] : events) {
        cache.pour(all);
        INFO(event);
        Keys gone;
        for (const std::string& resource : resources)
            gone.insert(key("default", resource));
        if (event != "company-changed=123" && gone.count(key("default", "dashboard_summary")) != 0)
            gone.merge(Keys{key("default", "dashboard_summary:company-123"),
                            key("default", "dashboard_summary:company-456")});
        CHECK(cache.counts({"-e", event}).at("removed") == gone.size());
        CHECK(cache.left() == quoted(without(all, gone)));
    }
    cache.pour(all);
    CHECK(cache.counts({"-r", "treasury_data", "-t", "client-1"}).at("removed") == 1);
    CHECK(cache.counts({"-w", "company=123", "--all-tenants"}).at("removed") == 2);
    CHECK(cache.counts({"-r", "dashboard_*"}).at("removed") == 0);
    CHECK(cache.counts({"-g", "-r", "dashboard_*"}).at("removed") == 4);
    CHECK(cache.invalidate({"-e", "no-such-event"}).exit_code == 2);
}

TEST_CASE("invalidate without a selector is a usage error, and everything needs --yes", "[invalidate]") {
    const CacheOfNames cache;
    cache.pour(entries("client-1"));
    CHECK(cache.invalidate({}).exit_code == 2);
    CHECK(cache.invalidate({"--yes"}).exit_code == 2);
    using Arguments = std::vector<std::string>;
    for (const Arguments& everything :
         {Arguments{"--all-tenants"}, Arguments{"--match", "*"}, Arguments{"-g", "-t", "*"},
          Arguments{"-g", "-t", "**", "-r", "*"}, Arguments{"-g", "--all-tenants", "-r", "*"},
          Arguments{"--match", "?*"}, Arguments{"-g", "-t", "?*"}, Arguments{"--match", "[!-~]*"},
          Arguments{"-t", "*", "-g"}, Arguments{"--match", "[a-m]*", "--match", "[n-z]*"}}) {
        const Finished refused = cache.invalidate(everything);
        CHECK(refused.exit_code == 2);
        CHECK(refused.err.find("--yes") != std::string::npos);
        CHECK(cache
                  .invalidate([&] {
                      Arguments dry = everything;
                      dry.push_back("-n");
                      return dry;
                  }())
                  .exit_code == 0);
    }
    CHECK(cache.size() == 3);
    CHECK(cache.counts({"--all-tenants", "--yes"}).at("removed") == 3);
}

TEST_CASE("invalidate's guard refuses before anything is removed", "[invalidate]") {
    const CacheOfNames cache;
    cache.pour(entries("client-1"));
    const Finished refused = cache.invalidate({"-t", "client-1", "--max-keys", "2"});
    CHECK(refused.exit_code == 4);
    CHECK(refused.err.find("3 match, --max-keys allows 2") != std::string::npos);
    CHECK(refused.out.empty());
    CHECK(cache.size() == 3);
    CHECK(cache.counts({"-t", "client-1", "--max-keys", "3", "--fail-if-none"}).at("removed") == 3);
    CHECK(cache.counts({"-t", "client-1"}).at("matched") == 0);
    CHECK(cache.counts({"-t", "client-1", "--fail-if-none"}, 1).at("outcome") == "nothing_found");
}

TEST_CASE("invalidate takes single keys from arguments, files and standard input", "[invalidate]") {
    const CacheOfNames cache;
    cache.pour(k_foreign);
    cache.pour({"one", "two\nlines", "three"});
    const json named = cache.counts({"-k", "one", "-k", "absent"});
    CHECK(named.at("matched") == 1);
    CHECK(named.at("removed") == 1);
    CHECK(cache.counts({"-k", "one", "--fail-if-none"}, 1).at("matched") == 0);
    RunOptions options;
    options.input = std::string("two\nlines\0three\0absent\0", 23);
    CHECK(cache.counts({"--keys-from", "-", "-0", "-n"}, 0, options).at("matched") == 2);
    CHECK(cache.invalidate({"--keys-from", "-", "-0", "--max-keys", "1"}, options).exit_code == 4);
    const json removed = cache.counts({"--keys-from", "-", "-0", "--max-keys", "2", "--verify"}, 0, options);
    CHECK(removed.at("matched") == 2);
    CHECK(removed.at("removed") == 2);
    CHECK(removed.at("remaining") == 0);
    CHECK(cache.left() == quoted(k_foreign));
    CHECK(cache.invalidate({"--keys-from", "/no/such/file"}).exit_code == 2);
    CHECK(cache.invalidate({"-k", "one", "-t", "client-1"}).exit_code == 2);
}

TEST_CASE("invalidate --soft shortens times to live and lengthens none", "[invalidate]") {
    const CacheOfNames cache;
    Keys keys;
    for (int i = 0; i < 60; ++i)
        keys.insert("cache:t:invoices_list:h" + std::to_string(i));
    cache.pour(keys, 0);
    cache.pour({"cache:t:dashboard_summary:long"}, 5000);
    cache.redis.cli({"psetex", "cache:u:dashboard_summary:short", "500000", "v"});
    const json soft = cache.counts({"-t", "t", "--soft", "20m", "--verify"});
    CHECK(soft.at("matched") == 61);
    CHECK(soft.at("shortened") == 61);
    CHECK(soft.at("removed") == 0);
    CHECK(soft.at("remaining") == 0);
    CHECK(soft.at("soft_ms") == 1'200'000);
    for (const char* key : {"cache:t:invoices_list:h1", "cache:t:dashboard_summary:long"})
        CHECK(std::stol(cache.redis.cli({"pttl", key})) <= 1'200'000);
    cache.redis.cli({"pexpire", "cache:u:dashboard_summary:short", "500000"});
    cache.counts({"-t", "u", "--soft", "20h"});
    CHECK(std::stol(cache.redis.cli({"pttl", "cache:u:dashboard_summary:short"})) <= 500'000);
    CHECK(cache.counts({"-k", "nope", "-k", "cache:t:invoices_list:h1", "--soft", "1h"}).at("matched") <= 1);
    CHECK(cache.invalidate({"-t", "t", "--soft", "0"}).exit_code == 2);
    CHECK(cache.invalidate({"-t", "t", "--soft", "soon"}).exit_code == 2);
}

TEST_CASE("invalidate that finds nothing notes that no tenant was named", "[invalidate]") {
    const CacheOfNames cache;
    cache.pour({"cache:client-1:invoices_list:abc"});
    const auto notes_default = [&](std::vector<std::string> selectors) {
        return cache.invalidate(std::move(selectors)).err.find("default tenant") != std::string::npos;
    };
    CHECK(notes_default({"-r", "invoices_list"}));
    CHECK_FALSE(notes_default({"-r", "invoices_list", "-t", "default"}));
    CHECK_FALSE(notes_default({"-k", "nobody"}));
    CHECK_FALSE(notes_default({"-r", "invoices_list", "--all-tenants"}));
}
