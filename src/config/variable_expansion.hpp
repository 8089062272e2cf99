#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roacache::config {

struct Expanded {
    std::string text;
    std::vector<std::string> missing; ///< variables without a value or a default; they stand for nothing
    std::string error;                ///< why `text` cannot be told; empty: it can
};

/// Puts values in place of `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:+replacement}`,
/// `${NAME+replacement}`, `${NAME:?message}` and `${NAME?message}` as Docker Compose does; `$$` is a `$`, and
/// so is one that no name follows. With a colon an empty value counts as none. Defaults and replacements are
/// expanded in turn, at most 16 deep.
Expanded expand_variables(std::string_view text,
                          const std::function<std::optional<std::string>(const std::string& name)>& lookup);

} // namespace roacache::config
