// The memory limit, what does not fit under it, and what connections and scripts leave behind.

#include "tests/support/catch.hpp"
#include "tests/unit/stated_facts.hpp"

using namespace roacache;
using namespace roacache::test;
using analysis::Facts;

namespace {

constexpr std::uint64_t k_hundredth = std::uint64_t{10} << 20;

/// Limited to so many hundredths of the memory that the server's control group allows.
Facts limited_to(std::uint64_t percent, Facts facts = sound_facts()) {
    facts.host.value->memory_bytes = 100 * k_hundredth;
    facts = with_info("used_memory", "1048576", with_info("used_memory_rss", "2097152", facts));
    return with_info("maxmemory", std::to_string(percent * k_hundredth), facts);
}

constexpr const char* k_near = "warning maxmemory-near-memory";

} // namespace

TEST_CASE("a limit that leaves too little for what comes on top of it is found", "[doctor]") {
    for (const std::uint64_t percent : {10U, 60U, 75U, 80U, 90U})
        CHECK(found_in(limited_to(percent)).empty());
    for (const std::uint64_t percent : {91U, 99U, 100U})
        CHECK(found_in(limited_to(percent)) == k_near);
    CHECK(found_in(limited_to(101)) == "warning maxmemory-above-memory"); // told once
    CHECK(found_in(limited_to(0)) == "warning no-maxmemory");
    const auto found = analysis::judge_limit_near_memory(limited_to(95)).found.value();
    CHECK(found.remedy.starts_with("redis-cli CONFIG SET maxmemory 750mb,"));
    CHECK(std::get<double>(found.evidence.at(3).second) == Approx(0.95));
}

TEST_CASE("the limit is taken from the settings where INFO does not have it", "[doctor]") {
    const auto set_to = [](const std::string& limit) {
        Facts facts = limited_to(50);
        facts.server.info.value->erase("maxmemory");
        return with_setting("maxmemory", limit, facts);
    };
    const auto hundredths = [](std::uint64_t percent) { return std::to_string(percent * k_hundredth); };
    CHECK(found_in(set_to(hundredths(60))).empty());
    CHECK(found_in(set_to("0")) == "warning no-maxmemory");
    CHECK(found_in(set_to(hundredths(95))) == k_near);
    CHECK(found_in(set_to(hundredths(101))) == "warning maxmemory-above-memory");
    CHECK(found_in(with_info("maxmemory_policy", "noeviction", set_to(hundredths(60)))) ==
          "warning policy-against-keys");
    for (const char* rule :
         {"no-maxmemory", "maxmemory-above-memory", "maxmemory-near-memory", "policy-against-keys"}) {
        CHECK(not_checked(set_to(hundredths(60)), rule).empty());
        CHECK(not_checked(set_to("6.40GiB"), rule) == "INFO has no maxmemory");
    }
    // What INFO says counts.
    CHECK(found_in(with_setting("maxmemory", "0", limited_to(60))).empty());
}

TEST_CASE("what the server forks for wants more room", "[doctor]") {
    const auto found = [](const Facts& facts) {
        return analysis::judge_limit_near_memory(facts).found.has_value();
    };
    for (const auto& [name, value] : {std::pair{"aof_enabled", "1"}, {"connected_slaves", "1"}}) {
        INFO(name);
        CHECK_FALSE(found(with_info(name, value, limited_to(75))));
        CHECK(found(with_info(name, value, limited_to(76))));
        CHECK(found(with_info(name, value, limited_to(91))));
    }
    CHECK(found(with_setting("save", "3600 1", limited_to(78))));
    CHECK_FALSE(found(with_setting("save", "3600 1", limited_to(60))));
    // Whether it forks may not be told: from nine tenths on that does not matter.
    Facts silent = limited_to(80);
    silent.server.config = {std::nullopt, "CONFIG GET: NOPERM"};
    CHECK(not_checked(silent, "maxmemory-near-memory") == "CONFIG GET: NOPERM");
    Facts full = limited_to(95);
    full.server.config = silent.server.config;
    CHECK(found(full));
}

TEST_CASE("the room is that of the machine where nothing says less, and else not known", "[doctor]") {
    Facts away = with_info("maxmemory", "8000000000"); // of 8589934592
    away.host = {std::nullopt, "the server is on another machine"};
    CHECK(found_in(away) == k_near);
    CHECK(analysis::judge_limit_near_memory(away).found->evidence.back().first == "forks");
    CHECK(not_checked(with_info("total_system_memory", "0", away), "maxmemory-near-memory") ==
          "INFO has no total_system_memory");
    CHECK(not_checked(with_info("total_system_memory", "", away), "maxmemory-near-memory") ==
          "INFO has no total_system_memory");
}

