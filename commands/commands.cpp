#include "commands/command.hpp"
#include "commands/declarations.hpp"

#include <array>

namespace roacache::commands {

std::span<const Command> all_commands() {
    static constexpr std::array<Command, 0> k_commands{};
    return k_commands;
}

} // namespace roacache::commands
