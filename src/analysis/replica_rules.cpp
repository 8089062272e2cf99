// Replicas, by their own word and by their primary's, and the Sentinels that would put one in its place.

#include "src/analysis/rules.hpp"

#include "src/store/redis/server_info.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace roacache::analysis {
namespace {

using store::redis::PrimaryLink;

constexpr std::uint64_t k_most_silence_s = 10; ///< a replica is to be heard every second
constexpr std::uint64_t k_least_sentinels = 3;

/// `3` of `OK 3 usable Sentinels. …`
std::uint64_t usable_sentinels(std::string_view answer) {
    constexpr std::string_view k_ok = "OK ";
    std::uint64_t count = 0;
    if (answer.starts_with(k_ok))
        std::from_chars(answer.data() + k_ok.size(), answer.data() + answer.size(), count);
    return count;
}

} // namespace

/// One that its primary has not filled yet has lost nothing.
Outcome judge_replica_link(const Facts& facts) {
    const auto role = facts.info("role");
    if (!role) return Outcome::unknown(facts.why_no_info("role"));
    if (!store::redis::is_replica(*facts.server.info.value)) return Outcome::sound();
    std::vector<PrimaryLink> links = store::redis::primary_links_in(*facts.server.info.value);
    if (links.empty()) return Outcome::unknown(facts.why_no_info("master_link_status"));
    const std::size_t primaries = links.size();
    std::erase_if(links, [](const PrimaryLink& link) { return link.is_up(); });
    if (links.empty()) return Outcome::sound();
    // Those that are lost first.
    std::stable_partition(links.begin(), links.end(), [](const PrimaryLink& link) { return !link.filling; });
    const PrimaryLink& link = links.front();
    Found found;
    found.evidence = {{"master_link_status", link.status}};
    if (link.primary) found.evidence.emplace_back("primary", *link.primary);
    if (primaries > 1) {
        found.evidence.emplace_back("primaries", primaries);
        found.evidence.emplace_back("primaries_away", links.size());
    }
    if (link.down_for_s) found.evidence.emplace_back("down_for_s", *link.down_for_s);
    found.threshold = "up";
    found.remedy = "look at the primary, the network and masterauth; what the replica holds grows old";
    if (primaries > 1) found.title = "The replica has lost one of its primaries";
    if (!link.filling) return found;
    found.level = Level::warning;
    found.title = "The replica is being filled by its primary";
    if (link.left_bytes) found.evidence.emplace_back("left_bytes", *link.left_bytes);
    found.remedy = "wait before it is read from, or another server is restarted; where it begins again and "
                   "again: redis-cli CONFIG SET repl-backlog-size SIZE and client-output-buffer-limit "
                   "'replica SIZE SIZE 60', larger, at the primary";
    return found;
}

/// Of each replica its primary says when it was heard last.
Outcome judge_replica_lag(const Facts& facts) {
    const auto role = facts.info("role");
    if (!role) return Outcome::unknown(facts.why_no_info("role"));
    if (*role != "master") return Outcome::sound();
    const auto history = facts.count("master_repl_offset");
    const std::vector<store::redis::Replica> replicas = store::redis::replicas_in(*facts.server.info.value);
    std::string named;
    std::uint64_t silent = 0, filled = 0, longest = 0, behind = 0;
    for (const store::redis::Replica& replica : replicas) {
        const std::uint64_t heard_ago = replica.heard_ago_s.value_or(0);
        const bool is_silent = replica.online && heard_ago >= k_most_silence_s;
        if (replica.online && !is_silent) continue;
        (is_silent ? silent : filled) += 1;
        named += (named.empty() ? "" : ", ") + replica.address.text();
        longest = std::max(longest, heard_ago);
        if (history) behind = std::max(behind, *history - std::min(*history, replica.offset));
    }
    if (silent + filled == 0) return Outcome::sound();
    Found found;
    found.evidence = {{"replicas", replicas.size()},
                      {"behind", silent + filled},
                      {"addresses", core::Untrusted(named)},
                      {"heard_ago_s", longest}};
    if (history) found.evidence.emplace_back("behind_bytes", behind);
    found.threshold = fmt::format("each replica online, and heard within the last {} s", k_most_silence_s);
    found.remedy = "redis-cli -h HOST -p PORT INFO replication, at the replica; look at its load and the "
                   "network: what it answers is old";
    if (silent > 0) return found;
    found.level = Level::note;
    found.title = "A replica is being filled";
    return found;
}

/// A cluster's replicas take no writes whatever the setting.
Outcome judge_writable_replica(const Facts& facts) {
    const auto role = facts.info("role");
    if (!role) return Outcome::unknown(facts.why_no_info("role"));
    if (*role != "slave" || facts.is_cluster()) return Outcome::sound();
    const auto read_only = facts.info("slave_read_only");
    if (!read_only) return Outcome::unknown(facts.why_no_info("slave_read_only"));
    if (*read_only != "0") return Outcome::sound();
    Found found;
    found.evidence = {{"slave_read_only", false}};
    found.threshold = "a replica that takes writes from its primary alone";
    found.remedy = "redis-cli CONFIG SET replica-read-only yes, and in redis.conf";
    return found;
}

/// What Sentinels say themselves of whether they could put a replica in the primary's place.
Outcome judge_sentinels(std::span<const Facts> servers) {
    const store::SelfReport& report = servers.front().server;
    if (report.sentinels.empty())
        return report.info.value ? Outcome::sound() : Outcome::unknown(report.info.why_not);
    Found unable, few;
    std::string why_not;
    std::uint64_t told = 0, most = 0;
    for (const store::SentinelReport& sentinel : report.sentinels) {
        if (!sentinel.quorum.value) {
            why_not = sentinel.quorum.why_not;
            continue;
        }
        ++told;
        const std::string& answer = sentinel.quorum.value->bytes();
        const std::uint64_t usable = usable_sentinels(answer);
        most = std::max(most, usable);
        Found& found = usable == 0 ? unable : few;
        found.places.push_back({sentinel.sentinel, {{"says", *sentinel.quorum.value}}});
    }
    if (told == 0) return Outcome::unknown(why_not);
    const bool too_few = most < k_least_sentinels;
    if (unable.places.empty() && !too_few) return Outcome::sound();
    Found& found = unable.places.empty() ? few : unable;
    found.evidence = {{"sentinels_asked", report.sentinels.size()}, {"sentinels_that_answer", told}};
    found.threshold = fmt::format("enough Sentinels that reach each other to agree that the primary is away "
                                  "(quorum) and to elect who acts (majority), and {} at least",
                                  k_least_sentinels);
    found.remedy = "start the Sentinels that are away; where some are gone for good: redis-cli -p 26379 "
                   "SENTINEL RESET SERVICE, at one Sentinel after another";
    if (unable.places.empty()) {
        found.level = Level::note;
        found.title = "When one Sentinel is away the others are no majority";
        found.remedy = "a third Sentinel, on a host of its own";
    }
    return found;
}

} // namespace roacache::analysis
