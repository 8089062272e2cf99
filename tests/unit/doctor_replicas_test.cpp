// Replicas, as they and their primary tell, and the Sentinels above them.

#include "src/store/redis/server_info.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/stated_facts.hpp"

using namespace roacache;
using namespace roacache::test;
using analysis::Facts;

namespace {

Facts replica_that(std::string_view name, std::string value) {
    Facts facts = with_info("role", "slave", with_info("master_link_status", "up"));
    facts = with_info("slave_read_only", "1", with_info("master_host", "10.0.0.1", facts));
    return with_info(name, std::move(value), facts);
}

std::string title_of(const Facts& facts) {
    const auto diagnosis = analysis::diagnose(facts);
    return diagnosis.findings.empty() ? "" : diagnosis.findings.front().title;
}

Facts watched_by(const std::vector<const char*>& answers) {
    Facts facts = with_info("connected_slaves", "1");
    facts.server.server = "10.0.0.1:6379";
    int port = 26'379;
    for (const char* answer : answers) {
        store::SentinelReport& report = facts.server.sentinels.emplace_back();
        report.sentinel = "10.0.0.9:" + std::to_string(port++);
        if (std::string_view(answer).starts_with("OK") || std::string_view(answer).starts_with("NOQUORUM"))
            report.quorum.value.emplace(answer);
        else
            report.quorum.why_not = answer;
    }
    return facts;
}

constexpr const char* k_agreed = "OK 3 usable Sentinels. Quorum and failover authorization can be reached";
constexpr const char* k_alone = "NOQUORUM 1 usable Sentinels. Not enough available Sentinels to reach the "
                                "majority and authorize a failover";

} // namespace

TEST_CASE("a replica without its primary is found", "[doctor]") {
    const Facts replica = with_info("role", "slave", with_info("master_host", "10.0.0.1"));
    CHECK(not_checked(replica, "replica-link-down") == "INFO has no master_link_status");
    CHECK(found_in(with_info("master_link_status", "up", replica)).empty());
    CHECK(found_in(with_info("master_link_status", "down", replica)) == "error replica-link-down");
}

TEST_CASE("a replica that is being filled has lost nothing", "[doctor]") {
    Facts filled = with_info("master_sync_in_progress", "1", replica_that("master_link_status", "down"));
    filled = with_info("master_sync_left_bytes", "1048576", filled);
    CHECK(found_in(filled) == "warning replica-link-down");
    CHECK(title_of(filled) == "The replica is being filled by its primary");
    CHECK(analysis::judge_replica_link(filled).found->evidence.back().first == "left_bytes");
    CHECK(found_in(with_info("master_sync_in_progress", "0", filled)) == "error replica-link-down");
}

