#include "src/layout/glob.hpp"

#include <algorithm>
#include <utility>

namespace roacache::layout {
namespace {

/// Matches `c` against the class whose `[` is at `at`; moves `at` behind it. A class without an end goes to
/// the end of the glob.
bool class_matches(std::string_view glob, std::size_t& at, char c) {
    ++at;
    const bool negated = at < glob.size() && glob[at] == '^';
    if (negated) ++at;
    bool found = false;
    for (; at < glob.size() && glob[at] != ']'; ++at) {
        if (glob[at] == '\\' && at + 1 < glob.size()) {
            ++at;
            found |= glob[at] == c;
        } else if (at + 2 < glob.size() && glob[at + 1] == '-') {
            const auto [low, high] = std::minmax(glob[at], glob[at + 2]);
            found |= c >= low && c <= high;
            at += 2;
        } else {
            found |= glob[at] == c;
        }
    }
    at = std::min(at + 1, glob.size());
    return found != negated;
}

/// Matches one character against the element at `at` (no `*`), which it moves behind.
bool element_matches(std::string_view glob, std::size_t& at, char c) {
    if (glob[at] == '[') return class_matches(glob, at, c);
    if (glob[at] == '?') {
        ++at;
        return true;
    }
    if (glob[at] == '\\' && at + 1 < glob.size()) ++at;
    return glob[at++] == c;
}

/// Where the element at `at` ends.
std::size_t element_end(std::string_view glob, std::size_t at) {
    if (glob[at] == '*') return at + 1;
    element_matches(glob, at, 0);
    return at;
}

} // namespace

bool glob_matches(std::string_view glob, std::string_view text) {
    std::size_t at = 0;
    std::size_t in_text = 0;
    std::size_t behind_star = std::string_view::npos;
    std::size_t star_takes_to = 0;
    while (in_text < text.size()) {
        if (at < glob.size() && glob[at] == '*') {
            behind_star = ++at;
            star_takes_to = in_text;
            continue;
        }
        if (at < glob.size() && element_matches(glob, at, text[in_text])) {
            ++in_text;
            continue;
        }
        // Only the last star need take more: what is before it has matched as early as it can.
        if (behind_star == std::string_view::npos) return false;
        at = behind_star;
        in_text = ++star_takes_to;
    }
    while (at < glob.size() && glob[at] == '*')
        ++at;
    return at == glob.size();
}

bool is_complete_glob(std::string_view glob) {
    // What follows cannot change where a complete element ends.
    const std::string followed = std::string(glob) + "]]";
    std::size_t at = 0;
    while (at < glob.size())
        at = element_end(followed, at);
    return at == glob.size();
}

std::string escape_glob(std::string_view text) {
    std::string glob;
    for (const char c : text) {
        if (c == '*' || c == '?' || c == '[' || c == ']' || c == '\\') glob += '\\';
        glob += c;
    }
    return glob;
}

std::string common_glob(const std::vector<std::string>& globs) {
    if (globs.empty()) return "*";
    const std::string& first = globs.front();
    std::size_t common = first.size();
    bool same = true;
    for (const std::string& glob : globs) {
        if (glob == first) continue;
        same = false;
        std::size_t at = 0;
        while (at < common) {
            const std::size_t end = element_end(first, at);
            const std::string element = first.substr(at, end - at);
            // An element without its end would take in the star that follows.
            if (glob.compare(at, end - at, element) != 0 || !is_complete_glob(element)) break;
            at = end;
        }
        common = at;
    }
    if (same) return first;
    std::string result = first.substr(0, common);
    if (!result.ends_with('*') || result.ends_with("\\*")) result += '*';
    return result;
}

} // namespace roacache::layout
