#include "src/bench/model/hit_json.hpp"

#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <fmt/ranges.h>

namespace roacache::bench {

bool HitJson::is_hit(std::string_view value) const {
    return std::any_of(hits.begin(), hits.end(),
                       [&](const std::string& hit) { return core::equal_ignoring_case(hit, value); });
}

std::string HitJson::text() const {
    return fmt::format("{}={}", place.text, fmt::join(hits, ","));
}

HitJson parse_hit_json(std::string_view text, std::string_view what) {
    const std::size_t equals = text.find('=');
    const auto refuse = [&](const char* why) {
        return core::Error(core::ExitCode::usage,
                           fmt::format("{}: '{}': {}", what, output::printable(text), why),
                           "Write the place and the values there that are hits, as /metadata/source=L1,L2.");
    };
    HitJson at{parse_json_path(text.substr(0, equals), what), {}};
    const auto is_any = [](const auto& part) { return !part; };
    if (std::any_of(at.place.parts.begin(), at.place.parts.end(), is_any))
        throw refuse("one place says what an answer is, so it has no *");
    if (equals == std::string_view::npos) {
        at.hits = {"true"};
        return at;
    }
    std::string_view values = text.substr(equals + 1);
    for (;;) {
        const std::size_t comma = values.find(',');
        const std::string_view value = core::trimmed(values.substr(0, comma));
        if (value.empty()) throw refuse("a value is missing");
        at.hits.emplace_back(value);
        if (comma == std::string_view::npos) return at;
        values.remove_prefix(comma + 1);
    }
}

} // namespace roacache::bench
