#include "src/bench/answers/wanted_text.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/encoded.hpp"

using roacache::bench::WantedText;
using namespace roacache::test;

namespace {

bool finds(const std::string& text, const std::string& body, std::size_t piece,
           std::string_view coding = {}) {
    WantedText wanted;
    wanted.want(text);
    wanted.begin();
    wanted.set_coding(coding);
    for (std::size_t at = 0; at < body.size(); at += piece)
        wanted.look(std::string_view(body).substr(at, piece));
    return wanted.found();
}

} // namespace

TEST_CASE("a text is found in a body however it is cut into pieces", "[bench][wanted]") {
    const std::string text = "aab";
    for (const auto& [body, has] : {std::pair{"aab", true},
                                    {"xaab", true},
                                    {"aaab", true},
                                    {"aaxaabx", true},
                                    {"ababaaab", true},
                                    {"", false},
                                    {"aa", false},
                                    {"aaxb", false},
                                    {"abaaxbab", false}})
        for (std::size_t piece = 1; piece <= 9; ++piece) {
            INFO(body << " in pieces of " << piece);
            CHECK(finds(text, body, piece) == has);
        }
    CHECK(finds("x", "aax", 1));
    CHECK(finds(std::string("\0b", 2), std::string("a\0b", 3), 2));
}

TEST_CASE("a text is found in what a body says, not in its bytes", "[bench][wanted]") {
    const std::string body = "some {\"total\": 12} more of it, and some more of it";
    for (std::size_t piece = 1; piece < 100; piece += 7) {
        CHECK(finds("\"total\": 12", deflated(body, Format::gzip), piece, "gzip"));
        CHECK_FALSE(finds("\"total\": 13", deflated(body, Format::gzip), piece, "gzip"));
        CHECK(finds("total", brotlied(body), piece, "br"));
    }
    // What cannot be decoded has no text; what is not encoded, whatever its header says, has.
    CHECK_FALSE(finds("total", deflated(body, Format::gzip).substr(0, 30), 3, "gzip"));
    for (const char* coding : {"gzip", "deflate", "br", "zstd"})
        CHECK(finds("total", "total", 3, coding));
    CHECK(finds("begin", deflated("begin" + std::string(30'000'000, '-'), Format::gzip), 1000, "gzip"));
    CHECK_FALSE(finds("total", "", 3, "gzip"));
}

TEST_CASE("where no text is wanted every body is good, and each body is looked at anew", "[bench][wanted]") {
    CHECK(finds("", "abc", 1));
    CHECK(finds("", "", 1));
    WantedText wanted;
    const std::string text = "abc";
    wanted.want(text);
    wanted.begin();
    wanted.look("ab");
    wanted.begin();
    wanted.look("c");
    CHECK_FALSE(wanted.found());
    wanted.begin();
    wanted.look("abc");
    CHECK(wanted.found());
}
