// What stats and ping say of a service that keeps its own figures, against the hybrid and the HR portal.

#include "tests/cli/api_services.hpp"
#include "tests/cli/made_file.hpp"

#include <fstream>

using namespace roacache::test;
using nlohmann::json;

namespace {

/// The hybrid portal over a file that the test can change, with four entries, each read twice.
struct FilledPortal {
    explicit FilledPortal(std::vector<std::string> arguments = {})
        : service("tests/systems/hybrid_service.py", with_file(std::move(arguments))) {
        for (int round = 0; round < 2; ++round)
            for (const char* what : {"dashboard/summary?company=1", "dashboard/summary?company=2",
                                     "invoices?company=1", "companies"})
                got(service.url("/api/" + std::string(what)));
    }
    Finished run(std::vector<std::string> arguments, const std::string& token = "token-ana") const {
        return run_api(service.url("/api/cache"), std::move(arguments), token);
    }

    TempDir folder;
    std::string file = (folder.path() / "l2.db").string();
    PythonServer service;

  private:
    std::vector<std::string> with_file(std::vector<std::string> arguments) const {
        arguments.insert(arguments.end(), {"--l2", file, "--log-wait"});
        return arguments;
    }
};

constexpr const char* k_dead = "auto-invalidation is switched on and does not run";

} // namespace

TEST_CASE("what a service tells of itself is a number of its own in csv, lines and metrics", "[stats][api]") {
    const FilledPortal portal({"--slow-read-ms", "5"});
    const json stats = document_of(portal.run({"stats", "-o", "json"}));
    CHECK(stats.at("auto_invalidate_running") == false);
    CHECK(stats.at("response_times").at("dashboard_summary").at("cached_ms").is_number());
    for (const char* format : {"csv", "plain"}) {
        const std::string text =
            portal
                .run(format == std::string("csv") ? std::vector<std::string>{"stats", "-o", "csv"}
                                                  : std::vector<std::string>{"stats"})
                .out;
        const char separator = format == std::string("csv") ? ',' : '\t';
        INFO(text);
        const auto has = [&](const std::string& name, const std::string& value) {
            CHECK_THAT(text, Contains("\n" + name + separator + value + "\n"));
        };
        has("queries_saved_total", "4");
        has("tier_memory_entries", "4");
        has("tier_memory_hits", "4");
        has("tier_memory_misses", "4");
        has("tier_sqlite_entries", "4");
        has("switch_auto_invalidate", "off");
        has("auto_invalidate_running", "false");
        has("backend", "hybrid");
        CHECK_THAT(text, Contains("\nresponse_time_dashboard_summary_cached_ms") &&
                             Contains("\nresponse_time_dashboard_summary_origin_ms") &&
                             Contains("\nresponse_time_dashboard_summary_improvement_percent"));
        CHECK_THAT(text, !Contains("from the origin"));
    }
    const std::string metrics = portal.run({"stats", "-o", "prometheus"}).out;
    INFO(metrics);
    for (const char* line :
         {"# TYPE roacache_queries_saved_total counter\nroacache_queries_saved_total 4\n",
          "roacache_queries_saved_last_day 4\n", "roacache_queries_saved_last_week 4\n",
          "roacache_tier_entries{tier=\"memory\"} 4\n", "roacache_tier_entries{tier=\"sqlite\"} 4\n",
          "roacache_tier_hits_total{tier=\"memory\"} 4\n", "roacache_tier_misses_total{tier=\"memory\"} 4\n",
          "roacache_switch_on{switch=\"global\"} 1\n", "roacache_switch_on{switch=\"auto_invalidate\"} 0\n",
          "roacache_auto_invalidate_running 0\n", "roacache_backend_info{backend=\"hybrid\"} 1\n",
          "roacache_response_time_seconds{resource=\"dashboard_summary\",source=\"origin\"} 0.0",
          "roacache_response_time_improvement_ratio{resource=\"dashboard_summary\"} 0."})
        CHECK_THAT(metrics, Contains(line));
    CHECK_THAT(metrics, !Contains("roacache_tier_hits_total{tier=\"sqlite\"}"));
}

