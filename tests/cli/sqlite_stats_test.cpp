// What stats says of a service's SQLite file and its log of lookups.

#include "tests/cli/made_file.hpp"

using namespace roacache::test;
using nlohmann::json;

namespace {

constexpr const char* k_entries =
    "CREATE TABLE cache (key TEXT PRIMARY KEY, cache_type TEXT, value TEXT, expires_at);";
constexpr const char* k_log = "CREATE TABLE performance_log (cache_type TEXT, cache_hit, response_time_ms, "
                              "timestamp);";

/// Entries that live for an hour.
std::string living(int count) {
    return made_rows(count, "INSERT INTO cache SELECT 'invoices_list:' || i, 'invoices_list', '{}', "
                            "unixepoch() + 3600");
}

/// `count` rows of the log, each of now.
std::string logged(int count, const std::string& type, const std::string& hit) {
    return made_rows(count, "INSERT INTO performance_log SELECT " + type + ", " + hit + ", 3, unixepoch()");
}

} // namespace

TEST_CASE("looks at a file are not taken out of its log, which never counted them", "[stats][sqlite]") {
    const MadeFile file(k_entries + living(11) + k_log + logged(8, "'invoices_list'", "1") +
                        logged(2, "'invoices_list'", "0"));
    const Finished watched =
        file.command({"stats", "--watch=100ms", "--count", "3", "-o", "ndjson", "--assert", "hit_rate >= 80%",
                      "--assert", "invoices_list.hit_rate >= 80%"});
    INFO(watched.err);
    CHECK(watched.exit_code == 0);
    CHECK_THAT(watched.err, !Contains("on the server"));
    const std::vector<json> looks = documents_in(watched.out);
    REQUIRE(looks.size() == 3);
    for (const json& look : looks) {
        CHECK(look.at("keys") == 11);
        CHECK(look.at("own_lookups") == 0);
        CHECK(look.at("hits") == 8);
        CHECK(look.at("misses") == 2);
        CHECK(look.at("hit_rate") == 0.8);
    }
}

TEST_CASE("a hit is a hit however a service's log writes it", "[stats][sqlite]") {
    const auto [yes, no] = GENERATE(table<std::string, std::string>({{"1", "0"},
                                                                     {"'1'", "'0'"},
                                                                     {"1.0", "0.0"},
                                                                     {"'true'", "'false'"},
                                                                     {"'True'", "'False'"},
                                                                     {"'t'", "'f'"},
                                                                     {"'yes'", "'no'"},
                                                                     {"' Y '", "' N '"},
                                                                     {"'on'", "'off'"},
                                                                     {"'HIT'", "'MISS'"},
                                                                     {"x'74727565'", "x'66616c7365'"}}));
    INFO(yes << " " << no);
    const MadeFile file(k_entries + living(1) + k_log + logged(3, "'invoices_list'", yes) +
                        logged(1, "'invoices_list'", no));
    const Finished finished = file.command({"stats", "-o", "json"});
    INFO(finished.err);
    const json stats = json::parse(finished.out);
    CHECK(stats.at("hits") == 3);
    CHECK(stats.at("misses") == 1);
    CHECK(stats.at("queries_saved").at("day") == 3);
    CHECK_THAT(finished.err, !Contains("performance_log"));
}

TEST_CASE("what of a log cannot be counted is told, and is neither hit nor miss", "[stats][sqlite]") {
    const MadeFile file(
        k_entries + living(1) + k_log + logged(2, "'invoices_list'", "1") +
        logged(1, "'invoices_list'", "0") + logged(1, "'invoices_list'", "NULL") +
        logged(1, "'invoices_list'", "'perhaps'") + logged(1, "NULL", "1") + logged(2, "''", "0") +
        "INSERT INTO performance_log VALUES ('invoices_list', 1, 3, 'whenever'), ('invoices_list', 1, 3, "
        "NULL), "
        "('invoices_list', 1, 3, unixepoch() + 86400), ('invoices_list', 1, 'slow', unixepoch()), "
        "('invoices_list', 1, NULL, unixepoch());");
    const Finished finished = file.command({"stats", "-o", "json", "--no-scan"});
    const json stats = json::parse(finished.out);
    CHECK(stats.at("hits") == 8);
    CHECK(stats.at("misses") == 3);
    CHECK(stats.at("queries_saved") == json{{"day", 5}, {"week", 5}, {"total", 8}});
    CHECK(stats.at("response_times").size() == 1);
    CHECK(stats.at("response_times").at("invoices_list").at("cached_ms") == 3.0);
    CHECK_THAT(finished.err,
               Contains("2 rows of performance_log are left out of hits and misses: cache_hit"));
    CHECK_THAT(finished.err,
               Contains("3 rows of performance_log are counted in hits and misses, but as of no type"));
    CHECK_THAT(finished.err,
               Contains("2 rows of performance_log are counted in hits and misses, but in no day and no "
                        "week: timestamp is no time that can be read"));
    CHECK_THAT(finished.err,
               Contains("1 row of performance_log is counted in hits and misses, but in no day and no "
                        "week: timestamp is in the future"));
    CHECK_THAT(finished.err, Contains("1 row of performance_log is left out of how long answers took"));
}

