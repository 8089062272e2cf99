// A .env file is read whatever it holds, in bounded memory, and its messages are lines that show nothing of
// its values.

#include "src/config/env_file.hpp"

#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace roacache;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const config::EnvFile file = config::parse_env_file(text, ".env", {{"OUTSIDE", "value"}});
    for (const auto& [name, value] : file.variables)
        if (name.empty() || value.size() > (1U << 21) || file.malformed.contains(name)) std::abort();
    for (const auto& [name, why] : file.malformed)
        if (name.empty() || !why.starts_with(".env:")) std::abort();
    for (const std::string& warning : file.warnings)
        if (!warning.starts_with(".env:") || warning.find('\n') != std::string::npos) std::abort();
    return 0;
}
