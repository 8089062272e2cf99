#include "src/analysis/rules.hpp"

#include "src/analysis/support_dates.hpp"
#include "src/core/clock.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>

namespace roacache::analysis {
namespace {

constexpr std::uint64_t k_least_backlog = 511; ///< the server's own tcp-backlog
constexpr std::int64_t k_most_notice_s = std::int64_t{14} * 86'400;

bool is_loopback(std::string_view address) {
    if (address.starts_with('-')) address.remove_prefix(1); // may be missing, says the server's configuration
    return address.starts_with("127.") || address == "::1" || address == "localhost";
}

/// Whether other machines can reach the server, by what it listens on.
std::optional<bool> listens_to_others(const Facts& facts) {
    const auto bind = facts.setting("bind"), port = facts.setting("port"),
               tls_port = facts.setting("tls-port");
    if (!bind) return std::nullopt;
    if (port == "0" && (!tls_port || tls_port == "0")) return false;
    if (bind->empty()) return true;
    std::string_view rest = *bind;
    while (!rest.empty()) {
        const std::string_view address = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(address.size() + 1, rest.size()));
        if (!address.empty() && !is_loopback(address)) return true;
    }
    return false;
}

/// What a cache can do without, as a remedy goes on.
std::string switching_off(bool snapshots, bool log) {
    if (snapshots && log)
        return "; a cache needs neither snapshots nor an append-only file: redis-cli CONFIG SET save '' and "
               "CONFIG SET appendonly no";
    return snapshots ? "; a cache needs no snapshots: redis-cli CONFIG SET save ''"
                     : "; a cache needs no append-only file: redis-cli CONFIG SET appendonly no";
}

Found of_host(const Facts& facts, const char* name, Evidence value) {
    Found found;
    found.evidence = {{name, std::move(value)},
                      {"server_is_here", core::Untrusted(facts.host.value->why_here)}};
    return found;
}

} // namespace

Outcome judge_persistence(const Facts& facts) {
    const auto writes = facts.writes_to_disk();
    if (!writes) return Outcome::unknown(facts.why_no_setting("save"));
    if (!*writes) return Outcome::sound();
    if (!facts.keys.value) return Outcome::unknown(facts.keys.why_not);
    if (facts.is_shared())
        return Outcome::unknown("there are keys beside the profile's, which may have to last");
    if (!facts.profile_fits())
        return Outcome::unknown("there are no keys that show whether it is a pure cache");
    Found found;
    if (const auto save = facts.setting("save")) found.evidence.emplace_back("save", core::Untrusted(*save));
    if (const auto log = facts.count("aof_enabled")) found.evidence.emplace_back("appendonly", *log == 1);
    found.evidence.emplace_back("keys_looked_at", facts.keys.value->looked_at);
    found.evidence.emplace_back("keys_of_the_profile", facts.keys.value->recognised);
    found.threshold = "neither snapshots nor an append-only file, which cost forks and memory";
    found.remedy = "redis-cli CONFIG SET save '' and CONFIG SET appendonly no";
    return found;
}

Outcome judge_failing_persistence(const Facts& facts) {
    const auto snapshot = facts.info("rdb_last_bgsave_status"), log = facts.info("aof_last_write_status");
    if (!snapshot && !log) return Outcome::unknown(facts.why_no_info("rdb_last_bgsave_status"));
    // Of what is written no more the last state stays as it is.
    const bool saves = facts.setting("save") != "", logs = facts.count("aof_enabled") != 0U;
    const bool snapshot_fails = saves && snapshot && *snapshot != "ok";
    const bool log_fails = logs && log && *log != "ok";
    const auto rewrite = facts.info("aof_last_bgrewrite_status");
    const bool rewrite_fails = facts.count("aof_enabled") == 1U && rewrite && *rewrite != "ok";
    if (!snapshot_fails && !log_fails && !rewrite_fails) return Outcome::sound();
    Found found;
    if (snapshot) found.evidence.emplace_back("rdb_last_bgsave_status", core::Untrusted(*snapshot));
    if (log && logs) found.evidence.emplace_back("aof_last_write_status", core::Untrusted(*log));
    if (rewrite_fails) found.evidence.emplace_back("aof_last_bgrewrite_status", core::Untrusted(*rewrite));
    const auto stops = facts.setting("stop-writes-on-bgsave-error");
    if (stops) found.evidence.emplace_back("stop_writes_on_bgsave_error", *stops == "yes");
    found.threshold = "ok";
    found.remedy = "give the disk room and the kernel memory to fork (vm.overcommit_memory=1)";
    const bool rewrite_alone = !snapshot_fails && !log_fails;
    if (!facts.is_shared()) found.remedy += switching_off(snapshot_fails, log_fails || rewrite_fails);
    if (rewrite_alone) {
        found.level = Level::warning;
        found.title = "The append-only file cannot be rewritten, and grows until the disk is full";
        if (const auto bytes = facts.count("aof_current_size"))
            found.evidence.emplace_back("aof_current_size_bytes", *bytes);
    } else if (stops == "no" && !log_fails) {
        found.level = Level::warning;
        found.title = "Snapshots fail";
    }
    return found;
}

