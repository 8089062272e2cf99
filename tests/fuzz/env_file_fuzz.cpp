// A .env file is read or refused in one line that shows nothing of it.

#include "src/config/env_file.hpp"
#include "src/core/error.hpp"

#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace roacache;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        for (const auto& [name, value] : config::parse_env_file(text, ".env")) {
            if (name.empty() || value.size() > size) std::abort();
        }
    } catch (const core::Error& error) {
        const std::string_view what = error.what();
        if (error.code() != core::ExitCode::usage || what.find('\n') != std::string_view::npos) std::abort();
        if (!what.starts_with("bad env file: .env:")) std::abort();
    }
    return 0;
}
