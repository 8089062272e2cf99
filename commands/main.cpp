#include "commands/cli.hpp"
#include "src/core/descriptor.hpp"
#include "src/core/interrupt.hpp"

#include <unistd.h>

int main(int argc, char** argv) {
    roacache::core::open_standard_descriptors();
    roacache::core::Interrupt::install();
    roacache::config::Variables environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const std::size_t equals = text.find('=');
        if (equals != std::string::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    roacache::output::ProcessStreams process;
    return roacache::commands::run({argv, argv + argc}, environment, process.streams);
}
