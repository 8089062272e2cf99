#include "commands/command.hpp"

#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <ostream>

namespace roacache::commands {
namespace {

struct NamedFormat {
    const char* name;
    Format format;
};

constexpr std::array<NamedFormat, 6> k_named_formats{{{"table", Format::table},
                                                      {"json", Format::json},
                                                      {"ndjson", Format::ndjson},
                                                      {"csv", Format::csv},
                                                      {"markdown", Format::markdown},
                                                      {"prometheus", Format::prometheus}}};

} // namespace

std::string format_name(Format format) {
    for (const NamedFormat& named : k_named_formats)
        if (named.format == format) return named.name;
    return {};
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
                      fmt::format("{}: '{}': not a format of this command", settings.output.origin, asked),
                      "Formats are: " + names + ".");
}

void Context::note(const std::string& text) const {
    if (!settings.quiet) streams.err << "roacache: note: " << output::harmless(text) << "\n";
}

void Context::standing_note(const std::string& text) const {
    if (streams.err_is_terminal || settings.verbose) note(text);
}

output::ProgressLine Context::progress_line() const {
    return {streams.err, streams.err_is_terminal && streams.err_colour && !settings.quiet, streams.width};
}

void Context::warn(const std::string& text) const {
    streams.err << "roacache: " << output::style("warning", output::Style::yellow, streams.err_colour) << ": "
                << output::harmless(text) << "\n";
}

net::TlsOptions Context::tls_options() const {
    return {settings.cacert.value, settings.cert.value, settings.key_file.value, settings.insecure.value,
            settings.server_name.value};
}

config::Profiles Context::profiles() const {
    config::Profiles profiles = config::builtin_profiles();
    const std::vector<std::filesystem::path> last_first(settings.config_files.rbegin(),
                                                        settings.config_files.rend());
    for (const std::filesystem::path& file : last_first)
        config::add_profiles(core::read_file(file), file.string(), profiles);
    return profiles;
}

config::Profile Context::profile(const std::string& name) const {
    if (config::names_profile_file(name))
        return config::profile_of_file(core::read_file(name), name, profiles());
    return config::find_profile(profiles(), name);
}

} // namespace roacache::commands
