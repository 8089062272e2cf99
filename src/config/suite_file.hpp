#pragma once

#include "src/config/suite.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace roacache::config {

/// A suite file, and how far it is trusted.
struct SuiteFile {
    std::string text;
    std::filesystem::path folder; ///< where the file really lies, behind all links
    std::string foreign;          ///< why it is not the user's own, as core::who_else_wrote(); empty: it is
};

/// Reads a regular file of at most 1 MiB. Throws core::Error(usage) `cannot read: PATH: WHY`.
SuiteFile read_suite_file(const std::filesystem::path& path);

/// The content of the file that a suite names with `@NAME`: a regular file of at most 16 MiB in the suite's
/// own folder or below, links included. Throws core::Error(usage) that names it and says why not.
std::string read_file_of_suite(const SuiteFile& suite, const std::string& name);

/// The environment as a suite may see it. `allowed` are the names that the user has allowed; besides them a
/// suite of the user's own may have every variable but those in which roacache and other programs keep their
/// own credentials (REDISCLI_AUTH, ROACACHE_TOKEN, AWS_SECRET_ACCESS_KEY …), any other suite none. The lookup
/// throws core::Error(usage) for one that it may not have, whether it is set or not.
VariableLookup variables_of_suite(std::vector<std::string> allowed, std::string foreign,
                                  VariableLookup environment);

/// Whether a variable's name is one in which roacache or another program keeps credentials of its own.
bool holds_own_credentials(std::string_view name);

} // namespace roacache::config
