#include "src/store/redis/self_report.hpp"

#include "src/output/text.hpp"
#include "src/store/redis/errors.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace roacache::store::redis {
namespace {

/// Those that findings are made of. `requirepass` and the like are secrets, and are not asked for.
constexpr std::array<std::string_view, 15> k_settings{"activedefrag",
                                                      "maxmemory",
                                                      "maxmemory-policy",
                                                      "save",
                                                      "appendonly",
                                                      "bind",
                                                      "protected-mode",
                                                      "port",
                                                      "tls-port",
                                                      "maxclients",
                                                      "latency-monitor-threshold",
                                                      "slowlog-log-slower-than",
                                                      "stop-writes-on-bgsave-error",
                                                      "tcp-keepalive",
                                                      "timeout"};

/// Why a question was not answered as it should be.
std::string why_unanswered(std::string_view question, const Reply& reply) {
    if (reply.is_error()) {
        const std::string_view text = reply.text;
        return fmt::format(
            "{}: {}", question,
            output::printable(output::beginning(text.substr(0, text.find(", with args")), 200)));
    }
    if (reply.type == Reply::Type::nil) return fmt::format("{}: the server does not answer it", question);
    return fmt::format("{}: the answer is none", question);
}

/// Whether nobody may ask it, and not this user alone.
bool is_refused_to_all(const Reply& reply) {
    if (reply.is_error()) return is_not_available(reply.text) && !reply.text.starts_with("NOPERM");
    return reply.type == Reply::Type::nil;
}

template <typename Value>
Told<Value> unanswered(std::string_view question, const Reply& reply) {
    return {std::nullopt, why_unanswered(question, reply)};
}

Told<SelfReport::Fields> fields_told(const Reply& all, const Reply& commands) {
    if (!all.is_text()) return unanswered<SelfReport::Fields>("INFO", all);
    SelfReport::Fields fields = parse_info(all.text);
    if (fields.empty()) return {std::nullopt, "INFO: the answer is empty"};
    if (commands.is_text()) fields.merge(parse_info(commands.text));
    return {std::move(fields), {}};
}

/// Each of `replies` is of one setting.
Told<SelfReport::Fields> settings_told(const Reply* replies) {
    SelfReport::Fields settings;
    for (std::size_t i = 0; i < k_settings.size(); ++i) {
        const Reply& reply = replies[i];
        if (reply.elements.size() >= 2 && reply.elements[1].is_text())
            settings.emplace(k_settings[i], reply.elements[1].text);
    }
    if (!settings.empty()) return {std::move(settings), {}};
    if (replies[0].is_array()) return {std::nullopt, "CONFIG GET: the server shows no settings"};
    return unanswered<SelfReport::Fields>("CONFIG GET", replies[0]);
}

std::uint64_t count_of(const Reply& reply) {
    return reply.is_integer() && reply.integer > 0 ? static_cast<std::uint64_t>(reply.integer) : 0;
}

Told<std::vector<LatencyEvent>> latency_told(const Reply& reply) {
    if (!reply.is_array()) return unanswered<std::vector<LatencyEvent>>("LATENCY LATEST", reply);
    std::vector<LatencyEvent> events;
    for (const Reply& line : reply.elements)
        if (line.elements.size() >= 4 && line.elements[0].is_text())
            events.push_back({core::Untrusted(line.elements[0].text), line.elements[1].integer,
                              count_of(line.elements[2]), count_of(line.elements[3])});
    return {std::move(events), {}};
}

Told<std::vector<SlowCommand>> slow_log_told(const Reply& reply) {
    if (!reply.is_array()) return unanswered<std::vector<SlowCommand>>("SLOWLOG GET", reply);
    std::vector<SlowCommand> commands;
    for (const Reply& line : reply.elements) {
        if (line.elements.size() < 4 || line.elements[3].elements.empty()) continue;
        const Reply& name = line.elements[3].elements[0];
        commands.push_back(
            {core::Untrusted(name.text), line.elements[1].integer, count_of(line.elements[2])});
    }
    return {std::move(commands), {}};
}

Told<std::string> text_told(std::string_view question, const Reply& reply) {
    if (!reply.is_text()) return unanswered<std::string>(question, reply);
    return {reply.text, {}};
}

/// What stands behind a name in the answer to ACL GETUSER; null where it has none.
const Reply* behind(const Reply& user, std::string_view name) {
    for (std::size_t at = 0; at + 1 < user.elements.size(); at += 2)
        if (user.elements[at].text == name) return &user.elements[at + 1];
    return nullptr;
}

bool is_limited(const Reply& user) {
    const Reply* const commands = behind(user, "commands");
    return commands != nullptr && !commands->text.starts_with("+@all");
}

/// Of ACL GETUSER only flags and commands are looked at; it has hashes of passwords too.
Told<bool> open_to_all(const Reply& reply) {
    const Reply* const flags = behind(reply, "flags");
    if (flags == nullptr) return unanswered<bool>("ACL GETUSER", reply);
    const auto has = [&](std::string_view flag) {
        return std::any_of(flags->elements.begin(), flags->elements.end(),
                           [&](const Reply& one) { return one.text == flag; });
    };
    return {has("on") && has("nopass"), {}};
}

Server::Question words_of(const CommandWords& command) {
    return {command.begin(), command.end()};
}

/// Why the command cannot be run, by what came of it in a transaction, which is begun, and cannot be begun
/// within it. What is wrong with the moment or the key's place is no matter of permission.
std::string why_not_queued(const CommandWords& command, const Reply& reply) {
    if (command.front() == "MULTI") return {};
    if (!reply.is_error() || !(is_not_available(reply.text) || is_about_a_key(reply.text))) return {};
    return why_unanswered(command.front(), reply);
}

/// Nothing when the server does not know ACL DRYRUN, or does not let this user run it.
std::optional<Permissions> by_dry_run(Server& server, const std::string& user,
                                      const std::vector<CommandWords>& asked) {
    std::vector<Server::Question> questions;
    questions.reserve(asked.size());
    for (const CommandWords& command : asked) {
        Server::Question& question = questions.emplace_back(Server::Question{"ACL", "DRYRUN", user});
        question.insert(question.end(), command.begin(), command.end());
    }
    const std::vector<Reply> replies = server.ask_tolerated(questions);
    Permissions permissions{Permissions::Basis::dry_run, {}};
    for (std::size_t i = 0; i < asked.size(); ++i) {
        const Reply& reply = replies[i];
        // A command that the server does not have is an error too, but of its own.
        const bool of_command = reply.is_error() && reply.text.find("not found") != std::string::npos;
        if (!reply.is_text() && !of_command) return std::nullopt;
        permissions.why_not.push_back(
            reply.text == "OK" && !reply.is_error()
                ? ""
                : fmt::format("{}: {}", asked[i].front(), output::printable(reply.text)));
    }
    return permissions;
}

/// Queues the commands in a transaction and gives it up: the server checks each when it is queued.
Told<Permissions> by_transaction(Server& server, const std::vector<CommandWords>& asked) {
    const Reply begun = server.ask_if_tolerated({"MULTI"});
    if (begun.is_error() || !begun.is_text()) return unanswered<Permissions>("MULTI", begun);
    std::vector<Server::Question> questions;
    questions.reserve(asked.size() + 1);
    for (const CommandWords& command : asked)
        questions.push_back(words_of(command));
    questions.push_back({"DISCARD"});
    Connection& connection = server.connection();
    for (const Server::Question& question : questions)
        connection.append(question);
    connection.send();
    Permissions permissions{Permissions::Basis::transaction, {}};
    permissions.why_not.reserve(asked.size());
    for (const CommandWords& command : asked)
        permissions.why_not.push_back(why_not_queued(command, connection.receive()));
    if (connection.receive().is_error()) server.reopen(); // or all would be queued from now on
    return {std::move(permissions), {}};
}

Told<Permissions> permissions_told(Server& server, const Told<core::Untrusted>& user,
                                   const std::vector<CommandWords>& asked) {
    if (asked.empty()) return {std::nullopt, "nothing was asked about"};
    if (user.value)
        if (auto told = by_dry_run(server, user.value->bytes(), asked)) return {std::move(told), {}};
    try {
        return by_transaction(server, asked);
    } catch (const net::ConnectionLost&) {
        server.reopen();
        return {std::nullopt, "MULTI: the server ends the connection within a transaction"};
    }
}

} // namespace

