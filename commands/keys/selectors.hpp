#pragma once

#include "commands/cli_app.hpp"
#include "commands/command.hpp"
#include "src/store/named_keys.hpp"
#include "src/store/selection.hpp"

#include <string>
#include <vector>

namespace roacache::commands {

/// The selectors of the command line contract, as typed.
struct SelectorOptions {
    std::string tenant;
    std::vector<std::string> resources;
    std::vector<std::string> where;
    std::vector<std::string> keys;
    std::string keys_from; ///< file, or `-` for standard input; empty: none
    std::vector<std::string> matches;
    std::vector<std::string> events;
    bool glob = false;
    bool all_tenants = false;
    bool nul_separated = false; ///< -0: keys are NUL-ended, in --keys-from and in what is printed

    bool names_keys() const { return !keys.empty() || !keys_from.empty(); }
};

/// Adds the selectors to a command.
void declare_selectors(CLI::App& app, SelectorOptions& options);

/// Describes the single keys: the first few, and how many more; empty when none are named.
std::string describe_keys(const SelectorOptions& named);

/// The selectors but for single keys. Throws core::Error(usage) for a `--where` without `=`, and where single
/// keys and other selectors are mixed.
store::Selectors parse_selectors(const SelectorOptions& options);

/// Where -k and --keys-from take keys from.
store::NamedKeys::Source named_source(const SelectorOptions& options);

} // namespace roacache::commands
