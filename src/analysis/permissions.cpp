#include "src/analysis/permissions.hpp"

#include "src/analysis/version.hpp"
#include "src/core/ascii.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace roacache::analysis {
namespace {

using enum Need::Keys;

constexpr std::string_view k_user = "roacache";

constexpr std::array k_needs{
    Need{"ping", "INFO", "", none, "version, role and topology"},
    Need{"ping", "CLUSTER INFO", "", none, "the number of nodes", {}, {}, true},
    Need{"keys", "SCAN", "0 COUNT 1"},
    Need{"keys", "CLUSTER NODES", "", none, {}, "CLUSTER SLOTS", {}, true},
    Need{"keys --key", "EXISTS", "KEY", read},
    Need{"keys -l", "SCAN", "0 COUNT 1"},
    Need{"keys -l", "TYPE", "KEY", read, "types"},
    Need{"keys -l", "PTTL", "KEY", read, "times to live"},
    Need{"keys -l", "MEMORY USAGE", "KEY", read, "sizes"},
    Need{"keys -l --read-from replica",
         "READONLY",
         "",
         none,
         "replicas, which send to their primaries",
         {},
         {},
         true},
    Need{"inspect", "TYPE", "KEY", read},
    Need{"inspect", "GETRANGE", "KEY 0 0", read},
    Need{"inspect", "PTTL", "KEY", read, "the time to live"},
    Need{"inspect", "MEMORY USAGE", "KEY", read, "what it takes in memory"},
    Need{"inspect", "STRLEN", "KEY", read, "the value's size"},
    Need{"inspect", "LLEN", "KEY", read, "how long a list is"},
    Need{"inspect", "SCARD", "KEY", read, "how large a set is"},
    Need{"inspect", "ZCARD", "KEY", read, "how large a sorted set is"},
    Need{"inspect", "HLEN", "KEY", read, "how large a hash is"},
    Need{"inspect", "XLEN", "KEY", read, "how long a stream is", {}, "5.0"},
    Need{"inspect", "LRANGE", "KEY 0 0", read, "what is in a list"},
    Need{"inspect", "SSCAN", "KEY 0", read, "what is in a set"},
    Need{"inspect", "ZRANGE", "KEY 0 0", read, "what is in a sorted set"},
    Need{"inspect", "HSCAN", "KEY 0", read, "what is in a hash"},
    Need{"inspect", "XRANGE", "KEY - +", read, "what is in a stream", {}, "5.0"},
    Need{"inspect", "OBJECT ENCODING", "KEY", read, "the encoding"},
    Need{"inspect", "OBJECT IDLETIME", "KEY", read, "the idle time"},
    Need{"inspect", "OBJECT FREQ", "KEY", read, "the frequency of use", {}, "4.0"},
    Need{"inspect", "CLIENT NO-TOUCH", "ON", none, "looking without counting as use", {}, "7.2"},
    Need{"stats", "SCAN", "0 COUNT 1"},
    Need{"stats", "INFO", "", none, "hit rate, memory and clients"},
    Need{"stats", "DBSIZE", "", none, "the number of keys"},
    Need{"stats", "PTTL", "KEY", read, "times to live"},
    Need{"stats", "MEMORY USAGE", "KEY", read, "sizes"},
    Need{"invalidate", "SCAN", "0 COUNT 1"},
    Need{"invalidate", "UNLINK", "KEY", written, {}, "DEL"},
    Need{"invalidate", "WAIT", "0 1", none, "the replicas' word that keys are gone", {}, {}, true},
    Need{"invalidate", "ASKING", "", none, "keys of slots that are on their way", {}, {}, true},
    Need{"invalidate --soft", "SCAN", "0 COUNT 1"},
    Need{"invalidate --soft", "PEXPIRE", "KEY 1", written},
    Need{"invalidate --notify", "PUBLISH", "CHANNEL x", none, {}, {}, {}, false, false, true},
    Need{"plan", "SCAN", "0 COUNT 1"},
    Need{"plan", "INFO", "", none, "the proof of which store it is"},
    Need{"plan", "MEMORY USAGE", "KEY", read, "sizes"},
    Need{"apply", "INFO", ""},
    Need{"apply", "SCAN", "0 COUNT 1"},
    Need{"apply", "EXISTS", "KEY", read, "plans that name keys"},
    Need{"apply", "UNLINK", "KEY", written, {}, "DEL"},
    Need{"follow", "SCAN", "0 COUNT 1"},
    Need{"follow", "UNLINK", "KEY", written, {}, "DEL"},
    Need{"doctor", "INFO", "", none, "nearly every finding"},
    Need{"doctor", "SCAN", "0 COUNT 1", none, "what is found by looking at keys"},
    Need{"doctor", "PTTL", "KEY", read, "keys without a time to live"},
    Need{"doctor", "LATENCY LATEST", "", none, "latency-events"},
    Need{"doctor", "ACL WHOAMI", "", none, "the user's name"},
    Need{"doctor", "MULTI", "", none, "each command that the user may not run"},
    Need{"doctor", "CLUSTER INFO", "", none, "cluster-slots-uncovered", {}, {}, true},
    Need{"doctor",
         "CLUSTER NODES",
         "",
         none,
         "what of hosts, replicas, nodes and open slots it tells",
         {},
         {},
         true},
    Need{"doctor", "SLOWLOG GET", "1", none, "slow-commands", {}, {}, false, true},
    Need{"doctor",
         "CONFIG GET",
         "save",
         none,
         "persistence-on-cache and dead-connections",
         {},
         {},
         false,
         true},
};

bool applies(const Need& need, const NeedsOf& of) {
    if (need.of_clusters && !of.cluster) return false;
    if (need.of_channel && of.channel.empty()) return false;
    return need.since.empty() || is_at_least(of.version, need.since);
}

store::CommandWords question(std::string_view command, std::string_view arguments, const std::string& key,
                             const std::string& channel) {
    store::CommandWords words;
    for (std::string_view text : {command, arguments})
        while (!text.empty()) {
            const std::string_view word = text.substr(0, text.find(' '));
            text.remove_prefix(std::min(word.size() + 1, text.size()));
            words.emplace_back(word == "KEY" ? key : word == "CHANNEL" ? channel : std::string(word));
        }
    return words;
}

/// Those of one need: about each key, and of each first the command and then what does instead.
std::vector<store::CommandWords> questions_of(const Need& need, const NeedsOf& of) {
    static const std::vector<std::string> no_keys{""};
    std::vector<store::CommandWords> questions;
    for (const std::string& key : need.keys == none ? no_keys : of.sample_keys) {
        questions.push_back(question(need.words, need.arguments, key, of.channel));
        if (!need.instead.empty())
            questions.push_back(question(need.instead, need.arguments, key, of.channel));
    }
    return questions;
}

/// `+memory|usage`
std::string rule_for(std::string_view words) {
    std::string rule = "+" + core::to_lower(words);
    std::replace(rule.begin(), rule.end(), ' ', '|');
    return rule;
}

/// The commands that change entries, or say that they did; the rest only reads.
bool changes_entries(std::string_view command) {
    return std::any_of(k_needs.begin(), k_needs.end(), [&](const Need& need) {
        return need.command == command && (need.keys == written || need.of_channel);
    });
}

/// Matches the channel, and as one word of redis-cli's.
std::string channel_pattern(std::string channel) {
    std::replace_if(
        channel.begin(), channel.end(),
        [](char letter) {
            return letter <= ' ' || letter > '~' || letter == '"' || letter == '\'' || letter == '\\' ||
                   letter == '[';
        },
        '?');
    return channel;
}

bool in_minimal(const Need& need, const NeedsOf& of, bool changes) {
    return applies(need, of) && !need.shows_more && (changes || !changes_entries(need.command));
}

void add_once(std::vector<std::string>& list, std::string text) {
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
}

} // namespace

