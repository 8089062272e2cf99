#pragma once

#include <filesystem>
#include <string_view>

namespace roacache::core {

/// The program `name` in the folder of the program that runs, absolute, whatever the current directory is and
/// whatever the caller said the program's name was. Throws Error(usage) where the system does not tell for
/// certain where the running program lies, as without /proc when it was started by a relative name.
std::filesystem::path companion_program(std::string_view name);

/// The same, decided from what the system tells: where /proc/self/exe leads (empty: /proc does not tell) and
/// the path that was executed (AT_EXECFN of getauxval(3); empty: unknown).
std::filesystem::path companion_program(std::string_view name, const std::filesystem::path& executable,
                                        const std::filesystem::path& executed);

} // namespace roacache::core