TEST_CASE("a log that cannot be read as one is told with what it lacks", "[stats][sqlite]") {
    const auto [log, why] = GENERATE(table<std::string, std::string>(
        {{"performance_log (cache_type, cache_hit, response_time, created_at)",
          "performance_log is not read as the log of lookups: it has no column response_time_ms, timestamp"},
         {"Performance_Log (cache_type, is_hit, response_time_ms, timestamp)",
          "Performance_Log is not read as the log of lookups: it has no column cache_hit"},
         {"performance_log (cache_type, cache_hit, response_time_ms, timestamp PRIMARY KEY) WITHOUT ROWID",
          "performance_log is not read as the log of lookups: its rows have no numbers"},
         {"cache_performance (cache_type, cache_hit, response_time_ms, timestamp)",
          "the file has no log of lookups (no table performance_log)"}}));
    const MadeFile file(k_entries + living(1) + "CREATE TABLE " + log + ";");
    INFO(log);
    for (const char* quantity : {"hit_rate > 0", "invoices_list.hit_rate > 0"}) {
        const Finished finished = file.command({"stats", "-o", "json", "--assert", quantity});
        CHECK(finished.exit_code == 6);
        CHECK_THAT(finished.err, Contains("assert cannot be decided: " + std::string(quantity) + ": " + why));
        CHECK(json::parse(finished.out).at("hits").is_null());
        const bool is_there = why.find("is not read") != std::string::npos;
        CHECK((finished.err.find("note: " + why) != std::string::npos) == is_there);
    }
}

TEST_CASE("times to live are those of the entries whose end can be read", "[stats][sqlite]") {
    const MadeFile file(k_entries + living(49) +
                        "INSERT INTO cache VALUES ('invoices_list:x', 'invoices_list', '{}', 'soon'), "
                        "('treasury_data:x', 'treasury_data', '{}', 'next tuesday');");
    const Finished finished = file.command({"stats", "-o", "json"});
    const json stats = json::parse(finished.out);
    CHECK(finished.exit_code == 0);
    CHECK(stats.at("keys") == 51);
    CHECK(stats.at("no_ttl") == 0);
    CHECK(stats.at("ttl_unreadable") == 2);
    CHECK(stats.at("ttl_ms").at("max") > 3'500'000);
    for (const json& group : stats.at("groups")) {
        const bool all_unreadable = group.at("resource") == "treasury_data";
        INFO(group);
        CHECK(group.at("ttl_unreadable") == 1);
        CHECK(group.at("no_ttl").is_null() == all_unreadable);
        CHECK(group.at("exceeding_policy").is_null() == all_unreadable);
        CHECK(group.at("ttl_ms").at("p50").is_null() == all_unreadable);
    }
    CHECK_THAT(finished.err, Contains("2 of 51 entries have an end that is no time that can be read"));
    CHECK_THAT(finished.err, !Contains("PTTL") && !Contains("user"));
    CHECK_THAT(file.command({"stats"}).out, Contains("\nttl_unreadable\t2\n"));
    CHECK_THAT(file.command({"stats", "-o", "prometheus"}).out,
               Contains("roacache_keys_with_unreadable_ttl{resource=\"treasury_data\"} 1\n"));
    const auto judged = [&](const std::string& expr) {
        return file.command({"stats", "-q", "--assert", expr}).exit_code;
    };
    CHECK(judged("no_ttl <= 2") == 0); // whatever the two are
    CHECK(judged("no_ttl <= 1") == 6);
    CHECK(judged("no_ttl > 2") == 1);
    CHECK(judged("treasury_data.no_ttl == 0") == 6);

    const Finished listed = file.command({"keys", "-l"});
    CHECK_THAT(listed.err, Contains("2 keys have an end that is no time that can be read"));
    CHECK_THAT(listed.err, !Contains("PTTL"));
    const Finished shortened = file.command(
        {"invalidate", "-r", "invoices_list", "--all-tenants", "--soft", "1m", "--verify", "-o", "json"});
    INFO(shortened.err);
    const json removal = json::parse(shortened.out);
    CHECK(removal.at("remaining") == 1);
    CHECK_THAT(shortened.err,
               Contains("1 key has an end that is no time that can be read, and was not shortened"));
    CHECK_THAT(shortened.err, !Contains("PTTL"));
}

