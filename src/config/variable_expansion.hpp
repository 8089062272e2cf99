#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::config {

/// What a variable expands to.
struct VariableValue {
    std::string text;
    bool from_environment = false;     ///< whether some of it comes from there
    bool all_from_environment = false; ///< or all
};

using Lookup = std::function<std::optional<VariableValue>(const std::string& name)>;

struct Expanded {
    std::string text;
    std::vector<std::string> missing; ///< variables without a value or a default; they expand to nothing
    std::string error; ///< why `text` is not known, without the name of a variable; empty: it is
    /// The first place in `text` that a value from the environment was put; npos: none was.
    std::size_t from_environment = std::string::npos;
    bool all_from_environment = false; ///< the text is one such value and nothing else
};

/// Puts values in place of `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:+replacement}`,
/// `${NAME+replacement}`, `${NAME:?message}` and `${NAME?message}` as Docker Compose does; `$$` is a `$`, and
/// so is one that no name follows. With a colon an empty value counts as none. Defaults and replacements are
/// expanded in turn, at most 16 deep.
Expanded expand_variables(std::string_view text, const Lookup& lookup);

} // namespace roacache::config
