#pragma once

#include "src/store/store.hpp"

namespace roacache::store::redis {

/// The figures of two servers together: counts and memory are summed, and absent where one does not tell
/// them; the memory limit is of all, and none (0) where one has none; the time since the start is that of the
/// younger; what is told in words is kept where both say the same.
Statistics add(Statistics sum, const Statistics& other);

} // namespace roacache::store::redis
