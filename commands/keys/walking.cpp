#include "commands/keys/walking.hpp"

#include "src/core/error.hpp"
#include "src/core/units.hpp"
#include "src/output/text.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <fmt/core.h>

namespace roacache::commands {
namespace {

double positive_number(std::string_view text, std::string_view option, const char* wanted) {
    double number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
    if (!whole || !(number > 0) || number > 1e12)
        throw core::Error(core::ExitCode::usage,
                          fmt::format("{}: '{}': {} is needed", option, output::printable(text), wanted));
    return number;
}

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

void add_load_options(CLI::App& app, LoadOptions& options) {
    app.add_option("--max-load", options.max_load,
                   "Take at most this share of each server's time, resting between steps")
        ->type_name("PCT");
    app.add_option("--max-rate", options.max_rate, "Have each server look at no more keys a second")
        ->type_name("N");
}

store::LoadLimit parse_load(const LoadOptions& options) {
    store::LoadLimit limit;
    if (!options.max_load.empty()) {
        constexpr const char* k_wanted = "a percentage above 0% and up to 100%";
        std::string_view text = options.max_load;
        if (text.ends_with('%')) text.remove_suffix(1);
        limit.share = positive_number(text, "--max-load", k_wanted) / 100;
        if (*limit.share > 1)
            throw core::Error(core::ExitCode::usage,
                              fmt::format("--max-load: '{}': {} is needed", options.max_load, k_wanted));
    }
    if (!options.max_rate.empty())
        limit.rate = positive_number(options.max_rate, "--max-rate", "a number above 0");
    return limit;
}

store::LoadLimit load_for(const LoadOptions& options, const Walking& walking, store::Store& store,
                          const store::WalkRequest& request, const Context& context) {
    constexpr std::uint64_t k_many = 1'000'000;
    constexpr double k_share = 0.25;
    store::LoadLimit limit = parse_load(options);
    const bool describes_all = request.act == store::Act::describe && walking.keys().everything();
    if (limit.is_set() || !describes_all || !store.has_server()) return limit;
    const std::uint64_t keys = store.statistics().keys.value_or(0);
    if (keys <= k_many) return limit;
    limit.share = k_share;
    context.note(
        fmt::format("{} keys are looked at in a quarter of the server's time; --max-load 100% hurries",
                    core::format_count(keys)));
    return limit;
}

core::Nanoseconds parse_max_pause(const std::string& text) {
    const core::Nanoseconds pause = core::parse_duration(text, "--max-pause");
    if (pause.count() <= 0)
        throw core::Error(core::ExitCode::usage, "--max-pause: '0': a duration above 0 is needed");
    return pause;
}

} // namespace roacache::commands
