#include "commands/command.hpp"

#include "src/config/config_file.hpp"
#include "src/core/error.hpp"
#include "src/core/secret.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ostream>
#include <utility>

namespace roacache::commands {
namespace {

struct NamedFormat {
    const char* name;
    Format format;
};

constexpr std::array<NamedFormat, 7> k_named_formats{{{"table", Format::table},
                                                      {"json", Format::json},
                                                      {"ndjson", Format::ndjson},
                                                      {"csv", Format::csv},
                                                      {"markdown", Format::markdown},
                                                      {"prometheus", Format::prometheus},
                                                      {"junit", Format::junit}}};

} // namespace

std::string format_name(Format format) {
    for (const NamedFormat& named : k_named_formats)
        if (named.format == format) return named.name;
    return {};
}

std::optional<Format> format_called(std::string_view name) {
    for (const NamedFormat& named : k_named_formats)
        if (named.name == name) return named.format;
    return {};
}

std::vector<std::string> format_names() {
    std::vector<std::string> names(std::size(k_named_formats));
    std::transform(std::begin(k_named_formats), std::end(k_named_formats), names.begin(),
                   [](const NamedFormat& named) { return std::string(named.name); });
    return names;
}

Format Context::format(std::span<const Format> supported, Format on_terminal) const {
    const std::string& asked = settings.output.value;
    if (asked.empty()) return streams.out_is_terminal ? on_terminal : Format::plain;
    std::string names;
    for (const NamedFormat& named : k_named_formats) {
        if (std::find(supported.begin(), supported.end(), named.format) == supported.end()) continue;
        if (asked == named.name) return named.format;
        names += (names.empty() ? "" : ", ") + std::string(named.name);
    }
    throw core::Error(core::ExitCode::usage,
                      fmt::format("{}: '{}': not a format of this command", settings.output.origin,
                                  core::redacted_value(asked)),
                      "Formats are: " + names + ".");
}

void Context::note(const std::string& text) const {
    if (!settings.quiet) streams.err << "roacache: note: " << output::harmless(text) << "\n";
}

void Context::standing_note(const std::string& text) const {
    if (streams.err_is_terminal || settings.verbose) note(text);
}

output::ProgressLine Context::progress_line() const {
    return {streams.err, streams.err_is_terminal && streams.err_colour && !settings.quiet,
            [this] { return streams.columns(); }};
}

void Context::warn(const std::string& text) const {
    streams.err << "roacache: " << output::style("warning", output::Style::yellow, streams.err_colour) << ": "
                << output::harmless(text) << "\n";
}

net::Url Context::url() const {
    if (!settings.tiers.empty())
        throw core::Error(core::ExitCode::usage,
                          fmt::format("usage: {} addresses are given ({}), and this looks at one store",
                                      settings.tiers.size(), settings.tiers.front().origin),
                          "Name one with -u; ping, stats and invalidate take the tiers of one cache.");
    net::Url url = net::parse_url(settings.url.required());
    if (std::exchange(announced->store, true)) return url;
    if (!settings.unused.empty())
        note(
            fmt::format("the service as it is configured here does not use this cache: {}", settings.unused));
    for (const std::string& passed_over : settings.address.notes)
        note(passed_over);
    const std::string& passed = settings.address.passed_env_file;
    if (!passed.empty())
        note(fmt::format("store: {} ({}), since {}", url.redacted(), settings.url.origin, passed));
    else if (settings.url.is_default() || !settings.address.whole())
        note(fmt::format("store: {} ({})", url.redacted(), settings.url.origin));
    return url;
}

void Context::require_named_store() const {
    const std::string& passed = settings.address.passed_env_file;
    if (passed.empty()) return;
    throw core::Error(core::ExitCode::usage,
                      fmt::format("no address: {}; nothing is changed in {} ({})", passed,
                                  net::parse_url(settings.url.required()).redacted(), settings.url.origin),
                      "Correct the file, or name the store with -u or ROACACHE_URL.");
}

config::Profiles Context::profiles() const {
    return config::all_profiles(settings.config_files);
}

config::Profile Context::profile(const std::string& name) const {
    if (config::names_profile_file(name))
        return config::profile_of_file(config::read_config_file(name), name, profiles());
    config::Profile profile = config::find_profile(profiles(), name);
    if (!profile.redefined.empty() && !std::exchange(announced->profile, true))
        note(fmt::format("profile {}: {} redefines the {} that roacache knows", profile.name, profile.file,
                         fmt::join(profile.redefined, ", ")));
    return profile;
}

} // namespace roacache::commands
