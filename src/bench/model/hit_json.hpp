#pragma once

#include "src/bench/model/json_path.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace roacache::bench {

/// A place in JSON answers that says where each came from, the tier, and which values there are hits.
struct HitJson {
    JsonPath place;
    std::vector<std::string> hits; ///< at least one

    bool is_hit(std::string_view value) const; ///< without regard to case
    /// `/metadata/source=L1,L2`
    std::string text() const;
    bool operator==(const HitJson& other) const { return text() == other.text(); }
};

/// `/metadata/source=L1,L2`: a place as parse_json_path() takes it, without `*`, and the values that are
/// hits. Without `=` it is `true` that is. Throws core::Error(usage) `WHAT: …`.
HitJson parse_hit_json(std::string_view text, std::string_view what);

} // namespace roacache::bench
