#include "src/config/env_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/process.hpp"

#include <random>

using namespace roacache;
using config::parse_env_file;
using config::Variables;

TEST_CASE(".env files are read as services read them", "[env file]") {
    const auto file = parse_env_file("\xEF\xBB\xBF# comment\r\n"
                                     "A=1\r\n"
                                     "export B = two words # comment\n"
                                     "C='single # $x \\n'\n"
                                     "D=\"line\\nbreak \\\"q\\\" \\$\"\n"
                                     "E=\n"
                                     "F=a#b\n"
                                     "ALONE\n"
                                     "G=\"two\nlines\" # after\n"
                                     "I= # nothing\n"
                                     "J=#b\n"
                                     "H=last",
                                     "x.env");
    CHECK(file.variables == Variables{{"A", "1"},
                                      {"B", "two words"},
                                      {"C", "single # $x \\n"},
                                      {"D", "line\nbreak \"q\" $"},
                                      {"E", ""},
                                      {"F", "a#b"},
                                      {"G", "two\nlines"},
                                      {"H", "last"},
                                      {"I", ""},
                                      {"J", "#b"}});
    CHECK(file.malformed.empty());
    CHECK(file.warnings.empty());
}

TEST_CASE("a .env file takes variables as Docker Compose does", "[env file]") {
    const auto value = [](const std::string& text) {
        const auto file = parse_env_file("IN=inner\nNONE=\nV=" + text + "\n", "x.env", {{"OUT", "outer"}});
        return file.malformed.contains("V") ? "malformed" : file.variables.at("V");
    };
    CHECK(value("redis://:${IN}@h/0") == "redis://:inner@h/0");
    CHECK(value("\"${OUT}-$IN\"") == "outer-inner");
    CHECK(value("'${OUT}-$IN'") == "${OUT}-$IN");
    CHECK(value("${MISSING:-d}|${NONE:-d}|${NONE-d}|${MISSING-d}") == "d|d||d");
    CHECK(value("${IN:+r}|${NONE:+r}|${NONE+r}|${MISSING+r}") == "r||r|");
    CHECK(value("${MISSING:-${IN}}") == "inner");
    CHECK(value("a$$b$") == "a$b$");
    CHECK(value("\"a\\$IN\"") == "a$IN");
    CHECK(value("${MISSING}") == "");
    CHECK(value("${MISSING:?why}") == "malformed");
    CHECK(value("${IN") == "malformed");
    CHECK(value("${}") == "malformed");
    CHECK(parse_env_file("A=${B}\n", "x.env").warnings ==
          std::vector<std::string>{"x.env:1: A takes the value of B, which is not set"});
    CHECK(parse_env_file("IN=file\nA=$IN\n", "x.env", {{"IN", "outside"}}).variables.at("A") == "outside");
}

TEST_CASE("what is none of a .env file is a warning that shows nothing of it", "[env file]") {
    const std::string pem =
        "-----BEGIN PRIVATE KEY-----\nMIIEvhunter2+/=\nhunter2/+abc==\n-----END PRIVATE KEY-----\n";
    const auto file = parse_env_file("[section]\nA=1\nset -a\nprint hunter2\n" + pem + "KEY=\"" + pem +
                                         "\"\nB=2\n=3\nC=\"hunter2\nD='x' hunter2\nE: hunter2\nF=4\n",
                                     "x.env");
    CHECK(file.variables.at("A") == "1");
    CHECK(file.variables.at("B") == "2");
    CHECK(file.variables.at("F") == "4");
    CHECK(file.variables.at("KEY") == pem);
    REQUIRE(file.warnings.size() == 1);
    CHECK(parse_env_file("[a]\n[b]\n", "x.env").warnings ==
          std::vector<std::string>{
              "x.env:1: this line is not NAME=value and is passed over, and so is 1 line more"});
    CHECK(file.warnings[0].find("x.env:1: this line is not NAME=value and is passed over, and so are ") == 0);
    CHECK(file.malformed.at("D").find(": unexpected text after the closing quote") != std::string::npos);
    CHECK(file.malformed.at("E").find(": expected '=' after the name") != std::string::npos);
    for (const auto& [name, why] : file.malformed)
        CHECK(why.find("hunter2") == std::string::npos);
    CHECK(file.warnings[0].find("hunter2") == std::string::npos);
}

TEST_CASE("a line that is passed over loses none of the variables that it names silently", "[env file]") {
    for (const char* line :
         {"URL redis://h", "\"URL\"=redis://h", "set URL=redis://h", "setenv URL redis://h",
          "$env:URL = 'redis://h'", "- URL: redis://h", "URL -> redis://h", "URL: redis://h",
          "X=\"\nURL=redis://h\n\"", "X='\n  export URL = redis://h\n'", "X=\"a\nURL=\"redis://h\"",
          "URL=\"redis://h", "URL='redis://h' x", "URL=${A}}${", "URL=${hunter2", "URL=${A?x}"}) {
        INFO(line);
        CHECK(parse_env_file(std::string(line) + "\nY=1\n", "x.env").malformed.contains("URL"));
        CHECK(parse_env_file(std::string(line) + "\nURL=1\n", "x.env").variables.at("URL") == "1");
    }
    CHECK(parse_env_file("; URL=1\n// URL=2\n# URL=3\nURL\n", "x.env").malformed.empty());
    CHECK(parse_env_file("A=1\rURL=2\rB=3", "x.env").variables ==
          Variables{{"A", "1"}, {"B", "3"}, {"URL", "2"}});
}

