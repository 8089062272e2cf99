#include "src/output/table.hpp"
#include "src/output/text.hpp"
#include "tests/support/catch.hpp"

using namespace roacache;
using namespace std::string_literals;

TEST_CASE("bytes are printed so that they cannot move a terminal's cursor", "[text]") {
    CHECK(output::printable("plain é 漢 🙂") == "plain é 漢 🙂");
    CHECK(output::printable("a\nb\tc\x1b[2J") == "a\\x0ab\\x09c\\x1b[2J");
    CHECK(output::printable("\xff\xfe"s) == "\\xff\\xfe");
    CHECK(output::printable("\\") == "\\\\");
    CHECK(output::printable("nul\0end"s) == "nul\\x00end");
    CHECK(output::printable("\xc2\x9b") == "\\xc2\\x9b");          // CSI as one C1 character
    CHECK(output::printable("\xe2\x80\xae") == "\\xe2\\x80\\xae"); // right-to-left override
    CHECK(output::printable("\xed\xa0\x80") == "\\xed\\xa0\\x80"); // a surrogate is not UTF-8
    CHECK(output::printable("\xc0\xaf") == "\\xc0\\xaf");          // an overlong form neither
}

TEST_CASE("bytes that are not UTF-8 travel in JSON as base64", "[text]") {
    CHECK(output::json_bytes("abc") == nlohmann::json("abc"));
    CHECK(output::json_bytes("\xff\x00"s) == nlohmann::json{{"base64", "/wA="}});
    CHECK(output::base64("") == "");
    CHECK(output::base64("f") == "Zg==");
    CHECK(output::base64("fo") == "Zm8=");
    CHECK(output::base64("foobar") == "Zm9vYmFy");
}

TEST_CASE("columns line up whatever the cells hold", "[text]") {
    output::Table table({{"name"}, {"count", output::Align::right}});
    table.add({"é漢", "5"});
    table.add({output::style("bold", output::Style::bold, true), "1,234"});
    CHECK(table.text() == "name  count\né漢       5\n\x1b[1mbold\x1b[0m  1,234\n");
}

TEST_CASE("csv fields are quoted where they must be", "[text]") {
    CHECK(output::csv_field("plain") == "plain");
    CHECK(output::csv_field("a,\"b\"\n") == "\"a,\"\"b\"\"\n\"");
}

TEST_CASE("a URL is shown with the characters that it encodes, where they can be shown", "[text]") {
    using roacache::output::readable_url;
    const std::string plain = "http://h/a%20b?c=%2F%25&d=%7F#%41";
    CHECK(readable_url(plain) == plain);
    CHECK(readable_url("http://h/a%C3%A7%c3%bacar?q=%E4%B8%AD%F0%9F%98%80") ==
          "http://h/a\xC3\xA7\xC3\xBA"
          "car?q=\xE4\xB8\xAD\xF0\x9F\x98\x80");
    // No UTF-8, half a character, what acts on a terminal or changes the direction of text.
    for (const char* as_it_is :
         {"/%FF", "/%C3", "/%C3x", "/%E2%80%AE", "/%C2%9B", "/%C3%A7%FF", "/%", "/%C", "/%zz"})
        CHECK(readable_url(as_it_is) == as_it_is);
    CHECK(readable_url("") == "");
}
