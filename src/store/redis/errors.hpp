#pragma once

#include "src/core/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace roacache::store::redis {

/// Turns a server's error reply into what the user is shown: authentication, permission, read-only and all
/// other refusals are `refused`; what may pass by itself (loading, a busy script, a replica without its
/// master, too many clients) is `unreachable`. `peer` names the server.
///
/// The server's own text is quoted, printable and on one line. It may repeat what was sent: never call this
/// for a command that carries a secret; see auth_error().
core::Error server_error(const std::string& peer, std::string_view text);

/// The same for AUTH, of whose error only the kind is looked at.
core::Error auth_error(const std::string& peer, std::string_view text);

/// For one node of a cluster where a single server was spoken to.
core::Error one_node_of_cluster(const std::string& peer);

/// For another database than 0 of a cluster.
core::Error cluster_database(const std::string& peer);

/// For a Sentinel in place of a cache.
core::Error is_sentinel(const std::string& peer);

/// For an answer that is neither an error nor of the form that `command` is answered in.
core::Error not_understood(const std::string& peer, std::string_view command);

/// For SCAN, or a command alike, that gives cursors without end.
core::Error scan_without_end(const std::string& peer, std::string_view command);

/// For a proxy that has several servers answer SCAN by turns.
core::Error several_answer_scan(const std::string& peer);

/// For a server that has no SCAN; `text` is its answer.
core::Error without_scan(const std::string& peer, std::string_view text);

/// For a connection that is ended whenever `command` comes, and otherwise lives on.
core::Error ended_connection(const std::string& peer, std::string_view command);

/// For a connection that is ended where a part of a value would be sent that cannot be made smaller.
core::Error beyond_output_limit(const std::string& peer);

/// True for an error that would answer any command: not logged in, loading, too many clients …
bool turns_away(std::string_view text);

/// True when a node of a cluster sends a key elsewhere, or says that it is on its way.
bool is_redirect(std::string_view text);

/// True for such an error where it answers only commands that change something.
bool answers_changes_only(std::string_view text);

/// True when the server, or a proxy before it, says in any form that it does not have the command, or does
/// not let this user run it in this form.
bool is_not_available(std::string_view text);

/// True when this user may run the command, but not with this key.
bool is_about_a_key(std::string_view text);

} // namespace roacache::store::redis
