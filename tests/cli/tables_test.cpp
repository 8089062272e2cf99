// Tables are the only places that list what they hold: an entry of one is an option, a line of --help, a word
// of the completions and what it does, without being named anywhere else.

#include "commands/command.hpp"
#include "src/bench/verdict/metrics.hpp"
#include "src/core/file.hpp"
#include "src/report/formats.hpp"
#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/reported.hpp"

using namespace roacache;
using namespace roacache::test;
using roacache::test::Contains;

namespace {

const std::string k_unreachable = "http://127.0.0.1:1/";

/// A folder with a run that bench --json saved.
class SavedFolder : public TempDir {
  public:
    SavedFolder() {
        core::write_file_atomically(path() / "run.json", report::to_json(Reported(made_result({})).document));
    }
    Finished merge(std::vector<std::string> more) const {
        more.insert(more.begin(), {"bench", "merge", "run.json"});
        RunOptions options;
        options.cwd = path();
        return run_roacache(more, options);
    }
};

/// A word of a script, not a part of a longer one.
bool has_word(const std::string& text, const std::string& word) {
    const std::string breaks = " '\"\n:|),;";
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
        if (at > 0 && breaks.find(text[at - 1]) != std::string::npos &&
            breaks.find(text[at + word.size()]) != std::string::npos)
            return true;
    return false;
}

} // namespace

TEST_CASE("every form of a result is printed, or refused with those that are", "[formats]") {
    const SavedFolder folder;
    const std::string completions = run_roacache({"completion", "bash"}).out;
    for (const report::ResultFormat& format : report::result_formats()) {
        const std::string name(format.name);
        INFO(name);
        const Finished printed = folder.merge({"-o", name});
        CHECK((printed.exit_code == 2) != format.printed);
        CHECK(printed.out.empty() != format.printed);
        CHECK((format.printed || format.option != nullptr || format.exported));
        if (!format.printed) continue;
        CHECK_THAT(folder.merge({"-o", "nonsense"}).err, Contains(name));
        CHECK(has_word(completions, name));
    }
}

TEST_CASE("every form of a result that has an option goes to a file", "[formats]") {
    const SavedFolder folder;
    const std::string help = run_roacache({"bench", "--help"}).out;
    const std::string completions = run_roacache({"completion", "bash"}).out;
    for (const report::ResultFormat& format : report::result_formats()) {
        if (format.option == nullptr) continue;
        INFO(format.name);
        CHECK(has_word(completions, format.option));
        CHECK_THAT(help, Contains(std::string(format.option) + " " + format.value));
        CHECK_THAT(help, Contains(std::string(format.help).substr(0, 20)));

        const Finished written = folder.merge({format.option, "written"});
        INFO(written.err);
        CHECK(written.exit_code != 2);
        CHECK_FALSE(core::read_file(folder.path() / "written").empty());
        if (format.note != nullptr) CHECK_THAT(written.err, Contains(std::string(format.note) + ": written"));
        CHECK(std::filesystem::exists(folder.path() / "written.latency.light.svg") == format.pictures);
        for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
            if (entry.path().filename().string().starts_with("written")) std::filesystem::remove(entry);
    }
}

TEST_CASE("a form that can tell of a failure does, whatever it is", "[formats]") {
    const TempDir folder;
    const std::string file = folder.path() / "file";
    for (const report::ResultFormat& format : report::result_formats()) {
        if (format.option == nullptr) continue;
        INFO(format.name);
        const auto left = [&](const std::vector<std::string>& more, int code) {
            core::write_file_atomically(file, "older");
            std::vector<std::string> arguments{"bench", k_unreachable, "--uncached-query",
                                               "a=b",   format.option, file};
            arguments.insert(arguments.end(), more.begin(), more.end());
            CHECK(run_roacache(arguments).exit_code == code);
            return core::read_file(file);
        };
        CHECK((left({}, 3) != "older") == (format.failure != nullptr));
        CHECK((left({"--assert", "nonsense"}, 2) != "older") == format.tells_usage);
    }
}

TEST_CASE("the help of --output names what only some commands print", "[formats]") {
    const std::string help = run_roacache({"--help"}).out;
    for (const commands::Command& command : commands::all_commands())
        for (const commands::Format format : command.formats) {
            INFO(command.name);
            CHECK(has_word(help, commands::format_name(format)));
        }
}

TEST_CASE("the help of bench names every quantity that an assert may be about", "[asserts]") {
    const std::string help = run_roacache({"bench", "--help"}).out;
    for (const std::string& quantities : bench::quantities_help())
        CHECK_THAT(help, Contains(quantities));
}
