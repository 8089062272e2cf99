#include "src/bench/load/hook_switch.hpp"

#include "src/core/error.hpp"
#include "src/core/interrupt.hpp"
#include "src/core/secret.hpp"
#include "src/core/shell.hpp"
#include "src/core/units.hpp"
#include "src/output/text.hpp"

#include <fmt/core.h>

namespace roacache::bench {

HookSwitch::HookSwitch(ShellHooks hooks, core::Nanoseconds limit) : hooks_(std::move(hooks)), limit_(limit) {}

void HookSwitch::set(bool on) {
    is_on_ = false;
    run(on, {});
    is_on_ = on && !core::Interrupt::requested();
}

void HookSwitch::restore() {
    if (is_on_) return;
    run(true, limit_);
    is_on_ = true;
}

void HookSwitch::run(bool on, std::optional<core::Nanoseconds> limit) const {
    using core::ShellEnd;
    const std::string& command = on ? hooks_.on : hooks_.off;
    const core::ShellResult result = core::run_shell(command, limit);
    if (result.ended_by == ShellEnd::interrupt) return;
    if (result.ended_by == ShellEnd::itself &&
        (result.status == 0 || (!limit && core::Interrupt::requested())))
        return;
    std::string how = fmt::format("exit {}", result.status);
    std::string remedy = result.output.empty()
                             ? "It printed nothing."
                             : "It printed: " + output::printable(core::redacted_text(result.output));
    if (result.ended_by == ShellEnd::limit)
        how = fmt::format("it took longer than {}", core::format_duration(*limit));
    if (result.ended_by == ShellEnd::terminal) {
        how = "it asked for something on the terminal, which a hook cannot, and was ended";
        remedy = "Let it ask nothing, as ssh -o BatchMode=yes does, or answer beforehand, as by sudo -v. " +
                 remedy;
    }
    throw core::Error(core::ExitCode::usage,
                      fmt::format("the hook before {} failed: {}: {}",
                                  on ? hooks_.before_on : hooks_.before_off,
                                  output::printable(core::redacted_shell_command(command)), how),
                      remedy);
}

} // namespace roacache::bench
