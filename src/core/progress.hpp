#pragma once

#include <string>

namespace roacache::core {

/// How much of one of several parts of a work is done.
struct PartDone {
    std::string name;
    double done = 0; ///< 0 to 1
};

} // namespace roacache::core
