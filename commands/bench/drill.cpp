#include "commands/bench/drill.hpp"

#include "src/core/error.hpp"

namespace roacache::commands {

std::optional<bench::SwitchedCache> take_drill(BenchOptions& options) {
    const auto refuse = [](const char* why, const char* remedy) {
        throw core::Error(core::ExitCode::usage, std::string("usage: bench: ") + why, remedy);
    };
    if (!options.drill) {
        if (!options.cache_down.empty() || !options.cache_up.empty())
            refuse("--cache-down and --cache-up belong to --drill", "");
        return {};
    }
    if (options.cache_down.empty() || options.cache_up.empty())
        refuse("--drill wants --cache-down and --cache-up",
               "Say how the cache is stopped and started: --cache-down 'docker stop redis' --cache-up "
               "'docker start "
               "redis'.");
    if (options.demo) refuse("--drill and --demo do not go together", "Its cache is in its own process.");
    options.single = true;
    return bench::SwitchedCache{
        bench::ShellHooks{options.cache_up, options.cache_down, "the phase back", "the phase down"}};
}

} // namespace roacache::commands