SelfReport self_report(Server& server, const std::vector<CommandWords>& asked) {
    std::vector<Server::Question> questions{{"INFO"},
                                            {"INFO", "commandstats"},
                                            {"LATENCY", "LATEST"},
                                            {"SLOWLOG", "GET", "128"},
                                            {"CLUSTER", "INFO"},
                                            {"CLUSTER", "NODES"},
                                            {"ACL", "WHOAMI"},
                                            {"ACL", "GETUSER", "default"}};
    const std::size_t first_setting = questions.size();
    for (const std::string_view setting : k_settings)
        questions.push_back({"CONFIG", "GET", setting});
    const std::vector<Reply> replies = server.ask_tolerated(questions);
    SelfReport report;
    report.certificate = server.connection().certificate_dates();
    report.info = fields_told(replies[0], replies[1]);
    report.latency = latency_told(replies[2]);
    report.slow_log = slow_log_told(replies[3]);
    report.cluster_info = text_told("CLUSTER INFO", replies[4]);
    report.cluster_nodes = text_told("CLUSTER NODES", replies[5]);
    const Reply& user = replies[6];
    report.user = user.is_text() ? Told<core::Untrusted>{core::Untrusted(user.text), {}}
                                 : unanswered<core::Untrusted>("ACL WHOAMI", user);
    report.open_to_all = open_to_all(replies[7]);
    report.open_is_limited = is_limited(replies[7]);
    report.has_users = !is_refused_to_all(user);
    report.config = settings_told(&replies[first_setting]);
    const Reply& setting = replies[first_setting]; // a list, and none in it: it is there in name alone
    report.has_config = report.config.value || !(is_refused_to_all(setting) || setting.is_array());
    report.permissions = permissions_told(server, report.user, asked);
    return report;
}

} // namespace roacache::store::redis
