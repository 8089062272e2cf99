#include "src/core/error.hpp"
#include "src/layout/layout.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace roacache::layout;

namespace {

/// What is before the next newline.
std::string take(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    const std::string part(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return part;
}

} // namespace

/// Lines: template, resource, pairs, tenant chosen, resource chosen, segment, its value, then the key. A key
/// that is chosen must be found by the glob.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    std::array<std::string, 7> line;
    for (std::string& part : line)
        part = take(rest);
    try {
        const Layout layout({{line[0], line[1], ":", line[2], ""}});
        DecodedKey decoded;
        const bool known = layout.decode(rest, decoded);
        for (const bool glob : {false, true}) {
            Choice choice;
            if (!line[3].empty()) choice.tenant = Pattern{line[3], glob};
            if (!line[4].empty()) choice.resources.push_back({line[4], glob});
            if (!line[5].empty()) choice.where.push_back({line[5], {line[6], glob}, true});
            layout.check(choice);
            if (known && Layout::fits(choice, rest, decoded) && !glob_matches(layout.glob({choice}), rest))
                std::abort();
        }
    } catch (const roacache::core::Error&) {
    }
    return 0;
}
