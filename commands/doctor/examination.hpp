#pragma once

#include "commands/command.hpp"
#include "commands/doctor/options.hpp"
#include "src/analysis/permissions.hpp"
#include "src/analysis/rules.hpp"

#include <optional>
#include <string>
#include <vector>

namespace roacache::commands {

/// What this user may do, and needs to.
struct AclReport {
    std::optional<core::Untrusted> user; ///< absent where the server does not tell
    /// How it is known: `dry_run`, `transaction` or `probes`.
    const char* basis = "";
    std::vector<analysis::Missing> missing;
    /// Lines that make a user with the smallest rights; absent: the server has no such users.
    std::optional<std::string> minimal, read_only;
    std::string why_no_users; ///< where these are absent
    std::vector<std::string_view> minimal_for, read_only_for;
};

/// A server, or several that hold a cache together, examined.
struct Examination {
    std::string target;
    std::vector<std::string> servers; ///< printable; empty: there is one
    std::string version; ///< printable; of several all that there are; empty where the server does not tell
    std::optional<analysis::KeySample> keys;
    std::string untold; ///< why INFO or the keys, which most rules are about, are not known; empty: they are
    std::optional<analysis::Window> window;
    analysis::Diagnosis diagnosis;
    AclReport acl;
};

/// Looks at the store that the settings name, for as long as the options say. Changes nothing. Throws
/// core::Error: refused where the store is no server, interrupted.
Examination examine(const DoctorOptions& options, const Context& context);

} // namespace roacache::commands
