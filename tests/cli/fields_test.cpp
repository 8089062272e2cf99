#include "tests/cli/fields.hpp"
#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

using namespace roacache::test;
using nlohmann::json;

namespace {

struct Document {
    std::vector<std::string> command;
    std::string schema;
    Fields fields;
    std::vector<std::string>
        null_for_blind; ///< fields that a user sees nothing of who may only scan and read
};

const std::string k_of_keys = "keys/*/";
const std::string k_of_entries = "entries/*/";
const std::string k_of_groups = "groups/*/";

Fields within(const std::string& path, const Fields& fields) {
    Fields all;
    for (const auto& [name, type] : fields)
        all[path + name] = type;
    return all;
}

Fields together(Fields fields, const Fields& more) {
    fields.insert(more.begin(), more.end());
    return fields;
}

const Fields k_parts = {
    {"key", "text"}, {"tenant", "text?"}, {"resource", "text?"}, {"where", "object"}, {"hash", "text?"}};
const Fields k_details = {
    {"type", "string?"}, {"expires", "bool?"}, {"ttl_ms", "count?"}, {"bytes", "count?"}};
const Fields k_quantiles = {{"min", "count?"}, {"p50", "count?"}, {"max", "count?"}};
const Fields k_server = {{"kind", "string?"},     {"version", "string?"}, {"role", "string?"},
                         {"topology", "string?"}, {"uptime_s", "count?"}, {"clients", "count?"}};
const Fields k_memory = {
    {"used_bytes", "count?"}, {"limit_bytes", "count?"}, {"policy", "string?"}, {"fragmentation", "number?"}};
const Fields k_invalidation = {{"dry_run", "bool"},        {"matched", "count"},    {"removed", "count"},
                               {"already_gone", "count?"}, {"remaining", "count?"}, {"refilled", "count?"},
                               {"held_up_ms", "number"},   {"elapsed_ms", "number"}};

const std::vector<Document>& documents() {
    static const std::vector<Document> all = {
        {{"ping", "-c", "3"},
         "ping",
         together(within("rtt_ms/", {{"min", "number"},
                                     {"mean", "number"},
                                     {"p50", "number"},
                                     {"p99", "number"},
                                     {"max", "number"}}),
                  {{"kind", "string?"},
                   {"version", "string?"},
                   {"role", "string?"},
                   {"topology", "string?"},
                   {"nodes/*", "string"}}),
         {}},
        {{"keys"}, "keys", within(k_of_keys, k_parts), {}},
        {{"keys", "-l"},
         "keys",
         within(k_of_keys, together(k_parts, k_details)),
         {"keys/*/type", "keys/*/expires", "keys/*/ttl_ms", "keys/*/bytes"}},
        {{"keys", "--count"}, "keys", {{"count", "count"}}, {}},
        {{"stats", "-q", "--by", "tenant,resource"},
         "stats",
         together(together(within("server/", k_server), within("memory/", k_memory)),
                  together({{"hits", "count?"},
                            {"misses", "count?"},
                            {"hit_rate", "fraction?"},
                            {"keys", "count"},
                            {"bytes", "count?"}},
                           within(k_of_groups, together(within("ttl_ms/", k_quantiles),
                                                        {{"tenant", "text?"},
                                                         {"resource", "text?"},
                                                         {"keys", "count"},
                                                         {"bytes", "count?"},
                                                         {"no_ttl", "count?"},
                                                         {"exceeding_policy", "count?"}})))),
         {"hits", "misses", "hit_rate", "bytes", "server/uptime_s", "server/clients", "memory/used_bytes",
          "memory/limit_bytes", "memory/policy", "memory/fragmentation", "groups/*/bytes", "groups/*/no_ttl",
          "groups/*/exceeding_policy", "groups/*/ttl_ms/min", "groups/*/ttl_ms/p50", "groups/*/ttl_ms/max"}},
        {{"invalidate", "-t", "t", "--dry-run"},
         "invalidate",
         together(k_invalidation, within(k_of_groups, {{"tenant", "text?"},
                                                       {"resource", "text?"},
                                                       {"matched", "count"},
                                                       {"removed", "count"}})),
         {"remaining", "refilled"}},
        {{"inspect", k_first_entry, "odd \xff", "list"},
         "inspect",
         within(k_of_entries, together(together(k_parts, k_details), {{"exists", "bool"},
                                                                      {"policy_ttl_ms", "count?"},
                                                                      {"encoding", "string?"},
                                                                      {"value_bytes", "count?"},
                                                                      {"elements", "count?"},
                                                                      {"idle_ms", "count?"},
                                                                      {"value", "object?"}})),
         {}}};
    return all;
}

void fill_with_odd_names(const RedisServer& redis) {
    fill_entries(redis);
    redis.cli(
        {"EVAL",
         "redis.call('SET', 'cache:\\255:r\\254:company-\\253:h', '\\255') redis.call('SET', 'odd \\255', "
         "'v') redis.call('RPUSH', 'list', 'v') redis.call('GET', 'list2')",
         "0"});
}

json document_of(const std::string& url, std::vector<std::string> command, const std::string& format,
                 const std::string& schema) {
    command.insert(command.end(), {"-o", format});
    const Finished finished = run_at(url, command);
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    const std::string note = "roacache: note: the server does not tell this user ";
    CHECK((finished.err.empty() || finished.err.starts_with(note)));
    CHECK(starts_with_schema(finished.out, schema));
    CHECK(finished.out.ends_with('\n'));
    return json::parse(finished.out);
}

} // namespace

