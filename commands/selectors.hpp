#pragma once

#include "commands/command.hpp"
#include "src/store/selection.hpp"

#include <functional>
#include <istream>
#include <memory>
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

/// The selectors but for single keys. Throws core::Error(usage) for a `--where` without `=`, and where single
/// keys and other selectors are mixed.
store::Selectors parse_selectors(const SelectorOptions& options);

/// Hands every key of -k and --keys-from on, in order, in batches of at most `batch` keys; nothing is kept.
/// Stops when `use` returns false. Throws core::Error(usage) when the file cannot be read.
void for_each_named_key(const SelectorOptions& options, std::size_t batch,
                        const std::function<bool(const std::vector<std::string>&)>& use);

} // namespace roacache::commands
