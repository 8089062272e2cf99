#include "tests/cli/served_commands.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace roacache::test;
using nlohmann::json;

namespace {

constexpr const char* k_lasting = "cache:t:invoices_list:lasting";
constexpr const char* k_hidden = "cache:u:invoices_list:hidden";

/// Users who may not ask for times to live, or not of every key; and what they see of the entry that lives
/// for ever.
const std::map<std::string, std::vector<std::string>> k_users = {{"all", {"~*", "+@all"}},
                                                                 {"no-pttl", {"~*", "+@all", "-pttl"}},
                                                                 {"no-memory", {"~*", "+@all", "-memory"}},
                                                                 {"of-t", {"~cache:t:*", "+@all"}}};

std::string url_of(const RedisServer& redis, const std::string& user) {
    return "redis://" + user + ":opensesame@127.0.0.1:" + std::to_string(redis.port());
}

void fill_for_users(const RedisServer& redis) {
    redis.cli({"SET", k_first_entry, "[1]", "EX", "86000000"});
    redis.cli({"SET", k_lasting, "[1]"});
    redis.cli({"SET", k_hidden, "[1]"});
    for (const auto& [user, rules] : k_users) {
        std::vector<std::string> command{"ACL", "SETUSER", user, "on", ">opensesame"};
        command.insert(command.end(), rules.begin(), rules.end());
        redis.cli(command);
    }
}

/// The last field of the line of csv that begins so.
std::string last_field(const std::string& csv, const std::string& key) {
    const std::size_t at = csv.find("\n" + key + ",");
    if (at == std::string::npos) return "no such line";
    const std::string line = csv.substr(at + 1, csv.find('\n', at + 1) - at - 1);
    return line.substr(line.rfind(',') + 1);
}

} // namespace

TEST_CASE("an entry that never expires is distinguished from one whose time to live is not known",
          "[unknown]") {
    const RedisServer redis;
    fill_for_users(redis);
    const std::vector<std::string> keys{k_first_entry, k_lasting, k_hidden};
    for (const auto& [user, rules] : k_users) {
        const Finished listed = run_at(url_of(redis, user), {"keys", "-l", "-o", "json"});
        const std::string csv = run_at(url_of(redis, user), {"keys", "-l", "-o", "csv"}).out;
        CHECK(csv.substr(0, csv.find('\n')).ends_with(",where,expires"));
        std::map<std::string, json> expires;
        const json document = json::parse(listed.out);
        for (const json& key : document.at("keys"))
            expires[key.at("key")] = key.at("expires");
        for (const std::string& key : keys) {
            const bool known = user == "all" || user == "no-memory" || (user == "of-t" && key != k_hidden);
            const json expected = known ? json(key == k_first_entry) : json(nullptr);
            INFO(user << " " << key);
            CHECK(expires.at(key) == expected);
            CHECK(last_field(csv, key) == (known ? expected.dump() : ""));
            if (user == "of-t" && key == k_hidden) continue;
            const std::string inspected = run_at(url_of(redis, user), {"inspect", key, "-o", "csv"}).out;
            CHECK(inspected.substr(0, inspected.find('\n')).ends_with(",where,expires,value_file"));
            CHECK(inspected.ends_with("," + (known ? expected.dump() : "") + ",\n")); // in no file
            const json entry =
                json::parse(run_at(url_of(redis, user), {"inspect", key, "-o", "json"}).out).at("entries")[0];
            CHECK(entry.at("expires") == expected);
        }
        const bool ttls = user == "all" || user == "no-memory";
        const bool sizes = user == "all" || user == "no-pttl";
        for (const char* format : {"json", "ndjson", "csv", "table"}) {
            const std::string said = run_at(url_of(redis, user), {"keys", "-l", "-o", format}).err;
            INFO(user << ": " << said);
            CHECK((said.find("(PTTL)") == std::string::npos) == ttls);
            CHECK((said.find("(MEMORY USAGE)") == std::string::npos) == sizes);
        }
        CHECK(run_at(url_of(redis, user), {"keys"}).err.empty());
        CHECK(run_at(url_of(redis, user), {"keys", "-l", "-q"}).err.empty());
    }
}

TEST_CASE("how many entries exceed the policy is not known where times to live are not", "[unknown]") {
    const RedisServer redis;
    fill_for_users(redis);
    for (const auto& [user, rules] : k_users) {
        const auto stats = [&, &user = user](std::vector<std::string> more) {
            more.insert(more.begin(), {"stats", "-q", "--by", "tenant,resource"});
            return run_at(url_of(redis, user), more).out;
        };
        const json document = json::parse(stats({"-o", "json"}));
        const std::string csv = stats({"-o", "csv"}), plain = stats({});
        for (const json& group : document.at("groups")) {
            const std::string tenant = group.at("tenant");
            const bool known = user == "all" || user == "no-memory" || (user == "of-t" && tenant == "t");
            INFO(user << " " << group);
            const json expected = known ? json(tenant == "t" ? 2 : 1) : json(nullptr);
            CHECK(group.at("exceeding_policy") == expected);
            CHECK(group.at("exceeding_policy").is_null() == group.at("no_ttl").is_null());
            CHECK(last_field(csv, tenant) == (known ? expected.dump() : ""));
            const std::size_t row = plain.find("group\t" + tenant + "\t");
            const std::string line = plain.substr(row, plain.find('\n', row) - row);
            CHECK(line.ends_with(known ? "\t" + expected.dump() : "\tn/a"));
        }
        const bool all_known = user == "all" || user == "no-memory";
        CHECK((plain.find("\nexceeding_policy\tn/a\n") == std::string::npos) == all_known);
    }
}

TEST_CASE("a named key that may not be looked at is refused by all that read, not listed as there",
          "[unknown]") {
    const RedisServer redis;
    fill_for_users(redis);
    for (const char* key : {k_hidden, "cache:u:invoices_list:absent"})
        for (const std::vector<std::string>& command : {std::vector<std::string>{"keys"},
                                                        {"keys", "-l"},
                                                        {"keys", "--count"},
                                                        {"keys", "--count", "-l"},
                                                        {"keys", "--sort", "ttl"},
                                                        {"keys", "--sort", "bytes"},
                                                        {"keys", "-l", "-k", k_first_entry},
                                                        {"stats", "-q"},
                                                        {"stats", "-q", "-k", k_first_entry},
                                                        {"inspect"},
                                                        {"inspect", "--raw"}}) {
            std::vector<std::string> named = command;
            named.insert(named.end(), {"-k", key});
            const Finished finished = run_at(url_of(redis, "of-t"), named);
            INFO(command.front() << " " << command.back() << " " << key << finished.out << finished.err);
            CHECK(finished.exit_code == 4);
            CHECK(is_one_error(finished.err));
            CHECK(finished.err.find("NOPERM") != std::string::npos);
            CHECK(finished.out.empty());
        }
}
