#include "src/core/error.hpp"

#include "src/core/ascii.hpp"

#include <cstring>
#include <system_error>

namespace roacache::core {

std::string errno_text(int saved_errno) {
    std::string text = std::generic_category().message(saved_errno);
    const bool abbreviation = text.size() > 1 && is_upper(text[1]);
    if (!text.empty() && !abbreviation) text[0] = to_lower(text[0]);
    return text;
}

std::string errno_name(int saved_errno) {
    const char* name = strerrorname_np(saved_errno);
    return name != nullptr ? name : "errno " + std::to_string(saved_errno);
}

} // namespace roacache::core
