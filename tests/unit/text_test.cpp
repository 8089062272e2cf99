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
