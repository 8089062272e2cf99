#pragma once

#include "src/store/meant_keys.hpp"
#include "src/store/store.hpp"

namespace roacache::commands {

/// What a removal wants of its store besides that keys go.
struct RemovalNeeds {
    bool shortens = false, verifies = false, only_counts = false, has_limit = false, fails_if_none = false,
         vacuums = false;
};

/// Whether the store can tell beforehand how many keys are meant. Throws core::Error(refused), before anybody
/// is asked and anything is changed, for what this kind of store cannot do and for a selection that it cannot
/// be told exactly.
bool check_removal_needs(store::Store& store, const store::MeantKeys& meant, const RemovalNeeds& needs);

} // namespace roacache::commands
