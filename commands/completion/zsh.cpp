#include "commands/completion/tree.hpp"

#include <fmt/core.h>

namespace roacache::commands {
namespace {

/// Within single quotes, with a backslash before each of `special`.
std::string escaped(const std::string& text, const std::string& special) {
    std::string made;
    for (const char c : text) {
        if (c == '\'') {
            made += "'\\''";
            continue;
        }
        if (special.find(c) != std::string::npos) made += '\\';
        made += c;
    }
    return made;
}

std::string action(const CompletionValues& values) {
    const std::string message = escaped(values.name.empty() ? "value" : values.name, "\\:");
    switch (values.kind) {
    case CompletionValues::Kind::files:
        return message + ":_files";
    case CompletionValues::Kind::folders:
        return message + ":_files -/";
    case CompletionValues::Kind::words: {
        std::string words;
        for (const std::string& word : values.words)
            words += (words.empty() ? "" : " ") + escaped(word, "\\: ()");
        return message + ":(" + words + ")";
    }
    case CompletionValues::Kind::nothing:
        break;
    }
    return message + ": ";
}

/// `-n+` takes its value in the same word or the next, `--name=` after the sign or in the next.
std::string written(const CompletionOption& option, const std::string& name) {
    if (!option.takes_value) return name;
    return name + (name.starts_with("--") ? "=" : "+");
}

/// A line of _arguments: `'(-n --name)'{-n+,--name=}'[help]:DUR: '`.
std::string specification(const CompletionOption& option) {
    std::string all;
    std::string forms;
    for (const std::string& name : option.names) {
        all += (all.empty() ? "" : " ") + name;
        forms += (forms.empty() ? "" : ",") + written(option, name);
    }
    const std::string start = option.repeatable ? "'*'" : fmt::format("'({})'", all);
    if (option.names.size() > 1) forms = "{" + forms + "}";
    const std::string value = option.takes_value ? ":" + action(option.values) : "";
    return fmt::format("{}{}'[{}]{}'", start, forms, escaped(option.help, "\\[]"), value);
}

std::string specification(const CompletionArgument& argument) {
    return fmt::format("'{}:{}'", argument.repeatable ? "*" : "", action(argument.values));
}

} // namespace

std::string zsh_completion(const CompletionTree& tree) {
    std::string globals;
    for (const CompletionOption& option : tree.options)
        globals += "    " + specification(option) + "\n";
    std::string leading;
    for (const CompletionOption& option : tree.leading)
        leading += " " + specification(option);
    std::string names;
    std::string commands;
    for (const CompletionCommand& command : tree.commands) {
        names += fmt::format("      '{}:{}'\n", command.name, escaped(command.help, "\\:"));
        commands += fmt::format("    {})\n      _arguments -s -S \"$global_options[@]\"", command.name);
        for (const CompletionOption& option : command.options)
            commands += " \\\n        " + specification(option);
        for (const CompletionArgument& argument : command.arguments)
            commands += " \\\n        " + specification(argument);
        commands += "\n      ;;\n";
    }
    return fmt::format(R"zsh(#compdef roacache
# zsh completion for roacache; printed by `roacache completion zsh`.

_roacache() {{
  local curcontext="$curcontext" state line
  local -a global_options commands
  typeset -A opt_args
  global_options=(
{}  )

  _arguments -C -s -S -A '-*' "$global_options[@]"{} '1: :->command' '*:: :->arguments'

  case $state in
  command)
    commands=(
{}    )
    _describe -t commands 'roacache command' commands
    ;;
  arguments)
    curcontext="${{curcontext%:*:*}}:roacache-$words[1]:"
    case $words[1] in
{}    esac
    ;;
  esac
}}

# Run as the completion function itself when it was loaded by its name, else made known.
if [ "$funcstack[1]" = "_roacache" ]; then
  _roacache "$@"
else
  compdef _roacache roacache
fi
)zsh",
                       globals, leading, names, commands);
}

} // namespace roacache::commands
