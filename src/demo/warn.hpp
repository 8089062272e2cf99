#pragma once

#include <functional>
#include <string>

namespace roacache::demo {

/// Takes one line of text without newline, for the user's eyes. Called from several threads.
using Warn = std::function<void(const std::string&)>;

} // namespace roacache::demo
