#include "src/layout/glob.hpp"
#include "tests/support/catch.hpp"

using namespace roacache::layout;

TEST_CASE("globs match as Redis matches them", "[glob]") {
    CHECK(glob_matches("*", ""));
    CHECK(glob_matches("a*c", "abbc"));
    CHECK(glob_matches("a*b*c", "a-b-b-c"));
    CHECK_FALSE(glob_matches("a*c", "abcd"));
    CHECK(glob_matches("h?llo", "hello"));
    CHECK_FALSE(glob_matches("h?llo", "hllo"));
    CHECK(glob_matches("h[ae]llo", "hallo"));
    CHECK_FALSE(glob_matches("h[^a]llo", "hallo"));
    CHECK(glob_matches("[c-a]", "b"));
    CHECK(glob_matches("a\\*", "a*"));
    CHECK_FALSE(glob_matches("a\\*", "ab"));
    CHECK(glob_matches("[\\]]", "]"));
    CHECK(glob_matches("a\\", "a\\"));
    CHECK_FALSE(glob_matches("", "a"));
    const std::string nul("a\0b", 3);
    CHECK(glob_matches("a?b", nul));
    CHECK_FALSE(glob_matches(std::string(40, '*') + "b", std::string(10'000, 'a')));
    std::string hard;
    for (int i = 0; i < 30; ++i)
        hard += "a*";
    CHECK_FALSE(glob_matches(hard + "b", std::string(2'000, 'a')));
}

TEST_CASE("an escaped name matches itself alone", "[glob]") {
    for (const char* name :
         {"a*", "x[ab]", "q?", "back\\slash", "]", "^", "a-b", "ü", "new\nline", "{tag}"}) {
        INFO(name);
        CHECK(glob_matches(escape_glob(name), name));
        CHECK(is_complete_glob(escape_glob(name)));
    }
    CHECK_FALSE(glob_matches(escape_glob("a*"), "ab"));
    CHECK_FALSE(glob_matches(escape_glob("x[ab]"), "xa"));
    CHECK_FALSE(glob_matches(escape_glob("q?"), "qq"));
}

TEST_CASE("a glob that would swallow what follows is not complete", "[glob]") {
    for (const char* glob : {"x[ab", "a\\", "[", "[^", "[a-", "[\\]"}) {
        INFO(glob);
        CHECK_FALSE(is_complete_glob(glob));
        CHECK(Pattern{glob, true}.as_glob() == "*");
    }
    for (const char* glob : {"", "x[ab]", "a\\\\", "[]a]", "*?"})
        CHECK(is_complete_glob(glob));
}

TEST_CASE("a common glob covers all of its globs", "[glob]") {
    CHECK(common_glob({}) == "*");
    CHECK(common_glob({"a:*", "a:*"}) == "a:*");
    CHECK(common_glob({"cache:t:x:*", "cache:t:y:*"}) == "cache:t:*");
    CHECK(common_glob({"a\\*x", "a\\?x"}) == "a*");
    CHECK(common_glob({"a[bc]", "a[bd]"}) == "a*");
    CHECK(common_glob({"a*x", "a*y"}) == "a*");
    CHECK(common_glob({"a\\*x", "a\\*y"}) == "a\\**");
    CHECK(common_glob({"abc", "x"}) == "*");
    CHECK(common_glob({"ab", "abc"}) == "ab*");
    CHECK(common_glob({"\\", "\\[x"}) == "*"); // what has no end does not take the star in
    CHECK(common_glob({"a[b", "a[bc]"}) == "a*");
}
