#include "src/output/value.hpp"

namespace roacache::output {

std::string compact_json(std::string_view json) {
    std::string text;
    text.reserve(json.size());
    bool in_string = false;
    for (std::size_t at = 0; at < json.size(); ++at) {
        const char c = json[at];
        const bool is_space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (is_space && !in_string) continue;
        text += c;
        if (in_string && c == '\\' && at + 1 < json.size()) text += json[++at];
        if (c == '"') in_string = !in_string;
    }
    return text;
}

} // namespace roacache::output