TEST_CASE("a mean that a service cuts to whole milliseconds is not shown as no time", "[stats][api]") {
    const FilledPortal portal({"--slow-read-ms", "5"});
    const json times = document_of(portal.run({"stats", "-o", "json"})).at("response_times");
    const std::string table = portal.run({"stats", "-o", "table"}).out;
    INFO(table << times);
    CHECK_THAT(table, !Contains("0 ns"));
    bool cut = false;
    for (const json& of : times)
        cut |= of.at("cached_ms") == 0;
    CHECK(cut == (table.find("< 1 ms") != std::string::npos));
    CHECK_THAT(table, Contains("dashboard_summary ") && Contains("cached, 24 h"));
}

TEST_CASE("a service's entries are those of its deepest tier, where that can be", "[stats][api]") {
    const FilledPortal portal;
    const auto judged = [&](const std::string& expr) {
        return portal.run({"stats", "-p", "roa2web-hybrid", "--assert", expr, "-q"});
    };
    CHECK(judged("entries == 4").exit_code == 0);
    CHECK(judged("entries > 4").exit_code == 1);
    CHECK(judged("invoices_list.entries > 0").exit_code == 6);
    roacache::store::sqlite::Database(portal.file, roacache::store::sqlite::OpenMode::read_write)
        .execute("DELETE FROM cache_entries");
    const Finished contradicting = judged("entries > 0");
    CHECK(contradicting.exit_code == 6);
    CHECK_THAT(contradicting.err, Contains("more entries in memory than in sqlite"));
}

TEST_CASE("a service that misses the changes which it is to look for is warned of", "[stats][ping][api]") {
    struct Kind {
        std::vector<std::string> arguments;
        bool running, dead;
    };
    // A pause below zero ends the thread that looks for changes.
    const auto kind = GENERATE(values<Kind>({{{"--auto-invalidate", "--poll=-1"}, false, true},
                                             {{"--auto-invalidate"}, true, false},
                                             {{"--poll=-1"}, false, false}}));
    const FilledPortal portal(kind.arguments);
    for (const char* command : {"ping", "stats"}) {
        const Finished finished = portal.run({command, "-o", "json"});
        INFO(command << finished.err);
        CHECK(finished.exit_code == 0);
        CHECK(document_of(finished).at("auto_invalidate_running") == kind.running);
        CHECK((finished.err.find(k_dead) != std::string::npos) == kind.dead);
    }
    const json pong = document_of(portal.run({"ping", "-o", "json"}));
    CHECK(pong.at("tiers") ==
          json{{{"name", "memory"}, {"entries", 4}}, {{"name", "sqlite"}, {"entries", 4}}});
    const std::string lines = portal.run({"ping"}).out;
    CHECK_THAT(lines, Contains("\ntier_sqlite_entries\t4\n"));
    CHECK_THAT(lines, Contains("\nauto_invalidate_running\t" + std::string(kind.running ? "true" : "false")));
    INFO("who may not read the statistics does not know the switch");
    CHECK_THAT(portal.run({"ping"}, "").err, !Contains(k_dead));
}

TEST_CASE("the HR portal's backend is a metric", "[stats][api]") {
    const RedisServer redis;
    const TempDir folder;
    std::ofstream(folder.path() / "env") << "REDIS_URL=" << redis.url() << "/0\n";
    const PythonServer hr("tests/systems/hr_service.py", {"--env", (folder.path() / "env").string()});
    const std::string metrics =
        run_api(hr.url("/api/cache"), {"stats", "-o", "prometheus"}, "token-admin").out;
    CHECK_THAT(metrics, Contains("roacache_backend_info{backend=\"redis\"} 1\n"));
    CHECK_THAT(metrics, !Contains("roacache_tier") && !Contains("roacache_switch"));
    const json pong = document_of(run_api(hr.url("/api/cache"), {"ping", "-o", "json"}, ""));
    CHECK(pong.at("auto_invalidate_running").is_null());
    CHECK(pong.at("tiers").is_null());
}
