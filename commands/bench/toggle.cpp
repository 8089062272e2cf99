#include "commands/bench/toggle.hpp"

#include "commands/trusted_settings.hpp"
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

} // namespace

BenchedToggle::BenchedToggle(const BenchOptions& options, const Context& context)
    : context_(context), api_(api_options(options, context)) {}

BenchedToggle::~BenchedToggle() {
    try {
        api_.restore();
    } catch (const std::exception& error) {
        context_.warn(fmt::format("the service's cache could not be switched {} again, as it was before: {}",
                                  api_.was_on() ? "on" : "off", error.what()));
    }
}

} // namespace roacache::commands
