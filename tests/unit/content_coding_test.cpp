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
        CHECK_FALSE(decoded(text, coding, k_most));
        CHECK_FALSE(decoded("", coding, k_most));
        CHECK_FALSE(decoded(body, "compress", k_most));
        CHECK_FALSE(decoded(body, std::string(coding) + ", aes128gcm", k_most));
    }
    // A bomb takes no more memory than the limit.
    CHECK_FALSE(decoded(deflated(std::string(50'000'000, '\0'), Format::gzip), "gzip", k_most));
}