TEST_CASE("no warning about a .env file shows a part of a secret", "[env file]") {
    for (const std::string name : {"REDIS_PASSWORD", "REDIS_URL", "DATABASE", "X"})
        for (const std::string value : {"pa$hunter2secret", "\"pa$hunter2\"", "${hunter2!x}", "${hunter2:x}",
                                        "pa${hunter2", "redis://:${hunter2}@h", "redis://:pa$hunter2@h",
                                        "${A:?hunter2}", "${hunter2:?}", "a,${hunter2}"}) {
            const auto file = parse_env_file(name + "=" + value + "\n", "x.env");
            INFO(name << "=" << value);
            CHECK(file.warnings.size() + file.malformed.size() == 1);
            for (const std::string& warning : file.warnings)
                CHECK(warning.find("hunter2") == std::string::npos);
            for (const auto& [malformed, why] : file.malformed)
                CHECK(why.find("hunter2") == std::string::npos);
        }
    CHECK(parse_env_file("REDIS_PASSWORD=${hunter2}\n", "x.env").warnings[0] ==
          "x.env:1: REDIS_PASSWORD takes the value of a variable, which is not set");
}

TEST_CASE("a parsed .env file says which values the environment gave", "[env file]") {
    const auto taken = [](const std::string& text) {
        const auto file =
            parse_env_file("IN=inner\nW=$OUT\nP=a$OUT\nV=" + text + "\n", "x.env", {{"OUT", "outer"}});
        const auto found = file.from_environment.find("V");
        if (found == file.from_environment.end()) return std::string("none");
        return std::to_string(found->second.at) + (found->second.all ? " all" : "");
    };
    CHECK(taken("$OUT") == "0 all");
    CHECK(taken("\"${OUT}\"") == "0 all");
    CHECK(taken("$W") == "0 all");
    CHECK(taken("${MISSING:-$OUT}") == "0 all");
    CHECK(taken("$P") == "0");
    CHECK(taken("ab${OUT}") == "2");
    CHECK(taken("${OUT}x") == "0");
    CHECK(taken("$OUT$OUT") == "0");
    CHECK(taken("x${MISSING:-a${OUT}b$IN}") == "1");
    for (const char* none : {"$IN", "'$OUT'", "$$OUT", "${OUT:+x}", "${MISSING:-x}", "plain"})
        CHECK(taken(none) == "none");
}

TEST_CASE("python-dotenv reads the same from files of the kind that services have", "[env file][python]") {
    std::mt19937 random(11);
    const auto pick = [&](std::initializer_list<const char*> choices) {
        return std::string(choices.begin()[random() % choices.size()]);
    };
    std::vector<std::string> files;
    std::string input;
    for (int round = 0; round < 300; ++round) {
        std::string text = pick({"", "\xEF\xBB\xBF", "# first\n", "\n\n"});
        const std::string end = pick({"\n", "\r\n"});
        for (int line = 0; line < 8; ++line)
            text += pick({"A", "B", "export C", "  D", "E_1", "export  F", "'G'", "export 'H'"}) +
                    pick({"=", " =", "= "}) +
                    pick({"plain", "two words", "a#b", "a # comment", "\"quoted # x\"", "'single'",
                          "\"a\\nb\"", "\"q\\\"q\" # c", "'it\\'s'", "redis://:pw@h:6379/0?db=2", "${A}",
                          "\"x${B}y\"", "${OUT}", "${MISSING:-d}", "\"${MISSING:-d e}\"", "x=y",
                          "\"two"
                          "\nlines\""}) +
                    end + pick({"", "# comment", "ALONE", " "}) + end;
        input += std::to_string(text.size()) + "\n" + text;
        files.push_back(text);
    }
    test::RunOptions options;
    options.input = input;
    options.env = {{"OUT", "outer"}};
    const auto finished =
        test::run({"/usr/bin/python3", test::source_dir() + "/tests/unit/python_env_files.py"}, options);
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    std::string mine;
    for (const std::string& text : files) {
        for (const auto& [name, value] : parse_env_file(text, "x.env", {{"OUT", "outer"}}).variables) {
            mine += name + "=";
            for (const char c : value)
                mine += c == '\n' ? std::string("\\n") : std::string(1, c);
            mine += "\n";
        }
        mine += "--\n";
    }
    CHECK(mine == finished.out);
}
