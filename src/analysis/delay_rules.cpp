#include "src/analysis/rules.hpp"

#include "src/core/ascii.hpp"
#include "src/core/units.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <map>

namespace roacache::analysis {
namespace {

constexpr std::uint64_t k_most_fork_ms = 200;
constexpr std::uint64_t k_slow_us = 10'000;    ///< as long as the slow log's own default
constexpr std::uint64_t k_long_event_ms = 100; ///< as the latency monitor's documentation proposes
constexpr std::int64_t k_recent_s = 86'400;
constexpr double k_full_of_clients = 0.8;
constexpr double k_slow_keys_us = 1'000;

/// What a server may call a command or an event; anything else is somebody's mistake, and may be a secret.
std::string plain_name(const core::Untrusted& name) {
    constexpr std::size_t k_longest = 32;
    const std::string& bytes = name.bytes();
    const bool plain = !bytes.empty() && bytes.size() <= k_longest &&
                       std::all_of(bytes.begin(), bytes.end(), [](char letter) {
                           return core::is_alnum(letter) || letter == '.' || letter == '_' || letter == '-';
                       });
    return plain ? bytes : "?";
}

std::string command_name(const core::Untrusted& name) {
    std::string upper = plain_name(name);
    for (char& letter : upper)
        if (core::is_lower(letter)) letter = static_cast<char>(letter - ('a' - 'A'));
    return upper;
}

bool is_recent(const Facts& facts, std::int64_t when_s) {
    return when_s >= facts.server_now_s() - k_recent_s;
}

/// The number behind `name=` in a line of commandstats.
double figure_in(std::string_view text, std::string_view name) {
    const std::size_t at = text.find(name);
    double value = 0;
    if (at != std::string_view::npos)
        std::from_chars(text.data() + at + name.size(), text.data() + text.size(), value);
    return value;
}

/// A threshold above `least` hides what a rule looks for.
std::optional<std::uint64_t> threshold_above(const Facts& facts, std::string_view setting,
                                             std::uint64_t least) {
    const auto number = core::read_number(facts.setting(setting).value_or(""));
    if (!number || *number <= static_cast<double>(least)) return std::nullopt;
    return static_cast<std::uint64_t>(std::min(*number, 1e18));
}

/// The server records events only where it is told to, and only long ones.
Outcome why_no_events(const Facts& facts) {
    constexpr std::string_view k_threshold = "latency-monitor-threshold";
    const auto threshold = facts.setting(k_threshold);
    if (const auto above = threshold_above(facts, k_threshold, k_long_event_ms))
        return Outcome::unknown(
            fmt::format("only delays of {} ms and more are recorded ({})", *above, k_threshold));
    if (!facts.server.latency.value->empty()) return Outcome::sound(); // it is on
    if (!threshold) return Outcome::unknown(facts.why_no_setting(k_threshold));
    if (*threshold == "0")
        return Outcome::unknown("the latency monitor is off (latency-monitor-threshold 0)");
    return Outcome::sound();
}

std::string remedy_for(const std::string& command) {
    if (command == "KEYS") return "roacache keys walks in small steps instead of KEYS";
    if (command == "DEL") return "UNLINK, as roacache invalidate does, frees large values in the background";
    if (command == "FLUSHDB" || command == "FLUSHALL")
        return "FLUSHDB ASYNC frees the memory in the background";
    return "redis-cli SLOWLOG GET shows their arguments";
}

} // namespace

/// The server keeps the time of its latest fork, however long ago that was.
Outcome judge_fork(const Facts& facts) {
    const auto fork = facts.count("latest_fork_usec");
    if (!fork) return Outcome::unknown(facts.why_no_info("latest_fork_usec"));
    if (*fork <= 1'000 * k_most_fork_ms || facts.forks() == false) return Outcome::sound();
    Found found;
    found.evidence = {{"latest_fork_ms", static_cast<double>(*fork) / 1'000}};
    if (const auto used = facts.count("used_memory")) found.evidence.emplace_back("used_memory_bytes", *used);
    found.threshold = fmt::format("at most {} ms", k_most_fork_ms);
    found.remedy = "smaller servers, and no transparent huge pages";
    if (!facts.is_shared())
        found.remedy = "a cache needs no snapshots: redis-cli CONFIG SET save '' and appendonly no; else " +
                       found.remedy;
    return found;
}

Outcome judge_latency_events(const Facts& facts) {
    if (!facts.server.latency.value) return Outcome::unknown(facts.server.latency.why_not);
    std::string events;
    std::uint64_t longest = 0, count = 0;
    for (const store::LatencyEvent& event : *facts.server.latency.value) {
        // The moment is that of the latest one; the longest may be of long ago.
        if (event.latest_ms < k_long_event_ms || !is_recent(facts, event.when_s)) continue;
        ++count;
        longest = std::max(longest, event.longest_ms);
        events += fmt::format("{}{} {} ms (longest ever {} ms)", events.empty() ? "" : ", ",
                              plain_name(event.name), event.latest_ms, event.longest_ms);
    }
    if (count == 0) return why_no_events(facts);
    Found found;
    found.evidence = {{"events", core::Untrusted(events)}, {"longest_ms", longest}};
    found.threshold =
        fmt::format("the latest of each kind under {} ms, or more than a day ago", k_long_event_ms);
    found.remedy = "redis-cli LATENCY DOCTOR explains them; LATENCY RESET forgets them";
    return found;
}

Outcome judge_slow_commands(const Facts& facts) {
    if (!facts.server.slow_log.value) return Outcome::unknown(facts.server.slow_log.why_not);
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> slow; // calls, and the longest one
    for (const store::SlowCommand& command : *facts.server.slow_log.value) {
        if (command.microseconds < k_slow_us || !is_recent(facts, command.when_s)) continue;
        auto& [calls, longest] = slow[command_name(command.name)];
        ++calls;
        longest = std::max(longest, command.microseconds);
    }
    if (facts.server.slow_log.value->empty() &&
        facts.setting("slowlog-log-slower-than").value_or("").starts_with('-'))
        return Outcome::unknown("the slow log is off (slowlog-log-slower-than -1)");
    if (const auto above = threshold_above(facts, "slowlog-log-slower-than", k_slow_us);
        above && slow.empty())
        return Outcome::unknown(
            fmt::format("only commands of {} µs and more are recorded (slowlog-log-slower-than)", *above));
    if (slow.empty()) return Outcome::sound();
    std::string text, slowest;
    std::uint64_t calls = 0, longest = 0;
    for (const auto& [name, figures] : slow) {
        text += fmt::format("{}{} {} times, at most {:.3g} ms", text.empty() ? "" : "; ", name, figures.first,
                            static_cast<double>(figures.second) / 1'000);
        calls += figures.first;
        if (figures.second <= longest) continue;
        longest = figures.second;
        slowest = name;
    }
    Found found;
    found.evidence = {{"commands", core::Untrusted(text)},
                      {"calls", calls},
                      {"longest_ms", static_cast<double>(longest) / 1'000}};
    found.threshold = fmt::format("none of {} ms or more within the last day", k_slow_us / 1'000);
    found.remedy = remedy_for(slowest);
    return found;
}

Outcome judge_keys_command(const Facts& facts) {
    if (!facts.server.info.value) return Outcome::unknown(facts.server.info.why_not);
    const auto line = facts.info("cmdstat_keys");
    if (!line) return Outcome::sound();
    const double calls = figure_in(*line, "calls="), each = figure_in(*line, "usec_per_call=");
    if (calls < 1) return Outcome::sound();
    Found found;
    found.evidence = {{"calls", static_cast<std::uint64_t>(calls)}, {"mean_ms", each / 1'000}};
    found.threshold = "never, as far as the server counts";
    found.remedy = remedy_for("KEYS");
    if (each >= k_slow_keys_us) found.level = Level::warning;
    return found;
}

Outcome judge_blocked_clients(const Facts& facts) {
    const auto blocked = facts.count("blocked_clients");
    if (!blocked) return Outcome::unknown(facts.why_no_info("blocked_clients"));
    if (*blocked == 0) return Outcome::sound();
    Found found;
    found.evidence = {{"blocked_clients", *blocked}};
    if (const auto clients = facts.count("connected_clients"))
        found.evidence.emplace_back("clients", *clients);
    found.threshold = "none waits for a list, a stream or a replica (BLPOP, XREAD, WAIT)";
    found.remedy = "redis-cli CLIENT LIST shows which (flags b); give queues a server of their own";
    return found;
}

/// The server never forgets whom it turned away: what is long ago is a note.
Outcome judge_rejected_clients(const Facts& facts) {
    const auto rejected = facts.count("rejected_connections");
    const auto clients = facts.count("connected_clients"), most = facts.count("maxclients");
    if (!rejected) return Outcome::unknown(facts.why_no_info("rejected_connections"));
    const bool nearly_full = clients && most && *most > 0 &&
                             static_cast<double>(*clients) >= k_full_of_clients * static_cast<double>(*most);
    if (*rejected == 0 && !nearly_full) return Outcome::sound();
    Found found;
    found.evidence = {{"rejected_connections", *rejected}};
    if (clients) found.evidence.emplace_back("clients", *clients);
    if (most) found.evidence.emplace_back("maxclients", *most);
    if (facts.window.value)
        found.evidence.emplace_back("rejected_while_measured", facts.window.value->rejected);
    found.threshold =
        fmt::format("none, and under {:.0f} % of maxclients connected", 100 * k_full_of_clients);
    found.remedy = "redis-cli CONFIG SET maxclients N, larger; CLIENT LIST shows who keeps connections open";
    if (*rejected == 0) found.title = "Nearly as many clients are connected as the server allows";
    const auto uptime = facts.count("uptime_in_seconds");
    const bool recent = facts.window.value ? facts.window.value->rejected > 0
                                           : uptime && *uptime <= static_cast<std::uint64_t>(k_recent_s);
    if (!nearly_full && !recent) {
        found.level = Level::note;
        found.title = "Clients were turned away at some time";
    }
    return found;
}

} // namespace roacache::analysis
