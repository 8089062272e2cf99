// A text made literal matches itself; a glob for several matches what each of them does.

#include "src/layout/glob.hpp"

#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace roacache;
    const std::string_view input(reinterpret_cast<const char*>(data), size < 200 ? size : 200);
    const auto cut = input.find('\n');
    const std::string glob(input.substr(0, cut));
    const std::string text(cut == std::string_view::npos ? "" : input.substr(cut + 1));
    const std::string literal = layout::escape_glob(text);
    if (!layout::is_complete_glob(literal) || !layout::glob_matches(literal, text)) std::abort();
    if (!text.empty() && layout::glob_matches(literal, text.substr(1))) std::abort();
    const bool matches = layout::glob_matches(glob, text);
    const std::string common = layout::common_glob({glob, literal});
    if (!layout::glob_matches(common, text)) std::abort();
    const layout::Pattern pattern{glob, true};
    if (matches && !layout::glob_matches(pattern.as_glob(), text)) std::abort();
    return 0;
}
