#include "src/config/suite_file.hpp"

#include "src/core/error.hpp"
#include "src/core/regular_file.hpp"
#include "src/core/secret.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace roacache::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_most_suite = std::size_t{1} << 20;
constexpr std::size_t k_most_body = std::size_t{16} << 20;

[[noreturn]] void refuse_file(const std::string& name, const std::string& why) {
    throw core::Error(core::ExitCode::usage, fmt::format("@{}: {}", name, why),
                      "A suite reads files of its own folder only: put the file there.");
}

} // namespace

SuiteFile read_suite_file(const fs::path& path) {
    SuiteFile file;
    file.text = core::read_regular_file(path, k_most_suite).content;
    std::error_code error;
    file.folder = fs::canonical(path, error).parent_path();
    file.foreign = core::who_else_wrote(path);
    return file;
}

std::string read_file_of_suite(const SuiteFile& suite, const std::string& name) {
    const fs::path given(name);
    if (name.empty() || name.find('\0') != std::string::npos) refuse_file(name, "not the name of a file");
    if (given.is_absolute() || std::find(given.begin(), given.end(), "..") != given.end())
        refuse_file(name, "it lies outside of the suite's folder");
    std::error_code error;
    const fs::path real = fs::canonical(suite.folder / given, error);
    if (error)
        throw core::Error(core::ExitCode::usage,
                          fmt::format("cannot read: {}: {}", (suite.folder / given).string(),
                                      core::errno_text(error.value())));
    const auto [end, below] =
        std::mismatch(suite.folder.begin(), suite.folder.end(), real.begin(), real.end());
    if (end != suite.folder.end() || below == real.end())
        refuse_file(name, "it is a link to what lies outside of the suite's folder");
    return core::read_regular_file(real, k_most_body).content;
}

bool holds_own_credentials(std::string_view name) {
    const auto begins = [&](const auto& beginnings) {
        return std::any_of(beginnings.begin(), beginnings.end(),
                           [&](std::string_view beginning) { return name.starts_with(beginning); });
    };
    constexpr std::array k_stores{"ROACACHE_", "REDIS", "VALKEY", "DATABASE_", "PG", "MYSQL_", "MONGO"};
    constexpr std::array k_others{"AWS_",    "AZURE_", "GOOGLE_", "GCP_",     "GITHUB_", "GH_",
                                  "GITLAB_", "CI_",    "NPM_",    "ACTIONS_", "DOCKER_", "VAULT_",
                                  "KUBE",    "SSH_",   "GPG_",    "PYPI_"};
    const bool address =
        name.find("URL") != std::string_view::npos || name.find("URI") != std::string_view::npos;
    return (begins(k_stores) && (address || core::names_secret(name))) ||
           (begins(k_others) && core::names_secret(name));
}

VariableLookup variables_of_suite(std::vector<std::string> allowed, std::string foreign,
                                  VariableLookup environment) {
    return [=](const std::string& name) {
        const bool named = std::find(allowed.begin(), allowed.end(), name) != allowed.end();
        if (!named && !foreign.empty())
            throw core::Error(
                core::ExitCode::usage,
                fmt::format("a suite that is not yours may not have the variable {}: {}", name, foreign),
                fmt::format("Allow it with --allow-env {}, or make the suite yours alone.", name));
        if (!named && holds_own_credentials(name))
            throw core::Error(
                core::ExitCode::usage,
                fmt::format("{} holds credentials that are meant for another program", name),
                fmt::format("Allow it with --allow-env {}, or give the value another name.", name));
        return environment(name);
    };
}

} // namespace roacache::config
