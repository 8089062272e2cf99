#include "commands/completion/tree.hpp"

#include <fmt/core.h>

namespace roacache::commands {
namespace {

std::string fish_quoted(const std::string& text) {
    std::string made = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') made += '\\';
        made += c;
    }
    return made + "'";
}

std::string word_list(const CompletionValues& values) {
    std::string words;
    for (const std::string& word : values.words)
        words += (words.empty() ? "" : " ") + word;
    return fish_quoted(words);
}

/// -x: a value and no files; -r -F: a value, and files for it.
std::string value_of(const CompletionValues& values) {
    switch (values.kind) {
    case CompletionValues::Kind::files:
        return " -r -F";
    case CompletionValues::Kind::folders:
        return " -x -a '(__fish_complete_directories)'";
    case CompletionValues::Kind::words:
        return " -x -a " + word_list(values);
    case CompletionValues::Kind::nothing:
        break;
    }
    return " -x";
}

std::string line(const std::string& condition, const CompletionOption& option) {
    std::string text = "complete -c roacache" + condition;
    for (const std::string& name : option.names)
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (option.takes_value) text += value_of(option.values);
    return text + " -d " + fish_quoted(option.help) + "\n";
}

std::string line(const std::string& condition, const CompletionArgument& argument) {
    switch (argument.values.kind) {
    case CompletionValues::Kind::files:
        return fmt::format("complete -c roacache{} -F\n", condition);
    case CompletionValues::Kind::folders:
        return fmt::format("complete -c roacache{} -a '(__fish_complete_directories)'\n", condition);
    case CompletionValues::Kind::words:
        return fmt::format("complete -c roacache{} -a {} -d {}\n", condition, word_list(argument.values),
                           fish_quoted(argument.help));
    case CompletionValues::Kind::nothing:
        break;
    }
    return {};
}

constexpr const char* k_head = R"fish(# fish completion for roacache; printed by `roacache completion fish`.

# True when the command on the line is $argv[1]; the empty one when there is none yet.
function __roacache_is
    set -l words (commandline -opc)
    set -e words[1]
    set -l command ''
    set -l value false
    for word in $words
        if test $value = true
            set value false
        else if contains -- $word {}
            set value true
        else if not string match -q -- '-*' $word
            set command $word
            break
        end
    end
    test "$command" = "$argv[1]"
end

complete -c roacache -f
)fish";

} // namespace

std::string fish_completion(const CompletionTree& tree) {
    std::string valued; // of the options that may come before the command
    for (const auto* options : {&tree.options, &tree.leading})
        for (const CompletionOption& option : *options)
            for (const std::string& name : option.names)
                if (option.takes_value) valued += (valued.empty() ? "" : " ") + name;
    std::string text = fmt::format(fmt::runtime(k_head), valued);
    for (const CompletionOption& option : tree.options)
        text += line("", option);
    for (const CompletionOption& option : tree.leading)
        text += line(" -n '__roacache_is \"\"'", option);
    for (const CompletionCommand& command : tree.commands)
        text += fmt::format("complete -c roacache -n '__roacache_is \"\"' -a {} -d {}\n", command.name,
                            fish_quoted(command.help));
    for (const CompletionCommand& command : tree.commands) {
        const std::string condition = fmt::format(" -n '__roacache_is {}'", command.name);
        for (const CompletionOption& option : command.options)
            text += line(condition, option);
        for (const CompletionArgument& argument : command.arguments)
            text += line(condition, argument);
    }
    return text;
}

} // namespace roacache::commands
