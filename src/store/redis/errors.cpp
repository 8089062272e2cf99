#include "src/store/redis/errors.hpp"

#include "src/core/ascii.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace roacache::store::redis {
namespace {

using core::Error;
using core::ExitCode;

struct Known {
    std::string_view begins; ///< of the server's text
    ExitCode code;
    std::string_view why; ///< empty: the server's own text
    std::string_view remedy;
    std::string_view holds = {}; ///< anywhere in the text
};

constexpr std::string_view k_give_password =
    "Give the password in a file (--password-file), in REDISCLI_AUTH or REDIS_PASSWORD, or in the URL.";
constexpr std::string_view k_check_credentials =
    "Check the user in the URL and the password; redis-cli ACL WHOAMI tells who one is.";

constexpr std::string_view k_ask_cluster = "roacache ping lists the nodes of a cluster.";
constexpr std::string_view k_one_node =
    "this is one node of a cluster that does not tell so, and holds only its part of the keys";
constexpr std::string_view k_one_database =
    "Leave the database out of the URL: a cluster has only database 0.";

constexpr std::string_view k_other_database =
    "Name a database that the server has at the end of the URL, such as /0; CONFIG GET databases tells how "
    "many there are.";

constexpr Known k_known[] = {
    {"NOAUTH", ExitCode::refused, "the server asks for a password", k_give_password},
    {"WRONGPASS", ExitCode::refused, "wrong user name or password, or the user is disabled",
     k_check_credentials},
    {"ERR invalid password", ExitCode::refused, "wrong password", k_check_credentials},
    {"ERR Client sent AUTH, but no password is set", ExitCode::refused,
     "a password was given, but the server has none", "Leave the password out."},
    {"ERR AUTH <password> called without any password", ExitCode::refused,
     "a password was given, but the server has none", "Leave the password out, or name a user in the URL."},
    {"NOPERM", ExitCode::refused, "", "Ask for the permission, or name another user in the URL."},
    {"READONLY", ExitCode::refused, "the server is a read-only replica", "Name its master in the URL."},
    {"DENIED", ExitCode::refused,
     "the server is in protected mode and has no password, so it accepts only local clients",
     "Set a password on the server, or connect from its own machine.", "protected mode"},
    {"LOADING", ExitCode::unreachable, "the server is loading its data",
     "Wait for it: roacache ping --wait 60s."},
    {"MASTERDOWN", ExitCode::unreachable, "the replica has lost its master and does not serve stale data",
     "Name its master in the URL, or wait until the link is up again: roacache ping --wait 60s."},
    {"BUSY", ExitCode::unreachable, "the server is busy with a script",
     "SCRIPT KILL or FUNCTION KILL ends it."},
    {"MOVED ", ExitCode::refused, k_one_node, k_ask_cluster},
    {"ASK ", ExitCode::refused, k_one_node, k_ask_cluster},
    {"CROSSSLOT", ExitCode::refused, k_one_node, k_ask_cluster},
    {"CLUSTERDOWN", ExitCode::unreachable, "the cluster is down: not every slot has a primary",
     k_ask_cluster},
    {"ERR SELECT is not allowed in cluster mode", ExitCode::refused, "a cluster has only database 0",
     k_one_database},
    {"ERR DB index is out of range", ExitCode::refused, "", k_other_database},
    {"ERR invalid DB index", ExitCode::refused, "", k_other_database},
    {"TRYAGAIN", ExitCode::unreachable, "", ""},
    {"NOREPLICAS", ExitCode::unreachable, "fewer replicas are linked to the server than it wants for changes",
     "Bring its replicas back, or lower min-replicas-to-write on the server."},
    {"MISCONF", ExitCode::refused, "",
     "Give the disk room, or the folder its permissions: roacache doctor tells which of its files fails."},
    {"ERR max number of clients", ExitCode::unreachable, "the server has as many clients as it allows",
     "Raise maxclients on the server, or end idle clients."},
};

const Known* find(std::string_view text) {
    for (const Known& known : k_known)
        if (text.starts_with(known.begins) && text.find(known.holds) != std::string_view::npos) return &known;
    return nullptr;
}

} // namespace

