#include "commands/completion/tree.hpp"

#include "commands/command.hpp"
#include "src/config/profile.hpp"
#include "src/report/formats.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

namespace roacache::commands {
namespace {

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

std::vector<std::string> split(const std::string& text, char by) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(by, begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

std::vector<std::string> names_of(std::span<const Format> formats) {
    std::vector<std::string> names;
    for (const Format format : formats)
        names.push_back(format_name(format));
    return names;
}

/// Of the built-in profiles, each name once.
template <typename NamesOf>
std::vector<std::string> names_in_profiles(NamesOf names_of_profile) {
    std::set<std::string> names;
    for (const auto& [name, profile] : config::builtin_profiles())
        names.merge(names_of_profile(profile));
    return {names.begin(), names.end()};
}

std::set<std::string> resources_of(const config::Profile& profile) {
    const auto names = profile.known_resources();
    return {names.begin(), names.end()};
}

std::set<std::string> events_of(const config::Profile& profile) {
    std::set<std::string> names;
    for (const config::Event& event : profile.events)
        names.insert(event.name);
    return names;
}

std::vector<std::string> exported_formats() {
    std::vector<std::string> names;
    for (const report::ResultFormat& format : report::result_formats())
        if (format.exported) names.emplace_back(format.name);
    return names;
}

/// What the parser takes but does not list.
std::vector<std::string> known_values(const std::string& type, const CLI::Option& option) {
    if (type == "FMT") return format_names();
    if (type == "METHOD") return {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    if (option.check_lname("by")) return {"tenant", "resource", "tenant,resource", "prefix"};
    if (option.check_lname("resource") || option.get_name() == "RESOURCE")
        return names_in_profiles(resources_of);
    if (option.check_lname("export")) return exported_formats();
    if (option.check_lname("event")) return names_in_profiles(events_of);
    if (option.check_lname("profile")) return config::builtin_profile_names();
    return {};
}

/// `WHEN:{auto,always,never}` or `FILE`.
CompletionValues values_of(const CLI::Option& option) {
    CompletionValues values;
    const std::string type = option.get_type_name();
    values.name = type.substr(0, type.find(':'));
    const std::size_t open = type.find('{');
    const std::size_t close = type.find('}', open == std::string::npos ? 0 : open);
    if (open != std::string::npos && close != std::string::npos) {
        values.kind = CompletionValues::Kind::words;
        values.words = split(type.substr(open + 1, close - open - 1), ',');
    } else if (auto words = known_values(values.name, option); !words.empty()) {
        values.kind = CompletionValues::Kind::words;
        values.words = std::move(words);
    } else if (values.name.starts_with("FILE")) {
        values.kind = CompletionValues::Kind::files;
    } else if (values.name.starts_with("DIR")) {
        values.kind = CompletionValues::Kind::folders;
    }
    return values;
}

bool repeatable(const CLI::Option& option) {
    return option.get_expected_max() > 1;
}

CompletionOption option_of(const CLI::Option& option) {
    CompletionOption made;
    for (const std::string& name : option.get_snames())
        made.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames())
        made.names.push_back("--" + name);
    made.help = first_line(option.get_description());
    made.takes_value = option.get_items_expected_max() > 0;
    made.repeatable = repeatable(option);
    if (made.takes_value) made.values = values_of(option);
    return made;
}

bool has(const std::vector<CompletionOption>& options, const CompletionOption& option) {
    return std::any_of(options.begin(), options.end(),
                       [&](const CompletionOption& other) { return other.names == option.names; });
}

std::vector<CompletionOption> options_of(const CLI::App& app) {
    std::vector<CompletionOption> options;
    for (const CLI::Option* option : app.get_options())
        if (option->nonpositional() && !option->get_group().empty()) options.push_back(option_of(*option));
    return options;
}

/// The command's own of an option that chooses a format.
void add_formats(CompletionCommand& command, const std::vector<CompletionOption>& leading) {
    for (const Command& known : all_commands())
        if (command.name == known.name && !known.formats.empty())
            for (CompletionOption option : leading) {
                option.values.words = names_of(known.formats);
                command.options.push_back(std::move(option));
            }
}

CompletionCommand command_of(const CLI::App& app, const std::vector<CompletionOption>& global,
                             const std::vector<CompletionOption>& leading) {
    CompletionCommand command{app.get_name(), first_line(app.get_description()), {}, {}};
    for (CompletionOption& option : options_of(app))
        if (!has(global, option)) command.options.push_back(std::move(option));
    add_formats(command, leading);
    CompletionValues inner{CompletionValues::Kind::words, "SUBCOMMAND", {}};
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        inner.words.push_back(sub->get_name());
    if (!inner.words.empty()) command.arguments.push_back({"Subcommand", false, std::move(inner)});
    for (const CLI::Option* option : app.get_options())
        if (option->get_positional() && !option->nonpositional())
            command.arguments.push_back(
                {first_line(option->get_description()), repeatable(*option), values_of(*option)});
    return command;
}

} // namespace

CompletionTree completion_tree(const CLI::App& app) {
    CompletionTree tree{app.get_name(), {}, {}, {}};
    for (CompletionOption& option : options_of(app))
        (option.values.name == "FMT" ? tree.leading : tree.options).push_back(std::move(option));
    const std::vector<CompletionOption> global = options_of(app);
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        if (!sub->get_group().empty()) tree.commands.push_back(command_of(*sub, global, tree.leading));
    return tree;
}

} // namespace roacache::commands