/// Clients judge it by their own clocks, and so does this. What is renewed by a machine is renewed when a
/// third of its time is left: a tenth is late.
Outcome judge_certificate(const Facts& facts) {
    if (!facts.tls) return Outcome::sound();
    const auto& dates = facts.server.certificate;
    if (!dates) return Outcome::unknown("the server has shown no certificate whose dates can be read");
    const std::int64_t left = dates->until_s - facts.now_s;
    const std::int64_t least = std::min(k_most_notice_s, (dates->until_s - dates->from_s) / 10);
    if (left > 0 && left >= least) return Outcome::sound();
    Found found;
    const std::chrono::seconds since_1970(std::max<std::int64_t>(dates->until_s, 0));
    const std::chrono::system_clock::time_point until(since_1970);
    found.evidence = {{"valid_until", core::Untrusted(core::utc_timestamp(until))}};
    found.threshold = "two weeks left, or a tenth of its time where that is less";
    found.remedy =
        "renew it; redis-cli CONFIG SET tls-cert-file FILE, and tls-key-file FILE, loads it without "
        "a restart";
    if (left > 0) {
        found.evidence.emplace_back("left_s", static_cast<std::uint64_t>(left));
        return found;
    }
    found.level = Level::error;
    found.title = "The server's certificate has expired";
    return found;
}

/// What vanished without a word, such as a machine that lost its power, keeps its connection for ever.
Outcome judge_keepalive(const Facts& facts) {
    const auto probes = facts.setting("tcp-keepalive"), timeout = facts.setting("timeout");
    if (!probes) return Outcome::unknown(facts.why_no_setting("tcp-keepalive"));
    if (!timeout) return Outcome::unknown(facts.why_no_setting("timeout"));
    const bool by_socket_alone =
        facts.setting("port") == "0" && facts.setting("tls-port").value_or("0") == "0";
    if (*probes != "0" || *timeout != "0" || by_socket_alone) return Outcome::sound();
    Found found;
    found.evidence = {{"tcp_keepalive_s", std::uint64_t{0}}, {"timeout_s", std::uint64_t{0}}};
    if (const auto clients = facts.count("connected_clients"))
        found.evidence.emplace_back("clients", *clients);
    found.threshold = "connections whose client is gone are closed, by one of them";
    found.remedy = "redis-cli CONFIG SET tcp-keepalive 300, and in redis.conf";
    return found;
}

Outcome judge_tls(const Facts& facts) {
    if (facts.tls || facts.same_host) return Outcome::sound();
    Found found;
    found.evidence = {{"tls", false}, {"same_host", false}};
    found.threshold = "TLS, but for a Unix socket or a loopback address";
    found.remedy = "tls-port, tls-cert-file and tls-key-file on the server, and a rediss:// URL";
    return found;
}

