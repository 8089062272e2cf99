#include "src/store/redis/errors.hpp"

#include "src/output/text.hpp"

#include <fmt/format.h>

namespace roacache::store::redis {
namespace {

using core::Error;
using core::ExitCode;

struct Known {
    std::string_view begins; ///< of the server's text
    ExitCode code;
    std::string_view why; ///< empty: the server's own words
    std::string_view remedy;
};

constexpr std::string_view k_give_password =
    "Give the password in a file (--password-file), in REDISCLI_AUTH or REDIS_PASSWORD, or in the URL.";
constexpr std::string_view k_check_credentials =
    "Check the user in the URL and the password; redis-cli ACL WHOAMI tells who one is.";

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
     "Set a password on the server, or connect from its own machine."},
    {"LOADING", ExitCode::unreachable, "the server is loading its data",
     "Wait for it: roacache ping --wait 60s."},
    {"MASTERDOWN", ExitCode::unreachable, "the replica has lost its master and does not serve stale data",
     ""},
    {"BUSY", ExitCode::unreachable, "the server is busy with a script",
     "SCRIPT KILL or FUNCTION KILL ends it."},
    {"CLUSTERDOWN", ExitCode::unreachable, "", ""},
    {"TRYAGAIN", ExitCode::unreachable, "", ""},
    {"ERR max number of clients", ExitCode::unreachable, "the server has as many clients as it allows",
     "Raise maxclients on the server, or end idle clients."},
};

const Known* find(std::string_view text) {
    for (const Known& known : k_known)
        if (text.starts_with(known.begins)) return &known;
    return nullptr;
}

} // namespace

Error server_error(const std::string& peer, std::string_view text) {
    constexpr std::size_t k_longest = 300;
    const Known* known = find(text);
    if (known && !known->why.empty())
        return {known->code, fmt::format("refused: {}: {}", peer, known->why), std::string(known->remedy)};
    const std::string words = output::printable(output::beginning(text, k_longest));
    return {known ? known->code : ExitCode::refused, fmt::format("refused: {}: {}", peer, words),
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

Error not_understood(const std::string& peer, std::string_view command) {
    return {ExitCode::refused, fmt::format("cannot understand: {}: the answer to {} is none", peer, command),
            "Check that host and port are those of the cache."};
}

bool turns_away(std::string_view text) {
    return find(text) && !text.starts_with("NOPERM");
}

bool is_about_a_key(std::string_view text) {
    return text.starts_with("NOPERM") && text.find(" access ") != std::string_view::npos;
}

bool is_not_available(std::string_view text) {
    return text.starts_with("NOPERM") || text.starts_with("ERR unknown command") ||
           text.starts_with("ERR unknown subcommand") || text.starts_with("ERR Unknown subcommand") ||
           text.starts_with("ERR unsupported command") || text.starts_with("ERR wrong number of arguments") ||
           text.starts_with("ERR syntax error") || text.starts_with("ERR command not supported");
}

} // namespace roacache::store::redis
