#include "src/core/error.hpp"

#include <system_error>

namespace roacache::core {

std::string errno_text(int saved_errno) {
    std::string text = std::generic_category().message(saved_errno);
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z' &&
        !(text.size() > 1 && text[1] >= 'A' && text[1] <= 'Z'))
        text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
}

} // namespace roacache::core
