#pragma once

#include <string>

namespace roacache::test {

/// Where things are on this machine. Functions in a file of their own rather than definitions for every test,
/// so that the compiler's cache serves a checkout in another folder too.
std::string source_dir(); ///< the source tree
std::string program();    ///< the roacache that was built with these tests

} // namespace roacache::test