std::span<const Need> all_needs() {
    return k_needs;
}

std::vector<store::CommandWords> permission_questions(const NeedsOf& of) {
    std::vector<store::CommandWords> all;
    for (const Need& need : k_needs) {
        if (!applies(need, of)) continue;
        const auto questions = questions_of(need, of);
        all.insert(all.end(), questions.begin(), questions.end());
    }
    return all;
}

std::vector<Missing> missing_permissions(const NeedsOf& of, const store::Permissions& permissions) {
    std::vector<Missing> missing;
    std::size_t at = 0;
    for (const Need& need : k_needs) {
        if (!applies(need, of)) continue;
        const std::size_t ways = need.instead.empty() ? 1 : 2;
        const std::size_t end = std::min(at + questions_of(need, of).size(), permissions.why_not.size());
        std::string why;
        for (; at + ways <= end; at += ways) {
            const bool works = permissions.why_not[at].empty() || permissions.why_not[at + ways - 1].empty();
            if (!works && why.empty()) why = permissions.why_not[at];
        }
        if (!why.empty())
            missing.push_back({need.command, std::string(need.words), need.without, std::move(why)});
    }
    return missing;
}

std::vector<Missing> missing_capabilities(const store::Capabilities& capabilities) {
    using store::Capability;
    struct Row {
        std::string_view command;
        Capability capability;
        std::string_view without;
    };
    constexpr Row k_rows[] = {{"keys", Capability::list, ""},
                              {"keys -l", Capability::describe, "types, times to live or sizes"},
                              {"inspect", Capability::values, ""},
                              {"inspect", Capability::idle, "the idle time"},
                              {"stats", Capability::count, ""},
                              {"invalidate", Capability::erase_by_selection, ""},
                              {"invalidate --soft", Capability::expire, ""},
                              {"plan", Capability::count, ""},
                              {"apply", Capability::erase_by_selection, ""}};
    std::vector<Missing> missing;
    for (const Row& row : k_rows) {
        const auto lacks = capabilities.missing.find(row.capability);
        const auto part = capabilities.limited.find(row.capability);
        if (lacks != capabilities.missing.end())
            missing.push_back({row.command, "", row.without, lacks->second});
        else if (part != capabilities.limited.end())
            missing.push_back({row.command, "", "a part", part->second});
    }
    return missing;
}

