#include "commands/keys/confirm.hpp"

#include "src/core/descriptor.hpp"
#include "src/core/error.hpp"
#include "src/core/reader.hpp"
#include "src/output/descriptor_stream.hpp"
#include "src/output/text.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace roacache::commands {

bool can_ask() {
    return isatty(STDIN_FILENO) == 1;
}

bool confirm(std::ostream& stream, const std::string& question) {
    stream << output::harmless(question) << " [y/N] " << std::flush;
    std::string answer;
    try {
        if (!core::Reader::standard_input().next_line(answer)) return false;
    } catch (const core::Error& error) {
        if (error.code() != core::ExitCode::interrupted) throw;
        stream << "\n";
        return false;
    }
    if (answer.ends_with('\r')) answer.pop_back();
    return answer == "y" || answer == "Y" || answer == "yes";
}

bool confirm_on_terminal(output::Streams& streams, const std::string& question) {
    if (streams.err_is_terminal) return confirm(streams.err, question);
    int error = 0;
    const core::Descriptor terminal = core::open_interruptibly("/dev/tty", O_WRONLY | O_NOCTTY, error);
    output::DescriptorStream stream(terminal.get(), true);
    return confirm(stream, question);
}

} // namespace roacache::commands
