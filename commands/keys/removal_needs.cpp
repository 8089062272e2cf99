#include "commands/keys/removal_needs.hpp"

#include <utility>

namespace roacache::commands {

bool check_removal_needs(store::Store& store, const store::MeantKeys& meant, const RemovalNeeds& needs) {
    using store::Capability;
    const auto want = [&](bool needed, Capability capability, const char* what) {
        if (needed) store::require(store, capability, what);
    };
    want(needs.shortens, Capability::expire, "cannot shorten times to live");
    want(needs.verifies, Capability::list, "cannot verify");
    want(needs.only_counts, Capability::count, "cannot count what would go");
    want(needs.has_limit, Capability::count, "cannot keep to --max-keys");
    want(needs.fails_if_none && !store.counts_removals(), Capability::count,
         "cannot tell whether nothing matches");
    if (store.of_kind().has(Capability::count)) return true;
    if (needs.vacuums) store.give_back_space(); // which such a store refuses
    store::WalkRequest request;                 // of which nothing is asked yet
    request.meant = &meant;
    request.act = store::Act::erase;
    store.walk(std::move(request));
    return false;
}

} // namespace roacache::commands
