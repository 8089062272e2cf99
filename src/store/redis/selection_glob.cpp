#include "src/store/redis/selection_glob.hpp"

#include "src/layout/layout.hpp"

namespace roacache::store::redis {

std::string glob_of(const Selection& selection) {
    // Where there are raw globs and choices, both hold for every key that is meant; the raw one is the user's
    // own.
    if (!selection.raw_globs().empty()) return layout::common_glob(selection.raw_globs());
    return selection.layout().glob(selection.choices());
}

} // namespace roacache::store::redis
