#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/process.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

using namespace roacache::test;

namespace {

using Words = std::set<std::string>;

std::string content(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::filesystem::path committed(const std::string& file) {
    return std::filesystem::path(source_dir()) / "completions" / file;
}

/// A folder with `plain.txt`, `with space.md` and `folder/`.
struct Place {
    Place() {
        std::ofstream(folder.path() / "plain.txt") << "text";
        std::ofstream(folder.path() / "with space.md") << "text";
        std::filesystem::create_directory(folder.path() / "folder");
    }
    TempDir folder;
};

Words lines_of(const std::string& text) {
    Words words;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        if (!line.empty()) words.insert(line);
    return words;
}

/// What `shell` prints for the program text, with the line to complete as its arguments.
Words ask(const std::vector<std::string>& shell, const std::string& program, const Place& place,
          const std::vector<std::string>& line) {
    std::vector<std::string> argv = shell;
    argv.push_back(program);
    argv.insert(argv.end(), line.begin(), line.end());
    RunOptions options;
    options.cwd = place.folder.path();
    options.env["HOME"] = place.folder.path();
    options.env["SCRIPTS"] = committed("");
    const Finished finished = run(argv, options);
    INFO(finished.out);
    CHECK(finished.err == "");
    CHECK(finished.exit_code == 0);
    return lines_of(finished.out);
}

/// The line's last word is the one under the cursor; bash splits at `=` by itself, so the caller does too.
Words bash(const std::vector<std::string>& line, bool with_bash_completion) {
    const Place place;
    const std::string program =
        std::string(with_bash_completion ? ". /usr/share/bash-completion/bash_completion\n" : "") +
        R"(. "$SCRIPTS/roacache.bash"
[[ $(complete -p roacache) == 'complete -F _roacache roacache' ]] || exit 9
COMP_WORDS=(roacache "$@") COMP_CWORD=$# COMP_LINE="roacache $*" COMP_POINT=${#COMP_LINE}
_roacache roacache "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" 2> >(grep -v 'not currently executing completion' >&2)
((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
exit 0)";
    return ask({"bash", "--norc", "--noprofile", "-c"}, program, place, [&] {
        std::vector<std::string> arguments{"bash"};
        arguments.insert(arguments.end(), line.begin(), line.end());
        return arguments;
    }());
}

/// The line as it is typed; fish answers `word<TAB>description`.
Words fish(const std::string& typed, const std::string& script = "roacache.fish") {
    const Place place;
    const Words answered = ask({"fish", "--no-config", "-c"},
                               "source $SCRIPTS/" + script + "\ncomplete -C $argv[1]", place, {typed});
    Words words;
    for (const auto& word : answered)
        words.insert(word.substr(0, word.find('\t')));
    return words;
}

/// What zsh's own completion system offers for the line as it is typed. It needs a shell that edits lines on
/// a terminal (zpty), in which the function that takes the matches writes them down too. The line editor
/// itself puts the line in and completes it as soon as it is ready, for keys sent from outside could come
/// before that.
Words zsh(const std::string& typed) {
    const Place place;
    const std::string program = R"zsh(
cat >$HOME/.zshrc <<'END'
fpath=(${SCRIPTS%/} $fpath); autoload -Uz compinit; compinit -u -D
zstyle ':completion:*' verbose no; setopt no_list_beep; LISTMAX=10000
compadd() {
  local -a hits
  [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]] && { builtin compadd "$@"; return }
  builtin compadd -O hits "$@"; print -rl -- $hits >>$HOME/matches; builtin compadd "$@"
}
zle-line-init() { BUFFER=$TYPED; CURSOR=$#BUFFER; zle complete-word; print COMPLETED; exit }
zle -N zle-line-init
END
export ZDOTDIR=$HOME TYPED=$1
zmodload zsh/zpty
zpty shell zsh -d -i
while zpty -r shell text; do all+=$text; done
[[ $all == *COMPLETED* ]] || { print -r -- $all; exit 9 }
[[ ! -e $HOME/matches ]] || cat $HOME/matches)zsh";
    return ask({"zsh", "-f", "-c"}, program, place, {"zsh", typed});
}

bool includes(const Words& all, const Words& some) {
    return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

const Words k_entry_formats{"csv", "json", "ndjson", "table"};
const Words k_document_formats{"json", "ndjson", "table"};
const Words k_formats{"csv", "json", "junit", "markdown", "ndjson", "prometheus", "table"};

} // namespace

TEST_CASE("the committed completion scripts are those that roacache prints") {
    for (const auto& [shell, file] : std::map<std::string, std::string>{
             {"bash", "roacache.bash"}, {"zsh", "_roacache"}, {"fish", "roacache.fish"}}) {
        INFO("when this fails: cmake --build BUILD-FOLDER --target completions");
        const Finished finished = run({program(), "completion", shell});
        CHECK(finished.exit_code == 0);
        CHECK(finished.err == "");
        CHECK((finished.out == content(committed(file))));
    }
}

TEST_CASE("a shell that has no script is a usage error") {
    const Finished finished = run({program(), "completion", "tcsh"});
    CHECK(finished.exit_code == 2);
    CHECK(finished.out == "");
    CHECK(finished.err.find("tcsh") != std::string::npos);
    CHECK(run({program(), "completion"}).exit_code == 2);
}

TEST_CASE("the scripts are accepted by their shells") {
    CHECK(run({"bash", "-n", committed("roacache.bash")}).exit_code == 0);
    CHECK(run({"zsh", "-n", committed("_roacache")}).exit_code == 0);
    CHECK(run({"fish", "-n", committed("roacache.fish")}).exit_code == 0);
}

TEST_CASE("bash completes commands, options, values and files") {
    const bool with = GENERATE(false, true);
    INFO("bash-completion: " << with);
    CHECK(includes(bash({""}, with), {"ping", "completion"}));
    CHECK(bash({"compl"}, with) == Words{"completion"});
    CHECK(bash({"--url", "redis://h/0", "-v", "compl"}, with) == Words{"completion"});
    CHECK(bash({"completion", ""}, with) == Words{"bash", "fish", "zsh"});
    CHECK(bash({"-o", ""}, with) == k_formats);
    CHECK(bash({"-p", "ro"}, with) == Words{"roa2web", "roa2web-hybrid"});
    CHECK(bash({"bench", "-m", "PA"}, with) == Words{"PATCH"});
    CHECK(includes(bash({"bench", "--report", "plain"}, with), {"plain.txt"}));
    CHECK(bash({"ping", "-qo", "t"}, with) == Words{"table"});
    CHECK(bash({"ping", "--color", "=", "al"}, with) == Words{"always"});
    CHECK(bash({"ping", "--color", "="}, with) == Words{"always", "auto", "never"});
    CHECK(bash({"ping", "--color=al"}, with) == Words{"--color=always"});
    CHECK(bash({"ping", "--wa"}, with) == Words{"--wait"});
    CHECK(bash({"--wa"}, with).empty());
    CHECK(bash({"ping", "--timeout", ""}, with).empty());
    CHECK(includes(bash({"--config", ""}, with), {"plain.txt", "folder"}));
    CHECK(bash({"--config", "pl"}, with) == Words{"plain.txt"});
    CHECK(bash({"no-such-command", ""}, with).empty());
    CHECK(bash({"ping", "-o", ""}, with) == k_entry_formats);
    CHECK(bash({"key", "-o", ""}, with) == k_document_formats);
    CHECK(bash({"stats", "--output", "pro"}, with) == Words{"prometheus"});
    CHECK(bash({"keys", "-r", "invoices_"}, with) == Words{"invoices_list", "invoices_summary"});
    CHECK(bash({"invalidate", "--event", "pay"}, with) == Words{"payment-recorded", "payroll-generated"});
    CHECK(bash({"key", "treasury"}, with) == Words{"treasury_data"});
    CHECK(bash({"stats", "--by", "pre"}, with) == Words{"prefix"});
}

TEST_CASE("bash completes what is typed on a terminal, names with spaces quoted") {
    const Place place;
    RunOptions options;
    options.pty = true;
    options.cwd = place.folder.path();
    options.env = {{"HOME", place.folder.path()}, {"SCRIPTS", committed("")}, {"PS1", ""}};
    options.input = ". \"$SCRIPTS/roacache.bash\"; roacache() { printf '<%s>' \"$@\"; echo; }\n"
                    "roacache pi\t--config wi\t--col\talw\t\nexit\n";
    const Finished finished = run({"bash", "--norc", "--noprofile", "-i"}, options);
    CHECK(finished.exit_code == 0);
    CHECK_THAT(finished.out, roacache::test::Contains("<ping><--config><with space.md><--color><always>"));
}

TEST_CASE("fish completes commands, options, values and files") {
    CHECK(includes(fish("roacache "), {"ping", "completion"}));
    CHECK(fish("roacache compl") == Words{"completion"});
    CHECK(fish("roacache --url redis://h/0 -v compl") == Words{"completion"});
    CHECK(fish("roacache completion ") == Words{"bash", "fish", "zsh"});
    CHECK(fish("roacache -o ") == k_formats);
    CHECK(fish("roacache ping --color al") == Words{"always"});
    CHECK(fish("roacache ping --color=al") == Words{"--color=always"});
    CHECK(fish("roacache ping --wa") == Words{"--wait"});
    CHECK(fish("roacache --wa").empty());
    CHECK(fish("roacache ping --timeout ").empty());
    CHECK(fish("roacache --config pl") == Words{"plain.txt"});
    CHECK(fish("roacache ping -o ") == k_entry_formats);
    CHECK(fish("roacache key -o ") == k_document_formats);
    CHECK(fish("roacache stats --output pro") == Words{"prometheus"});
    CHECK(fish("roacache keys -r invoices_") == Words{"invoices_list", "invoices_summary"});
    CHECK(fish("roacache invalidate --event pay") == Words{"payment-recorded", "payroll-generated"});
    CHECK(fish("roacache key treasury") == Words{"treasury_data"});
    CHECK(includes(fish("roacache --config "), {"plain.txt", "with space.md", "folder/"}));
}

TEST_CASE("zsh completes commands, options, values and files") {
    CHECK(includes(zsh("roacache "), {"ping", "completion"}));
    CHECK(zsh("roacache compl") == Words{"completion"});
    CHECK(zsh("roacache --url redis://h/0 -v compl") == Words{"completion"});
    CHECK(zsh("roacache completion ") == Words{"bash", "fish", "zsh"});
    CHECK(zsh("roacache -o ") == k_formats);
    CHECK(zsh("roacache ping --color=al") == Words{"always"});
    CHECK(zsh("roacache ping --wa") == Words{"--wait"});
    CHECK(zsh("roacache ping --timeout ").empty());
    CHECK(zsh("roacache --config pl") == Words{"plain.txt"});
    CHECK(zsh("roacache ping -o ") == k_entry_formats);
    CHECK(zsh("roacache key -o ") == k_document_formats);
    CHECK(zsh("roacache keys -r invoices_") == Words{"invoices_list", "invoices_summary"});
    CHECK(zsh("roacache invalidate --event pay") == Words{"payment-recorded", "payroll-generated"});
}