TEST_CASE("writes that were refused for want of memory are found", "[doctor]") {
    const auto refused = [](const char* count) { return with_info("errorstat_OOM", count); };
    CHECK(found_in(refused("count=0")).empty());
    CHECK(found_in(refused("rubbish")).empty());
    CHECK(found_in(refused("count=12")) == "note writes-refused"); // at some time since the start
    CHECK(found_in(with_info("used_memory", "2100000000", refused("count=12"))) == "warning writes-refused");
    Facts now = refused("count=12");
    now.window.value->refused_writes = 3;
    CHECK(found_in(now) == "warning writes-refused");
    now.window = {std::nullopt, "not measured"};
    CHECK(found_in(now) == "note writes-refused");
    CHECK(found_in(with_info("uptime_in_seconds", "600", now)) == "warning writes-refused");
    const auto remedy = [&](const char* policy) {
        return analysis::judge_refused_writes(with_info("maxmemory_policy", policy, refused("count=1")))
            .found->remedy;
    };
    CHECK(remedy("noeviction") == "redis-cli CONFIG SET maxmemory-policy allkeys-lru");
    CHECK(remedy("volatile-lru").starts_with("redis-cli CONFIG SET maxmemory SIZE"));
    // Servers before 6.2 do not count them.
    CHECK(not_checked(with_info("total_error_replies", ""), "writes-refused") ==
          "INFO has no total_error_replies");
}

TEST_CASE("whether writes were refused is not known where errors are counted by kind no more", "[doctor]") {
    const Facts given_up = with_info("errorstat_ERRORSTATS_DISABLED", "count=1");
    CHECK(found_in(given_up).empty());
    CHECK(not_checked(given_up, "writes-refused").find("CONFIG RESETSTAT") != std::string::npos);
    Facts managed = given_up;
    managed.server.has_config = false;
    CHECK(not_checked(managed, "writes-refused").find("CONFIG") == std::string::npos);
    // Valkey sums up what scripts and modules invent, and counts its own kinds as before.
    CHECK(not_checked(with_info("errorstat_ERRORSTATS_OVERFLOW", "count=9"), "writes-refused").empty());
}

TEST_CASE("a remedy is no command that the server refuses to everybody", "[doctor]") {
    Facts managed = with_info("used_memory_rss", "4294967296", with_info("mem_fragmentation_ratio", "4.0"));
    managed = with_info("mem_allocator", "jemalloc-5.3.0", with_info("errorstat_OOM", "count=1", managed));
    managed = with_info("connected_clients", "9000", with_info("mem_clients_normal", "268435456", managed));
    managed = with_info("aof_enabled", "1", with_info("aof_last_write_status", "err", managed));
    managed = with_info("latest_fork_usec", "450000", with_info("maxmemory_policy", "noeviction", managed));
    managed.server.config = {std::nullopt, "CONFIG GET: ERR unknown command 'CONFIG'"};
    managed.server.open_to_all.value = true;
    managed.server.has_config = managed.server.has_users = false;
    Facts other = with_info("maxmemory", "0", managed);
    managed.server.server = "10.0.0.1:6379";
    other.server.server = "10.0.0.2:6379";
    managed.host.value->memory_bytes = std::uint64_t{1} << 31;
    const auto findings = analysis::diagnose(std::vector{managed, other}).findings;
    CHECK(findings.size() >= 10);
    std::size_t settings = 0;
    for (const analysis::Finding& finding : findings) {
        const std::string& remedy = finding.found.remedy;
        INFO(finding.id << ": " << remedy);
        for (const char* refused : {"CONFIG", "ACL SETUSER"})
            CHECK(remedy.find(refused) == std::string::npos);
        if (remedy.find("the setting ") == std::string::npos) continue;
        ++settings;
        CHECK(remedy.ends_with("; settings are made in redis.conf, or by a managed service's own console or "
                               "parameter group"));
    }
    CHECK(settings >= 6);
    // Refused to this user alone, it is the command that somebody else may run.
    managed.server.has_config = true;
    CHECK(analysis::diagnose(managed).findings.front().found.remedy.find("redis-cli CONFIG SET") !=
          std::string::npos);
}

TEST_CASE("scripts that are kept by the thousand are found", "[doctor]") {
    CHECK(found_in(with_info("number_of_cached_scripts", "1000")).empty());
    CHECK(found_in(with_info("number_of_cached_scripts", "1001")) == "warning cached-scripts");
    CHECK(not_checked(with_info("number_of_cached_scripts", ""), "cached-scripts") ==
          "INFO has no number_of_cached_scripts");
}

