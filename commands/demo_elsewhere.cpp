// What needs the reference service, for the program that is linked without it: begins the same command line
// anew in the program that has it. The service's HTTP library would cost every start of every command a
// millisecond.

#include "commands/bench/demo.hpp"
#include "commands/demo_service.hpp"
#include "src/core/companion.hpp"
#include "src/core/error.hpp"

#include <cerrno>
#include <fmt/core.h>
#include <ostream>
#include <unistd.h>

namespace roacache::commands {
namespace {

[[noreturn]] void begin_anew(const Context& context) {
    const std::string program = core::companion_program("roacache-demo");
    std::vector<std::string> arguments = context.arguments;
    std::vector<char*> pointers;
    pointers.reserve(arguments.size() + 1);
    for (std::string& argument : arguments)
        pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    context.streams.out.flush();
    context.streams.err.flush();
    execv(program.c_str(), pointers.data());
    const int error = errno;
    throw core::Error(core::ExitCode::usage,
                      fmt::format("cannot start: {}: {}", program, core::errno_text(error)),
                      "The reference service is a program of its own, which is installed beside roacache.");
}

} // namespace

core::ExitCode serve_demo(const DemoOptions&, Context& context) {
    begin_anew(context);
}

std::unique_ptr<BenchedDemo> start_benched_demo(BenchOptions&, const Context& context) {
    begin_anew(context);
}

} // namespace roacache::commands
