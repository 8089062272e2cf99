#include "commands/bench/cache_switch.hpp"

#include "commands/trusted_settings.hpp"
#include "src/bench/load/hook_switch.hpp"
#include "src/core/ascii.hpp"
#include "src/core/error.hpp"
#include "src/core/shell.hpp"
#include "src/store/api/switch_lock.hpp"

#include <fmt/core.h>
#include <memory>
#include <utility>
#include <variant>

namespace roacache::commands {
namespace {

std::unique_ptr<store::CacheSwitch> make(const store::ManagementSwitch& by, const Context& context) {
    store::ManagementSwitch with_token = by;
    if (by.token.empty()) with_token.token = context.settings.token.required();
    auto toggle = std::make_unique<store::api::LockedToggle>(store::Toggle::Options{
        std::move(with_token), tls_options(context.settings, address_of_flag("--uncached-by toggle")),
        context.settings.timeout.required()});
    if (const auto& left = toggle->left_behind())
        context.note(
            fmt::format("an earlier run (process {}) was ended before it could put the {} switch back: "
                        "this one will, {}",
                        left->pid, store::name_of(left->scope), toggle->was_on() ? "on" : "off"));
    return toggle;
}

std::unique_ptr<store::CacheSwitch> make(const bench::ShellHooks& by, const Context& context) {
    // A hook may restart the service, which takes longer than an answer.
    constexpr core::Nanoseconds k_least = std::chrono::seconds(30);
    return std::make_unique<bench::HookSwitch>(by, std::max(context.settings.timeout.required(), k_least));
}

std::string remedy_for(const store::ManagementSwitch& by, const std::string& state) {
    return fmt::format("Put it back: roacache toggle {} {} -u {}", store::name_of(by.scope), state,
                       core::shell_quoted(by.base.redacted()));
}

std::string remedy_for(const bench::ShellHooks& /*by*/, const std::string& /*state*/) {
    return "Put it back by hand.";
}

} // namespace

store::SwitchGuard open_switch(const std::optional<bench::SwitchedCache>& by, const Context& context,
                               std::optional<bench::NotRestored>& failure) {
    std::unique_ptr<store::CacheSwitch> opened;
    if (by) opened = std::visit([&](const auto& way) { return make(way, context); }, by->by);
    return {std::move(opened), [&context, &failure, by](const std::string& state, const std::string& why) {
                failure = bench::NotRestored{
                    state, why, std::visit([&](const auto& way) { return remedy_for(way, state); }, by->by)};
                std::string said = bench::sentence_of(*failure);
                said[0] = core::to_lower(said[0]);
                context.warn(said);
            }};
}

} // namespace roacache::commands
