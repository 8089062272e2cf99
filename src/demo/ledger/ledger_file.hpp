#pragma once

#include "src/demo/warn.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace roacache::demo {

/// `$XDG_CACHE_HOME/roacache`, else `$HOME/.cache/roacache`, else empty.
std::filesystem::path default_cache_folder();

/// Makes `target` a fresh copy of the ledger of `rows` invoices in the cache folder, and generates that one
/// first where it is missing, of another version or damaged. The cached file is complete or not there: it is
/// written under another name, then renamed, by one process at a time. Where the folder cannot be used (empty
/// name, missing rights, full) the ledger is generated in place, and `warn` is given the reason. Throws
/// core::Error when `target` cannot be written either.
void copy_ledger(const std::filesystem::path& cache_folder, std::uint64_t rows,
                 const std::filesystem::path& target, const Warn& warn);

/// The name of the cached file.
std::string ledger_file_name(std::uint64_t rows);

} // namespace roacache::demo
