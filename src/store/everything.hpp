#pragma once

#include "src/layout/layout.hpp"
#include "src/store/selection.hpp"

#include <string>
#include <vector>

namespace roacache::store {

/// Keys made up to try a selection on.
struct SampleKeys {
    std::vector<std::vector<std::string>> recognised; ///< of each template of a layout, over many tenants
    std::vector<std::string> foreign;                 ///< of other systems: sessions, queues, random bytes
};
SampleKeys sample_keys(const layout::Layout& layout);

/// True when the selection takes nearly all keys of the layout, or nearly all of other systems: it means
/// everything, however it is spelt.
bool means_everything(const Selection& selection, const layout::Layout& layout);

/// The same, tried on keys that a store has: true when nine of ten are taken although they begin in different
/// ways, or nine of ten that the layout recognises, of several tenants (of several resources where keys have
/// no tenant). A few keys show nothing, nor do the layout's where a resource, a segment or an event is named.
bool takes_all_there_are(const Selection& selection, const std::vector<FoundKey>& keys);

} // namespace roacache::store
