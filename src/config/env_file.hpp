#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::config {

using Variables = std::map<std::string, std::string>;

/// Where in a value the first text is that a variable of the environment gave.
struct FromEnvironment {
    std::size_t at = 0;
    bool all = false; ///< the value is one of the environment, and nothing else
};

struct EnvFile {
    Variables variables;
    /// Variables whose value is unreadable, such as one whose quote is never closed: `SOURCE:LINE: WHY` by
    /// name. They are not among `variables`.
    Variables malformed;
    /// Why a value lacks a part: a variable that it takes is not set. `SOURCE:LINE: WHY` by name; in
    /// `warnings` too.
    Variables incomplete;
    std::map<std::string, FromEnvironment> from_environment; ///< by name, where some of the value is
    std::vector<std::string> warnings;                       ///< `SOURCE:LINE: WHY`, one of a kind
};

/// Reads a `.env` file as python-dotenv and Docker Compose do: `NAME=value`, `export NAME=value`, single
/// quotes (literal), double quotes (with backslash escapes), both over several lines if need be, `#` comments
/// on their own or after white space. Outside single quotes `$X ${X} ${X:-default} ${X-default}
/// ${X:+replacement} ${X:?message}` take the value of the environment or of a line above, and `$$` is a `$`;
/// a variable that is not set is empty, with a warning. A name may be in single quotes. A name alone is
/// skipped, every other line that is none of these too, with a warning; names in such a line, and those of
/// assignments within the quotes of another variable, are `malformed` unless another line sets them. `source`
/// names the file in messages, which show nothing else of it but names of variables: a line may hold a
/// secret.
EnvFile parse_env_file(std::string_view text, std::string_view source, const Variables& environment = {});

} // namespace roacache::config