TEST_CASE("every JSON document has the fields that scripts rely on", "[fields]") {
    const RedisServer redis;
    fill_with_odd_names(redis);
    for (const Document& document : documents()) {
        INFO(document.command.at(0) << " " << document.command.back());
        const json found = document_of(redis.url(), document.command, "json", document.schema);
        CHECK(wrong_fields(found, document.fields) == "");
    }
}

TEST_CASE("what a user may not know is null in JSON, never 0", "[fields]") {
    const RedisServer redis;
    fill_with_odd_names(redis);
    redis.cli({"ACL", "SETUSER", "blind", "on", ">opensesame", "~*", "-@all", "+scan", "+get"});
    const std::string url = "redis://blind:opensesame@127.0.0.1:" + std::to_string(redis.port());
    for (const Document& document : documents()) {
        if (document.schema == "inspect") continue; // needs TYPE
        INFO(document.command.at(0) << " " << document.command.back());
        const json found = document_of(url, document.command, "json", document.schema);
        Fields fields = document.fields;
        for (const std::string& path : document.null_for_blind)
            fields[path] = "null";
        CHECK(wrong_fields(found, fields) == "");
    }
}

TEST_CASE("durations and sizes in JSON are in the units that their names say", "[fields]") {
    const RedisServer redis;
    redis.cli({"SET", "cache:t:invoices_list:h", std::string(10'000, 'x'), "PX", "250000"});
    const std::string usage = redis.cli({"MEMORY", "USAGE", "cache:t:invoices_list:h"});
    const json key = document_of(redis.url(), {"keys", "-l"}, "json", "keys").at("keys").at(0);
    CHECK(key.at("ttl_ms") > 100'000);
    CHECK(key.at("ttl_ms") <= 250'000);
    CHECK(key.at("bytes") == std::stol(usage));
    const json entry = document_of(redis.url(), {"inspect", "cache:t:invoices_list:h"}, "json", "inspect")
                           .at("entries")
                           .at(0);
    CHECK(entry.at("ttl_ms") > 100'000);
    CHECK(entry.at("policy_ttl_ms") == 60'000);
    CHECK(entry.at("value_bytes") == 10'000);
    CHECK(entry.at("bytes") == std::stol(usage));
    redis.cli({"GET", "cache:t:invoices_list:h"});
    const json stats = document_of(redis.url(), {"stats", "-q"}, "json", "stats");
    CHECK(stats.at("groups")[0].at("ttl_ms").at("max") > 100'000);
    CHECK(stats.at("bytes") == std::stol(usage));
    CHECK(stats.at("memory").at("used_bytes") > 500'000);
    CHECK(stats.at("hit_rate") == 1);
}

TEST_CASE("bytes that are no UTF-8 are escaped in text and base64 in JSON", "[fields]") {
    const RedisServer redis;
    fill_with_odd_names(redis);
    const json tenant = {{"base64", "/w=="}};
    const json key = {{"base64", "Y2FjaGU6/zpy/jpjb21wYW55Lf06aA=="}};
    const std::string text = "cache:\\xff:r\\xfe:company-\\xfd:h";
    const auto output_of = [&](std::vector<std::string> command) { return run_at(redis.url(), command).out; };
    const auto parsed = [&](std::vector<std::string> command) {
        command.insert(command.end(), {"-o", "json"});
        return json::parse(output_of(command));
    };
    const json listed = parsed({"keys", "-t", "\xff"}).at("keys").at(0);
    CHECK(listed.at("key") == key);
    CHECK(listed.at("tenant") == tenant);
    CHECK(listed.at("resource") == json{{"base64", "cv4="}});
    CHECK(listed.at("where").at("company") == json{{"base64", "/Q=="}});
    CHECK(output_of({"keys", "-t", "\xff"}) == text + "\n");
    CHECK(output_of({"keys", "-t", "\xff", "-0"}) == std::string("cache:\xff:r\xfe:company-\xfd:h\0", 23));
    CHECK(output_of({"keys", "-t", "\xff", "-o", "csv"})
              .find("\n" + text + ",\\xff,r\\xfe,h,\"{\"\"company\"\":{\"\"base64\"\"") != std::string::npos);
    const json entry = parsed({"inspect", "-t", "\xff"}).at("entries").at(0);
    CHECK(entry.at("key") == key);
    CHECK(entry.at("value").at("base64") == "/w==");
    CHECK(output_of({"inspect", "-t", "\xff"}).find("key\t" + text + "\n") == 0);
    const json group = parsed({"stats", "-q", "-t", "\xff", "--by", "tenant"}).at("groups").at(0);
    CHECK(group.at("tenant") == tenant);
    CHECK(output_of({"stats", "-q", "-t", "\xff", "--by", "tenant"}).find("group\t\\xff\t") !=
          std::string::npos);
    CHECK(parsed({"invalidate", "-t", "\xff", "-n"}).at("groups").at(0).at("tenant") == tenant);
    CHECK(output_of({"invalidate", "-t", "\xff", "-n", "-o", "csv"}).find("\n\\xff,r\\xfe,1,0\n") !=
          std::string::npos);
    CHECK(run_roacache({"key", "r", "-t", "\xff"}).out.find("cache:\\xff:r:") == 0);
    CHECK(json::parse(run_roacache({"key", "r", "-t", "\xff", "-o", "json"}).out).at("tenant") == tenant);
    const Finished absent = run_at(redis.url(), {"inspect", "no\xff\n"});
    CHECK(absent.err == "roacache: warning: no such key: no\\xff\\x0a\n");
}