TEST_CASE("a server that never closes what a vanished client left is found", "[doctor]") {
    const auto kept = [](const char* probes, const char* timeout) {
        return with_setting("tcp-keepalive", probes, with_setting("timeout", timeout));
    };
    CHECK(found_in(kept("0", "0")) == "warning dead-connections");
    CHECK(found_in(kept("0", "300")).empty());
    CHECK(found_in(kept("60", "0")).empty());
    // Over a Unix socket nobody vanishes.
    CHECK_FALSE(analysis::judge_keepalive(with_setting("port", "0", kept("0", "0"))).found);
    CHECK(
        analysis::judge_keepalive(with_setting("tls-port", "6380", with_setting("port", "0", kept("0", "0"))))
            .found);
    Facts silent = sound_facts();
    silent.server.config.value->erase("timeout");
    CHECK(not_checked(silent, "dead-connections") == "CONFIG GET shows no timeout");
}

TEST_CASE("an append-only file that cannot be rewritten is found while there is one", "[doctor]") {
    const Facts failing = with_info("aof_last_bgrewrite_status", "err");
    CHECK(found_in(failing).empty());
    const Facts writing = with_info("aof_enabled", "1", failing);
    CHECK(found_in(writing) == "warning persistence-failing\nwarning persistence-on-cache");
    CHECK(analysis::judge_failing_persistence(writing).found->remedy.find("appendonly no") !=
          std::string::npos);
    CHECK(analysis::diagnose(writing).findings.front().title.find("rewritten") != std::string::npos);
    CHECK(found_in(with_info("aof_last_write_status", "err", writing)) ==
          "error persistence-failing\nwarning persistence-on-cache");
}

TEST_CASE("an append-only file that is written no more fails no more", "[doctor]") {
    CHECK(found_in(with_info("aof_last_write_status", "err")).empty());
    CHECK(found_in(with_info("aof_last_write_status", "err", with_info("aof_enabled", ""))) ==
          "error persistence-failing"); // as far as the server tells
}

TEST_CASE("against writes to the disk that fail, what fails is switched off", "[doctor]") {
    const auto remedy = [](const char* snapshot, const char* log, const char* rewrite = "ok") {
        Facts facts = with_info("aof_enabled", "1", with_setting("save", "3600 1"));
        facts = with_info("rdb_last_bgsave_status", snapshot, facts);
        facts = with_info("aof_last_bgrewrite_status", rewrite, facts);
        return analysis::judge_failing_persistence(with_info("aof_last_write_status", log, facts))
            .found.value()
            .remedy;
    };
    const std::string no_snapshots = "redis-cli CONFIG SET save ''", no_log = "CONFIG SET appendonly no";
    CHECK(remedy("err", "ok").ends_with(no_snapshots));
    CHECK(remedy("ok", "err").ends_with("no append-only file: redis-cli " + no_log));
    CHECK(remedy("ok", "ok", "err").ends_with("no append-only file: redis-cli " + no_log));
    CHECK(remedy("err", "err").ends_with(no_snapshots + " and " + no_log));
    CHECK(remedy("err", "ok", "err").ends_with(no_snapshots + " and " + no_log));
}

TEST_CASE("a certificate is found when it should have been renewed", "[doctor]") {
    constexpr std::int64_t k_day = 86'400;
    const auto valid = [](std::int64_t days, std::int64_t left_s) {
        Facts facts = sound_facts();
        facts.server.certificate = {facts.now_s + left_s - days * k_day, facts.now_s + left_s};
        return found_in(facts);
    };
    CHECK(valid(365, 14 * k_day).empty());
    CHECK(valid(365, 14 * k_day - 1) == "warning certificate-expires");
    CHECK(valid(3'650, 20 * k_day).empty());
    CHECK(valid(90, 10 * k_day).empty()); // a tenth of its time
    CHECK(valid(90, 8 * k_day) == "warning certificate-expires");
    CHECK(valid(1, k_day / 3).empty()); // of those that are renewed every day
    CHECK(valid(1, k_day / 20) == "warning certificate-expires");
    CHECK(valid(365, 0) == "error certificate-expires"); // accepted with --insecure
    CHECK(valid(365, -k_day) == "error certificate-expires");
    Facts plain = sound_facts();
    plain.tls = false;
    plain.same_host = true;
    plain.server.certificate.reset();
    CHECK(found_in(plain).empty());
    plain.tls = true;
    CHECK(not_checked(plain, "certificate-expires").find("no certificate") != std::string::npos);
}
