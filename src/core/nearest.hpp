#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace roacache::core {

/// The name among `known` that `wrong` was probably meant to be: the one with the fewest letters inserted,
/// removed or replaced (Levenshtein), case apart; empty when more than a third of the letters differ.
std::string nearest(std::string_view wrong, const std::vector<std::string>& known);

/// `; did you mean 'NAME'?`, or nothing when no name is near. To put behind a message.
std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& known);

} // namespace roacache::core
