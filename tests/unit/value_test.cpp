#include "src/output/value.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <lz4frame.h>
#include <nlohmann/json.hpp>
#include <random>
#include <zstd.h>

using namespace roacache::output;
using namespace std::string_literals;

namespace {

/// What a Python expression of type bytes gives; gzip, json, pickle, random and zlib are imported.
std::string python(const std::string& expression) {
    const auto finished = roacache::test::run(
        {"/usr/bin/python3", "-c",
         "import gzip, json, pickle, random, sys, zlib\nsys.stdout.buffer.write(" + expression + ")"});
    REQUIRE(finished.exit_code == 0);
    return finished.out;
}

std::string zstd(const std::string& content) {
    std::string bytes(ZSTD_compressBound(content.size()), '\0');
    bytes.resize(ZSTD_compress(bytes.data(), bytes.size(), content.data(), content.size(), 3));
    return bytes;
}

std::string lz4(const std::string& content) {
    std::string bytes(LZ4F_compressFrameBound(content.size(), nullptr), '\0');
    bytes.resize(LZ4F_compressFrame(bytes.data(), bytes.size(), content.data(), content.size(), nullptr));
    return bytes;
}

using Kinds = std::vector<ValueKind>;

DecodedValue decoded(const std::string& bytes, std::size_t most = 1 << 20) {
    return decode_value(bytes, true, most);
}

} // namespace

TEST_CASE("values are named for what they are", "[value]") {
    CHECK(recognise(R"({"a": 1})") == ValueKind::json);
    CHECK(recognise("[1, 2]\n") == ValueKind::json);
    CHECK(recognise("42") == ValueKind::json);
    CHECK(recognise("hello there") == ValueKind::text);
    CHECK(recognise("") == ValueKind::text);
    CHECK(recognise("x^2 + y^2") == ValueKind::text);
    CHECK(recognise("{not json}") == ValueKind::text);
    CHECK(recognise("grüße\n\tdich") == ValueKind::text);
    CHECK(recognise("\xff\xfe\x01") == ValueKind::binary);
    CHECK(recognise("a:2:{i:0;s:1:\"x\";i:1;d:0.5;}") == ValueKind::php);
    CHECK(recognise("O:3:\"Foo\":1:{s:6:\"\0Foo\0a\";i:1;}"s) == ValueKind::php);
    CHECK(recognise("s:5:\"hello\";") == ValueKind::php);
    CHECK(recognise("i:42;") == ValueKind::php);
    CHECK(recognise("a: list of things;") == ValueKind::text);
    CHECK(recognise("i:think so;") == ValueKind::text);
    for (int protocol = 0; protocol <= 5; ++protocol) {
        INFO("protocol " << protocol);
        const std::string number = std::to_string(protocol);
        CHECK(recognise(python("pickle.dumps({'a': [1, 2]}, " + number + ")")) == ValueKind::pickle);
        CHECK(recognise(python("pickle.dumps([1, 'b'], " + number + ")")) == ValueKind::pickle);
    }
}

