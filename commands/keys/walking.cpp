#include "commands/keys/walking.hpp"

#include "src/core/error.hpp"
#include "src/core/units.hpp"

#include <CLI/CLI.hpp>

namespace roacache::commands {

namespace {

/// With the time to live that the settings grant.
config::Profile profile_of(const Context& context) {
    config::Profile profile = context.profile();
    if (const auto standard = context.settings.default_ttl.value)
        profile.ttl.standard = std::chrono::duration_cast<std::chrono::seconds>(*standard);
    if (const auto memory = context.settings.memory_ttl.value)
        profile.memory_tier = config::MemoryTier{std::chrono::duration_cast<std::chrono::seconds>(*memory)};
    return profile;
}

} // namespace

Walking::Walking(const Context& context, const SelectorOptions& options, store::Reach reach)
    : options_(options), keys_(profile_of(context), parse_selectors(options), reach),
      seen_(keys_.selectors()),
      description_(options.names_keys() ? describe_keys(options) : keys_.selection().description()) {}

void Walking::read_named(store::NamedKeys::Repeated repeated) {
    if (options_.names_keys()) keys_.name(named_source(options_), repeated);
}

std::optional<FirstContact> Walking::first_contact(store::Store& store, const Context& context) const {
    if (options_.names_keys()) return std::nullopt;
    return commands::first_contact(keys_, seen_, store, context);
}

store::WalkRequest Walking::request() {
    seen_ = KeysSeen(keys_.selectors());
    store::WalkRequest request;
    request.meant = &keys_;
    request.sees = [this](const store::FoundKey& key, bool meant) { seen_.see(key, meant); };
    return request;
}

void add_max_pause_option(CLI::App& app, std::string& max_pause) {
    app.add_option("--max-pause", max_pause, "No command holds the server longer than about this")
        ->type_name("DUR")
        ->capture_default_str();
}

core::Nanoseconds parse_max_pause(const std::string& text) {
    const core::Nanoseconds pause = core::parse_duration(text, "--max-pause");
    if (pause.count() <= 0)
        throw core::Error(core::ExitCode::usage, "--max-pause: '0': a duration above 0 is needed");
    return pause;
}

} // namespace roacache::commands
