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

void MeantKeys::decode(FoundKey& key) const {
    layout::DecodedKey parts;
    if (!layout_.decode(key.bytes(), parts)) parts = {};
    if (const StoredParts* stored = key.stored()) {
        if (stored->resource) parts.resource = *stored->resource;
        for (const auto& told : stored->segments) {
            std::erase_if(parts.where, [&](const auto& segment) { return segment.first == told.first; });
            parts.where.emplace_back(told.first, told.second);
        }
    }
    key.set_parts(std::move(parts));
}

bool MeantKeys::take(FoundKey& key) const {
    decode(key);
    return selection_.takes(key);
}

FoundKey MeantKeys::decoded(std::string bytes) const {
    FoundKey key(std::move(bytes));
    decode(key);
    return key;
}

} // namespace roacache::store
