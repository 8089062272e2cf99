#include "src/config/config_file.hpp"

#include "src/core/error.hpp"
#include "src/core/regular_file.hpp"

#include <fmt/core.h>
#include <unistd.h>

namespace roacache::config {
namespace {

constexpr std::size_t k_largest = std::size_t{1} << 20;

[[noreturn]] void refuse(const std::filesystem::path& path, const char* why, std::string remedy) {
    throw core::Error(core::ExitCode::usage, fmt::format("cannot read: {}: {}", path.string(), why),
                      std::move(remedy));
}

} // namespace

std::string read_config_file(const std::filesystem::path& path) {
    core::RegularFile file = core::read_regular_file(path, k_largest);
    if (file.status.st_uid != 0 && file.status.st_uid != ::geteuid())
        refuse(path, "belongs to another user, who may change it at any time",
               "Copy it, or take it over: chown.");
    if ((file.status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        refuse(path, "may be written to by other users",
               fmt::format("Take that away: chmod go-w {}", path.string()));
    return std::move(file.content);
}

ConfigFile read_directory_file(const std::filesystem::path& path, const Variables& environment) {
    std::string text = read_config_file(path);
    const Trust trust = is_trusted(path, text, environment) ? Trust::named_file : Trust::directory;
    return {path, std::move(text), trust};
}

} // namespace roacache::config
