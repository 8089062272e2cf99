#include "src/core/error.hpp"
#include "src/store/profile_layout.hpp"

#include <cstddef>
#include <cstdint>

using namespace roacache;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        store::check_profile(config::parse_profile(text, "profile.toml", config::builtin_profiles()));
    } catch (const core::Error&) {
    }
    try {
        auto profiles = config::builtin_profiles();
        config::add_profiles(text, "roacache.toml", profiles);
    } catch (const core::Error&) {
    }
    return 0;
}
