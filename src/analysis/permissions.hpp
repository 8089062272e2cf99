#pragma once

#include "src/store/capabilities.hpp"
#include "src/store/self_report.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::analysis {

/// A command of the server that one of roacache's runs.
struct Need {
    enum class Keys : std::uint8_t { none, read, written };
    std::string_view command;      ///< of roacache, such as `keys -l`
    std::string_view words;        ///< `MEMORY USAGE`
    std::string_view arguments;    ///< of a question; `KEY` stands for a key of the profile, `CHANNEL` for it
    Keys keys = Keys::none;        ///< what is done with that
    std::string_view without = {}; ///< what is n/a without it; empty: roacache's command fails
    std::string_view instead = {}; ///< does as well
    std::string_view since = {};   ///< the server's version that has it first
    bool of_clusters = false;      ///< only asked of a cluster's node
    /// Not given to a user without need: it shows what is none of his keys, such as secrets.
    bool shows_more = false;
    bool of_channel = false; ///< only where services are told over a channel
};

/// To add one: a line in permissions.cpp.
std::span<const Need> all_needs();

/// The server and the profile that the needs are about.
struct NeedsOf {
    std::string version;
    bool cluster = false;
    bool selects_database = false;
    std::vector<std::string> sample_keys; ///< one of each form that the profile's keys have
    std::vector<std::string> patterns;    ///< globs that match these and no other forms
    std::string channel;                  ///< over which services are told; empty: they are not
};

/// The commands that have to be asked about, for missing_permissions().
std::vector<store::CommandWords> permission_questions(const NeedsOf& of);

struct Missing {
    std::string_view command; ///< of roacache
    std::string server_command;
    std::string_view without; ///< what is n/a; empty: the command fails
    std::string why;          ///< printable
};

/// Of the answers to permission_questions(): what does not work. Each need once.
std::vector<Missing> missing_permissions(const NeedsOf& of, const store::Permissions& permissions);

/// The same as far as a probe of the store's capabilities tells.
std::vector<Missing> missing_capabilities(const store::Capabilities& capabilities);

/// Whether the server knows users and their rights, as those before Redis 6.0 do not.
bool has_acl(const NeedsOf& of);

/// The smallest rights with which roacache's commands work, as one line for redis-cli; those that change
/// nothing, or all. What a server shows beyond the user's own keys is left out. Only where has_acl().
std::string minimal_acl(const NeedsOf& of, bool changes);
/// The commands that work with that.
std::vector<std::string_view> minimal_commands(const NeedsOf& of, bool changes);

} // namespace roacache::analysis