Outcome judge_password(const Facts& facts) {
    std::optional<bool> open = facts.server.open_to_all.value;
    if (!open && !facts.with_password) open = true; // this very connection is the proof
    if (!open) return Outcome::unknown(facts.server.open_to_all.why_not);
    const auto others = listens_to_others(facts);
    const bool socket_only = others == false && facts.setting("port") == "0";
    if (!*open || socket_only) return Outcome::sound();
    Found found;
    found.evidence = {{"default_user_without_password", true}};
    const auto bind = facts.setting("bind"), guard = facts.setting("protected-mode");
    if (bind) found.evidence.emplace_back("bind", core::Untrusted(*bind));
    if (guard) found.evidence.emplace_back("protected_mode", *guard == "yes");
    found.threshold = "a password for the default user, or that user off";
    found.remedy = facts.server.has_users
                       ? "requirepass in redis.conf, or ACL SETUSER default off and a user for each service"
                       : "a password: requirepass in redis.conf, or by a managed service's own console";
    const bool exposed = others.value_or(!facts.same_host) && (!guard || *guard == "no");
    if (exposed) found.level = Level::error;
    if (facts.server.open_is_limited) {
        found.level = Level::note;
        found.title = "Anybody who reaches the server may run some commands";
    }
    return found;
}

Outcome judge_version(const Facts& facts) {
    const auto version = facts.version();
    if (!version) return Outcome::unknown(facts.why_no_info("redis_version"));
    const std::string kind = facts.kind().value_or(core::Untrusted()).bytes();
    if (kind != "redis" && kind != "valkey")
        return Outcome::unknown("no dates are known of this kind of server");
    const auto dates = support_of(kind, version->bytes());
    if (!dates || dates->until.empty() || facts.today <= dates->until) return Outcome::sound();
    Found found;
    found.evidence = {{"version", *version},
                      {"kind", core::Untrusted(kind)},
                      {"supported_until", core::Untrusted(std::string(dates->until))}};
    found.source = support_source(kind);
    found.threshold = "a series that its makers still fix";
    found.remedy = fmt::format("update to a series of {} that is supported: {}", kind, found.source);
    if (facts.today <= dates->packaged_until) {
        found.evidence.emplace_back("packaged_until", core::Untrusted(std::string(dates->packaged_until)));
        found.level = Level::note;
        found.title = fmt::format("Only distributions ({}) still fix this version", dates->packaged_by);
        found.remedy += ", or stay with the distribution's package and its updates";
    }
    return found;
}

/// With `madvise` only programs that ask for them get them, and the server does not.
Outcome judge_huge_pages(const Facts& facts) {
    if (!facts.host.value) return Outcome::unknown(facts.host.why_not);
    if (!facts.host.value->huge_pages) return Outcome::unknown("this machine does not tell it");
    if (*facts.host.value->huge_pages != "always") return Outcome::sound();
    if (facts.host.value->takes_huge_pages == false) return Outcome::sound();
    Found found = of_host(facts, "transparent_huge_pages", core::Untrusted(*facts.host.value->huge_pages));
    found.threshold = "madvise or never";
    found.remedy = "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled, then restart the server";
    return found;
}

/// What does not fork needs no memory for it.
Outcome judge_overcommit(const Facts& facts) {
    if (!facts.host.value) return Outcome::unknown(facts.host.why_not);
    if (!facts.host.value->overcommit) return Outcome::unknown("this machine does not tell it");
    if (*facts.host.value->overcommit == 1) return Outcome::sound();
    const auto forks = facts.forks();
    if (!forks) return Outcome::unknown(facts.why_no_setting("save"));
    if (!*forks) return Outcome::sound();
    Found found = of_host(facts, "overcommit_memory", *facts.host.value->overcommit);
    found.threshold = "1, where the server forks to save or to replicate";
    found.remedy = "sysctl vm.overcommit_memory=1, and the same in /etc/sysctl.d";
    return found;
}

Outcome judge_backlog(const Facts& facts) {
    if (!facts.host.value) return Outcome::unknown(facts.host.why_not);
    if (!facts.host.value->somaxconn) return Outcome::unknown("this machine does not tell it");
    if (*facts.host.value->somaxconn >= k_least_backlog) return Outcome::sound();
    Found found = of_host(facts, "somaxconn", *facts.host.value->somaxconn);
    found.threshold = fmt::format("at least {}, as the server's tcp-backlog", k_least_backlog);
    found.remedy = "sysctl net.core.somaxconn=1024";
    return found;
}

} // namespace roacache::analysis
