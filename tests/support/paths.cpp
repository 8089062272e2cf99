#include "tests/support/paths.hpp"

namespace roacache::test {

std::string source_dir() {
    return ROACACHE_SOURCE_DIR;
}

std::string program() {
    return ROACACHE_PROGRAM;
}

} // namespace roacache::test
