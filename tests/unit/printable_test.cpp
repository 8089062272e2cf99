#include "src/output/code_points.hpp"
#include "src/output/escaping_buffer.hpp"
#include "src/output/json_text.hpp"
#include "src/output/text.hpp"
#include "src/output/value.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/process.hpp"

#include <algorithm>
#include <sstream>

using namespace roacache;
using namespace std::string_literals;

namespace {

/// UTF-8 of any code point, surrogates included.
std::string utf8(char32_t code) {
    const auto byte = [](char32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
    if (code < 0x80) return {byte(code)};
    if (code < 0x800) return {byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F))};
    if (code < 0x10000)
        return {byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F))};
    return {byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 0x3F)), byte(0x80 | (code >> 6 & 0x3F)),
            byte(0x80 | (code & 0x3F))};
}

std::string through_buffer(const std::vector<std::string>& pieces) {
    std::ostringstream sink;
    {
        output::EscapingBuffer buffer(*sink.rdbuf());
        std::ostream stream(&buffer);
        for (const std::string& piece : pieces)
            stream << piece;
        stream.flush();
    }
    return sink.str();
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

std::string json_string(const std::string& text) {
    const std::string json = output::json_text(nlohmann::json(text));
    REQUIRE(nlohmann::json::parse(json).get<std::string>() == text);
    return json;
}

void check_hidden(std::uint32_t code) {
    const std::string raw = utf8(code);
    INFO(code);
    const std::string text = output::printable(raw);
    CHECK(is_ascii(text));
    CHECK(text.size() == 4 * raw.size());
    CHECK(output::harmless(raw) == text);
    if (code != '\n' && code != '\t') CHECK(through_buffer({"a", raw}) == "a" + text);
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (!surrogate) CHECK(is_ascii(json_string(raw)));
}

} // namespace

TEST_CASE("No character that Unicode hides from readers is printed as it is, and all others are", "[text]") {
    const auto python = test::run({"/usr/bin/python3", test::source_dir() + "/tests/unit/python_unicode.py"});
    REQUIRE(python.exit_code == 0);
    std::istringstream ranges(python.out);
    std::uint32_t first = 0, last = 0, seen = 0;
    for (std::string what; ranges >> first >> last >> what;) {
        std::string all;
        for (std::uint32_t code = first; code <= last; ++code, ++seen) {
            const bool means_itself = code != '\\' && code != '"' && code != '#' && code != ':';
            if (what == "shown" && means_itself) all += utf8(code);
            if (what == "hidden") check_hidden(code);
        }
        INFO(first << " to " << last);
        CHECK(output::printable(all) == all);
        CHECK(output::json_text(nlohmann::json(all)) == "\"" + all + "\"");
        CHECK(through_buffer({all}) == all);
    }
    CHECK(seen == 0x110000);
}

TEST_CASE("What a CI runner would take for a command is no longer one", "[text]") {
    for (const std::string command :
         {"::error::x", "  ::warning file=a::x", "a ::add-mask::x", "##[error]x", "a##[group]x",
          "a##vso[task.complete]x", "##teamcity[x]", "#####[error]"}) {
        INFO(command);
        for (const std::string& text : {output::printable(command), output::harmless(command)}) {
            CHECK(text != command);
            CHECK(output::harmless(text) == text);
            CHECK(text.find("##[") == std::string::npos);
            CHECK(text.find("##vso[") == std::string::npos);
            CHECK(text.find("##teamcity[") == std::string::npos);
            CHECK(text.substr(std::min(text.find_first_not_of(" a"), text.size())).rfind("::", 0) != 0);
        }
        CHECK(json_string(command).find(command.find("##") == std::string::npos ? "\n" : "##") ==
              std::string::npos);
    }
    for (const std::string plain : {"::1", "a::b", "App::Cache", "a:b::c:d", ":: x", "# [x]", "##", "#[x]"})
        CHECK(output::printable(plain) == plain);
}

TEST_CASE("JSON keeps its value where a terminal would change its state", "[text]") {
    CHECK(json_string("a\u202eb\u007f\u009b") == R"("a\u202eb\u007f\u009b")");
    CHECK(json_string("\U000E0041 \U0001F642") == "\"\\udb40\\udc41 \U0001F642\"");
    CHECK(output::json_text(nlohmann::ordered_json{{"\xff", "\xfe"}}) == "{\"\uFFFD\":\"\uFFFD\"}");
    CHECK(output::pretty_json("[\"\u202e##[error]\",1]") == "[\n  \"\\u202e\\u0023#[error]\",\n  1\n]");
}

TEST_CASE("A stream to a terminal lets the program's own sequences through, in pieces too", "[text]") {
    const std::string own = "\x1b[1mé漢\x1b[0m\n\t\r\x1b[2K\x1b[2J\x1b[H🙂";
    CHECK(through_buffer({own}) == own);
    std::vector<std::string> pieces;
    for (const char c : own)
        pieces.emplace_back(1, c);
    CHECK(through_buffer(pieces) == own);
    CHECK(through_buffer({"\x1b", "]8;;http://x\x1b\\"}) == "\\x1b]8;;http://x\\x1b\\");
    CHECK(through_buffer({"\x1b[5m\r\n\x07\x1b["}) == "\\x1b[5m\\x0d\n\\x07\\x1b[");
    CHECK(through_buffer({"\xe6\xbc", "x\xff"}) == "\\xe6\\xbcx\\xff");
    CHECK(through_buffer({"\xe6", "\xbc"}) == "\\xe6\\xbc");
}

TEST_CASE("Text is cut between characters", "[text]") {
    CHECK(output::beginning("abc", 3) == "abc");
    CHECK(output::beginning("abcd", 3) == "abc");
    const std::string text = "aé漢🙂";
    for (std::size_t most = 0; most <= text.size(); ++most) {
        const std::string_view cut = output::beginning(text, most);
        INFO(most);
        CHECK(output::is_utf8(cut));
        CHECK(cut.size() + 4 > most);
    }
    CHECK(output::beginning("\xff\xff\xff", 2) == "\xff\xff");
    CHECK(output::beginning("\x80\x80\x80\x80\x80\x80", 5).size() == 5);
}
