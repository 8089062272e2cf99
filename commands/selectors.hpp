#pragma once

#include "commands/cli_app.hpp"
#include "commands/command.hpp"
#include "src/core/reader.hpp"
#include "src/store/selection.hpp"

#include <optional>
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

/// The single keys in words: the first few, and how many more; empty when none are named.
std::string words_of(const SelectorOptions& named);

/// The selectors but for single keys. Throws core::Error(usage) for a `--where` without `=`, and where single
/// keys and other selectors are mixed.
store::Selectors parse_selectors(const SelectorOptions& options);

/// The keys of -k and --keys-from, in order, read a batch at a time; nothing is kept.
class NamedKeys {
  public:
    /// Opens the file. Throws core::Error(usage) `cannot read: FILE: WHY`; `options` must outlive this.
    explicit NamedKeys(const SelectorOptions& options);

    /// Fills an empty list with up to `batch` keys; false when there are no more. Empty lines are passed
    /// over.
    bool next(std::vector<std::string>& keys, std::size_t batch);

  private:
    bool next_line(std::string& key);

    const SelectorOptions& options_;
    std::size_t named_ = 0; ///< of options_.keys, those handed on
    std::optional<core::Reader> lines_;
};

} // namespace roacache::commands
