#include "src/analysis/support_dates.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/stated_facts.hpp"

#include <set>

using namespace roacache;
using namespace roacache::test;
using analysis::Facts;

TEST_CASE("a sound server has no findings, and every rule is checked", "[doctor]") {
    CHECK(found_in(sound_facts()).empty());
    for (const auto& one : analysis::diagnose(sound_facts()).not_checked) {
        INFO(one.id << ": " << one.why);
        CHECK(false);
    }
}

TEST_CASE("each rule has an id of its own, a title and a public source", "[doctor]") {
    std::set<std::string_view> ids;
    for (const analysis::Rule& rule : analysis::all_rules()) {
        INFO(rule.id);
        CHECK(ids.insert(rule.id).second);
        CHECK(rule.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos);
        CHECK_FALSE(rule.title.empty());
        CHECK(rule.source.starts_with("https://"));
    }
    CHECK(ids.size() >= 20);
}

TEST_CASE("what is not known is not checked, says why, and is never a finding", "[doctor]") {
    Facts facts;
    facts.same_host = facts.with_password = true;
    facts.profile = "roa2web";
    facts.goals = sound_facts().goals;
    facts.server.info.why_not = facts.server.config.why_not = facts.server.latency.why_not =
        facts.server.slow_log.why_not = facts.server.open_to_all.why_not = facts.keys.why_not =
            facts.window.why_not = facts.host.why_not = "it is refused";
    CHECK(found_in(facts).empty());
    const auto diagnosis = analysis::diagnose(facts);
    CHECK(diagnosis.not_checked.size() ==
          analysis::all_rules().size() - 3); // TLS is off and has no certificate, one server is as all
    for (const auto& one : diagnosis.not_checked) {
        INFO(one.id);
        CHECK(one.why == "it is refused");
    }
}

TEST_CASE("without any one field of INFO no rule finds anything that it did not before", "[doctor]") {
    const Facts sound = sound_facts();
    for (const auto& [name, value] : *sound.server.info.value) {
        for (const char* other : {"", "-1", "rubbish", "99999999999999999999999"}) {
            // Words that mean what they say, and a ratio that may be what it likes.
            if (*other != '\0' && (name == "role" || name == "rdb_last_bgsave_status" ||
                                   name == "aof_last_write_status" || name == "mem_fragmentation_ratio"))
                continue;
            INFO(name << "=" << other);
            CHECK(found_in(with_info(name, other)).empty());
        }
        Facts without = sound;
        without.server.info.value->erase(name);
        INFO(name);
        CHECK(found_in(without).empty());
    }
}

TEST_CASE("no memory limit is found, whatever the policy", "[doctor]") {
    CHECK(found_in(with_info("maxmemory", "0")) == "warning no-maxmemory");
    // A percentage of no limit is infinite: reported as such by others.
    CHECK(found_in(with_info("maxmemory", "0", with_info("maxmemory_policy", "noeviction"))) ==
          "warning no-maxmemory");
}

