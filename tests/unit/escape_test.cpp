#include "src/output/table.hpp"
#include "src/output/text.hpp"
#include "src/report/escape.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/well_formed.hpp"

#include <random>
#include <regex>

using namespace roacache;

namespace {

/// What a renderer finds in a document: texts, with a cut where a comment is.
std::vector<std::string> rendered(const std::string& markdown) {
    std::vector<std::string> texts(1);
    for (std::size_t at = 0; at < markdown.size();) {
        const std::string_view rest = std::string_view(markdown).substr(at);
        if (rest.starts_with("<!-- -->")) {
            texts.emplace_back();
            at += 8;
        } else if (rest.starts_with("&#")) {
            const std::size_t end = markdown.find(';', at);
            texts.back() += static_cast<char>(std::stoi(markdown.substr(at + 2, end - at - 2)));
            at = end + 1;
        } else {
            texts.back() += markdown[at++];
        }
    }
    return texts;
}

std::string joined(const std::vector<std::string>& texts) {
    std::string text;
    for (const std::string& part : texts)
        text += part;
    return text;
}

/// Any text made of what Markdown, HTML, a spreadsheet or a CI runner gives a meaning to.
std::string any_text(std::mt19937_64& random) {
    static const std::vector<std::string> k_parts{
        "www.", "WWW.", "https://", "ftp://", "mailto:", "xmpp:",   "@",      "#",    "GH-",     "gh-",
        "1",    "a",    "example",  ".com",   ":",       ":smile:", ":+1:",   "::",   "error",   "##[",
        " ",    "  ",   "\n",       "|",      "`",       "```",     "*",      "**",   "_",       "__x__",
        "<b>",  "<!--", "-->",      "]",      "](",      "![",      "$",      "~~",   "\\",      "\\n",
        "-",    "+",    "=",        "1.",     "1)",      "é",       "\u202e", "\xff", "\x1b[1m", "\uFFFE",
        "\"",   "'",    "&amp;",    "&#64;",  ",",       ";",       "\t",     "\r",   "@SUM(",   "\uFF1D"};
    std::string text;
    for (std::size_t count = random() % 8; count > 0; --count)
        text += k_parts[random() % k_parts.size()];
    return text;
}

} // namespace

TEST_CASE("Markdown shows any text and makes nothing of it", "[escape]") {
    const std::regex meant("www\\..|://|mailto:.|xmpp:.|[@#][0-9A-Za-z]|gh-[0-9]|:[a-z0-9_+-]+:",
                           std::regex::icase);
    std::mt19937_64 random(20260302);
    for (unsigned i = 0; i < 1'000; ++i) {
        const std::string text = any_text(random);
        const std::string markdown = report::markdown_text(text);
        INFO(output::printable(text) << " became " << markdown);
        const auto shown = rendered(markdown);
        REQUIRE(joined(shown) == output::printable(text));
        for (const std::string& part : shown)
            REQUIRE_FALSE(std::regex_search(part, meant));
        std::string left = std::regex_replace(markdown, std::regex("<!-- -->|&#[0-9]+;"), "");
        REQUIRE(left.find_first_of("<>|`*[]~@#$\\\n") == std::string::npos);
        REQUIRE_FALSE(std::regex_search(markdown, std::regex("^([-+= ]|[0-9]+[.)])| $")));
        const std::string code = report::markdown_code(text);
        if (code.starts_with("<code>"))
            REQUIRE(joined(rendered(code)) == "<code>" + output::printable(text) + "</code>");
        else if (!text.empty())
            REQUIRE(code == "`" + output::printable(text) + "`");
        REQUIRE(code.find('|') == std::string::npos);
    }
}

TEST_CASE("XML takes any text", "[escape]") {
    std::mt19937_64 random(20260303);
    for (unsigned i = 0; i < 2'000; ++i) {
        const std::string text = report::xml_text(any_text(random) + "\uFFFF\x01\v\u0085");
        REQUIRE(test::xml_fault("<a b=\"" + text + "\">" + text + "</a>") == "");
        REQUIRE(output::printable(text).size() ==
                text.size() + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\\')));
    }
}

TEST_CASE("No csv cell is a formula, and each reads back as it was", "[escape]") {
    CHECK(output::csv_field("=1+1") == "\\x3d1+1");
    CHECK(output::csv_field("a;=1+1,@x") == "\"a;\\x3d1+1,\\x40x\"");
    CHECK(output::csv_field("-5") == "-5");
    CHECK(output::csv_field("+3.5") == "+3.5");
    CHECK(output::csv_field("-Infinity") == "\\x2dInfinity");
    CHECK(output::csv_field("a=b") == "a=b");
    std::mt19937_64 random(20260304);
    const std::regex formula("(^|[,;]) *\"* *([=+@-]|\uFF1D)"), number("[+-]?[0-9.]+");
    const std::regex escape("\\\\x([0-9a-f]{2})");
    for (unsigned i = 0; i < 1'000; ++i) {
        const std::string text = any_text(random);
        std::string cell = output::csv_field(output::printable(text));
        INFO(output::printable(text) << " became " << cell);
        if (!std::regex_match(cell, number)) REQUIRE_FALSE(std::regex_search(cell, formula));
        if (cell.starts_with('"'))
            cell = std::regex_replace(cell.substr(1, cell.size() - 2), std::regex("\"\""), "\"");
        std::string bytes;
        for (std::size_t at = 0; at < cell.size(); ++at) {
            if (cell[at] != '\\') {
                bytes += cell[at];
            } else if (cell[at + 1] == '\\') {
                bytes += cell[++at];
            } else {
                bytes += static_cast<char>(std::stoi(cell.substr(at + 2, 2), nullptr, 16));
                at += 3;
            }
        }
        REQUIRE(bytes == text);
    }
}
