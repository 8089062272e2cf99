#include "src/core/error.hpp"
#include "src/layout/params_hash.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace roacache::layout;

/// Whatever is accepted comes out canonical: read again, it stays as it is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::string once;
    try {
        append_canonical(text, once);
    } catch (const roacache::core::Error&) {
        return 0;
    }
    std::string twice;
    append_canonical(once, twice);
    if (once != twice) std::abort();
    if (!once.starts_with('{')) return 0;
    Parameters parameters;
    parameters.parse(text);
    std::string dumped;
    parameters.append_dumps({}, dumped);
    if (dumped != once) std::abort();
    return 0;
}
