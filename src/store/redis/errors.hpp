#pragma once

#include "src/core/error.hpp"

#include <string>
#include <string_view>

namespace roacache::store::redis {

/// Turns a server's error reply into what the user is told: authentication, permission, read-only and all
/// other refusals are `refused`; what may pass by itself (loading, a busy script, a replica without its
/// master, too many clients) is `unreachable`. `peer` names the server.
///
/// The server's own words are quoted, printable and on one line. They may repeat what was sent: never call
/// this for a command that carries a secret; see auth_error().
core::Error server_error(const std::string& peer, std::string_view text);

/// The same for AUTH, of whose error only the kind is looked at.
core::Error auth_error(const std::string& peer, std::string_view text);

/// For an answer that is neither an error nor of the form that `command` is answered in.
core::Error not_understood(const std::string& peer, std::string_view command);

/// True for an error that would answer any command: not logged in, loading, too many clients …
bool turns_away(std::string_view text);

/// True when the server does not know the command, or does not let this user run it.
bool is_not_available(std::string_view text);

/// True when this user may run the command, but not with this key.
bool is_about_a_key(std::string_view text);

} // namespace roacache::store::redis
