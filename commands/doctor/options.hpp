#pragma once

#include "src/core/clock.hpp"

#include <string>

namespace roacache::commands {

struct DoctorOptions {
    std::string level = "warning";
    std::string measured_for; ///< empty: nothing is measured
    std::string host_root = "/";
    std::string max_pause = "1ms";
    std::string notify; ///< a channel that the rights are to cover; empty: none
};

} // namespace roacache::commands
