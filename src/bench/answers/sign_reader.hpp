#pragma once

#include "src/bench/model/cache_signs.hpp"

#include <span>
#include <string>
#include <utility>

namespace roacache::bench {

/// The fields of an answer's header as they came, name and value.
using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/// What they say of caches: of the headers that are known to tell hits from misses, and of those that say
/// whether and by whom the answer was stored.
CacheSigns signs_in(const HeaderFields& fields);

} // namespace roacache::bench
