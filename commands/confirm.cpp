#include "commands/confirm.hpp"

#include "src/core/interrupt.hpp"
#include "src/output/text.hpp"

#include <poll.h>
#include <unistd.h>

namespace roacache::commands {

bool can_ask() {
    return isatty(STDIN_FILENO) == 1;
}

bool confirm(std::ostream& stream, const std::string& question) {
    stream << output::harmless(question) << " [y/N] " << std::flush;
    std::string answer;
    for (;;) {
        pollfd ready[] = {{STDIN_FILENO, POLLIN, 0}, {core::Interrupt::fd(), POLLIN, 0}};
        if (poll(ready, 2, -1) < 0 && !core::Interrupt::requested()) continue;
        if (core::Interrupt::requested()) {
            stream << "\n";
            return false;
        }
        char letter = 0;
        if (read(STDIN_FILENO, &letter, 1) != 1) return false;
        if (letter == '\n' || letter == '\r') break;
        answer += letter;
    }
    return answer == "y" || answer == "Y" || answer == "yes";
}

} // namespace roacache::commands