Error server_error(const std::string& peer, std::string_view text) {
    constexpr std::size_t k_longest = 300;
    const Known* known = find(text);
    if (known && !known->why.empty())
        return {known->code, fmt::format("refused: {}: {}", peer, known->why), std::string(known->remedy)};
    const std::string quoted = output::printable(output::beginning(text, k_longest));
    return {known ? known->code : ExitCode::refused, fmt::format("refused: {}: {}", peer, quoted),
            known ? std::string(known->remedy) : ""};
}

Error auth_error(const std::string& peer, std::string_view text) {
    const Known* known = find(text);
    if (known && !known->why.empty()) return server_error(peer, text);
    if (is_not_available(text))
        return {ExitCode::refused, fmt::format("refused: {}: the server knows no AUTH of this form", peer),
                "Servers before Redis 6 know no user names: leave the user out of the URL."};
    return {ExitCode::refused, fmt::format("refused: {}: the server does not accept the credentials", peer),
            std::string(k_check_credentials)};
}

Error one_node_of_cluster(const std::string& peer) {
    return {ExitCode::refused, fmt::format("refused: {}: {}", peer, k_one_node), std::string(k_ask_cluster)};
}

Error cluster_database(const std::string& peer) {
    return {ExitCode::refused, fmt::format("refused: {}: a cluster has only database 0", peer),
            std::string(k_one_database)};
}

Error is_sentinel(const std::string& peer) {
    return {ExitCode::refused,
            fmt::format("refused: {}: this is a Sentinel, which watches over caches and holds no keys", peer),
            "Name the cache itself: redis-cli SENTINEL GET-MASTER-ADDR-BY-NAME SERVICE, asked of this port, "
            "tells its "
            "address."};
}

Error not_understood(const std::string& peer, std::string_view command) {
    return {ExitCode::refused, fmt::format("cannot understand: {}: the answer to {} is none", peer, command),
            command == "SCAN"
                ? "Check that host and port are those of the cache; of a proxy that joins several "
                  "servers, name these."
                : "Check that host and port are those of the cache."};
}

Error scan_without_end(const std::string& peer, std::string_view command) {
    return {ExitCode::refused,
            fmt::format("cannot understand: {}: {} does not come to an end", peer, command),
            "Check that it is one Redis or Valkey: a proxy may mix up the cursors of several servers."};
}

Error several_answer_scan(const std::string& peer) {
    return {ExitCode::refused, fmt::format("cannot walk: {}: several servers answer SCAN by turns", peer),
            "Name the servers behind the proxy in the URL."};
}

Error without_scan(const std::string& peer, std::string_view text) {
    const Error refused = server_error(peer, text);
    return {refused.code(), refused.what(),
            "Without SCAN keys cannot be looked for; those that are named (-k, --keys-from) can be removed."};
}

Error ended_connection(const std::string& peer, std::string_view command) {
    return {ExitCode::refused,
            fmt::format("refused: {}: ended the connection at {}: is it a proxy without this command?", peer,
                        command),
            "Name the cache behind it in the URL."};
}

Error beyond_output_limit(const std::string& peer) {
    return {ExitCode::refused,
            fmt::format("refused: {}: the server ended the connection rather than send a part of the value: "
                        "is it beyond its client-output-buffer-limit?",
                        peer),
            "Raise client-output-buffer-limit normal on the server, or have less shown (--max-bytes)."};
}

bool turns_away(std::string_view text) {
    return find(text) && !text.starts_with("NOPERM");
}

bool is_redirect(std::string_view text) {
    return text.starts_with("MOVED ") || text.starts_with("ASK ") || text.starts_with("TRYAGAIN");
}

bool answers_changes_only(std::string_view text) {
    return text.starts_with("READONLY") || text.starts_with("NOREPLICAS") || text.starts_with("MISCONF");
}

bool is_about_a_key(std::string_view text) {
    return text.starts_with("NOPERM") && text.find(" access ") != std::string_view::npos;
}

bool is_not_available(std::string_view text) {
    constexpr std::string_view k_phrases[] = {
        "noperm",          "unknown command", "unknown subcommand", "unsupported",
        "not supported",   "not allowed",     "not permitted",      "not available",
        "not implemented", "disabled",        "syntax error",       "wrong number of arguments"};
    const std::string lower = core::to_lower(text);
    return std::any_of(std::begin(k_phrases), std::end(k_phrases),
                       [&](std::string_view phrase) { return lower.find(phrase) != std::string::npos; });
}

} // namespace roacache::store::redis
