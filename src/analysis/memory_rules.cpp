#include "src/analysis/rules.hpp"

#include "src/analysis/policy.hpp"
#include "src/analysis/version.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace roacache::analysis {
namespace {

constexpr std::uint64_t k_mib = std::uint64_t{1} << 20;

/// Below these sizes it is the program's own memory, and not that of keys, which the figures show.
constexpr std::uint64_t k_least_lost = 64 * k_mib;
constexpr double k_most_fragmentation = 1.5;
constexpr std::uint64_t k_most_swapped = 8 * k_mib;
constexpr std::uint64_t k_least_resident_loss = 100 * k_mib;
constexpr std::uint64_t k_least_buffers = 32 * k_mib;
constexpr std::uint64_t k_most_scripts = 1'000;

/// Shares of keys.
constexpr double k_some = 0.1, k_many = 0.5;

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// Whether the server may have been built with the jemalloc that comes with it, whose changes active
/// defragmentation needs (deps/README.md of Redis): a distribution's own is told by another version.
bool may_defragment(const Facts& facts) {
    struct Series {
        std::string_view since, allocator;
    };
    constexpr Series k_series[] = {{"7.2", "jemalloc-5.3.0"},
                                   {"7.0", "jemalloc-5.2.1"},
                                   {"5.0", "jemalloc-5.1.0"},
                                   {"4.0", "jemalloc-4.0.3"}};
    const std::string version = facts.info("redis_version").value_or("");
    for (const Series& series : k_series)
        if (is_at_least(version, series.since)) return facts.info("mem_allocator") == series.allocator;
    return false;
}

/// What makes the loss smaller at this very server, a command first where there is one.
std::string defragmenting(const Facts& facts) {
    std::string restart = "restart the server when it is quiet";
    const auto allocator = facts.info("mem_allocator");
    const bool gives_back = !allocator || allocator->starts_with("jemalloc");
    if (!gives_back) return restart + ": its allocator has no command that gives memory back";
    if (!is_at_least(facts.info("redis_version").value_or("4.0"), "4.0")) return restart;
    const std::string purge = "redis-cli MEMORY PURGE; where that is not enough, ";
    if (facts.setting("activedefrag") == "yes") return purge + "wait: activedefrag is on";
    return purge + (may_defragment(facts) ? "redis-cli CONFIG SET activedefrag yes" : restart);
}

Found policy_found(const Facts& facts, const std::string& policy, std::string title) {
    Found found;
    found.title = std::move(title);
    found.evidence = {{"maxmemory_policy", core::Untrusted(policy)}};
    if (facts.keys.value) {
        const KeySample& keys = *facts.keys.value;
        found.evidence.emplace_back("keys_looked_at", keys.looked_at);
        found.evidence.emplace_back("keys_of_the_profile", keys.recognised);
        if (keys.without_ttl) found.evidence.emplace_back("keys_without_ttl", *keys.without_ttl);
    }
    found.remedy = fmt::format("redis-cli CONFIG SET maxmemory-policy {}", fitting_policy(facts));
    return found;
}

Outcome judge_volatile(const Facts& facts, const std::string& policy) {
    if (!facts.keys.value) return Outcome::unknown(facts.keys.why_not);
    const KeySample& keys = *facts.keys.value;
    if (!keys.recognised_without_ttl)
        return Outcome::unknown("PTTL: the server does not tell this user the times to live");
    const bool of_the_cache = share(*keys.recognised_without_ttl, keys.recognised) >= k_some;
    // Of others' keys a user with rights to the cache's alone is not told.
    const bool of_all = keys.without_ttl && share(*keys.without_ttl, keys.looked_at) >= k_many;
    if (!of_the_cache && !of_all) return Outcome::sound();
    Found found = policy_found(facts, policy, "Keys that never expire are never evicted by this policy");
    found.threshold =
        fmt::format("under {:.0f} % of the profile's keys, and under {:.0f} % of all, without a "
                    "time to live",
                    100 * k_some, 100 * k_many);
    const bool fits = fitting_policy(facts) == policy;
    if (of_the_cache)
        found.remedy =
            fits ? "give every entry a time to live" : found.remedy + ", or give every entry a time to live";
    else
        found.remedy = "give the other keys a server of their own";
    return found;
}

Outcome judge_allkeys(const Facts& facts, const std::string& policy) {
    if (!facts.keys.value) return Outcome::unknown(facts.keys.why_not);
    const KeySample& keys = *facts.keys.value;
    const auto others = facts.other_databases();
    if (!keys.has_others() && others.empty()) return Outcome::sound();
    if (keys.recognised == 0 && others.empty())
        return Outcome::unknown(
            fmt::format("the profile {} recognises no key: name the right one with -p", facts.profile));
    Found found = policy_found(facts, policy, "Keys that are no cache entries are evicted like these");
    if (!others.empty())
        found.evidence.emplace_back("other_databases",
                                    core::Untrusted(fmt::format("{}", fmt::join(others, ", "))));
    found.threshold =
        fmt::format("under {:.0f} % of the keys beside the profile's, and no other database in use",
                    100 * KeySample::k_most_others);
    return found;
}

} // namespace

