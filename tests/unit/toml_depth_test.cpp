#include "src/config/profile.hpp"
#include "src/config/suite.hpp"
#include "src/config/toml_depth.hpp"
#include "src/config/toml_file.hpp"
#include "src/core/error.hpp"
#include "tests/support/catch.hpp"

using namespace roacache;

namespace {

std::string times(const std::string& text, std::size_t count) {
    std::string result;
    for (std::size_t i = 0; i < count; ++i)
        result += text;
    return result;
}

/// Something nested `depth` deep, in each of the ways in which TOML can say it.
std::vector<std::string> nested(std::size_t depth) {
    return {"a" + times(".a", depth) + " = 1\n",
            "[a" + times(".a", depth) + "]\n",
            "[[a" + times(" . a", depth) + "]]\n",
            "\"a\"" + times(".\"a\"", depth) + " = 1\n",
            "'a'" + times(".'.'", depth) + " = 1\n",
            "x = {a" + times(".a", depth) + " = 1}\n",
            "x = " + times("[", depth) + times("]", depth) + "\n",
            "x = " + times("{a=", depth) + "1" + times("}", depth) + "\n",
            "x = [\n" + times("[\n", depth) + times("]\n", depth) + "]\n"};
}

std::string depth_refusal(const std::string& text) {
    try {
        config::check_toml_depth(text, "suite", "s.toml");
    } catch (const core::Error& error) {
        return error.what();
    }
    return {};
}

} // namespace

TEST_CASE("TOML that is nested too deeply is refused before it is read", "[toml]") {
    for (const std::string& text : nested(8))
        CHECK(depth_refusal(text).empty());
    for (const std::size_t depth : {40U, 40'000U})
        for (const std::string& text : nested(depth)) {
            INFO(text.substr(0, 30));
            CHECK(depth_refusal("# first line\n" + text).starts_with("bad suite: s.toml:"));
            CHECK_THROWS_AS(config::parse_suite(text, "s.toml", [](const auto&) { return std::nullopt; }),
                            core::Error);
            CHECK_THROWS_AS(config::read_settings_table(text, "roacache.toml"), core::Error);
            config::Profiles profiles;
            CHECK_THROWS_AS(config::add_profiles(text, "roacache.toml", profiles), core::Error);
        }
    CHECK(depth_refusal("# one\na" + times(".a", 40) + " = 1\n")
              .starts_with("bad suite: s.toml:2:64: a key of more than 32 parts"));
}

TEST_CASE("what is in TOML's strings and comments nests nothing", "[toml]") {
    const std::string much = times(".[{", 100);
    for (const std::string& text :
         {"# " + much + "\nx = 1\n", "x = \"" + much + "\"\n", "x = '" + much + "'\n",
          "x = \"\"\"\n" + much + "\n\"\"\"\n", "x = '''\n" + much + "\n'''\n", "x = \"\\\"" + much + "\"\n",
          "x = 'a\\'\ny = '" + much + "'\n", "x = \"\"\"a \"\" \\\"\"\"" + much + "\"\"\"\n",
          times("x.y = 1.5\n", 100), "x = [" + times("1.5, ", 100) + "]\n"}) {
        INFO(text.substr(0, 40));
        CHECK(depth_refusal(text).empty());
    }
}
