#pragma once

#include "src/config/profile.hpp"

#include <string>

namespace roacache::config {

/// `sha256:HEX` over all of a profile that decides which keys selectors mean: layouts, default tenant, events
/// and the names of an SQLite file's table and columns. Times to live, goals and targets have no part in it.
std::string selection_digest(const Profile& profile);

} // namespace roacache::config
