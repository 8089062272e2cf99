#pragma once

#include "src/core/error.hpp"

#include <fmt/core.h>
#include <string>
#include <string_view>

namespace roacache::commands {

/// Says where in a suite's file the fault lies that `check` finds.
template <typename Check>
auto placed(const std::string& origin, const std::string& subject, Check check) {
    try {
        return check();
    } catch (const core::Error& error) {
        std::string why = error.what();
        constexpr std::string_view k_prefix = "usage: bench: ";
        if (why.starts_with(k_prefix)) why.erase(0, k_prefix.size());
        throw core::Error(error.code(), fmt::format("bad suite: {}: {}{}", origin, subject, why),
                          error.remedy());
    }
}

} // namespace roacache::commands