TEST_CASE("a limit above the memory that there is, by the machine or by what its server tells", "[doctor]") {
    Facts facts = with_info("total_system_memory", "1073741824"); // limited to twice as much
    CHECK(found_in(facts) == "warning maxmemory-above-memory");
    const auto found = analysis::judge_limit_on_machine(facts).found.value();
    CHECK(found.remedy.starts_with("redis-cli CONFIG SET maxmemory 768mb,"));
    CHECK(std::get<std::uint64_t>(found.evidence.at(1).second) == 1'073'741'824);
    Facts allowed = sound_facts();
    allowed.host.value->memory_bytes = 1 << 30;
    CHECK(found_in(allowed) == "warning maxmemory-above-memory");
    CHECK(analysis::judge_limit_on_machine(allowed).found->evidence.back().first == "server_is_here");
    allowed.host.value->memory_bytes = std::uint64_t{1} << 40;
    CHECK(found_in(allowed).empty());
    // Just so much is not above it.
    CHECK(found_in(with_info("total_system_memory", "2147483648")) == "warning maxmemory-near-memory");
    allowed.host.value->memory_bytes.reset();
    CHECK(not_checked(with_info("total_system_memory", "", allowed), "maxmemory-above-memory") ==
          "INFO has no total_system_memory");
}

TEST_CASE("the policy is held against the keys", "[doctor]") {
    const auto judged = [](const char* policy, analysis::KeySample keys) {
        Facts facts = with_info("maxmemory_policy", policy);
        facts.keys.value = std::move(keys);
        return analysis::judge_policy(facts);
    };
    const analysis::KeySample entries{100, 100, 100, 0, 0, {}},
        shared{100, 100, 60, 10, 0, {{"session:", 40}}}, immortal{100, 100, 100, 40, 40, {}},
        foreign{100, 100, 0, 0, 0, {{"session:", 100}}}, none{};
    CHECK(judged("noeviction", entries).found);
    CHECK(judged("noeviction", none).found);
    CHECK_FALSE(judged("allkeys-lfu", entries).found);
    CHECK_FALSE(judged("allkeys-lfu", none).found);
    CHECK_FALSE(judged("volatile-lru", entries).found);
    CHECK(judged("volatile-ttl", immortal).found);
    CHECK_FALSE(judged("volatile-lru", shared).found);
    const analysis::KeySample partly_told{100, 100, 60, std::nullopt, 0, {{"session:", 40}}};
    CHECK(judged("volatile-lru", partly_told).not_checked.empty());
    CHECK(judged("allkeys-lru", shared).found);
    CHECK(judged("allkeys-lru", shared).found->remedy.find("volatile-lru") != std::string::npos);
    CHECK(judged("noeviction", shared).found->remedy.find("volatile-lru") != std::string::npos);
    CHECK(judged("noeviction", entries).found->remedy.find("allkeys-lru") != std::string::npos);
    // A profile that fits nothing says nothing of the keys.
    CHECK_FALSE(judged("allkeys-lru", foreign).found);
    CHECK(judged("allkeys-lru", foreign).not_checked.find("-p") != std::string::npos);
    CHECK(judged("cache", entries).not_checked == "the server has a policy of its own");
}

TEST_CASE("fragmentation counts only where it takes memory that matters", "[doctor]") {
    const auto judged = [](const char* used, const char* resident, const char* ratio) {
        return found_in(
            with_info("used_memory", used,
                      with_info("used_memory_rss", resident, with_info("mem_fragmentation_ratio", ratio))));
    };
    // As found in the field: 7.80 of 1 MB, 12.13 of 0.9 MB.
    CHECK(judged("1070232", "8351744", "7.80").empty());
    CHECK(judged("881264", "10190848", "12.13").empty());
    CHECK(judged("1073741824", "1395864371", "1.30").empty());
    CHECK(judged("104857600", "314572800", "3.00") == "warning fragmentation");
    // redis#2994: 87 MiB of scripts' garbage beside 1 MB of data.
    Facts lua = with_info("used_memory", "1062544", with_info("used_memory_rss", "114487296"));
    lua = with_info("mem_fragmentation_ratio", "107.75", lua);
    CHECK(found_in(lua) == "warning fragmentation");
    CHECK(found_in(with_info("used_memory_lua", "91031552", lua)).empty());
    // redis#9256: a ratio of 2.4, of 2 MB.
    CHECK(judged("1541408", "3698688", "2.40").empty());
}

TEST_CASE("against fragmentation only what this server can do is proposed", "[doctor]") {
    const auto remedy = [](const char* version, const char* allocator, const char* active = "no") {
        Facts facts = with_info(
            "redis_version", version,
            with_info("used_memory_rss", "4294967296", with_info("mem_fragmentation_ratio", "4.0")));
        facts = with_setting("activedefrag", active, with_info("mem_allocator", allocator, facts));
        return analysis::judge_fragmentation(facts).found.value().remedy;
    };
    const auto has = [](const std::string& text, const char* part) {
        return text.find(part) != std::string::npos;
    };
    for (const auto& [version, allocator] : {std::pair{"4.0.14", "jemalloc-4.0.3"},
                                             {"6.2.14", "jemalloc-5.1.0"},
                                             {"7.0.15", "jemalloc-5.2.1"},
                                             {"8.0.0", "jemalloc-5.3.0"}}) {
        CHECK(remedy(version, allocator).starts_with("redis-cli MEMORY PURGE;"));
        CHECK(has(remedy(version, allocator), "redis-cli CONFIG SET activedefrag yes"));
        CHECK_FALSE(has(remedy(version, allocator, "yes"), "CONFIG SET"));
    }
    // Debian's, which uses the distribution's jemalloc.
    CHECK(remedy("7.0.15", "jemalloc-5.3.0").starts_with("redis-cli MEMORY PURGE;"));
    CHECK_FALSE(has(remedy("7.0.15", "jemalloc-5.3.0"), "activedefrag"));
    CHECK(remedy("7.2.4", "libc").starts_with("restart"));
    CHECK(remedy("3.2.12", "jemalloc-4.0.3").starts_with("restart"));
    CHECK(remedy("7.2.4", "").starts_with("redis-cli MEMORY PURGE;"));
}

TEST_CASE("swap is told by the process where it is here, else by what is not resident", "[doctor]") {
    Facts here = sound_facts();
    here.host.value->swapped_bytes = 100 << 20;
    CHECK(found_in(here) == "warning swap");
    here.host.value->swapped_bytes = 64 << 10;
    CHECK(found_in(here).empty());
    Facts away = with_info("used_memory_rss", "536870912");
    away.host = {std::nullopt, "the server is on another machine"};
    CHECK(found_in(away) == "warning swap");
    // A ratio below 1 of a few megabytes is no swapping.
    Facts small = with_info("used_memory", "8388608", with_info("used_memory_rss", "4194304"));
    small.host = {std::nullopt, "the server is on another machine"};
    CHECK(found_in(small).empty());
}

TEST_CASE("servers that count their memory in another way are not taken to be swapped out", "[doctor]") {
    Facts away = with_info("used_memory_rss", "536870912");
    away.host = {std::nullopt, "the server is on another machine"};
    for (const auto& [field, value] : {std::pair{"dragonfly_version", "df-v1.10.0"},
                                       {"kvrocks_version", "2.9.0"},
                                       {"garnet_version", "1.0.19"},
                                       {"server_name", "another"}}) {
        const Facts other = with_info(field, value, away);
        CHECK(found_in(other).empty());
        CHECK(not_checked(other, "swap").find("kind of server") != std::string::npos);
    }
    for (const auto& [field, value] : {std::pair{"valkey_version", "8.0.1"}, {"mvcc_depth", "0"}})
        CHECK(found_in(with_info(field, value, away)) == "warning swap");
    // What the kernel says of the process counts for all.
    Facts here = with_info("dragonfly_version", "df-v1.10.0");
    here.host.value->swapped_bytes = 100 << 20;
    CHECK(found_in(here) == "warning swap");
}

TEST_CASE("what INFO has as no figure is not said to be missing in it", "[doctor]") {
    CHECK(not_checked(with_info("rejected_connections", "-1"), "rejected-clients") ==
          "INFO has rejected_connections as -1");
    CHECK(not_checked(with_info("rejected_connections", ""), "rejected-clients") ==
          "INFO has no rejected_connections");
    CHECK(not_checked(with_info("blocked_clients", "\x1b[31m"), "blocked-clients") ==
          "what INFO has as blocked_clients is no figure");
}

TEST_CASE("the hit rate is judged by what was measured alone", "[doctor]") {
    const auto judged = [](std::uint64_t hits, std::uint64_t misses, std::uint64_t metadata) {
        Facts facts =
            with_info("keyspace_misses", "1000000"); // since the start it is bad whatever is measured
        facts.window.value = analysis::Window{10, hits, misses, 0, 0, metadata};
        return facts;
    };
    CHECK(found_in(judged(950, 50, 0)).empty());
    CHECK(found_in(judged(500, 500, 0)) == "warning hit-rate-under-goal");
    CHECK(not_checked(judged(9, 1, 0), "hit-rate-under-goal").find("too few") != std::string::npos);
    // Lookups of times to live may have been all the misses that there were.
    CHECK(found_in(judged(900, 200, 200)).empty());
    CHECK(found_in(judged(500, 700, 200)) == "warning hit-rate-under-goal");
    Facts unmeasured = sound_facts();
    unmeasured.window = {std::nullopt, "--for DUR measures it"};
    CHECK(not_checked(unmeasured, "hit-rate-under-goal") == "--for DUR measures it");
    Facts aimless = judged(500, 500, 0);
    aimless.goals.clear();
    CHECK(not_checked(aimless, "hit-rate-under-goal").find("no goal") != std::string::npos);
}

TEST_CASE("evictions weigh by how many entries they take before their time", "[doctor]") {
    Facts facts = sound_facts();
    facts.window.value->evictions = 1'000; // in 10 s: 30,000 in five minutes, of 1,000 keys
    CHECK(found_in(facts) == "warning evictions");
    facts.keys.value->in_database = 100'000'000;
    CHECK(found_in(facts) == "note evictions");
    facts.window = {std::nullopt, "not measured"};
    CHECK(found_in(facts).empty());
    (*facts.server.info.value)["evicted_keys"] = "1000"; // in ten days
    CHECK(found_in(facts) == "note evictions");
}

TEST_CASE("keys of others are found, and a profile that recognises nothing is named", "[doctor]") {
    Facts facts = with_info("maxmemory_policy", "volatile-lru");
    facts.keys.value = analysis::KeySample{1'000, 1'000, 900, 0, 0, {{"session:", 99}, {"celery", 1}}};
    CHECK(found_in(facts) == "warning shared-with-other-applications");
    const auto finding = analysis::diagnose(facts).findings.front();
    CHECK(std::get<core::Untrusted>(finding.found.evidence.back().second) == "session: 99, celery 1");
    facts.keys.value = analysis::KeySample{1'000, 1'000, 0, 0, 0, {{"session:", 1'000}}};
    CHECK(analysis::diagnose(facts).findings.front().found.remedy.find("-p") != std::string::npos);
    facts.keys.value = analysis::KeySample{1'000, 1'000, 999, 0, 0, {{"lock:", 1}}};
    CHECK(found_in(facts).empty());
    CHECK(found_in(with_info("db3", "keys=1,expires=0,avg_ttl=0", facts)) ==
          "warning shared-with-other-applications");
}

TEST_CASE("delays count when they are long and of the last day", "[doctor]") {
    const auto slow = [](const char* name, std::int64_t ago_s, std::uint64_t microseconds) {
        Facts facts = sound_facts();
        facts.server.slow_log.value->push_back({core::Untrusted(name), 1'795'000'000 - ago_s, microseconds});
        return facts;
    };
    CHECK(found_in(slow("KEYS", 60, 35'000)) == "warning slow-commands");
    CHECK(found_in(slow("KEYS", 60, 900)).empty()); // slowlog-log-slower-than 0 logs everything
    CHECK(found_in(slow("KEYS", 200'000, 35'000)).empty());
    const auto text = [](const Facts& facts) {
        return std::get<core::Untrusted>(analysis::diagnose(facts).findings.at(0).found.evidence.at(0).second)
            .bytes();
    };
    CHECK(text(slow("del", 60, 120'000)) == "DEL 1 times, at most 120 ms");
    CHECK(text(slow("hunter2!", 60, 120'000)) == "? 1 times, at most 120 ms"); // somebody's password, maybe
    Facts latency = sound_facts();
    latency.server.latency.value->push_back({core::Untrusted("fork"), 1'795'000'000 - 60, 150, 400});
    CHECK(found_in(latency) == "warning latency-events");
    latency.server.latency.value->back().when_s -= 200'000;
    CHECK(found_in(latency).empty());
    CHECK(not_checked(with_setting("latency-monitor-threshold", "0"), "latency-events").find("off") !=
          std::string::npos);
    CHECK(found_in(with_info("cmdstat_keys", "calls=3,usec=60000,usec_per_call=20000.00")) ==
          "warning keys-command");
    CHECK(found_in(with_info("cmdstat_keys", "calls=3,usec=60,usec_per_call=20.00")) == "note keys-command");
}

TEST_CASE("a fork that took long counts as long as the server forks", "[doctor]") {
    const Facts slow = with_info("latest_fork_usec", "450000");
    CHECK(found_in(slow).empty()); // of before snapshots were switched off
    CHECK(found_in(with_info("connected_slaves", "1", slow)) == "warning fork-time");
    CHECK(found_in(with_setting("save", "3600 1", slow)) ==
          "warning fork-time\nwarning persistence-on-cache");
    Facts silent = slow;
    silent.server.config = {std::nullopt, "CONFIG GET: NOPERM"};
    CHECK(found_in(silent) == "warning fork-time");
}

TEST_CASE("clients that wait, were turned away or take much memory", "[doctor]") {
    CHECK(found_in(with_info("blocked_clients", "2")) == "warning blocked-clients");
    CHECK(found_in(with_info("mem_clients_normal", "268435456")) == "warning client-buffers");
    // The count never goes back: what was long ago is a note.
    Facts rejected = with_info("rejected_connections", "5");
    CHECK(found_in(rejected) == "note rejected-clients");
    rejected.window.value->rejected = 1;
    CHECK(found_in(rejected) == "warning rejected-clients");
    rejected.window = {std::nullopt, "not measured"};
    CHECK(found_in(with_info("uptime_in_seconds", "600", rejected)) == "warning rejected-clients");
    CHECK(found_in(with_info("connected_clients", "9000")) == "warning rejected-clients");
}

TEST_CASE("what is written to the disk matters of a pure cache", "[doctor]") {
    CHECK(found_in(with_setting("save", "3600 1")) == "warning persistence-on-cache");
    CHECK(found_in(with_info("aof_enabled", "1")) == "warning persistence-on-cache");
    Facts shared = with_info("maxmemory_policy", "volatile-lru", with_setting("save", "3600 1"));
    shared.keys.value = analysis::KeySample{100, 100, 50, 0, 0, {{"session:", 50}}};
    CHECK(found_in(shared) == "warning shared-with-other-applications");
    CHECK(not_checked(shared, "persistence-on-cache").find("have to last") != std::string::npos);
    const Facts failing = with_info("rdb_last_bgsave_status", "err", with_setting("save", "3600 1"));
    CHECK(found_in(failing) == "error persistence-failing\nwarning persistence-on-cache");
    CHECK(found_in(with_setting("stop-writes-on-bgsave-error", "no", failing)) ==
          "warning persistence-failing\nwarning persistence-on-cache");
    // The last snapshot's state stays when none is made any more.
    CHECK(found_in(with_info("rdb_last_bgsave_status", "err")).empty());
    // Where CONFIG is refused, only the append-only file is known.
    Facts managed = sound_facts();
    managed.server.config = {std::nullopt, "CONFIG: ERR unknown command"};
    CHECK(found_in(managed).empty());
    CHECK(not_checked(managed, "persistence-on-cache") == "CONFIG: ERR unknown command");
}

TEST_CASE("TLS and passwords, by where the server can be reached from", "[doctor]") {
    Facts facts = sound_facts();
    facts.tls = false;
    CHECK(found_in(facts) == "warning tls-off");
    facts.same_host = true;
    CHECK(found_in(facts).empty());
    facts.server.open_to_all.value = true;
    CHECK(found_in(facts) == "warning default-user-without-password");
    CHECK(found_in(with_setting("protected-mode", "no", facts)) == "error default-user-without-password");
    CHECK(found_in(with_setting("protected-mode", "no", with_setting("bind", "127.0.0.1 -::1", facts))) ==
          "warning default-user-without-password");
    CHECK(found_in(with_setting("port", "0", facts)).empty()); // a Unix socket alone
    // Whoever got in without a password has proven it.
    facts.server.open_to_all = {std::nullopt, "ACL: NOPERM"};
    CHECK(not_checked(facts, "default-user-without-password") == "ACL: NOPERM");
    facts.with_password = false;
    CHECK(found_in(facts) == "warning default-user-without-password");
}

TEST_CASE("versions by the dates of their makers and of distributions", "[doctor]") {
    const auto judged = [](const char* version, const char* today) {
        Facts facts = with_info("redis_version", version);
        facts.today = today;
        return found_in(facts);
    };
    CHECK(judged("5.0.14", "2026-01-01") == "warning unsupported-version");
    CHECK(judged("3.2.5", "2026-01-01") == "warning unsupported-version");
    CHECK(judged("7.0.15", "2024-01-01").empty());
    CHECK(judged("7.0.15", "2026-01-01") == "note unsupported-version"); // Debian 12 mends it
    CHECK(judged("7.0.15", "2031-01-01") == "warning unsupported-version");
    CHECK(judged("7.2.13", "2026-01-01").empty());
    CHECK(judged("99.1.0", "2026-01-01").empty());
    Facts valkey = with_info("valkey_version", "8.0.1"); // beside the version of Redis that it imitates
    CHECK(found_in(valkey).empty());
    valkey.today = "2028-01-01";
    CHECK(found_in(valkey) == "warning unsupported-version");
    CHECK(analysis::diagnose(valkey).findings.front().source.find("valkey.io") != std::string_view::npos);
    for (const auto& [field, value] : {std::pair{"dragonfly_version", "df-v1.2"},
                                       {"kvrocks_version", "2.9.0"},
                                       {"garnet_version", "1.0.19"},
                                       {"mvcc_depth", "0"},
                                       {"server_name", "redict"}})
        CHECK(not_checked(with_info(field, value), "unsupported-version").find("no dates") !=
              std::string::npos);
    CHECK(analysis::support_of("redis", "rubbish") == std::nullopt);
}

TEST_CASE("settings of the machine that the server runs on", "[doctor]") {
    Facts facts = sound_facts();
    facts.host.value->huge_pages = "always";
    CHECK(found_in(facts) == "warning transparent-huge-pages");
    facts.host.value->huge_pages = "never";
    facts.host.value->overcommit = 0;
    CHECK(found_in(facts).empty()); // what does not save and has no replicas does not fork
    CHECK(found_in(with_info("connected_slaves", "1", facts)) == "warning overcommit-memory");
    facts.host.value->overcommit = 1;
    facts.host.value->somaxconn = 128;
    CHECK(found_in(facts) == "note somaxconn");
    facts.host = {std::nullopt, "another machine"};
    CHECK(not_checked(facts, "transparent-huge-pages") == "another machine");
}