TEST_CASE("where no end can be read, times to live are n/a in the words of a file", "[stats][sqlite]") {
    const MadeFile file(std::string(k_entries) +
                        "INSERT INTO cache VALUES ('invoices_list:x', 'invoices_list', '{}', 'soon');");
    const Finished finished = file.command({"stats", "-o", "json", "--assert", "no_ttl == 0"});
    const json stats = json::parse(finished.out);
    CHECK(finished.exit_code == 6);
    CHECK(stats.at("no_ttl").is_null());
    CHECK(stats.at("ttl_unreadable") == 1);
    CHECK_THAT(finished.err,
               Contains("no entry has an end that is a time that can be read: the times to live are n/a"));
    CHECK_THAT(finished.err, Contains("no_ttl == 0: no entry has an end that is a time that can be read"));
    CHECK_THAT(finished.err, !Contains("PTTL") && !Contains("this user"));
}

TEST_CASE("a log's hits and misses of each type are shown in every format", "[stats][sqlite]") {
    const MadeFile file(k_entries + living(7) + k_log + logged(3, "'invoices_list'", "1") +
                        logged(1, "'invoices_list'", "0") + logged(2, "'treasury_data'", "0"));
    const json stats = json::parse(file.command({"stats", "-o", "json"}).out);
    CHECK(stats.at("lookups") == json{{"invoices_list", {{"hits", 3}, {"misses", 1}, {"hit_rate", 0.75}}},
                                      {"treasury_data", {{"hits", 0}, {"misses", 2}, {"hit_rate", 0.0}}}});
    const std::string csv = file.command({"stats", "--no-scan", "-o", "csv"}).out;
    CHECK_THAT(csv, Contains("\nlookups_invoices_list_hits,3\nlookups_invoices_list_misses,1\n"
                             "lookups_invoices_list_hit_rate,0.75\n"));
    CHECK_THAT(csv, Contains("\nresponse_time_invoices_list_cached_ms,3\n"));
    CHECK_THAT(csv, Contains("\nresponse_time_treasury_data_cached_ms,\n"));
    CHECK_THAT(file.command({"stats"}).out, Contains("\nlookups_treasury_data_misses\t2\n"));
    const std::string table = file.command({"stats", "-o", "table"}).out;
    INFO(table);
    CHECK_THAT(table, Contains("hit rate  cached, 24 h"));
    CHECK_THAT(table, Contains("invoices_list     3       1    75.0 %"));
    const std::string metrics = file.command({"stats", "-o", "prometheus", "--no-scan"}).out;
    CHECK_THAT(metrics, Contains("# TYPE roacache_resource_hits_total counter\n"
                                 "roacache_resource_hits_total{resource=\"invoices_list\"} 3\n"
                                 "roacache_resource_hits_total{resource=\"treasury_data\"} 0\n"));
    CHECK_THAT(metrics, Contains("roacache_resource_misses_total{resource=\"treasury_data\"} 2\n"));
    CHECK_THAT(
        metrics,
        Contains("roacache_response_time_seconds{resource=\"invoices_list\",source=\"cache\"} 0.003\n"));
}

TEST_CASE("how many entries a file has is known without a walk", "[stats][sqlite]") {
    const MadeFile file(k_entries + living(20'000) + "INSERT INTO cache VALUES ('old:1', 'old', '', 1);");
    const json stats = json::parse(file.command({"stats", "--no-scan", "-o", "json"}).out);
    CHECK(stats.at("server").at("keys") == 20'001); // with what has expired
    CHECK(stats.at("keys").is_null());
    CHECK_THAT(file.command({"stats", "--no-scan", "-o", "prometheus"}).out,
               Contains("\nroacache_database_keys 20001\n"));
    CHECK(MadeFile(k_entries).command({"stats", "--no-scan"}).out.find("\ndatabase_keys\t0\n") !=
          std::string::npos);
}
