#include "commands/bench/cache_switch.hpp"

#include "commands/trusted_settings.hpp"
#include "src/bench/load/hook_switch.hpp"
#include "src/bench/load/toggle_api.hpp"
#include "src/core/error.hpp"

#include <fmt/core.h>

namespace roacache::commands {
namespace {

std::unique_ptr<bench::CacheSwitch> make(const bench::ManagementSwitch& by, const Context& context) {
    bench::ManagementSwitch with_token = by;
    if (by.token.empty()) with_token.token = context.settings.token.required();
    return std::make_unique<bench::ToggleApi>(bench::ToggleApi::Options{
        std::move(with_token), tls_options(context.settings, address_of_flag("--uncached-by toggle")),
        context.settings.timeout.required()});
}

std::unique_ptr<bench::CacheSwitch> make(const bench::ShellHooks& by, const Context& context) {
    // A hook may restart the service, which takes longer than an answer.
    constexpr core::Nanoseconds k_least = std::chrono::seconds(30);
    return std::make_unique<bench::HookSwitch>(by, std::max(context.settings.timeout.required(), k_least));
}

} // namespace

BenchedSwitch::BenchedSwitch(const std::optional<bench::SwitchedCache>& by, const Context& context)
    : context_(context) {
    if (by) switch_ = std::visit([&](const auto& way) { return make(way, context); }, by->by);
}

BenchedSwitch::~BenchedSwitch() {
    if (!switch_) return;
    try {
        switch_->restore();
    } catch (const std::exception& error) {
        context_.warn(fmt::format("the service's cache could not be switched {} again, as it was before: {}",
                                  switch_->was_on() ? "on" : "off", error.what()));
    }
}

} // namespace roacache::commands
