#include "src/core/companion.hpp"

#include "src/core/error.hpp"

#include <fmt/core.h>
#include <string>
#include <sys/auxv.h>

namespace roacache::core {

namespace fs = std::filesystem;

fs::path companion_program(std::string_view name, const fs::path& executable, const fs::path& executed) {
    if (executable.is_absolute()) return executable.parent_path() / name;
    std::error_code error;
    const fs::path real = executed.is_absolute() ? fs::canonical(executed, error) : fs::path();
    if (!real.empty() && !error) return real.parent_path() / name;
    throw Error(ExitCode::usage,
                fmt::format("cannot find {}: without /proc nobody tells in which folder roacache lies", name),
                fmt::format("Mount /proc, or start roacache or {} by its full path.", name));
}

fs::path companion_program(std::string_view name) {
    std::error_code unknown;
    const fs::path executable = fs::read_symlink("/proc/self/exe", unknown);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): getauxval(3) gives the address as a number
    const auto* executed = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
    return companion_program(name, unknown ? fs::path() : executable, executed == nullptr ? "" : executed);
}

} // namespace roacache::core
