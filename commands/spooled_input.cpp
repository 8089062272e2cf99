#include "commands/spooled_input.hpp"

#include "src/core/error.hpp"

#include <cerrno>
#include <filesystem>
#include <fmt/core.h>
#include <fstream>
#include <iostream>
#include <unistd.h>

namespace roacache::commands {

SpooledInput::SpooledInput()
    : path_((std::filesystem::temp_directory_path() / "roacache-keys-XXXXXX").string()) {
    const int file = mkstemp(path_.data());
    if (file < 0)
        throw core::Error(core::ExitCode::usage,
                          fmt::format("cannot write: {}: {}", path_, core::errno_text(errno)));
    close(file);
    std::ofstream copy(path_, std::ios::binary);
    if (std::cin.peek() != std::istream::traits_type::eof()) copy << std::cin.rdbuf();
    copy.close();
    if (copy) return;
    unlink(path_.c_str());
    throw core::Error(core::ExitCode::usage, fmt::format("cannot write: {}: no room", path_));
}

SpooledInput::~SpooledInput() {
    unlink(path_.c_str());
}

} // namespace roacache::commands
