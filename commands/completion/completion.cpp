#include "commands/cli.hpp"
#include "commands/completion/tree.hpp"
#include "commands/declarations.hpp"

#include <CLI/CLI.hpp>
#include <ostream>

namespace roacache::commands {

Action declare_completion(CLI::App& app) {
    const auto shell = std::make_shared<std::string>();
    app.add_option("shell", *shell, "The shell to make the script for")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}))
        ->type_name("SHELL");
    app.footer("Load it in the running shell:\n"
               "  bash  source <(roacache completion bash)\n"
               "  zsh   source <(roacache completion zsh)\n"
               "  fish  roacache completion fish | source\n"
               "Keep it:\n"
               "  bash  roacache completion bash > ~/.local/share/bash-completion/completions/roacache\n"
               "  zsh   roacache completion zsh > a folder of $fpath, as _roacache\n"
               "  fish  roacache completion fish > ~/.config/fish/completions/roacache.fish");
    return [shell](Context& context) {
        Parsed parsed;
        const CompletionTree tree = completion_tree(*build_app(parsed));
        if (*shell == "bash")
            context.streams.out << bash_completion(tree);
        else if (*shell == "zsh")
            context.streams.out << zsh_completion(tree);
        else
            context.streams.out << fish_completion(tree);
        return core::ExitCode::done;
    };
}

} // namespace roacache::commands
