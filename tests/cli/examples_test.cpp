// What README and --help show is what people type first: none of it is a usage error, or a bug.

#include "src/core/file.hpp"
#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace roacache;
using namespace roacache::test;

namespace {

std::string joined_lines(std::string text) {
    for (std::size_t at = text.find("\\\n"); at != std::string::npos; at = text.find("\\\n", at))
        text.erase(at, 2);
    return text;
}

/// The shell's lines in README that run roacache.
std::vector<std::string> examples_of_readme() {
    std::istringstream lines(joined_lines(core::read_file(source_dir() + "/README.md")));
    std::vector<std::string> examples;
    bool in_shell = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("```"))
            in_shell = line == "```sh";
        else if (in_shell && line.starts_with("roacache "))
            examples.push_back(line);
    }
    return examples;
}

/// README's suite.
std::string suite_of_readme() {
    const std::string readme = core::read_file(source_dir() + "/README.md"), mark = "```toml\n";
    const std::size_t begin = readme.find(mark + "# bench.toml") + mark.size();
    return readme.substr(begin, readme.find("```", begin) - begin);
}

/// The lines of two blanks and a command behind `Examples:`.
std::vector<std::string> examples_of_help(const std::string& command) {
    const std::string help = joined_lines(run_roacache({command, "--help"}).out);
    std::istringstream lines(help.substr(std::min(help.find("\nExamples:"), help.size())));
    std::vector<std::string> examples;
    for (std::string line; std::getline(lines, line);)
        if (line.size() > 2 && line.starts_with("  ") && line[2] != ' ' &&
            line.find("roacache ") != std::string::npos)
            examples.push_back(line.substr(2));
    return examples;
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
}

/// A folder with the files that examples name, and a `roacache` that notes how it ended.
class Place {
  public:
    Place() {
        std::string suite = suite_of_readme();
        replace_all(suite, ":8000", ":1");
        write("bench.toml", suite);
        write("calls.csv", "company\n1\n2\n");
        write("companies.txt", "1\n2\n");
        write("ana.token", "token-ana\n");
        write("bob.token", "token-bob\n");
        for (const char* secret : {"token", "redis"})
            write(secret, "secret\n");
        std::filesystem::permissions(folder_.path() / "token", std::filesystem::perms::owner_read);
        std::filesystem::permissions(folder_.path() / "redis", std::filesystem::perms::owner_read);
        write("roacache.toml", "[profiles.shop]\nextends = \"roa2web\"\n");
        write("shop.toml", core::read_file(source_dir() + "/src/config/profiles/hr-portal.toml"));
        write("start-service.sh", "");
        write("bin/roacache",
              fmt::format("#!/bin/bash\ntimeout -s INT 2 '{}' \"$@\"\nended=$?\necho $ended >> "
                          "'{}/ends'\nexit $ended\n",
                          program(), folder_.path().string()));
        std::filesystem::permissions(folder_.path() / "bin/roacache", std::filesystem::perms::owner_all);
    }

    /// How each roacache of the example ended.
    std::vector<int> run_there(std::string example, const std::string& store) {
        // Nothing of the machine's own is touched, and no store but this one.
        for (const char* folder :
             {"/var/log/", "/var/lib/roacache/", "/etc/bash_completion.d/", "/run/secrets/",
              "/usr/local/share/zsh/site-functions/", "~/.config/fish/completions/", "./start-"})
            replace_all(example, folder, std::string(folder) == "./start-" ? "true start-" : "./");
        replace_all(example, "redis://127.0.0.1:6379/0", store);
        replace_all(example, ":8080", ":0");
        replace_all(example, ":8000", ":1");
        for (const char* before : {" ", "POST "})
            replace_all(example, std::string(before) + "URL", std::string(before) + "http://127.0.0.1:1/a");
        std::filesystem::remove(folder_.path() / "ends");
        RunOptions options;
        options.cwd = folder_.path();
        options.env["PATH"] =
            (folder_.path() / "bin").string() + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
        options.env["HOME"] = folder_.path().string();
        options.env["ROACACHE_URL"] = store;
        for (const char* token : {"TOKEN", "API_TOKEN"})
            options.env[token] = "secret";
        finished = run({"bash", "-c", example}, options);
        std::ifstream ends(folder_.path() / "ends");
        std::vector<int> codes;
        for (int code = 0; ends >> code;)
            codes.push_back(code);
        return codes;
    }

    Finished finished;

  private:
    void write(const std::string& name, const std::string& content) {
        const auto path = folder_.path() / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << content;
    }

    TempDir folder_;
};

void check_examples(const std::vector<std::string>& examples) {
    const RedisServer redis;
    Place place;
    for (const std::string& example : examples) {
        const std::vector<int> ends = place.run_there(example, redis.url() + "/0");
        INFO(example << "\n" << place.finished.out.substr(0, 500) << place.finished.err);
        CHECK_FALSE(ends.empty());
        for (const int code : ends) {
            CHECK(code != 2);
            CHECK(code != 70);
            CHECK(code < 131); // no signal, and no command that is not there
        }
    }
}

} // namespace

TEST_CASE("the examples of README run", "[examples]") {
    const auto examples = examples_of_readme();
    CHECK(examples.size() >= 20);
    check_examples(examples);
}

TEST_CASE("the examples of --help run", "[examples]") {
    std::vector<std::string> all;
    for (const char* command : {"ping", "keys", "inspect", "key", "invalidate", "follow", "stats", "doctor",
                                "toggle", "bench", "demo", "profile"}) {
        const auto examples = examples_of_help(command);
        INFO(command);
        CHECK(examples.size() >= 2);
        all.insert(all.end(), examples.begin(), examples.end());
    }
    CHECK(all.size() >= 40);
    check_examples(all);
}
