#include "src/http/content_coding.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/encoded.hpp"

using namespace roacache;
using http::decoded;
using test::brotlied;
using test::deflated;
using test::Format;
using test::zstded;

namespace {

constexpr std::size_t k_most = 1'000'000;

std::string long_text() {
    std::string text;
    for (int i = 0; i < 20'000; ++i)
        text += std::to_string(i * 7919) + ",";
    return text;
}

} // namespace

TEST_CASE("every coding that answers have is decoded", "[http][coding]") {
    for (const std::string& text :
         {std::string(), std::string("{}"), std::string(300'000, 'a'), long_text()}) {
        INFO(text.size());
        CHECK(decoded(text, "", k_most) == text);
        CHECK(decoded(text, "identity", k_most) == text);
        CHECK(decoded(deflated(text, Format::gzip), "gzip", k_most) == text);
        CHECK(decoded(deflated(text, Format::gzip), " X-GZIP ", k_most) == text);
        CHECK(decoded(deflated(text, Format::zlib), "deflate", k_most) == text);
        CHECK(decoded(deflated(text, Format::none), "deflate", k_most) == text);
        CHECK(decoded(brotlied(text), "br", k_most) == text);
        CHECK(decoded(zstded(text), "zstd", k_most) == text);
        CHECK(decoded(deflated(brotlied(text), Format::gzip), "br, gzip", k_most) == text);
    }
}

TEST_CASE("what cannot be decoded, or only beyond the limit, is not", "[http][coding]") {
    const std::string text = long_text();
    for (const auto& [body, coding] :
         {std::pair<std::string, const char*>{deflated(text, Format::gzip), "gzip"},
          {brotlied(text), "br"},
          {zstded(text), "zstd"},
          {deflated(text, Format::zlib), "deflate"}}) {
        INFO(coding);
        CHECK(decoded(body, coding, text.size()) == text);
        CHECK_FALSE(decoded(body, coding, text.size() - 1));
        CHECK_FALSE(decoded(body.substr(0, body.size() / 2), coding, k_most));
        CHECK_FALSE(decoded(body + "<html>502</html>", coding, k_most));
        CHECK_FALSE(decoded(body + body.substr(0, body.size() / 2), coding, k_most));
        CHECK_FALSE(decoded("", coding, k_most).value_or("").size() > 0);
    }
    CHECK_FALSE(decoded(text, "br", k_most));
    CHECK_FALSE(decoded(text, "deflate", k_most));
    // A bomb takes no more memory than the limit.
    CHECK_FALSE(decoded(deflated(std::string(50'000'000, '\0'), Format::gzip), "gzip", k_most));
}

TEST_CASE("members and frames that follow one another are one content", "[http][coding]") {
    const std::string text = long_text();
    for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{100'000}, text.size()}) {
        INFO(cut);
        const std::string one = text.substr(0, cut), other = text.substr(cut);
        CHECK(decoded(deflated(one, Format::gzip) + deflated(other, Format::gzip, 1), "gzip", k_most) ==
              text);
        CHECK(decoded(zstded(one) + zstded(other), "zstd", k_most) == text);
        const std::string skipped("\x5a\x2a\x4d\x18\x03\0\0\0abc", 11);
        CHECK(decoded(skipped + zstded(one) + skipped + zstded(other), "zstd", k_most) == text);
        CHECK_FALSE(
            decoded(deflated(one, Format::gzip) + deflated(other, Format::gzip), "gzip", text.size() - 1));
        CHECK_FALSE(decoded(zstded(one) + zstded(other), "zstd", text.size() - 1));
    }
    std::string flushed;
    for (const char c : text.substr(0, 2000))
        flushed += deflated(std::string(1, c), Format::gzip);
    CHECK(decoded(flushed, "gzip", k_most) == text.substr(0, 2000));
}

TEST_CASE("what is said of a body's bytes is held against how they begin", "[http][coding]") {
    CHECK(http::known_codings("") == "");
    CHECK(http::known_codings("identity, utf-8") == "");
    CHECK(http::known_codings(" X-Gzip ") == "gzip");
    CHECK(http::known_codings("BR , aws-chunked, gzip") == "br, gzip");
    const std::string text = "{\"a\": 1}";
    CHECK(http::begins_as_coded(deflated(text, Format::gzip), "gzip"));
    CHECK(http::begins_as_coded(zstded(text), "br, zstd"));
    CHECK(http::begins_as_coded(text, ""));
    CHECK(http::begins_as_coded("", "gzip"));
    CHECK_FALSE(http::begins_as_coded(text, "gzip"));
    CHECK_FALSE(http::begins_as_coded(deflated(text, Format::gzip), "zstd"));
}

TEST_CASE("what is no coding, or claimed of a body that has it not, is taken for none", "[http][coding]") {
    for (const char* coding : {"utf-8", "none", "aws-chunked", "gzip", "x-gzip", "zstd", "gzip, utf-8"}) {
        INFO(coding);
        CHECK(decoded("{\"a\": 1}", coding, k_most) == "{\"a\": 1}");
        CHECK(decoded("", coding, k_most) == "");
        CHECK_FALSE(decoded("too long", coding, 7));
    }
    CHECK(decoded("", "br", k_most) == "");
    CHECK(decoded("", "deflate", k_most) == "");
}
