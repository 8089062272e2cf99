// The server's memory limit, against what there is and against what is written.

#include "src/analysis/rules.hpp"

#include "src/analysis/policy.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace roacache::analysis {
namespace {

constexpr std::uint64_t k_mebibyte = std::uint64_t{1} << 20;

/// Shares of the memory that there is. What a fork shares is copied as it changes: a quarter is set aside for
/// it as a rule (AWS's reserved-memory-percent).
constexpr double k_most_of_memory = 0.9, k_most_with_forks = 0.75;
constexpr double k_nearly_full = 0.95;
constexpr std::uint64_t k_lately_s = 86'400;

/// What the machine has, or fewer that the process is allowed, as far as either is known; else 0.
std::uint64_t memory_there(const Facts& facts) {
    const auto told = facts.count("total_system_memory").value_or(0); // of the machine, whatever its share
    const auto seen = facts.host.value ? facts.host.value->memory_bytes.value_or(0) : 0;
    return told == 0 || seen == 0 ? std::max(told, seen) : std::min(told, seen);
}

Found limit_found(const Facts& facts, std::uint64_t limit, std::uint64_t memory) {
    Found found;
    found.evidence = {{"maxmemory_bytes", limit}, {"memory_bytes", memory}};
    if (facts.host.value && facts.host.value->memory_bytes == memory)
        found.evidence.emplace_back("server_is_here", core::Untrusted(facts.host.value->why_here));
    found.remedy = fmt::format("redis-cli CONFIG SET maxmemory {}mb, three quarters of it, and in redis.conf",
                               std::max<std::uint64_t>(memory / 4 * 3 / k_mebibyte, 1));
    return found;
}

} // namespace

Outcome judge_memory_limit(const Facts& facts) {
    const auto limit = facts.memory_limit();
    if (!limit) return Outcome::unknown(facts.why_no_info("maxmemory"));
    if (*limit > 0) return Outcome::sound();
    Found found;
    found.evidence = {{"maxmemory_bytes", *limit}};
    if (const auto used = facts.count("used_memory")) found.evidence.emplace_back("used_memory_bytes", *used);
    if (const auto machine = facts.count("total_system_memory"))
        found.evidence.emplace_back("system_memory_bytes", *machine);
    found.threshold = "maxmemory above 0";
    found.remedy =
        fmt::format("redis-cli CONFIG SET maxmemory SIZE, three quarters of what machine or container have "
                    "at most, and maxmemory-policy {}",
                    fitting_policy(facts));
    return found;
}

/// The kernel ends the server before it evicts anything.
Outcome judge_limit_on_machine(const Facts& facts) {
    const auto limit = facts.memory_limit();
    if (!limit) return Outcome::unknown(facts.why_no_info("maxmemory"));
    if (*limit == 0) return Outcome::sound();
    const std::uint64_t memory = memory_there(facts);
    if (memory == 0) return Outcome::unknown(facts.why_no_info("total_system_memory"));
    if (*limit <= memory) return Outcome::sound();
    Found found = limit_found(facts, *limit, memory);
    found.threshold = "at most what the machine has, or its control group allows";
    return found;
}

/// The limit is of the data alone: buffers, fragmentation and what changes while a fork writes come on top.
Outcome judge_limit_near_memory(const Facts& facts) {
    const auto limit = facts.memory_limit();
    if (!limit) return Outcome::unknown(facts.why_no_info("maxmemory"));
    if (*limit == 0) return Outcome::sound();
    const std::uint64_t memory = memory_there(facts);
    if (memory == 0) return Outcome::unknown(facts.why_no_info("total_system_memory"));
    const double share = static_cast<double>(*limit) / static_cast<double>(memory);
    if (share <= k_most_with_forks || share > 1) return Outcome::sound(); // more is another rule's
    const auto forks = facts.forks();
    if (share <= k_most_of_memory && forks != true)
        return forks ? Outcome::sound() : Outcome::unknown(facts.why_no_setting("save"));
    Found found = limit_found(facts, *limit, memory);
    found.evidence.emplace_back("limit_share", share);
    found.evidence.emplace_back("forks", forks == true);
    found.threshold =
        fmt::format("at most {:.0f} % of what the machine has, or its control group allows, and "
                    "{:.0f} % where the server forks to save or to replicate",
                    100 * k_most_of_memory, 100 * k_most_with_forks);
    found.remedy += "; or give machine or container more";
    return found;
}

/// Writes that were answered with `OOM command not allowed`. The server never forgets them: what is long ago
/// is a note.
Outcome judge_refused_writes(const Facts& facts) {
    const auto refused = facts.figure("errorstat_OOM", "count=");
    if (!refused && !facts.info("total_error_replies"))
        return Outcome::unknown(facts.why_no_info("total_error_replies"));
    // Redis gives up counting by kind after 128 kinds. Valkey goes on with its own kinds, of which this is
    // one.
    if (!refused && facts.info("errorstat_ERRORSTATS_DISABLED"))
        return Outcome::unknown(
            fmt::format("the server has stopped counting errors by kind, as there were too many kinds (INFO "
                        "errorstats){}",
                        facts.server.has_config ? ": redis-cli CONFIG RESETSTAT begins anew" : ""));
    if (refused.value_or(0) == 0) return Outcome::sound();
    const auto used = facts.count("used_memory"), limit = facts.memory_limit();
    const auto policy = policy_of(facts);
    Found found;
    found.evidence = {{"refused_writes", *refused}};
    if (facts.window.value)
        found.evidence.emplace_back("refused_while_measured", facts.window.value->refused_writes);
    if (used) found.evidence.emplace_back("used_memory_bytes", *used);
    if (limit) found.evidence.emplace_back("maxmemory_bytes", *limit);
    if (policy) found.evidence.emplace_back("maxmemory_policy", core::Untrusted(*policy));
    found.threshold = "none";
    found.remedy = policy == "noeviction"
                       ? fmt::format("redis-cli CONFIG SET maxmemory-policy {}", fitting_policy(facts))
                       : "redis-cli CONFIG SET maxmemory SIZE, larger; where there is room, keys that never "
                         "expire or clients' buffers take it (redis-cli MEMORY STATS)";
    const bool full = used && limit && *limit > 0 &&
                      static_cast<double>(*used) >= k_nearly_full * static_cast<double>(*limit);
    const auto uptime = facts.count("uptime_in_seconds");
    const bool lately =
        facts.window.value ? facts.window.value->refused_writes > 0 : uptime && *uptime <= k_lately_s;
    if (full || lately) return found;
    found.level = Level::note;
    found.title = "Writes were refused at some time, for the memory was full";
    return found;
}

} // namespace roacache::analysis
