#include "src/config/trust.hpp"
#include "commands/declarations.hpp"
#include "src/config/profile.hpp"
#include "src/config/toml_file.hpp"
#include "src/core/error.hpp"
#include "src/output/text.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <fmt/core.h>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace roacache::commands {
namespace {

using core::Error;
using core::ExitCode;

struct TrustOptions {
    std::string folder = ".";
    bool list = false;
    bool revoke = false;
};

/// What says where the state of programs is stored.
config::Variables places() {
    config::Variables variables;
    for (const char* name : {"HOME", "XDG_STATE_HOME"})
        if (const char* value = std::getenv(name)) variables[name] = value;
    return variables;
}

/// The file of a folder, or the file itself.
std::filesystem::path file_of(const std::string& named) {
    std::error_code ignored;
    const std::filesystem::path path(named);
    const std::filesystem::path file =
        std::filesystem::is_directory(path, ignored) ? path / "roacache.toml" : path;
    return std::filesystem::absolute(file, ignored).lexically_normal();
}

ExitCode list(const Context& context) {
    for (const config::TrustedFile& file : config::trusted_files(places()))
        context.streams.out << output::printable(file.path)
                            << (file.current ? "\n" : "\tchanged since, no longer trusted\n");
    return ExitCode::done;
}

ExitCode revoke(const std::filesystem::path& file, const Context& context) {
    if (config::forget_trust(file, places()) == 0)
        throw Error(ExitCode::negative,
                    fmt::format("not trusted: {}: there is nothing to revoke", file.string()),
                    "roacache trust --list tells what is trusted.");
    context.streams.out << "no longer trusted: " << output::printable(file.string()) << "\n";
    return ExitCode::done;
}

/// The profiles of a file that say themselves where a cache is.
std::vector<std::string> profiles_with_tiers(const std::string& content, const std::string& file) {
    std::vector<std::string> names;
    config::Profiles profiles = config::builtin_profiles();
    try {
        for (const std::string& name : config::add_profiles(content, file, profiles))
            if (profiles.at(name).tiers_file == file) names.push_back(name);
    } catch (const Error&) {
        // Reported when a command asks for one of them.
    }
    return names;
}

ExitCode trust(const std::filesystem::path& file, const Context& context) {
    const std::string content = config::read_config_file(file);
    const config::SettingsTable settings = config::read_settings_table(content, file.string());
    config::remember_trust(file, content, places());
    context.streams.out << "trusted as it stands: " << output::printable(file.string()) << "\n";
    std::string names = settings.tiers.empty() ? "" : "tiers";
    for (const auto& [name, value] : settings.values)
        names += (names.empty() ? "" : ", ") + name;
    for (const std::string& profile : profiles_with_tiers(content, file.string()))
        names += fmt::format("{}the tiers of profile {}", names.empty() ? "" : ", ", profile);
    if (!names.empty()) context.note("it sets " + names);
    return ExitCode::done;
}

ExitCode run_trust(const TrustOptions& options, const Context& context) {
    if (options.list) return list(context);
    const std::filesystem::path file = file_of(options.folder);
    return options.revoke ? revoke(file, context) : trust(file, context);
}

constexpr const char* k_trust_text = R"(
A roacache.toml of the current directory may be anybody's, so until it is trusted it may set no more than
output, color, timeout, default-ttl and a built-in profile: no address, no TLS, no secret, no switch. Trust
holds for the content as it stands; a change takes it away. In CI, name the file instead: --config FILE.

Examples:
  roacache trust
  roacache trust ~/projects/shop
  roacache trust --list
  roacache trust --revoke)";

} // namespace

Action declare_trust(CLI::App& app) {
    const auto options = std::make_shared<TrustOptions>();
    app.footer(k_trust_text);
    app.add_option("DIR", options->folder, "Whose roacache.toml (default: the current directory)")
        ->type_name("");
    CLI::Option* list_flag = app.add_flag("--list", options->list, "What is trusted");
    app.add_flag("--revoke", options->revoke, "Trust it no longer")->excludes(list_flag);
    return [options](Context& context) { return run_trust(*options, context); };
}

} // namespace roacache::commands
