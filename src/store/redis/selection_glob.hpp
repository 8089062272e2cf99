#pragma once

#include "src/store/selection.hpp"

#include <string>

namespace roacache::store::redis {

/// What SCAN is asked for: the narrowest single glob that matches every key that the selection takes. It may
/// match others, so that the selection still decides.
std::string glob_of(const Selection& selection);

} // namespace roacache::store::redis
