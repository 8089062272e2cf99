#pragma once

#include "commands/cli_app.hpp"

#include "src/core/error.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace roacache::commands {

/// A command line without the program's name, that can be read in one way only.
struct NormalisedLine {
    /// Each option by its long name with its value as the next word, each flag at most once, as `--name`,
    /// `--name=VALUE` or `--name=false`; what is wrong is left out.
    std::vector<std::string> words;
    /// The first thing wrong: a usage error that names the option as it was typed.
    std::optional<core::Error> error;
};

/// Reads a command line for the parser: `--name=VALUE`, `--name VALUE`, `-nVALUE`, `-n=VALUE` and `-n VALUE`
/// say the same; an attached value, even an empty one, belongs to its option, and a word that is an option of
/// the command is never a value. Flags take true, false, yes, no, on, off, 1 and 0 for what they say; the
/// last one counts.
///
/// Wrong are a value that is empty (unless its ValueType says that it may be) or of the wrong type, a second
/// value where one is taken, and an empty argument. Numbers are decimal. What is no option at all is left for
/// the parser to refuse.
NormalisedLine normalised_line(const CLI::App& app, std::span<const std::string> words);

} // namespace roacache::commands
