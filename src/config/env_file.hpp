#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::config {

using Variables = std::map<std::string, std::string>;

struct EnvFile {
    Variables variables;
    /// Variables whose value cannot be told, such as one whose quote is never closed: `SOURCE:LINE: WHY` by
    /// name. They are not among `variables`.
    Variables malformed;
    std::vector<std::string> warnings; ///< `SOURCE:LINE: WHY`, one of a kind
};

/// Reads a `.env` file as python-dotenv and Docker Compose do: `NAME=value`, `export NAME=value`, single
/// quotes (literal), double quotes (with backslash escapes), both over several lines if need be, `#` comments
/// on their own or after white space. Outside single quotes `$X ${X} ${X:-default} ${X-default}
/// ${X:+replacement} ${X:?message}` take the value of the environment or of a line above, and `$$` is a `$`;
/// a variable that is not set is empty, with a warning. A name alone is skipped, every other line that is
/// none of these too, with a warning. `source` names the file in messages, which show nothing else of it but
/// names of variables: what stands in a line may be a secret.
EnvFile parse_env_file(std::string_view text, std::string_view source, const Variables& environment = {});

} // namespace roacache::config