const char* fitting_policy(const Facts& facts) {
    const bool shared = facts.profile_fits() ? facts.is_shared() : !facts.other_databases().empty();
    return shared ? "volatile-lru" : "allkeys-lru";
}

std::optional<std::string> policy_of(const Facts& facts) {
    auto policy = facts.info("maxmemory_policy");
    return policy ? policy : facts.setting("maxmemory-policy");
}

/// Without a limit nothing is evicted; that is another rule's.
Outcome judge_policy(const Facts& facts) {
    const auto limit = facts.memory_limit();
    const auto policy = policy_of(facts);
    if (!limit) return Outcome::unknown(facts.why_no_info("maxmemory"));
    if (!policy) return Outcome::unknown(facts.why_no_info("maxmemory_policy"));
    if (*limit == 0) return Outcome::sound();
    if (policy->starts_with("volatile-")) return judge_volatile(facts, *policy);
    if (policy->starts_with("allkeys-")) return judge_allkeys(facts, *policy);
    if (*policy != "noeviction") return Outcome::unknown("the server has a policy of its own");
    Found found = policy_found(facts, *policy, "Writes are refused when the memory is full");
    found.threshold = "a policy that evicts";
    return found;
}

/// Of the entries that are written within one time to live, how many are evicted.
Outcome judge_evictions(const Facts& facts) {
    const auto evicted = facts.count("evicted_keys");
    const auto uptime = facts.count("uptime_in_seconds");
    if (!evicted) return Outcome::unknown(facts.why_no_info("evicted_keys"));
    if (!facts.window.value && !uptime) return Outcome::unknown(facts.why_no_info("uptime_in_seconds"));
    const std::uint64_t count = facts.window.value ? facts.window.value->evictions : *evicted;
    const double seconds = facts.window.value ? facts.window.value->seconds
                                              : static_cast<double>(std::max<std::uint64_t>(*uptime, 1));
    if (count == 0 || seconds <= 0) return Outcome::sound();
    if (!facts.keys.value) return Outcome::unknown(facts.keys.why_not);
    const double per_second = static_cast<double>(count) / seconds;
    const double within_ttl = per_second * static_cast<double>(facts.standard_ttl.count());
    // Of all databases, as evictions are counted.
    std::uint64_t on_server = 0;
    for (const auto& [database, count_there] : facts.databases())
        on_server += count_there;
    const auto keys = static_cast<double>(std::max(on_server, facts.keys.value->in_database));
    const double evicted_share = within_ttl / (within_ttl + keys);
    Found found;
    found.evidence = {{"evicted", count},
                      {"measured_s", seconds},
                      {"evicted_per_second", per_second},
                      {"evicted_share", evicted_share}};
    found.threshold =
        fmt::format("under {:.0f} % of the entries evicted within {} s, the time that the profile grants",
                    100 * k_some, facts.standard_ttl.count());
    found.remedy =
        "redis-cli CONFIG SET maxmemory SIZE, larger; roacache stats --by resource shows what takes room";
    if (evicted_share >= k_some) return found;
    found.level = Level::note;
    found.title = "Some entries are evicted";
    return found;
}