bool has_acl(const NeedsOf& of) {
    return !version_numbers(of.version) || is_at_least(of.version, "6.0");
}

std::string minimal_acl(const NeedsOf& of, bool changes) {
    std::vector<std::string> rules;
    const bool by_kind = is_at_least(of.version, "7.0"); // earlier servers do not tell reading from writing
    for (std::string pattern : of.patterns) {
        std::replace(pattern.begin(), pattern.end(), ' ', '?'); // the server takes none with blanks
        add_once(rules, (by_kind && !changes ? "%R~" : "~") + pattern);
    }
    const bool has_channels = is_at_least(of.version, "6.2"); // earlier servers let everybody have all
    if (!of.channel.empty() && changes && has_channels) {
        if (!by_kind) rules.emplace_back("resetchannels"); // which is the default later
        rules.push_back("&" + channel_pattern(of.channel));
    }
    if (of.selects_database) rules.emplace_back("+select");
    for (const Need& need : k_needs)
        if (in_minimal(need, of, changes)) add_once(rules, rule_for(need.words));
    std::string line = fmt::format("ACL SETUSER {} reset on >PASSWORD", k_user);
    for (const std::string& rule : rules)
        line += " " + rule;
    return line;
}

std::vector<std::string_view> minimal_commands(const NeedsOf& of, bool changes) {
    std::vector<std::string_view> commands;
    for (const Need& need : k_needs)
        if (in_minimal(need, of, changes) &&
            std::find(commands.begin(), commands.end(), need.command) == commands.end())
            commands.push_back(need.command);
    return commands;
}

} // namespace roacache::analysis
