#include "commands/bench/cache_switch.hpp"

#include "commands/trusted_settings.hpp"
#include "src/bench/load/hook_switch.hpp"
#include "src/bench/load/toggle_api.hpp"
#include "src/core/error.hpp"

#include <fmt/core.h>

namespace roacache::commands {
namespace {

bench::ToggleApi::Options api_options(const BenchOptions& options, const Context& context) {
    using Scope = bench::ToggleApi::Scope;
    return {parse_toggle_url(options), options.toggle == "global" ? Scope::global : Scope::user,
            options.toggle_token.empty() ? context.settings.token.required() : options.toggle_token,
            tls_options(context.settings, address_of_flag("--uncached-by toggle")),
            context.settings.timeout.required()};
}

std::unique_ptr<bench::CacheSwitch> make_switch(const BenchOptions& options, const Context& context) {
    // A hook may restart the service, which takes longer than an answer.
    constexpr core::Nanoseconds k_least = std::chrono::seconds(30);
    if (options.uncached_by == "toggle")
        return std::make_unique<bench::ToggleApi>(api_options(options, context));
    if (options.hook_uncached.empty()) return nullptr;
    return std::make_unique<bench::HookSwitch>(options.hook_cached, options.hook_uncached,
                                               std::max(context.settings.timeout.required(), k_least));
}

} // namespace

BenchedSwitch::BenchedSwitch(const BenchOptions& options, const Context& context)
    : context_(context), switch_(make_switch(options, context)) {}

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
