#include "commands/completion_tree.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

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

/// `WHEN:{auto,always,never}` or `FILE`.
CompletionValues values_of(const std::string& command, const CLI::Option& option) {
    CompletionValues values;
    const std::string type = option.get_type_name();
    values.name = type.substr(0, type.find(':'));
    const std::size_t open = type.find('{');
    const std::size_t close = type.find('}', open == std::string::npos ? 0 : open);
    if (open != std::string::npos && close != std::string::npos) {
        values.kind = CompletionValues::Kind::words;
        values.words = split(type.substr(open + 1, close - open - 1), ',');
    } else if (values.name == "FMT") {
        values.kind = CompletionValues::Kind::words;
        values.words = {"table", "json", "ndjson", "csv"};
        if (command.empty() || command == "bench") values.words.emplace_back("markdown");
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

CompletionOption option_of(const std::string& command, const CLI::Option& option) {
    CompletionOption made;
    for (const std::string& name : option.get_snames())
        made.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames())
        made.names.push_back("--" + name);
    made.help = first_line(option.get_description());
    made.takes_value = option.get_items_expected_max() > 0;
    made.repeatable = repeatable(option);
    if (made.takes_value) made.values = values_of(command, option);
    return made;
}

bool has(const std::vector<CompletionOption>& options, const CompletionOption& option) {
    return std::any_of(options.begin(), options.end(),
                       [&](const CompletionOption& other) { return other.names == option.names; });
}

std::vector<CompletionOption> options_of(const CLI::App& app, const std::string& command) {
    std::vector<CompletionOption> options;
    for (const CLI::Option* option : app.get_options())
        if (option->nonpositional() && !option->get_group().empty())
            options.push_back(option_of(command, *option));
    return options;
}

CompletionCommand command_of(const CLI::App& app, const std::vector<CompletionOption>& global) {
    CompletionCommand command{app.get_name(), first_line(app.get_description()), {}, {}};
    for (CompletionOption& option : options_of(app, command.name))
        if (!has(global, option)) command.options.push_back(std::move(option));
    for (const CLI::Option* option : app.get_options())
        if (option->get_positional() && !option->nonpositional())
            command.arguments.push_back({first_line(option->get_description()), repeatable(*option),
                                         values_of(command.name, *option)});
    return command;
}

} // namespace

CompletionTree completion_tree(const CLI::App& app) {
    CompletionTree tree{app.get_name(), options_of(app, ""), {}};
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        if (!sub->get_group().empty()) tree.commands.push_back(command_of(*sub, tree.options));
    return tree;
}

} // namespace roacache::commands