TEST_CASE("an active replica of KeyDB that has lost any of its primaries is found", "[doctor]") {
    Facts active = with_info("role", "active-replica", replica_that("master_port", "6379"));
    active = with_info("master_global_link_status", "up", with_info("slave_read_only", "0", active));
    CHECK(found_in(active).empty());
    Facts lone = with_info("master_link_status", "down", active);
    CHECK(found_in(lone) == "error replica-link-down");
    CHECK(title_of(lone) == "The replica has lost its primary");
    Facts second = with_info("master_1_link_status", "up", with_info("master_1_host", "10.0.0.2", active));
    second = with_info("master_1_port", "6380", with_info("connected_masters", "2", second));
    CHECK(found_in(second).empty());
    second = with_info("master_1_link_down_since_seconds", "7200",
                       with_info("master_1_link_status", "down", second));
    CHECK(found_in(second) == "error replica-link-down");
    CHECK(title_of(second) == "The replica has lost one of its primaries");
    const auto evidence = analysis::judge_replica_link(second).found->evidence;
    CHECK(std::get<core::Untrusted>(evidence.at(1).second) == "10.0.0.2:6380");
    CHECK(std::get<std::uint64_t>(evidence.at(3).second) == 1);
    CHECK(std::get<std::uint64_t>(evidence.back().second) == 7'200);
    // One that is being filled hides no other that is lost.
    Facts both = with_info("master_sync_in_progress", "1", with_info("master_link_status", "down", second));
    CHECK(found_in(both) == "error replica-link-down");
    CHECK(found_in(with_info("master_1_link_status", "up", both)) == "warning replica-link-down");
}

TEST_CASE("primaries that older versions of KeyDB list under the same names are told apart", "[doctor]") {
    const std::string text =
        "role:active-replica\r\nMaster 0:\r\nmaster_host:10.0.0.1\r\nmaster_port:6379\r\n"
        "master_link_status:up\r\nMaster 1: \r\nmaster_host:10.0.0.2\r\n"
        "master_port:6380\r\nmaster_link_status:down\r\nconnected_slaves:2\r\n"
        "master_replid:abc\r\n";
    const store::redis::Fields fields = store::redis::parse_info(text);
    CHECK(fields.at("master_replid") == "abc");
    const auto links = store::redis::primary_links_in(fields);
    REQUIRE(links.size() == 2);
    CHECK(links[0].is_up());
    CHECK_FALSE(links[1].is_up());
    CHECK(links[1].primary == "10.0.0.2:6380");
    // Of several, what ping tells is the one that is away.
    const store::Info info = store::redis::read_info(fields, {});
    CHECK(info.role == "active-replica");
    CHECK(info.link == "down");
    CHECK(info.primary == "10.0.0.2:6380");
}

TEST_CASE("a replica that takes writes of its own is found, but in a cluster", "[doctor]") {
    CHECK(found_in(replica_that("slave_read_only", "1")).empty());
    CHECK(found_in(replica_that("slave_read_only", "0")) == "warning replica-writable");
    CHECK_FALSE(analysis::judge_writable_replica(
                    with_info("redis_mode", "cluster", replica_that("slave_read_only", "0")))
                    .found);
    CHECK(not_checked(replica_that("slave_read_only", ""), "replica-writable") ==
          "INFO has no slave_read_only");
    CHECK(not_checked(sound_facts(), "replica-writable").empty());
}

TEST_CASE("a replica that its primary does not hear is found", "[doctor]") {
    const auto primary_of = [](const std::string& state, const std::string& offset, const std::string& lag) {
        Facts facts = with_info("connected_slaves", "2", with_info("master_repl_offset", "5000"));
        facts = with_info("slave0", "ip=10.0.0.2,port=6379,state=online,offset=5000,lag=1", facts);
        return with_info("slave1",
                         "ip=10.0.0.3,port=6379,state=" + state + ",offset=" + offset + ",lag=" + lag, facts);
    };
    CHECK(found_in(primary_of("online", "5000", "0")).empty());
    CHECK(found_in(primary_of("online", "1000", "9")).empty()); // busy, and heard
    CHECK(found_in(primary_of("online", "1000", "10")) == "warning replica-behind");
    CHECK(found_in(primary_of("online", "5000", "-1")).empty());
    const auto found = analysis::judge_replica_lag(primary_of("online", "1000", "42")).found.value();
    CHECK(std::get<std::uint64_t>(found.evidence.at(0).second) == 2);
    CHECK(std::get<core::Untrusted>(found.evidence.at(2).second) == "10.0.0.3:6379");
    CHECK(std::get<std::uint64_t>(found.evidence.at(3).second) == 42);
    CHECK(std::get<std::uint64_t>(found.evidence.at(4).second) == 4'000);
    for (const char* state : {"wait_bgsave", "send_bulk", "send_bulk_and_stream"}) {
        CHECK(found_in(primary_of(state, "0", "0")) == "note replica-behind");
        CHECK(title_of(primary_of(state, "0", "0")) == "A replica is being filled");
    }
    CHECK(found_in(with_info("slave0", "rubbish")) ==
          "note replica-behind"); // not online, as far as it tells
}

TEST_CASE("Sentinels that could not agree on another primary are found, by their own word", "[doctor]") {
    CHECK(found_in(watched_by({})).empty()); // nobody watches
    CHECK(found_in(watched_by({k_agreed, k_agreed, k_agreed})).empty());
    CHECK(found_in(watched_by({k_agreed, "cannot connect", "cannot connect"})).empty());
    CHECK(found_in(watched_by({k_agreed, k_alone})) == "warning sentinel-quorum");
    const auto finding = analysis::diagnose(watched_by({"cannot connect", k_alone})).findings.front();
    REQUIRE(finding.places.size() == 1);
    CHECK(finding.places.front().server == "10.0.0.9:26380");
    CHECK(std::get<core::Untrusted>(finding.places.front().evidence.front().second) == k_alone);
    // Two agree, until one of them is away.
    const Facts two = watched_by({"OK 2 usable Sentinels. Quorum and failover authorization can be reached"});
    CHECK(found_in(two) == "note sentinel-quorum");
    CHECK(title_of(two).find("no majority") != std::string::npos);
    CHECK(not_checked(watched_by({"SENTINEL CKQUORUM: NOPERM"}), "sentinel-quorum") ==
          "SENTINEL CKQUORUM: NOPERM");
}
