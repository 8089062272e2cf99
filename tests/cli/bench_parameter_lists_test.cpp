// The lists of --param, and of `vary` in suites.

#include "tests/cli/roacache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/servers.hpp"

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace roacache::test;

namespace {

using Arguments = std::vector<std::string>;

/// What the values of `{id}` were, in a body, and in the place of them in a URL.
std::set<std::string> asked_with(const std::string& source) {
    const PythonServer server("tests/cli/parameters_server.py");
    const Finished finished = run_roacache({"bench", "--single", server.url("/right?id={id}"), "-d", "<{id}>",
                                            "--param", "id=" + source, "-n", "20", "-c", "1", "-q"});
    INFO(source << "\n" << finished.err);
    CHECK(finished.exit_code == 0);
    std::istringstream lines(run({"curl", "-s", server.url("/asked")}).out);
    std::set<std::string> values;
    for (std::string line; std::getline(lines, line);)
        values.insert(line.substr(line.find('=') + 1));
    return values;
}

std::string refused_list(const std::string& source) {
    const Finished finished =
        run_roacache({"bench", "--single", "http://127.0.0.1:1/{id}", "--param", "id=" + source});
    INFO(source << "\n" << finished.err);
    CHECK(finished.exit_code == 2);
    return finished.err;
}

} // namespace

TEST_CASE("blanks around the values of a list are none of them", "[bench][parameters]") {
    const std::set<std::string> three{"1 <1>", "2 <2>", "3 <3>"};
    for (const char* source : {"1,2,3", "1, 2, 3", " 1 ,2\t, 3 ", "zipf:1, 2, 3"}) {
        INFO(source);
        CHECK(asked_with(source) == three);
    }
    CHECK(asked_with("a b, c") == std::set<std::string>{"a%20b <a b>", "c <c>"});
    CHECK(asked_with(" seq:7 ").contains("7 <7>"));
    CHECK(asked_with("\"a\", \"\", b\"") == // as JSON has texts
          std::set<std::string>{"%22a%22 <\"a\">", "%22%22 <\"\">", "b%22 <b\">"});
}

TEST_CASE("a list with an empty value, or with a comma in quotes, is refused", "[bench][parameters]") {
    const TempDir folder;
    const std::string suite = (folder.path() / "s.toml").string();
    const auto refused_vary = [&](const std::string& vary) {
        std::ofstream(suite) << "base_url = \"http://127.0.0.1:1\"\n[[endpoints]]\nname = \"a\"\nurl = "
                                "\"/{id}\"\nvary = {id = "
                             << vary << "}\n";
        const Finished finished = run_roacache({"bench", "--single", "--suite", suite});
        INFO(vary << "\n" << finished.err);
        CHECK(finished.exit_code == 2);
        return finished.err;
    };
    for (const char* source : {"1,2,", "1,,2", ",1", ",", "1, ,2", "1,\t", "zipf:1,", "zipf:,"}) {
        CHECK_THAT(refused_list(source),
                   StartsWith("roacache: --param id: a value of the list is empty\nA list is written "));
        CHECK_THAT(refused_vary("'" + std::string(source) + "'"),
                   Contains("endpoint 'a': vary.id: a value of the list is empty"));
    }
    for (const char* source : {"\"a,b\",c", "c,\"a, b\"", "\"", "zipf:\"a,b\""}) {
        CHECK_THAT(refused_list(source), Contains("in quotes too\n") && Contains(": @FILE."));
        CHECK_THAT(refused_vary("'" + std::string(source) + "'"), Contains("in quotes too\n"));
    }
    CHECK_THAT(refused_vary("['1', '']"), Contains("a value of the list is empty"));
    for (const char* source : {"", " ", "\t"})
        CHECK_THAT(refused_list(source), StartsWith("roacache: --param id: no value\n"));
}