TEST_CASE("a beginning is named too", "[value]") {
    CHECK(recognise(R"({"a": [1, 2, {"b)", false) == ValueKind::json);
    CHECK(recognise("some tex\xc3", false) == ValueKind::text);
    CHECK(recognise("some tex\xc3", true) == ValueKind::binary);
    CHECK(recognise("{curly", false) == ValueKind::text);
    CHECK(recognise("\x80\x04\x95\x10", false) == ValueKind::pickle);
}

TEST_CASE("compressed values are unpacked, layer by layer", "[value]") {
    const std::string json = R"({"rows": [1, 2, 3]})";
    CHECK(decoded(python("gzip.compress(b'" + json + "')")).kinds == Kinds{ValueKind::gzip, ValueKind::json});
    CHECK(decoded(python("zlib.compress(b'" + json + "')")).content == json);
    CHECK(decoded(zstd(json)).content == json);
    CHECK(decoded(lz4(json)).content == json);
    const DecodedValue twice = decoded(zstd(lz4("hello")));
    CHECK(twice.kinds == Kinds{ValueKind::zstd, ValueKind::lz4, ValueKind::text});
    CHECK(twice.content == "hello");
    CHECK(twice.whole);
    CHECK(twice.trouble.empty());
    CHECK(decoded(zstd("")).kinds == Kinds{ValueKind::zstd, ValueKind::text});
    CHECK(decoded(python("gzip.compress(pickle.dumps([1]))")).kinds ==
          Kinds{ValueKind::gzip, ValueKind::pickle});
    CHECK_FALSE(decoded(zstd(zstd(zstd(zstd(zstd("x")))))).trouble.empty());
}

TEST_CASE("a bomb makes no more than it may", "[value]") {
    const std::string zeros(50 << 20, '0');
    for (const std::string& bomb : {zstd(zeros), lz4(zeros), python("gzip.compress(b'0' * (50 << 20))"),
                                    python("zlib.compress(b'0' * (50 << 20))")}) {
        const DecodedValue value = decoded(bomb, 100'000);
        CHECK(value.content.size() == 100'000);
        CHECK_FALSE(value.whole);
        CHECK(value.kinds.back() == ValueKind::text);
    }
}

TEST_CASE("cut and damaged values give what they can", "[value]") {
    const std::string gzip = python("gzip.compress(random.Random(1).randbytes(20000).hex().encode())");
    const DecodedValue cut = decode_value(gzip.substr(0, 10'000), false, 1 << 20);
    CHECK(cut.kinds == Kinds{ValueKind::gzip, ValueKind::text});
    CHECK(cut.content.size() > 1'000);
    CHECK_FALSE(cut.whole);
    std::string damaged = gzip;
    damaged[5'000] = static_cast<char>(~damaged[5'000]);
    CHECK_FALSE(decoded(damaged).trouble.empty());
    CHECK(decoded("\x1f\x8b\x08rubbish").kinds.front() == ValueKind::gzip);
    std::mt19937_64 random(3);
    for (const std::string& good : {gzip, zstd("hello hello hello"), lz4("hello hello hello")})
        for (int i = 0; i < 200; ++i) {
            std::string bad = good;
            bad[random() % bad.size()] = static_cast<char>(random());
            CHECK_FALSE(decoded(bad).kinds.empty());
        }
}

TEST_CASE("msgpack becomes JSON, and nesting is no danger", "[value]") {
    const nlohmann::json original{{"a", {1, -2, 3.5, nullptr, true}}, {"b", std::string(300, 'x')}};
    const auto packed = nlohmann::json::to_msgpack(original);
    const DecodedValue value = decoded(std::string(packed.begin(), packed.end()));
    CHECK(value.kinds == Kinds{ValueKind::msgpack});
    CHECK(nlohmann::json::parse(value.content) == original);
    CHECK(recognise(std::string(1'000'000, '\x91') + "\x01") == ValueKind::binary);
    CHECK(recognise("\xdd\xff\xff\xff\xff") == ValueKind::binary);
    const DecodedValue odd = decoded("\x81\x01\x02");
    CHECK(odd.kinds == Kinds{ValueKind::msgpack});
    CHECK_FALSE(odd.trouble.empty());
}

TEST_CASE("pretty JSON is the same JSON, fit for a terminal", "[value]") {
    CHECK(pretty_json(R"({"b":1,"a":[1,{"c":[]}],"e":{}})") ==
          "{\n  \"b\": 1,\n  \"a\": [\n    1,\n    {\n      \"c\": []\n    }\n  ],\n  \"e\": {}\n}");
    CHECK(pretty_json("123456789012345678901234567890.5e-7") == "123456789012345678901234567890.5e-7");
    CHECK(pretty_json(R"(["a,b:\"{", "\\"])") == "[\n  \"a,b:\\\"{\",\n  \"\\\\\"\n]");
    CHECK(pretty_json("[\"\x7f\xc2\x9b\xe2\x80\xae!\"]") == "[\n  \"\\u007f\\u009b\\u202e!\"\n]");
    const std::string deep(100'000, '[');
    CHECK(pretty_json(deep + std::string(100'000, ']')).size() < 20'000'000);
    CHECK(json_depth(R"([[1],{"a":["[["]}])") == 3);
    CHECK(decoded(deep + std::string(100'000, ']')).kinds == Kinds{ValueKind::json});
}
