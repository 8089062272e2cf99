#include "commands/declarations.hpp"
#include "src/core/error.hpp"
#include "src/core/file.hpp"
#include "src/core/units.hpp"
#include "src/output/table.hpp"
#include "src/output/text.hpp"
#include "src/store/profile_layout.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <fmt/core.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

namespace roacache::commands {
namespace {

using core::ExitCode;
using nlohmann::ordered_json;

struct ProfileOptions {
    std::string name;
    std::string file;
};

constexpr std::array k_profile_formats{Format::table, Format::json, Format::ndjson};

bool wants_json(Format format) {
    return format == Format::json || format == Format::ndjson;
}

void print(const ordered_json& json, Format format, const Context& context) {
    context.streams.out << json.dump(format == Format::json ? 2 : -1) << "\n";
}

ExitCode run_list(Context& context) {
    const Format format = context.format(k_profile_formats);
    const config::Profiles profiles = context.profiles();
    ordered_json json{{"schema", "roacache.profile/1"}, {"profiles", ordered_json::array()}};
    output::Table table({{""}, {""}});
    for (const auto& [name, profile] : profiles) {
        json["profiles"].push_back({{"name", name}, {"description", profile.description}});
        table.add({output::printable(name), output::printable(profile.description)});
    }
    if (wants_json(format))
        print(json, format, context);
    else
        context.streams.out << table.text();
    return ExitCode::done;
}

ordered_json to_json(const config::Profile& profile) {
    ordered_json json{
        {"schema", "roacache.profile/1"},
        {"name", profile.name},
        {"description", profile.description},
        {"default_tenant",
         profile.default_tenant.empty() ? ordered_json(nullptr) : ordered_json(profile.default_tenant)},
        {"layouts", ordered_json::array()},
        {"ttl_ms", ordered_json::object()},
        {"default_ttl_ms",
         profile.ttl.standard ? ordered_json(profile.ttl.standard->count() * 1000) : ordered_json(nullptr)},
        {"events", ordered_json::array()},
        {"targets", profile.targets},
        {"environment", profile.environment}};
    for (const config::LayoutSpec& layout : profile.layouts)
        json["layouts"].push_back(
            {{"template", layout.templ},
             {"resource", layout.resource.empty() ? ordered_json(nullptr) : ordered_json(layout.resource)}});
    for (const auto& [resource, ttl] : profile.ttl.resources)
        json["ttl_ms"][resource] = ttl.count() * 1000;
    for (const config::Event& event : profile.events)
        json["events"].push_back({{"name", event.name},
                                  {"description", event.description},
                                  {"resources", event.resources},
                                  {"keys", event.keys}});
    return json;
}

/// A heading and, set in below it, what belongs to it; nothing when there is nothing.
void print_section(std::ostream& out, const char* title,
                   const std::vector<std::pair<std::string, std::string>>& rows, bool colour) {
    if (rows.empty()) return;
    out << "\n" << output::style(title, output::Style::bold, colour) << "\n";
    output::Table table({{""}, {""}});
    for (const auto& [name, value] : rows)
        table.add({"  " + output::printable(name), output::printable(value)});
    out << table.text();
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

void print_profile(const config::Profile& profile, const Context& context) {
    using Rows = std::vector<std::pair<std::string, std::string>>;
    std::ostream& out = context.streams.out;
    const bool colour = context.streams.out_colour;
    out << output::style(output::printable(profile.name), output::Style::bold, colour) << ": "
        << output::printable(profile.description) << "\n";
    if (!profile.default_tenant.empty())
        out << "default tenant: " << output::printable(profile.default_tenant) << "\n";
    Rows keys, ttls, events, targets, environment;
    for (const config::LayoutSpec& layout : profile.layouts)
        keys.emplace_back(layout.templ, layout.resource);
    for (const auto& [resource, ttl] : profile.ttl.resources)
        ttls.emplace_back(resource, core::format_duration(ttl));
    if (profile.ttl.standard) ttls.emplace_back("(any other)", core::format_duration(*profile.ttl.standard));
    for (const config::Event& event : profile.events) {
        const char* value = event.value == config::EventValue::required   ? "=VALUE"
                            : event.value == config::EventValue::optional ? "[=VALUE]"
                                                                          : "";
        std::string stale = joined(event.resources);
        if (!event.keys.empty()) stale += (stale.empty() ? "" : ", ") + joined(event.keys);
        events.emplace_back(event.name + value, stale);
    }
    for (const std::string& target : profile.targets)
        targets.emplace_back(target, "");
    for (const auto& [variable, setting] : profile.environment)
        environment.emplace_back(variable, setting);
    print_section(out, "Keys", keys, colour);
    print_section(out, "Time to live", ttls, colour);
    print_section(out, "Events, and what they make stale", events, colour);
    print_section(out, "Targets of a benchmark", targets, colour);
    print_section(out, "Environment", environment, colour);
}

ExitCode run_show(const ProfileOptions& options, Context& context) {
    const Format format = context.format(k_profile_formats);
    const config::Profiles profiles = context.profiles();
    const config::Profile& profile =
        config::find_profile(profiles, options.name.empty() ? context.settings.profile.value : options.name);
    if (wants_json(format))
        print(to_json(profile), format, context);
    else
        print_profile(profile, context);
    return ExitCode::done;
}

/// A file is one profile, or a roacache.toml with [profiles.NAME] tables.
ExitCode run_check(const ProfileOptions& options, Context& context) {
    const std::string text = core::read_file(options.file);
    config::Profiles profiles = config::builtin_profiles();
    std::vector<std::string> names;
    if (config::holds_profiles(text, options.file)) {
        config::add_profiles(text, options.file, profiles);
        for (const auto& [name, profile] : profiles) {
            store::check_profile(profile);
            names.push_back(name);
        }
    } else {
        const config::Profile profile = config::parse_profile(text, options.file, profiles);
        store::check_profile(profile);
        names.push_back(profile.name);
    }
    context.streams.out << fmt::format("{}: good: {}\n", output::printable(options.file),
                                       output::printable(joined(names)));
    return ExitCode::done;
}

constexpr const char* k_profile_examples = R"(
Examples:
  roacache profile list
  roacache profile show hr-portal
  roacache profile check roacache.toml

A profile of your own, in roacache.toml:
  [profiles.shop]
  extends = "roa2web"
  layouts = [{ template = "shop:{tenant}:{resource}:{hash}" }]
  ttl.resources.basket = 60)";

} // namespace

Action declare_profile(CLI::App& app) {
    const auto options = std::make_shared<ProfileOptions>();
    const auto action = std::make_shared<Action>();
    app.require_subcommand(1);
    app.footer(k_profile_examples);
    CLI::App* list =
        app.add_subcommand("list", "The profiles there are, the user's own included")->fallthrough();
    list->callback([action] { *action = run_list; });
    CLI::App* show =
        app.add_subcommand("show", "Keys, times to live, events and targets of a profile")->fallthrough();
    show->add_option("NAME", options->name, "Which (default: the one that the settings name)")->type_name("");
    show->callback(
        [action, options] { *action = [options](Context& context) { return run_show(*options, context); }; });
    CLI::App* check =
        app.add_subcommand("check", "Read a file of profiles and say where it is wrong")->fallthrough();
    check->add_option("FILE", options->file, "A profile, or a roacache.toml that holds some")
        ->type_name("")
        ->required();
    check->callback([action, options] {
        *action = [options](Context& context) { return run_check(*options, context); };
    });
    return [action](Context& context) { return (*action)(context); };
}

} // namespace roacache::commands
