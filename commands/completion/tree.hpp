#pragma once

#include "commands/cli_app.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace roacache::commands {

/// What a shell offers for a value.
struct CompletionValues {
    enum class Kind { nothing, words, files, folders };
    Kind kind = Kind::nothing;
    std::string name; ///< as in --help: `FILE`, `DUR`
    std::vector<std::string> words;
};

struct CompletionOption {
    std::vector<std::string> names; ///< with dashes, short ones first
    std::string help;               ///< one line
    bool takes_value = false;
    bool repeatable = false;
    CompletionValues values; ///< when takes_value
};

struct CompletionArgument {
    std::string help;
    bool repeatable = false;
    CompletionValues values;
};

struct CompletionCommand {
    std::string name;
    std::string help;
    std::vector<CompletionOption> options; ///< its own; the global ones go with every command
    std::vector<CompletionArgument> arguments;
};

/// The command line as a completion script needs it.
struct CompletionTree {
    std::string program;
    std::vector<CompletionOption> options; ///< global: before or after the command
    /// Global too, before the command: a command has its own of the same name, with other values.
    std::vector<CompletionOption> leading;
    std::vector<CompletionCommand> commands;
};

/// Reads the tree off the parser, hidden commands and options left out. A value is completed by its type
/// name: `{a,b}` (as CLI::IsMember adds it) offers these words, FILE… files, DIR… folders, FMT the command's
/// own output formats, METHOD those of HTTP; --profile, --resource and --event take those of the built-in
/// profiles. A command's own subcommands are words for its first argument.
CompletionTree completion_tree(const CLI::App& app);

std::string bash_completion(const CompletionTree& tree);
std::string zsh_completion(const CompletionTree& tree);
std::string fish_completion(const CompletionTree& tree);

} // namespace roacache::commands
