#include "src/store/meant_keys.hpp"

#include "src/store/profile_layout.hpp"

#include <utility>

namespace roacache::store {

MeantKeys::MeantKeys(config::Profile profile, Selectors selectors, Reach reach)
    : profile_(std::move(profile)), layout_(layout_of(profile_)), selectors_(std::move(selectors)),
      selection_(selectors_, profile_, layout_, reach) {}

void MeantKeys::name(const NamedKeys::Source& source, NamedKeys::Repeated repeated) {
    named_ = std::make_unique<NamedKeys>(source, repeated);
}

bool MeantKeys::take(FoundKey& key) const {
    layout::DecodedKey parts;
    const bool taken = selection_.matches(key.bytes(), parts);
    key.set_parts(std::move(parts));
    return taken;
}

FoundKey MeantKeys::decoded(std::string bytes) const {
    FoundKey key(std::move(bytes));
    layout::DecodedKey parts;
    if (layout_.decode(key.bytes(), parts)) key.set_parts(std::move(parts));
    return key;
}

} // namespace roacache::store
