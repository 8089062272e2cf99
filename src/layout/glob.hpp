#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace roacache::layout {

/// Globs as Redis matches them (util.c, stringmatchlen): `*`, `?`, `[ab]`, `[^ab]`, `[a-z]`, and a backslash
/// before a character that is meant literally. They work on bytes.
bool glob_matches(std::string_view glob, std::string_view text);

/// False when the glob ends within a class or behind a backslash, so that it would mean something else in
/// front of another one.
bool is_complete_glob(std::string_view glob);

/// A glob that matches exactly `text`: what is special has a backslash before it.
std::string escape_glob(std::string_view text);

/// One glob that matches whatever any of `globs` does: the same glob when all are equal, else what all begin
/// with and a `*`. Of no globs: `*`.
std::string common_glob(const std::vector<std::string>& globs);

/// A text to be matched literally or as a glob.
struct Pattern {
    std::string text;
    bool glob = false;

    bool matches(std::string_view candidate) const {
        return glob ? glob_matches(text, candidate) : candidate == text;
    }
    /// A glob that may be part of another and matches whatever this does.
    std::string as_glob() const {
        if (!glob) return escape_glob(text);
        return is_complete_glob(text) ? text : "*";
    }
};

} // namespace roacache::layout