Outcome judge_fragmentation(const Facts& facts) {
    const auto ratio = facts.number("mem_fragmentation_ratio");
    const auto used = facts.count("used_memory"), resident = facts.count("used_memory_rss");
    if (!ratio) return Outcome::unknown(facts.why_no_info("mem_fragmentation_ratio"));
    if (!used || !resident)
        return Outcome::unknown(facts.why_no_info(used ? "used_memory_rss" : "used_memory"));
    // What scripts have taken is resident too, and not among the used memory.
    const std::uint64_t scripts =
        facts.count("used_memory_vm_total").value_or(facts.count("used_memory_lua").value_or(0));
    const std::uint64_t lost = *resident - std::min(*used + scripts, *resident);
    const bool much = static_cast<double>(*used + lost) > k_most_fragmentation * static_cast<double>(*used);
    if (*ratio <= k_most_fragmentation || !much || lost < k_least_lost) return Outcome::sound();
    Found found;
    found.evidence = {{"mem_fragmentation_ratio", *ratio},
                      {"lost_bytes", lost},
                      {"used_memory_bytes", *used},
                      {"used_memory_rss_bytes", *resident}};
    found.threshold = fmt::format("a ratio of at most {}, or less than {} MiB lost", k_most_fragmentation,
                                  k_least_lost / k_mib);
    if (const auto allocator = facts.info("mem_allocator"))
        found.evidence.emplace_back("mem_allocator", core::Untrusted(*allocator));
    found.remedy = defragmenting(facts);
    return found;
}

/// By the process itself where it runs on this machine, else by what is missing in memory, which those tell
/// that count their memory as Redis does: Dragonfly, Kvrocks and others do not.
Outcome judge_swap(const Facts& facts) {
    Found found;
    found.remedy =
        "give the machine more memory, or CONFIG SET maxmemory SIZE, smaller; and sysctl vm.swappiness=1";
    if (facts.host.value && facts.host.value->swapped_bytes) {
        const std::uint64_t swapped = *facts.host.value->swapped_bytes;
        if (swapped <= k_most_swapped) return Outcome::sound();
        found.evidence = {{"swapped_bytes", swapped},
                          {"server_is_here", core::Untrusted(facts.host.value->why_here)}};
        found.threshold = fmt::format("at most {} MiB swapped out", k_most_swapped / k_mib);
        return found;
    }
    const auto used = facts.count("used_memory"), resident = facts.count("used_memory_rss");
    if (!used || !resident)
        return Outcome::unknown(facts.why_no_info(used ? "used_memory_rss" : "used_memory"));
    const auto kind = facts.kind();
    if (kind && *kind != "redis" && *kind != "valkey" && *kind != "keydb")
        return Outcome::unknown(
            "this kind of server may count more memory than is resident without swapping");
    if (*resident >= *used || *used - *resident < k_least_resident_loss) return Outcome::sound();
    found.evidence = {{"used_memory_bytes", *used}, {"used_memory_rss_bytes", *resident}};
    found.threshold =
        fmt::format("less than {} MiB of the used memory not resident", k_least_resident_loss / k_mib);
    found.title = "Memory of the server is not resident: swapped out, as it seems";
    return found;
}

Outcome judge_client_buffers(const Facts& facts) {
    const auto buffers = facts.count("mem_clients_normal");
    const auto used = facts.count("used_memory");
    if (!buffers) return Outcome::unknown(facts.why_no_info("mem_clients_normal"));
    if (!used) return Outcome::unknown(facts.why_no_info("used_memory"));
    if (*buffers < k_least_buffers || share(*buffers, *used) < k_some) return Outcome::sound();
    Found found;
    found.evidence = {{"client_buffers_bytes", *buffers}, {"used_memory_bytes", *used}};
    if (const auto clients = facts.count("connected_clients"))
        found.evidence.emplace_back("clients", *clients);
    found.threshold = fmt::format("less than {} MiB, or {:.0f} % of the used memory", k_least_buffers / k_mib,
                                  100 * k_some);
    found.remedy =
        "redis-cli CLIENT LIST shows which (omem, qbuf); CONFIG SET client-output-buffer-limit limits them";
    return found;
}

/// As MEMORY DOCTOR finds them. A script that has its values in its text is another one for each value.
Outcome judge_cached_scripts(const Facts& facts) {
    const auto scripts = facts.count("number_of_cached_scripts");
    if (!scripts) return Outcome::unknown(facts.why_no_info("number_of_cached_scripts"));
    if (*scripts <= k_most_scripts) return Outcome::sound();
    Found found;
    found.evidence = {{"scripts", *scripts}};
    if (const auto bytes = facts.count("used_memory_scripts"))
        found.evidence.emplace_back("scripts_bytes", *bytes);
    if (const auto machines = facts.count("used_memory_vm_eval"))
        found.evidence.emplace_back("lua_bytes", *machines);
    found.threshold = fmt::format("at most {} scripts", k_most_scripts);
    found.remedy = "give scripts their values as KEYS and ARGV; redis-cli SCRIPT FLUSH forgets them all, "
                   "which clients that run EVALSHA have to expect";
    return found;
}

} // namespace roacache::analysis
