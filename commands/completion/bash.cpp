#include "commands/completion/tree.hpp"

#include <fmt/core.h>

namespace roacache::commands {
namespace {

std::string joined(const std::vector<std::string>& words, const char* between) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : between) + word;
    return text;
}

const char* kind_of(const CompletionValues& values) {
    switch (values.kind) {
    case CompletionValues::Kind::words:
        return "words";
    case CompletionValues::Kind::files:
        return "files";
    case CompletionValues::Kind::folders:
        return "folders";
    case CompletionValues::Kind::nothing:
        break;
    }
    return "nothing";
}

std::string assignment(const CompletionValues& values) {
    std::string text = fmt::format("kind={}", kind_of(values));
    if (!values.words.empty()) text += fmt::format(" words='{}'", joined(values.words, " "));
    return text;
}

/// `bench:-n | bench:--requests) kind=nothing ;;`; flags need no line.
void add_kinds(std::string& text, const std::string& command, const std::vector<CompletionOption>& options) {
    for (const CompletionOption& option : options) {
        if (!option.takes_value) continue;
        std::vector<std::string> patterns;
        for (const std::string& name : option.names)
            patterns.push_back(fmt::format("{}:{}", command, name));
        text += fmt::format("    {}) {} ;;\n", joined(patterns, " | "), assignment(option.values));
    }
}

std::string all_names(const std::vector<CompletionOption>& options) {
    std::vector<std::string> names;
    for (const CompletionOption& option : options)
        names.insert(names.end(), option.names.begin(), option.names.end());
    return joined(names, " ");
}

// What the options mean is in two functions made from the command tree, before and after this.
constexpr const char* k_machinery = R"bash(
# Sets `command`, and `option` when the word to complete is the value of one.
__roacache_read_line() {
    local i j word kind words
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == = ]]; then continue; fi
        if [[ -n $option ]]; then
            option=
        elif [[ $word == -- ]]; then
            :
        elif [[ $word == --* ]]; then
            __roacache_kind "$command:$word"
            if [[ $kind != flag ]]; then option=$word; fi
        elif [[ $word == -?* ]]; then
            for ((j = 1; j < ${#word}; j++)); do
                __roacache_kind "$command:-${word:j:1}"
                if [[ $kind != flag ]]; then
                    if ((j == ${#word} - 1)); then option=-${word:j:1}; fi
                    break
                fi
            done
        elif [[ -z $command ]]; then
            command=$word
        fi
    done
}

# Completes `cur` by `kind` and `words`.
__roacache_values() {
    case $kind in
    words) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur") ;;
    files)
        if declare -F _filedir >/dev/null; then
            _filedir
        else
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        fi
        ;;
    folders)
        if declare -F _filedir >/dev/null; then
            _filedir -d
        else
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -d -- "$cur")
        fi
        ;;
    esac
}

_roacache() {
    local cur=${COMP_WORDS[COMP_CWORD]} command='' option='' kind=flag words='' prefix=''
    COMPREPLY=()
    __roacache_read_line
    if [[ $cur == = && -n $option ]]; then cur=; fi
    # Where `=` does not split words, the option stands in the same word.
    if [[ -z $option && $cur == --*=* ]]; then
        option=${cur%%=*} prefix=${cur%%=*}= cur=${cur#*=}
    fi
    if [[ -n $option ]]; then
        __roacache_kind "$command:$option"
    elif [[ $cur == -* ]]; then
        kind=words
        __roacache_options "$command"
    else
        __roacache_arguments "$command"
    fi
    __roacache_values
    if [[ -n $prefix ]]; then COMPREPLY=("${COMPREPLY[@]/#/$prefix}"); fi
}

complete -F _roacache roacache
)bash";

} // namespace

std::string bash_completion(const CompletionTree& tree) {
    std::string kinds;
    std::string options;
    std::string arguments;
    std::vector<std::string> commands;
    const std::string global = all_names(tree.options);
    for (const CompletionCommand& command : tree.commands) {
        commands.push_back(command.name);
        add_kinds(kinds, command.name, command.options);
        if (!command.options.empty())
            options += fmt::format("    {}) words+=' {}' ;;\n", command.name, all_names(command.options));
        // One kind for all of a command's arguments: none has several of different kinds.
        if (!command.arguments.empty())
            arguments +=
                fmt::format("    {}) {} ;;\n", command.name, assignment(command.arguments.front().values));
    }
    add_kinds(kinds, "*", tree.options);
    add_kinds(kinds, "", tree.leading);
    options += fmt::format("    '') words+=' {}' ;;\n", all_names(tree.leading));
    return fmt::format("# bash completion for roacache; printed by `roacache completion bash`.\n\n"
                       "# What follows COMMAND:OPTION, in `kind` and `words`.\n"
                       "__roacache_kind() {{\n    kind=flag words=\n    case $1 in\n{}    esac\n}}\n\n"
                       "# The options that go with a command, in `words`.\n"
                       "__roacache_options() {{\n    words='{}'\n    case $1 in\n{}    esac\n}}\n\n"
                       "# What stands in a command's place, or after it, in `kind` and `words`.\n"
                       "__roacache_arguments() {{\n    kind=nothing words=\n    case $1 in\n"
                       "    '') kind=words words='{}' ;;\n{}    esac\n}}\n",
                       kinds, global, options, joined(commands, " "), arguments) +
           k_machinery;
}

} // namespace roacache::commands
